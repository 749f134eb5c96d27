"""Feature vector of a field's candidate. Nothing is learned or decided here.

Every row of FEATURES has its line in the ablation table of docs/fields.md.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.codes.check_digits import is_iban, is_inn
from engine.fields.labels.areas import alphabet_of, is_unfinished
from engine.fields.labels.person_names import given_share, surname_share
from engine.fields.ranking.page_facts import PageFacts
from engine.fields.ranking.similarity import POSTCODE, TEXTS, likeness, line_likeness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.fields.ranking.spans import Span
    from engine.fields.templates import FieldTemplate
    from engine.index.spans import Candidate
    from engine.index.view import PageView

FEATURES: Final = (
    "any",
    "inline",
    "right",
    "below",
    "above",
    "label_size",
    "label_starts_cell",
    "colon",
    "steps",
    "gap",
    "rank",
    "share",
    "money",
    "likeness",
    "place",
    "order",
    "preferred",
    "print_size",
    "label_of_other",
    "near_label_of_other",
    "is_label",
    "extra_lines",
    "whole_block",
    "words",
    "length",
    "digits",
    "control",
    "is_title",
    "free_likeness",
    "first_of_kind",
    "repeated",
    "usual_relation",
    "continuation",
    "unfinished",
    "forced_lines",
    "open_lines",
    "next_alike",
    "above_alike",
    "postcode",
    "mrz",
    "chronology",
    "adds_up",
    "column_sum",
    "patronymic",
    "above_address",
    "row",
    "standard_number",
    "label_of_several",
    "given_name",
    "surname_form",
    "part_of_name",
    "full_name",
    "paid",
    "labelled_block",
    "two_alphabets",
)
_PATRONYMIC: Final = re.compile(r"(?:вич|вна|ична|ьич)\b", re.IGNORECASE)
# "1234-56" is an amount in Russia, and an article number anywhere.
_DASHED: Final = re.compile(r"\d-\d")
_TOP_ROWS: Final = 10
_PERSON: Final = ("surname", "given_names")
# Certainty that a span is this person's part of a name.
_PART: Final[Mapping[str, float]] = {"part": 1.0, "maybe part": 0.5}
_FULL: Final[Mapping[str, float]] = {"full": 1.0, "maybe full": 0.5}
_TITLES: Final = ("Title", "Section-header", "Page-header")
_AT: Final = {name: number for number, name in enumerate(FEATURES)}


def feature_table(
    facts: PageFacts, name: str, template: FieldTemplate, spans: Sequence[Span]
) -> NDArray[np.float32]:
    """Return (spans, features) of one field's candidates on one page."""
    table = np.zeros((len(spans), len(FEATURES)), np.float32)
    if not spans:
        return table
    view = facts.view
    heights = np.array([_print_height(view, span.piece) for span in spans])
    amounts = [_amount(span) for span in spans]
    money = [
        value
        for value, span in zip(amounts, spans, strict=True)
        if value is not None and _is_money(span) and not _DASHED.search(span.piece.text)
    ]
    largest = max(money or [value for value in amounts if value is not None], default=0.0)
    tops = [span.piece.boxes()[0][1] for span in spans]
    values = Counter(dict.fromkeys((span.parsed.value for span in spans), 0))
    for value, _ in {(span.parsed.value, span.piece.key) for span in spans}:
        values[value] += 1
    order = _order(spans)
    for number, span in enumerate(spans):
        row = table[number]
        label, area = span.area.label, span.area
        row[_AT["any"]] = 1.0
        if label is not None and area.relation != "none":
            row[_AT[area.relation]] = 1.0
            row[_AT["label_size"]] = min(1.0, label.size / 16)
            row[_AT["label_starts_cell"]] = label.leads
            row[_AT["colon"]] = label.colon
            row[_AT["steps"]] = min(1.0, area.step / 2)
            if template.which:
                at = order[label.cell, label.start, span.rank]
                row[_AT["order"]] = 1 - at if template.which == "first" else at
            row[_AT["usual_relation"]] = facts.usual[area.relation]
            row[_AT["gap"]] = min(1.0, max(0.0, area.gap) / 12)
            row[_AT["standard_number"]] = label.standard
            row[_AT["label_of_several"]] = len(label.fields) > 1
        row[_AT["rank"]] = min(1.0, span.rank / 2)
        row[_AT["share"]] = span.share
        row[_AT["money"]] = _is_money(span)
        row[_AT["likeness"]] = likeness(span, template)
        down = (tops[number] - facts.top) / max(1.0, facts.foot - facts.top)
        if template.place:
            row[_AT["place"]] = 1 - down if template.place == "top" else down
        amount = amounts[number]
        if template.prefer == "largest" and amount is not None and largest > 0:
            row[_AT["preferred"]] = amount >= largest
        elif template.prefer == "large_print":
            row[_AT["preferred"]] = heights[number] >= 0.9 * heights.max()
        row[_AT["print_size"]] = min(1.0, max(-1.0, math.log2(heights[number] / view.line_height)))
        inline, near = facts.claimed_by_other(name, span.piece)
        row[_AT["label_of_other"]] = inline
        row[_AT["near_label_of_other"]] = near
        row[_AT["is_label"]] = facts.label_share(span.piece)
        row[_AT["extra_lines"]] = span.extra_lines / 3
        row[_AT["whole_block"]] = span.whole_block
        words = sum(last - first for first, last in span.piece.ranges)
        row[_AT["words"]] = min(1.0, words / 12)
        text = span.piece.text
        row[_AT["length"]] = min(1.0, sum(map(str.isalnum, text)) / 16)
        row[_AT["digits"]] = sum(map(str.isdigit, text)) / len(text)
        row[_AT["control"]] = _control(span, template)
        cell = view.cell_of[span.piece.ranges[0][0]]
        row[_AT["is_title"]] = view.category(cell) in _TITLES
        if label is None:
            row[_AT["free_likeness"]] = row[_AT["likeness"]]
            if template.place == "top":
                row[_AT["row"]] = min(1.0, view.cells[cell].row / _TOP_ROWS)
        row[_AT["first_of_kind"]] = tops[number] <= min(tops) + view.line_height / 2
        row[_AT["mrz"]] = facts.mrz_agrees(name, span)
        row[_AT["chronology"]] = facts.in_order(name, span.parsed.value)
        row[_AT["adds_up"]] = facts.adds_up(name, amount)
        if template.prefer == "largest":
            row[_AT["paid"]] = facts.is_paid(amount)
        row[_AT["column_sum"]] = amount is not None and facts.sums_column(span.piece)
        row[_AT["patronymic"]] = template.type == "name" and bool(_PATRONYMIC.search(text))
        if template.who in _PERSON:
            row[_AT["given_name"]] = given_share(text)
            row[_AT["surname_form"]] = surname_share(text)
            row[_AT["part_of_name"]] = _PART.get(span.whose, 0.0)
            row[_AT["full_name"]] = _FULL.get(span.whose, 0.0)
        _lines_into(row, facts, span, template)
        row[_AT["repeated"]] = min(1.0, (values[span.parsed.value] - 1) / 2)
    return table


