"""Field extraction from page indexes without a language model, as `lite` does it.

Labels -> areas -> candidates -> scores -> one candidate per field. A valid MRZ confirms fields that
repeat it (engine.fields.checks) and supplies fields that are printed nowhere else. Pages compete:
the best candidate of all pages wins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.geometry import union
from engine.fields.checks import checked, order_of_day_and_month
from engine.fields.key_values import read_pairs
from engine.fields.labels.script import in_alphabet, script_of
from engine.fields.line_items import read_items
from engine.fields.page import _IN_WORDS, PreparedPage, prepared
from engine.fields.ranking.features import feature_table
from engine.fields.ranking.scoring import ScoredSpan, assigned, scored, weights_of
from engine.fields.ranking.spans import Span
from engine.fields.values import Field
from engine.index.conventions import printed_conventions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.fields.codes.mrz import Mrz
    from engine.fields.templates import DocumentTemplate, FieldTemplate
    from engine.index.page_index import PageIndex
    from engine.index.spans import Candidate
    from engine.text import Conventions

# Types that are recognised by their own format, not by scoring candidates.
_BY_FORM: Final = ("mrz", "items")
_FROM_ZONE: Final = 0.9
# Numbers with check digits, recognised by length alone.
_LENGTHS: Final = {
    "inn": re.compile(r"\d{10}|\d{12}"),
    "iban": re.compile(r"[A-Z]{2}\d{2}[A-Z\d]{11,30}"),
}
# Score of a candidate that fails its check. A valid one after its label scores about 8, an account
# 4.
_LABELLED: Final = 5.0


def read_fields(
    indexes: Sequence[PageIndex], template: DocumentTemplate, *, language: str = "en"
) -> dict[str, Field]:
    """Return the fields of a document, checked, in the template's order.

    Args:
        indexes: indexes of its pages.
        language: "en" or "ru", of the titles.
    """
    conventions = printed_conventions(indexes)
    pages = [prepared(index, template, conventions) for index in indexes]
    found = {
        name: field_of(name, template.fields[name], one, language, conventions)
        for name, one in _chosen(pages, template).items()
    }
    formed, mrz = _by_form(pages, template, language, frozenset(found))
    found |= formed
    if template.pairs:
        found |= read_pairs(pages, found, language)
    order = {name: number for number, name in enumerate(template.fields)}
    ordered = dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))
    return checked(ordered, template, mrz)


def read_pieces(
    indexes: Sequence[PageIndex], template: DocumentTemplate
) -> dict[str, tuple[Candidate, float]]:
    """Return the unparsed places of a document's fields: field -> (span of a page, probability).

    Tables and the zone itself are left out, and so are dates in the zone: "870921" is no date for
    people.
    """
    conventions = printed_conventions(indexes)
    pages = [prepared(index, template, conventions) for index in indexes]
    chosen = _chosen(pages, template)
    found = {name: (one.span.piece, one.probability) for name, one in chosen.items()}
    zone = next((page.zone for page in pages if page.zone is not None), None)
    for name, field in template.fields.items():
        if zone is None or not zone.mrz.valid or name in found or field.type == "date":
            continue
        part = zone.part(field.part_of_mrz) if field.part_of_mrz else None
        if part is not None:
            found[name] = (part, _FROM_ZONE)
    return found


def by_form(
    indexes: Sequence[PageIndex], template: DocumentTemplate, *, language: str = "en"
) -> tuple[dict[str, Field], Mrz | None]:
    """Return fields found by format alone: the MRZ with its parts, and tables; unchecked."""
    conventions = printed_conventions(indexes)
    pages = [prepared(index, template, conventions) for index in indexes]
    return _by_form(pages, template, language, frozenset(template.fields))


def _chosen(pages: Sequence[PreparedPage], template: DocumentTemplate) -> dict[str, ScoredSpan]:
    """Choose at most one candidate per field over all pages; no two share words."""
    return assigned(
        {
            name: candidates_of(pages, name, field)
            for name, field in template.fields.items()
            if field.type not in _BY_FORM
        }
    )


def _by_form(
    pages: Sequence[PreparedPage],
    template: DocumentTemplate,
    language: str,
    known: frozenset[str],
) -> tuple[dict[str, Field], Mrz | None]:
    """Return the MRZ and tables, and parts of the MRZ whose fields are not known."""
    found: dict[str, Field] = {}
    zone = next((page.zone for page in pages if page.zone is not None), None)
    for name, field in template.fields.items():
        if field.type == "items":
            items = read_items(pages, name, field, language)
            if items is not None:
                found[name] = items
        elif zone is not None and field.type == "mrz":
            agreeing = sum(zone.mrz.checks.values()) / max(1, len(zone.mrz.checks))
            value = "\n".join(zone.mrz.lines)
            found[name] = _field(name, field, zone.piece, value, agreeing, language)
        elif zone is not None and zone.mrz.valid and name not in known and field.part_of_mrz:
            part = zone.part(field.part_of_mrz)
            value = zone.mrz.parts.get(field.part_of_mrz, "")
            if part is not None and value:
                found[name] = _field(name, field, part, value, _FROM_ZONE, language)
    return found, zone.mrz if zone else None


def candidates_of(
    pages: Sequence[PreparedPage],
    name: str,
    field: FieldTemplate,
    weights: NDArray[np.float32] | None = None,
) -> list[ScoredSpan]:
    """Return a field's scored candidates over all pages. weights: None uses the fitted ones."""
    spans: list[Span] = []
    tables = []
    for page in pages:
        own = page.spans(name, field)
        spans += own
        tables.append(feature_table(page.facts, name, field, own))
    if weights is None:
        weights = weights_of(field)
    found = scored(name, spans, np.concatenate(tables), weights) if spans else []
    return _with_failed_check(name, field, found)


def _with_failed_check(
    name: str, field: FieldTemplate, found: list[ScoredSpan]
) -> list[ScoredSpan]:
    """Return the candidates, if necessary with one that fails its check digits.

    If no candidate of a number with check digits is likely, a candidate of the right length
    directly after the field's own label counts too. It is misread or mistyped, and is shown with
    its failed check. (The weights rely on check digits, which are valid on all drawn documents.)
    """
    length = _LENGTHS.get(field.type)
    if length is None or (found and found[0].score > 0):
        return found
    for place, one in enumerate(found):
        label = one.span.area.label
        leads = label is not None and label.strong and name in label.fields
        if leads and one.span.area.step == 0 and length.fullmatch(one.span.parsed.value):
            return [replace(one, score=_LABELLED), *found[:place], *found[place + 1 :]]
    return found


def field_of(
    name: str, template: FieldTemplate, one: ScoredSpan, language: str, conventions: Conventions
) -> Field:
    """Build a field from its assigned candidate."""
    parsed, view = one.span.parsed, one.span.piece.view
    value = parsed.value
    if template.type in _IN_WORDS and not (template.choices or template.pattern):
        value = in_alphabet(value, script_of(view.words))
    field = _field(name, template, one.span.piece, value, one.probability, language)
    checks = order_of_day_and_month(field, conventions)
    return replace(field, currency=parsed.currency, checks=checks)


def _field(
    name: str,
    template: FieldTemplate,
    piece: Candidate,
    value: str,
    confidence: float,
    language: str,
) -> Field:
    boxes = piece.boxes()
    return Field(
        name=name,
        title=template.title.text(language),
        type=template.type,
        text=piece.text,
        value=value,
        bbox=union(boxes),
        page_index=piece.view.index.page_index,
        confidence=min(1.0, confidence),
        boxes=boxes,
    )
