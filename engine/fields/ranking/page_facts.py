"""Facts of a whole page that the features use, independent of the field.

They are: the words that labels claim; the usual position of values relative to labels; lines that
continue others; the MRZ; the order of the dates; sums among the amounts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from engine.fields.labels.label import OTHER
from engine.fields.ranking.similarity import POSTCODE, SAME_NAME, likeness_of_names
from engine.fields.ranking.spans import fits
from engine.fields.ranking.totals import CENT, COINS, column_sums, paid_less_change, sum_on_page
from engine.fields.templates import DAYS_IN_ORDER
from engine.text import UNKNOWN, Conventions, find_values
from engine.text.answer_types import kinds_of

if TYPE_CHECKING:
    from engine.fields.codes.mrz_zone import MrzZone
    from engine.fields.labels.areas import LabelArea, LabelAreas
    from engine.fields.labels.label import Label
    from engine.fields.ranking.spans import Span
    from engine.fields.templates import DocumentTemplate, FieldTemplate
    from engine.index.spans import Candidate
    from engine.index.view import LineCell, PageView

_CLAIMS: Final = ("inline", "right", "below")
_DIGITS: Final = ("id", "inn", "iban")
_ROUNDED: Final = 0.6
# A relation is usual if at least this fraction of the page's labels can have a value there.
_USUAL: Final = 0.3
# A line is full if the next word would exceed this fraction of the column's width.
_FULL: Final = 0.97
# In line heights: a box within this distance above or below a line still bounds its column.
_COLUMN_WITHIN: Final = 3.0

# A name stands at most this many lines above its address.
_ADDRESS_WITHIN: Final = 3
_ADDRESS: Final = 0.5


class PageFacts:
    """Facts of a page under a template that the features use, independent of the field.

    Args:
        claims: the areas that each label leads to.

    Attributes:
        usual: relation -> fraction of the page's labels whose values can stand there.
        continued: cell -> the cell above that it continues.
    """

    def __init__(
        self,
        view: PageView,
        template: DocumentTemplate,
        areas: LabelAreas,
        claims: Sequence[LabelArea],
        zone: MrzZone | None,
        conventions: Conventions = UNKNOWN,
    ) -> None:
        self.view = view
        self._zone = zone
        self._parts = {name: field.part_of_mrz for name, field in template.fields.items()}
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
        # The printed part: a receipt on a large sheet begins at its first line.
        self.top, self.foot = min(tops), max(feet)
        self.left = min((box[0] for box in view.boxes), default=0.0)
        self.right = max((box[2] for box in view.boxes), default=1.0)
        pictures = [region.bbox for region in view.index.regions if region.category == "Picture"]
        self._columns_and_pictures = [*pictures, *(cell.bbox for cell in view.cells)]
        self.usual = _usual(areas, claims, template)
        self.continued = {
            more: cell
            for cell in range(len(view.cells))
            if not areas.is_label(cell)
            for more in areas.continued(cell)[:1]
        }
        texts = [view.text(cell.first, cell.last) for cell in view.cells]
        covered = zone.cells if zone else frozenset[int]()
        strange = _of_others(areas, claims, self.usual)
        self._days = sorted(
            {
                value.parsed.isoformat()
                for cell, text in enumerate(texts)
                if cell not in covered and cell not in strange
                for value in find_values(text, conventions)
                if value.kind == "date" and isinstance(value.parsed, date)
            }
        )
        self._chains = [rule.fields for rule in template.checks if rule.rule in DAYS_IN_ORDER]
        self._sums = {
            name: part
            for rule in template.checks
            if rule.rule == "sum"
            for part, name in enumerate(rule.fields)
        }
        self._sum = sum_on_page(texts) if self._sums else None
        self._column_sums = column_sums(view, texts)
        self._paid = paid_less_change(view, texts)

    def claimed_by_other(self, field: str, piece: Candidate) -> tuple[bool, bool]:
        """Whether labels of other fields lead to the piece: (inline, right or below)."""
        inline = near = False
        for first, last in piece.ranges[:1]:
            for word in range(first, last):
                for fields, relation in self._claimed.get(word, ()):
                    if field not in fields:
                        inline |= relation == "inline"
                        near |= relation != "inline"
        return inline, near

    def label_share(self, piece: Candidate) -> float:
        """Return the fraction of the piece's words that are labels."""
        words = [word for first, last in piece.ranges for word in range(first, last)]
        return sum(word in self._labels for word in words) / max(1, len(words))

    def is_full(self, cell: int, below: int) -> bool:
        """Whether the first word of the lower line did not fit at the end of the upper one."""
        upper, lower = self.view.cells[cell], self.view.cells[below]
        box = self.view.boxes[lower.first]
        needed = upper.bbox[2] - upper.bbox[0] + box[2] - box[0] + 0.3 * (box[3] - box[1])
        # A centred line can use the whole width, any other the width right of its start.
        middle = abs(upper.bbox[0] + upper.bbox[2] - self.left - self.right) / 2
        centred = middle < self.view.line_height and abs(upper.bbox[0] - lower.bbox[0]) > 2
        if centred:
            return needed > _FULL * (self.right - self.left)
        return needed > _FULL * (self._edge_of_column(upper) - upper.bbox[0])

    def _edge_of_column(self, upper: LineCell) -> float:
        """Return the right limit of a line: the next column, a picture or the edge of the print."""
        near = _COLUMN_WITHIN * self.view.line_height
        top, foot = upper.bbox[1] - near, upper.bbox[3] + near
        beside = [
            box[0]
            for box in self._columns_and_pictures
            if box[0] >= upper.bbox[2] and box[1] < foot and box[3] > top
        ]
        return min([*beside, self.right])

    def mrz_agrees(self, name: str, span: Span) -> float:
        """Compare with the MRZ: 1 for equal, -1 for different, 0 without this part.

        For a misread name, the similarity (at least SAME_NAME) in place of 1.
        """
        part = self._parts.get(name, "")
        printed = self._zone.mrz.parts.get(part, "") if self._zone and part else ""
        if not printed:
            return 0.0
        if part in ("surname", "given_names"):
            share = likeness_of_names(span.piece.text, printed, given=part == "given_names")
            return share if share >= SAME_NAME else -1.0
        if part == "nationality":
            return 0.0  # the code of a state does not determine the word for its nationals
        own = re.sub(r"[\W_]", "", span.parsed.value).upper()
        return 1.0 if own == re.sub(r"[\W_]", "", printed).upper() else -1.0

    def in_order(self, name: str, day: str) -> float:
        """Return 1 for a day at the position that the template's order of dates demands, else 0.

        The position is the first, the last, or between. A single day on the page counts as first.
        """
        if day not in self._days:
            return 0.0
        before = any(name in chain[1:] for chain in self._chains)
        after = any(name in chain[:1] for chain in self._chains)
        if self._sums and len(self._days) > sum(map(len, self._chains)):
            return 0.0  # a bill may name the dates of orders and contracts
        at, last = self._days.index(day), len(self._days) - 1
        if before and after:
            return float(0 < at < last)
        if after:
            return float(at == 0)
        return float(before and 0 < at == last)

    def adds_up(self, name: str, amount: float | None) -> float:
        """Return 1 for an amount with its field's role in the page's largest taxed sum, else 0."""
        part = self._sums.get(name)
        if part is None or amount is None or self._sum is None:
            return 0.0
        return float(abs(self._sum[part] - amount) < CENT)

    def is_paid(self, amount: float | None) -> float:
        """Return 1 for an amount that equals the cash paid less the change, else 0.

        Less than 1 if the amount was rounded to available coins.
        """
        if amount is None or not self._paid:
            return 0.0
        off = min(abs(one - amount) for one in self._paid)
        return 1.0 if off < CENT else _ROUNDED if off < COINS else 0.0

    def is_above_address(self, cell: int) -> bool:
        """Whether one of the next lines looks like an address and this line does not."""
        if self._is_address(cell):
            return False
        for _ in range(_ADDRESS_WITHIN):
            cell = self.view.below[cell]
            if cell < 0:
                return False
            if self._is_address(cell):
                return True
        return False

    def _is_address(self, cell: int) -> bool:
        own = self.view.cells[cell]
        text = self.view.text(own.first, own.last)
        likely = kinds_of(text, ()).get("address", 0.0) >= _ADDRESS
        return likely or POSTCODE.search(text) is not None

    def sums_column(self, piece: Candidate) -> bool:
        """Whether the piece's amount is the sum of the amounts above it in its column."""
        return self.view.cell_of[piece.ranges[0][0]] in self._column_sums


