"""The forms of a file's documents, as plain data: what was read, changed and confirmed.

`view` makes it from the engine's values; ui/static/fields.js draws it. A value that a person
confirmed is kept, whatever is read afterwards; a value that was typed is not on the page and has no
box.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from engine.fields import (
    DocumentFields,
    Field,
    fields_json,
    load_templates,
    page_numbers,
    with_values,
)
from engine.fields.exports import FileResult, fields_csv, fields_xlsx
from ui import i18n
from ui.views.escaping import plain
from ui.views.layout_view import file_stem

View = dict[str, Any]
ExportKind = Literal["json", "csv", "xlsx"]
EXPORTS: Final[tuple[ExportKind, ...]] = get_args(ExportKind)
# A value is a line or a short paragraph; more is a paste by mistake.
_LONGEST_VALUE: Final = 2000


@dataclass(slots=True)
class DocumentFieldsView:
    """The form of one document; a file may hold several.

    Attributes:
        found: what was read last.
        whole: a person wished the file to be read as one document.
        named: a person chose the type; else it was recognised.
        typed: field name -> value that a person wrote.
        confirmed: names of the fields that a person confirmed.
    """

    found: DocumentFields
    named: bool = False
    typed: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    whole: bool = False

    @property
    def pages(self) -> tuple[int, ...]:
        """0-based pages of the document."""
        return tuple(page.page_index for page in self.found.pages)

    def read_again(
        self,
        found: DocumentFields,
        *,
        named: bool,
        covered: Set[int] = frozenset(),
        takes_rest: bool = True,
    ) -> "DocumentFieldsView":
        """The form after another reading: confirmed fields stay as they are.

        Of a form whose pages are now several documents, those stay that stand on this one's pages.

        Args:
            covered: the pages that were read now, of all documents.
            takes_rest: fields on other pages than those, and on none, stay with this form.
        """
        pages = {page.page_index for page in found.pages}
        elsewhere = covered - pages
        mine = set()
        for name in self.confirmed:
            one = self._on_page(name)
            here = one is not None and one.page_index in pages
            rest = takes_rest and (one is None or one.page_index not in elsewhere)
            if here or rest:
                mine.add(name)
        kept = {name: one for name, one in self.found.fields.items() if name in mine}
        titles = {
            **found.titles,
            **{n: self.found.titles[n] for n in kept if n in self.found.titles},
        }
        return DocumentFieldsView(
            replace(found, titles=titles, fields={**found.fields, **kept}),
            named,
            {name: value for name, value in self.typed.items() if name in mine},
            mine,
        )

    def _on_page(self, name: str) -> Field | None:
        one = self.found.fields.get(name)
        return one if one is not None and one.bbox is not None else None

    def write(self, name: str, value: str) -> bool:
        """Take a value that a person wrote; whether the form has such a field.

        The value that was read, or an empty one where nothing was, takes the change back.
        """
        if name not in self.found.titles:
            return False
        value = value.strip()[:_LONGEST_VALUE]
        read = self.found.fields.get(name)
        if value == (read.value if read else ""):
            self.typed.pop(name, None)
        else:
            self.typed[name] = value
        return True

    def confirm(self, name: str, *, yes: bool) -> bool:
        """Mark a field as looked at; whether the form has such a field."""
        if name not in self.found.titles:
            return False
        (self.confirmed.add if yes else self.confirmed.discard)(name)
        return True

    def result(self, folder: Path | None) -> DocumentFields:
        """What is exported: typed values in the place of read ones, checked like them."""
        return with_values(self.found, self.typed, folder=folder)


def sheet_of(sheets: Sequence[DocumentFieldsView], page: int) -> DocumentFieldsView | None:
    """The form of the document that a page belongs to: as ui/static/fields.js finds it. A page that
    was not read belongs to the document before it."""
    own = [sheet for sheet in sheets if page in sheet.pages]
    before = [sheet for sheet in sheets if sheet.pages[0] <= page]
    return next(iter(own or before[::-1] or sheets), None)


def with_read(
    sheets: Sequence[DocumentFieldsView], read: Sequence[DocumentFieldsView]
) -> list[DocumentFieldsView]:
    """The forms of a file after some of its documents were read: new ones take the place of those
    that have a page of theirs, whose confirmed fields they keep."""
    new = {page for sheet in read for page in sheet.pages}
    out = [sheet for sheet in sheets if not new & set(sheet.pages)]
    rest = list(sheets)  # whose fields on pages that were not read belong to the first that follows
    for sheet in sorted(read, key=lambda one: one.pages[0]):
        again = sheet
        before = [old for old in sheets if set(old.pages) & set(sheet.pages)]
        for old in reversed(before):  # of two that confirmed the same field the first one counts
            first = any(old is one for one in rest)
            kept = old.read_again(again.found, named=sheet.named, covered=new, takes_rest=first)
            theirs = {n: value for n, value in again.typed.items() if n not in kept.confirmed}
            kept.typed = {**theirs, **kept.typed}
            kept.confirmed |= again.confirmed
            again = kept
        rest = [old for old in rest if not any(old is one for one in before)]
        out.append(replace(again, whole=sheet.whole))
    return sorted(out, key=lambda sheet: sheet.pages[0])


def view(
    sheets: Mapping[str, Sequence[DocumentFieldsView]],
    language: str,
    *,
    folder: Path | None,
    reading: str | None = None,
) -> View:
    """The component's value: document_id -> the forms of the file's documents.

    Args:
        folder: templates of the user's own.
        reading: the document whose fields are being read.
    """
    return {
        "reading": reading,
        "sheets": {
            document_id: [_sheet(sheet, language, folder) for sheet in own]
            for document_id, own in sheets.items()
        },
    }


def types(language: str, folder: Path | None) -> list[View]:
    """The document types that a person can choose, in their order."""
    return [
        {
            "name": name,
            "title": template.title.text(language),
            "experimental": template.experimental,
        }
        for name, template in load_templates(folder).items()
    ]


def strings(language: str, folder: Path | None) -> View:
    """The texts that the script needs."""
    return {
        "language": i18n.known(language),
        "types": types(language, folder),
        **i18n.table("fields", language),
    }


def export_kind(name: str) -> ExportKind | None:
    """The kind that a browser asks for; None where there is no such kind."""
    return next((kind for kind in EXPORTS if kind == name), None)


def target(folder: Path, found: DocumentFields, kind: ExportKind) -> Path:
    """Where a download is written."""
    return folder / f"{file_stem(found.name)}-fields.{kind}"


def content(found: Sequence[DocumentFields], kind: ExportKind, language: str) -> bytes:
    """A download of the forms of a file: a row, or an object, for each of its documents."""
    results = [FileResult(one.name, one) for one in found]
    match kind:
        case "csv":
            return fields_csv(results).encode("utf-8", "replace")
        case "xlsx":
            return fields_xlsx(results)
        case _:
            shown = json.dumps(fields_json(found, language), ensure_ascii=False, indent=2)
            return shown.encode("utf-8", "replace")


def _sheet(sheet: DocumentFieldsView, language: str, folder: Path | None) -> View:
    found = sheet.result(folder)
    template = load_templates(folder).get(found.document_type)
    return {
        "type": found.document_type,
        "confidence": round(100 * found.confidence),
        "named": sheet.named,
        "pages": list(sheet.pages),
        "numbers": page_numbers(found.pages),
        "whole": sheet.whole,
        "model": found.model_id,
        "fields": [
            {
                "name": name,
                "title": template.fields[name].title.text(language)
                if template and name in template.fields
                else plain(title),
                "typed": name in sheet.typed,
                "confirmed": name in sheet.confirmed,
                **_value(found, found.fields.get(name), language),
            }
            for name, title in found.titles.items()
        ],
    }


def _value(found: DocumentFields, one: Field | None, language: str) -> View:
    if one is None:
        return {"value": "", "text": "", "checks": [], "rows": []}
    return {
        "value": plain(one.value),
        "currency": one.currency,
        "text": plain(one.text),
        "place": {
            "document": found.document_id,
            "page": one.page_index,
            "bbox": [round(edge, 2) for edge in one.bbox],
        }
        if one.bbox is not None
        else None,
        "sure": round(100 * one.confidence),
        "checks": [
            {"passed": check.passed, "text": plain(check.text(language))} for check in one.checks
        ],
        "rows": [{column: plain(cell.text) for column, cell in row.items()} for row in one.rows],
    }
