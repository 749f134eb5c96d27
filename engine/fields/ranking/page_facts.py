"""What the features need to know of a whole page, whatever the field.

Which words labels claim; where on this page values stand to their labels; which lines go on with
others; what the machine-readable zone, the order of the dates and the sums among the amounts say.
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
from engine.text import find_values
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
# Labels of a page lead to their values by relations with this share or more.
_USUAL: Final = 0.3
# A line is full if the next word would reach further than this share of the column's width.
_FULL: Final = 0.97
# In line heights: what stands so far above or below a line's row still bounds its column.
_COLUMN_WITHIN: Final = 3.0

# A name stands at most so many lines above its address.
_ADDRESS_WITHIN: Final = 3
_ADDRESS: Final = 0.5


class PageFacts:
    """What the features need to know of a page under a template, whatever the field.

    Args:
        claims: the areas that each label leads to.

    Attributes:
        usual: relation -> share of the page's labels whose values can stand there.
        continued: cell -> the cell above it that it goes on with.
    """

    def __init__(
        self,
        view: PageView,
        template: DocumentTemplate,
        areas: LabelAreas,
        claims: Sequence[LabelArea],
        zone: MrzZone | None,
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
        # The printed part: a receipt on a large sheet begins where its first line does.
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
                for value in find_values(text)
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

    def is_full(self, cell: int, below: int) -> bool:
        """Whether the first word of the lower line had no room at the end of the upper one."""
        upper, lower = self.view.cells[cell], self.view.cells[below]
        box = self.view.boxes[lower.first]
        needed = upper.bbox[2] - upper.bbox[0] + box[2] - box[0] + 0.3 * (box[3] - box[1])
        # Centred lines have the whole width, others what is right of their beginning.
        middle = abs(upper.bbox[0] + upper.bbox[2] - self.left - self.right) / 2
        centred = middle < self.view.line_height and abs(upper.bbox[0] - lower.bbox[0]) > 2
        if centred:
            return needed > _FULL * (self.right - self.left)
        return needed > _FULL * (self._edge_of_column(upper) - upper.bbox[0])

    def _edge_of_column(self, upper: LineCell) -> float:
        """Where the next column, a picture or the page's print ends the room right of a line."""
        near = _COLUMN_WITHIN * self.view.line_height
        top, foot = upper.bbox[1] - near, upper.bbox[3] + near
        beside = [
            box[0]
            for box in self._columns_and_pictures
            if box[0] >= upper.bbox[2] and box[1] < foot and box[3] > top
        ]
        return min([*beside, self.right])

    def mrz_agrees(self, name: str, span: Span) -> float:
        """1 where the zone says the same, -1 where it says something else, 0 if it is silent."""
        part = self._parts.get(name, "")
        said = self._zone.mrz.parts.get(part, "") if self._zone and part else ""
        if not said:
            return 0.0
        if part in ("surname", "given_names"):
            share = likeness_of_names(span.piece.text, said, given=part == "given_names")
            return share if share >= SAME_NAME else -1.0
        if part == "nationality":
            return 0.0  # a state's code says little of how its nationals are called
        own = re.sub(r"[\W_]", "", span.parsed.value).upper()
        return 1.0 if own == re.sub(r"[\W_]", "", said).upper() else -1.0

    def in_order(self, name: str, day: str) -> float:
        """Whether a day stands where the template's order of dates wants it: first, last, or
        between; of a single day, whether it is the first one's."""
        if day not in self._days:
            return 0.0
        before = any(name in chain[1:] for chain in self._chains)
        after = any(name in chain[:1] for chain in self._chains)
        if self._sums and len(self._days) > sum(map(len, self._chains)):
            return 0.0  # a bill may name the days of orders and contracts
        at, last = self._days.index(day), len(self._days) - 1
        if before and after:
            return float(0 < at < last)
        if after:
            return float(at == 0)
        return float(before and 0 < at == last)

    def adds_up(self, name: str, amount: float | None) -> float:
        """Whether an amount has the part of its field in the page's largest sum with tax."""
        part = self._sums.get(name)
        if part is None or amount is None or self._sum is None:
            return 0.0
        return float(abs(self._sum[part] - amount) < CENT)

    def is_paid(self, amount: float | None) -> float:
        """Whether an amount is what was handed over less the change; less sure where it was rounded
        to what coins there are."""
        if amount is None or not self._paid:
            return 0.0
        off = min(abs(one - amount) for one in self._paid)
        return 1.0 if off < CENT else _ROUNDED if off < COINS else 0.0

    def is_above_address(self, cell: int) -> bool:
        """Whether one of the next lines looks like an address, and this one does not."""
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
        """Whether the piece's amount is the sum of those above it in its column."""
        return self.view.cell_of[piece.ranges[0][0]] in self._column_sums


def _of_others(
    areas: LabelAreas, claims: Sequence[LabelArea], usual: Mapping[str, float]
) -> frozenset[int]:
    """The cells that labels of no field lead to: the day of an order, of a delivery."""
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
    """relation -> share of labels, each label's vote parted among where its value can be."""
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
    """Whether a text can hold a value of the field's type; of free text, some letters."""
    if field.choices or field.pattern:
        return any(fits(word, field) for word in text.split())
    if field.type in ("date", "amount", "number"):
        kinds = ("date",) if field.type == "date" else ("amount", "number")
        return any(value.kind in kinds for value in find_values(text))
    if field.type in _DIGITS:
        return any(map(str.isdigit, text))
    return any(map(str.isalpha, text))


def _words(view: PageView, cell: int, start: int, end: int) -> list[int]:
    """The words of a cell that characters [start, end) of its text touch."""
    own, at, found = view.cells[cell], 0, []
    for word in range(own.first, own.last):
        length = len(view.words[word])
        if at < end and at + length > start:
            found.append(word)
        at += length + 1
    return found