def _of_others(
    areas: LabelAreas, claims: Sequence[LabelArea], usual: Mapping[str, float]
) -> frozenset[int]:
    """Return the cells that labels of no field lead to: the date of an order, of a delivery."""
    found: set[int] = set()
    own: set[int] = set()
    for area in claims:
        label = area.label
        if label is None or area.step > 0 or usual[area.relation] < _USUAL:
            continue
        if label.fields == {OTHER} and label.leads:
            found.add(area.cell)
        elif area.relation != "inline":
            own.add(area.cell)
    heads = {
        cell
        for cell, labels in areas.labels_of.items()
        if labels[0].fields == {OTHER} and labels[0].leads
    }
    return frozenset(found - own | heads)


def _usual(
    areas: LabelAreas, claims: Sequence[LabelArea], template: DocumentTemplate
) -> Mapping[str, float]:
    """Return relation -> fraction of labels; each label divides its vote among possible places."""
    by_label: dict[Label, set[str]] = {}
    for area in claims:
        label = area.label
        if label is None or label.fields == {OTHER} or area.step > 0:
            continue
        text = areas.text(area.cell)[area.start : area.end]
        fields = [template.fields[name] for name in label.fields if name in template.fields]
        if any(_can_hold(text, field) for field in fields):
            by_label.setdefault(label, set()).add(area.relation)
    votes: dict[str, float] = defaultdict(float)
    for relations in by_label.values():
        for relation in relations:
            votes[relation] += 1 / len(relations)
    total = sum(votes.values())
    return defaultdict(float, {name: share / total for name, share in votes.items()})


def _can_hold(text: str, field: FieldTemplate) -> bool:
    """Whether a text can be a value of the field's type; free text needs some letters."""
    if field.choices or field.pattern:
        return any(fits(word, field) for word in text.split())
    if field.type in ("date", "amount", "number"):
        kinds = ("date",) if field.type == "date" else ("amount", "number")
        return any(value.kind in kinds for value in find_values(text))
    if field.type in _DIGITS:
        return any(map(str.isdigit, text))
    return any(map(str.isalpha, text))


def _words(view: PageView, cell: int, start: int, end: int) -> list[int]:
    """Return the words of a cell that characters [start, end) of its text touch."""
    own, at, found = view.cells[cell], 0, []
    for word in range(own.first, own.last):
        length = len(view.words[word])
        if at < end and at + length > start:
            found.append(word)
        at += length + 1
    return found
