"""One page prepared for field extraction: its view, labels, areas and facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.fields.codes.mrz_zone import MrzZone, find_zone
from engine.fields.labels.areas import LabelArea, LabelAreas
from engine.fields.labels.label import Label
from engine.fields.labels.matching import find_labels
from engine.fields.ranking.page_facts import PageFacts
from engine.fields.ranking.spans import Span, joined_spans, spans_of
from engine.index.deskew import levelled_view
from engine.index.view import PageView
from engine.text import UNKNOWN, Conventions

if TYPE_CHECKING:
    from engine.fields.templates import DocumentTemplate, FieldTemplate
    from engine.index.page_index import PageIndex

_IN_WORDS: Final = ("text", "name", "address")


@dataclass(frozen=True)
class PreparedPage:
    """One page prepared for every field of a template."""

    view: PageView
    labels: tuple[Label, ...]
    areas: LabelAreas
    facts: PageFacts
    claims: tuple[LabelArea, ...]
    zone: MrzZone | None
    conventions: Conventions = UNKNOWN

    def spans(self, name: str, template: FieldTemplate) -> list[Span]:
        """Return the candidates of one field on this page."""
        covered = self.zone.cells if self.zone else frozenset[int]()
        own = [
            area
            for area in self.claims
            if area.label
            and name in area.label.fields
            and area.cell not in covered
            # In running text a word like "to" can only be the label of a date.
            and (area.label.strong or template.type not in _IN_WORDS)
        ]
        free = [area for area in self.areas.free() if area.cell not in covered]
        going_on = [area for area in own if area.label and area.label.goes_on]
        first = [area for area in own if area.label and not area.label.goes_on]
        how = self.conventions
        found = list(spans_of(self.view, self.areas, template, [*first, *free], how))
        if going_on:
            tails = list(spans_of(self.view, self.areas, template, going_on, how))
            found += list(joined_spans(self.view, template, found, tails))
        return found


def prepared(
    index: PageIndex, template: DocumentTemplate, conventions: Conventions = UNKNOWN
) -> PreparedPage:
    """Prepare a page: find the labels of a template and the areas that they lead to.

    Args:
        conventions: of the whole document.
    """
    view = levelled_view(index)
    labels = tuple(find_labels(view, template))
    areas = LabelAreas(view, labels)
    claims = tuple(area for label in labels for area in areas.of_label(label))
    wants_zone = any(field.type == "mrz" for field in template.fields.values())
    zone = find_zone(view) if wants_zone and view.cells else None
    facts = PageFacts(view, template, areas, claims, zone, conventions)
    return PreparedPage(view, labels, areas, facts, claims, zone, conventions)
