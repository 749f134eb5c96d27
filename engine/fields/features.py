"""A candidate of a field -> numbers. Nothing is learned or decided here.

Every row of FEATURES has its line in the ablation table of docs/fields.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.codes import is_iban, is_inn
from engine.fields.spans import fits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.families.lite.pieces import Candidate
    from engine.families.lite.view import PageView
    from engine.fields.areas import Area
    from engine.fields.spans import Span
    from engine.fields.templates import FieldTemplate

FEATURES: Final = (
    "any",
    "inline",
    "right",
    "below",
    "above",
    "numbered",
    "label_misread",
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
    "joined",
    "preferred",
    "print_size",
    "label_of_other",
    "near_label_of_other",
    "is_label",
    "extra_lines",
    "labelled_lines",
    "whole_block",
    "words",
    "length",
    "digits",
    "control",
    "in_table",
    "first_of_kind",
    "repeated",
)
_AT: Final = {name: number for number, name in enumerate(FEATURES)}
_LIKE: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("person", "org"),
    "address": ("address",),
    "text": ("text",),
}
_CLAIMS: Final = ("inline", "right", "below")


class PageFacts:
    """What the features need to know of a page under a template, whatever the field.

    Args:
        claims: the areas that each label leads to.
    """

    def __init__(self, view: PageView, claims: Sequence[Area]) -> None:
        self.view = view
        self.height = max(1.0, float(view.index.height))
        self._claimed: dict[int, list[tuple[frozenset[str], str]]] = {}
        self._labels: set[int] = set()
        for area in claims:
            label = area.label
            if label is None:
                continue
            self._labels |= set(_words(view, label.cell, label.start, label.end))
            if area.relation in _CLAIMS and area.step == 0:
                for word in _words(view, area.cell, area.start, area.end):
                    self._claimed.setdefault(word, []).append((label.fields, area.relation))
        tops = [box[1] for box in view.boxes] or [0.0]
        feet = [box[3] for box in view.boxes] or [1.0]
        # The printed part: a receipt on a large sheet begins where its first line does.
        self.top, self.foot = min(tops), max(feet)

    def claimed_by_other(self, field: str, piece: Candidate) -> tuple[bool, bool]:
        """Whether labels of other fields lead to the piece: inline, and right or below."""
        inline = near = False
        for first, last in piece.ranges[:1]:
            for word in range(first, last):
                for fields, relation in self._claimed.get(word, ()):
                    if field not in fields:
                        inline |= relation == "inline"
                        near |= relation != "inline"
        return inline, near

    def label_share(self, piece: Candidate) -> float:
        """The share of the piece's words that are labels."""
        words = [word for first, last in piece.ranges for word in range(first, last)]
        return sum(word in self._labels for word in words) / max(1, len(words))


def feature_table(
    facts: PageFacts, name: str, template: FieldTemplate, spans: Sequence[Span]
) -> NDArray[np.float32]:
    """(spans, features) of one field's candidates on one page."""
    table = np.zeros((len(spans), len(FEATURES)), np.float32)
    if not spans:
        return table
    view = facts.view
    heights = np.array([_print_height(view, span.piece) for span in spans])
    amounts = [_amount(span) for span in spans]
    largest = max((value for value in amounts if value is not None), default=0.0)
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
            row[_AT["numbered"]] = label.numbered
            row[_AT["label_misread"]] = 1.0 - label.exact
            row[_AT["label_size"]] = min(1.0, label.size / 16)
            row[_AT["label_starts_cell"]] = label.leads
            row[_AT["colon"]] = label.colon
            row[_AT["steps"]] = min(1.0, area.step / 2)
            if template.which:
                at = order[label.cell, label.start, span.rank]
                row[_AT["order"]] = 1 - at if template.which == "first" else at
            row[_AT["labelled_lines"]] = span.extra_lines / 3
            row[_AT["gap"]] = min(1.0, max(0.0, area.gap) / 12)
        row[_AT["rank"]] = min(1.0, span.rank / 2)
        row[_AT["share"]] = span.share
        row[_AT["money"]] = _is_money(span)
        row[_AT["likeness"]] = _likeness(span, template)
        down = (tops[number] - facts.top) / max(1.0, facts.foot - facts.top)
        if template.place:
            row[_AT["place"]] = 1 - down if template.place == "top" else down
        row[_AT["joined"]] = span.extra_lines > 0 and not area.more
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
        row[_AT["in_table"]] = view.category(cell) == "Table"
        row[_AT["first_of_kind"]] = tops[number] <= min(tops) + view.line_height / 2
        row[_AT["repeated"]] = min(1.0, (values[span.parsed.value] - 1) / 2)
    return table


def _order(spans: Sequence[Span]) -> dict[tuple[int, int, int], float]:
    """(cell, start, rank) of labels and their values -> place in reading order, 0 to 1."""
    labels = {
        (span.area.label.cell, span.area.label.start, span.rank)
        for span in spans
        if span.area.label
    }
    ordered = sorted(labels)
    return {key: at / max(1, len(ordered) - 1) for at, key in enumerate(ordered)}


def _words(view: PageView, cell: int, start: int, end: int) -> list[int]:
    """The words of a cell that characters [start, end) of its text touch."""
    own, at, found = view.cells[cell], 0, []
    for word in range(own.first, own.last):
        length = len(view.words[word])
        if at < end and at + length > start:
            found.append(word)
        at += length + 1
    return found


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


def _likeness(span: Span, template: FieldTemplate) -> float:
    if template.choices or template.pattern:
        return float(fits(span.piece.text, template))
    kinds = span.piece.kinds
    return max((kinds.get(kind, 0.0) for kind in _LIKE.get(template.type, ())), default=0.0)


def _control(span: Span, template: FieldTemplate) -> float:
    """1 where control digits agree, -1 where they do not, 0 where the type has none."""
    if template.type not in ("inn", "iban"):
        return 0.0
    passes = is_inn if template.type == "inn" else is_iban
    return 1.0 if passes(span.parsed.value) else -1.0
