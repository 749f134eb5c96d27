"""Evaluation of answers, fields, text and layout against ground truth. See docs/evaluation.md.

answers.py, places.py, faithfulness.py   one answer: ANLS, exact, evidence hit, verbatim
field_values.py, reading.py, regions.py  fields, CER and WER, layout F1
bootstrap.py                             figures with intervals, paired differences
truths.py                                sets as files, validated line by line
running.py                               runs an Engine over a set -> predictions
scoring.py                               truths + predictions -> scores of each item
report.py, costs.py, machine.py          figures by group, costs, settings, machine
comparison.py                            two reports side by side
markdown.py, pictures.py, terminal.py    report.md, report.json, the worst cases drawn; lines
"""

from engine.evaluation.answers import anls, exact, is_refusal, normalise
from engine.evaluation.bootstrap import Difference, Estimate, Score, difference, estimate
from engine.evaluation.comparison import Comparison, compare
from engine.evaluation.faithfulness import is_verbatim
from engine.evaluation.field_values import same_field
from engine.evaluation.markdown import as_markdown, write_report
from engine.evaluation.places import covered_share, evidence_hit
from engine.evaluation.reading import character_error_rate, word_error_rate, word_f1
from engine.evaluation.regions import Counts, match_regions
from engine.evaluation.report import Report, Resampling, evaluate, read_report
from engine.evaluation.running import Options, predict
from engine.evaluation.scoring import Item, score
from engine.evaluation.truths import read_fields, read_layouts, read_questions, read_texts, sample

__all__ = [
    "Comparison",
    "Counts",
    "Difference",
    "Estimate",
    "Item",
    "Options",
    "Report",
    "Resampling",
    "Score",
    "anls",
    "as_markdown",
    "character_error_rate",
    "compare",
    "covered_share",
    "difference",
    "estimate",
    "evaluate",
    "evidence_hit",
    "exact",
    "is_refusal",
    "is_verbatim",
    "match_regions",
    "normalise",
    "predict",
    "read_fields",
    "read_layouts",
    "read_questions",
    "read_report",
    "read_texts",
    "same_field",
    "sample",
    "score",
    "word_error_rate",
    "word_f1",
    "write_report",
]