def _lines_into(
    row: NDArray[np.float32], facts: PageFacts, span: Span, template: FieldTemplate
) -> None:
    """Fill the features of the breaks between a text's lines and of the line after them."""
    if template.type not in TEXTS:
        return
    view, lines = facts.view, span.piece.lines
    cells = [view.cell_of[first] for first, _ in span.piece.ranges]
    row[_AT["above_address"]] = template.type == "name" and facts.is_above_address(cells[-1])
    row[_AT["postcode"]] = bool(POSTCODE.search(lines[-1]))
    if span.area.start == 0 and cells[0] in facts.continued:
        upper = view.cells[facts.continued[cells[0]]]
        row[_AT["continuation"]] = 1.0
        row[_AT["above_alike"]] = line_likeness(view.text(upper.first, upper.last), template)
    joins = list(zip(cells, cells[1:], lines, lines[1:], strict=False))
    if joins and span.area.more:
        row[_AT["forced_lines"]] = sum(facts.is_full(a, b) for a, b, _, _ in joins) / len(joins)
        row[_AT["open_lines"]] = sum(is_unfinished(a, b) for _, _, a, b in joins) / len(joins)
    after = span.area.more[span.extra_lines : span.extra_lines + 1]
    whole, rest = _last_line(view, span.piece)
    ends = not rest.strip(",.;:/- ")
    if ends and span.area.label is not None and span.area.more:
        row[_AT["labelled_block"]] = 1.0 if span.whole_block else -1.0
    row[_AT["two_alphabets"]] = len({alphabet_of(part) for part in span.piece.text.split("/")}) > 1
    if after and ends:
        below = view.cells[after[0]]
        text = view.text(below.first, below.last)
        row[_AT["unfinished"]] = is_unfinished(whole, text)
        row[_AT["next_alike"]] = line_likeness(text, template)


def _last_line(view: PageView, piece: Candidate) -> tuple[str, str]:
    """Return the cell of a piece's last line up to its end, and the marks that the piece omits.

    The first text includes the omitted marks.
    """
    first, last = piece.ranges[-1]
    cell = view.cells[view.cell_of[last - 1]]
    whole = view.text(first, cell.last)
    length = len(view.text(first, last))
    if piece.keep is not None:
        length += piece.keep - len(view.words[last - 1])
    return whole, whole[length:]


def _order(spans: Sequence[Span]) -> dict[tuple[int, int, int], float]:
    """Return (cell, start, rank) of labels and values -> place in reading order, 0 to 1."""
    labels = {
        (span.area.label.cell, span.area.label.start, span.rank)
        for span in spans
        if span.area.label
    }
    ordered = sorted(labels)
    return {key: at / max(1, len(ordered) - 1) for at, key in enumerate(ordered)}


def _print_height(view: PageView, piece: Candidate) -> float:
    first, last = piece.ranges[0]
    return max(1.0, max(box[3] - box[1] for box in view.boxes[first:last]))


def _amount(span: Span) -> float | None:
    if not span.parsed.sure:
        return None
    try:
        return float(span.parsed.value)
    except ValueError:
        return None


def _is_money(span: Span) -> bool:
    tail = span.parsed.value.partition(".")[2]
    return bool(span.parsed.currency) or len(tail) == 2


def _control(span: Span, template: FieldTemplate) -> float:
    """Return 1 for valid check digits, -1 for invalid ones, 0 for a type without any."""
    if template.type not in ("inn", "iban"):
        return 0.0
    passes = is_inn if template.type == "inn" else is_iban
    return 1.0 if passes(span.parsed.value) else -1.0
