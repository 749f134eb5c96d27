"""Score questions about fields of drawn specimens: the gain of the form over the reader of `lite`.

    python -m synthetic.papers draw --out TEST --count 260 --split test --seed 7 --ocr
    python -m training.asked score --set TEST [--half unseen|seen]
    python -m training.asked understand            # which field each question is mapped to

Input: the questions of training/asked.toml and a set of specimens. Output: scores on standard
output; nothing is fitted. The "seen" questions were read while the phrasings in prompts/fields were
completed; the "unseen" ones were not.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from engine.evaluation import anls, difference, estimate, is_verbatim
from engine.families.lite.field_answers import DocumentForm
from engine.families.lite.field_question import Phrasebook
from engine.families.lite.reader import answer, read_page
from engine.fields.templates import load_templates
from training.fields_data import Case, read_cases

_HALVES: Final = ("seen", "unseen")


@dataclass(frozen=True)
class Asked:
    """A question that was asked of a specimen. Scores are ANLS, 0 to 1.

    Attributes:
        reader: the score of the reader alone.
        both: the score of the more confident of reader and form.
        formed: whether the form gave the answer.
        verbatim: whether the answer stands on the page; True of a refusal.
    """

    case: Case
    field: str
    reader: float
    both: float
    formed: bool
    verbatim: bool


@cache
def questions() -> dict[tuple[str, str, str], dict[str, list[str]]]:
    """(type, field, language) -> half -> questions."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        tables: dict[str, Any] = tomllib.load(file)
    found = {}
    for table in tables.values():
        for kind in table["types"]:
            for field, by_language in table["questions"].items():
                for language, every in by_language.items():
                    halves = {"seen": every[::2], "unseen": every[1::2]}
                    found[kind, field, language] = halves
    return found


def ask(cases: Sequence[Case], half: str) -> Iterator[Asked]:
    """Ask every specimen about each of its fields."""
    for case in cases:
        page, form = read_page(case.index), DocumentForm([case.index])
        for field, truth in case.fields.items():
            key = (case.document_type, field, case.language)
            for question in questions().get(key, {}).get(half, ()):
                read, formed = answer(question, [page]), form.answer(question)
                known = [one for one in (formed, read) if one is not None]
                said = max(known, key=lambda one: one.score, default=None)
                yield Asked(
                    case,
                    field,
                    anls(read.text, [truth]) if read else 0.0,
                    anls(said.text, [truth]) if said else 0.0,
                    formed is not None and said is formed,
                    said is None or is_verbatim(said.text, case.index),
                )


def _score(args: argparse.Namespace) -> None:
    rows = list(ask(read_cases(args.set, args.words), args.half))
    out = [
        "type           lang  questions  reader   with the form         change                form"
    ]
    kinds = sorted({(row.case.document_type, row.case.language) for row in rows})
    for kind, language in [*kinds, ("all", "en"), ("all", "ru"), ("all", "")]:
        own = [
            row
            for row in rows
            if kind in ("all", row.case.document_type) and language in ("", row.case.language)
        ]
        clusters = [row.case.file for row in own]
        first, second = [(row.reader, 1.0) for row in own], [(row.both, 1.0) for row in own]
        before, after = (estimate(one, clusters=clusters) for one in (first, second))
        change = difference(first, second, clusters=clusters)
        if before is None or after is None or change is None:
            continue
        formed = sum(row.formed for row in own) / len(own)
        out.append(
            f"{kind:15}{language:6}{len(own):<11}{before.value:<9.3f}"
            f"{after.value:.3f} [{after.low or 0:.3f}, {after.high or 0:.3f}]  "
            f"{change.value:+.3f} [{change.low or 0:+.3f}, {change.high or 0:+.3f}] {formed:.2f}"
        )
    stands = sum(row.verbatim for row in rows) / max(1, len(rows))
    out.append(f"on the page: {stands:.4f}")
    sys.stdout.write("\n".join(out) + "\n")


def _understand(args: argparse.Namespace) -> None:
    templates = load_templates()
    books = {name: Phrasebook(template) for name, template in templates.items()}
    out = []
    for half in _HALVES:
        right = wrong = every = 0
        for (kind, field, _), halves in questions().items():
            own = templates[kind].fields.get(field)
            if own is None or not own.asked.every:
                continue
            for question in halves[half]:
                found = books[kind].fields(question)
                right += found == (field,)
                wrong += bool(found) and found != (field,)
                every += 1
        out.append(
            f"{half:8} {every} questions: {right / every:.3f} understood, {wrong / every:.3f} wrong"
        )
    sys.stdout.write("\n".join(out) + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.asked", description=__doc__)
    commands = parser.add_subparsers(required=True)
    score = commands.add_parser("score", help="ask the specimens of a set")
    score.add_argument("--set", type=Path, required=True)
    score.add_argument("--half", choices=_HALVES, default="unseen")
    score.add_argument("--words", choices=("ocr", "drawn"), default="ocr")
    score.set_defaults(run=_score)
    understand = commands.add_parser("understand", help="which fields questions are taken for")
    understand.set_defaults(run=_understand)
    args = parser.parse_args(argv)
    args.run(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
