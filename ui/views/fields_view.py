"""The forms of a file's documents as plain data: values read, typed and confirmed.

`view` builds it from the engine's values and ui/static/fields.js draws it. A confirmed value stays
unchanged when the document is read again. A typed value is not on the page and has no box.
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
# Characters. A value is a line or a short paragraph; more is an accidental paste.
_LONGEST_VALUE: Final = 2000


@dataclass(slots=True)
class DocumentFieldsView:
    """The form of one document; a file may hold several.

    Attributes:
        found: the last fields read.
        named: the user chose the document type; else it was recognised.
        typed: field name -> value that the user typed.
        confirmed: names of the fields that the user confirmed.
        whole: the user asked to read the file as one document.
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
        """The form after the fields were read again; confirmed fields are left unchanged.

        If this form's pages now belong to several documents, the result takes the confirmed fields
        that lie on the pages of `found`.

        Args:
            found: the new fields.
            covered: the 0-based pages read now, of all documents.
            takes_rest: the result also takes the confirmed fields that lie on no page of `covered`
                or have no place on a page.
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
        own = {name: one for name, one in self.found.fields.items() if name in mine}
        titles = {
            **found.titles,
            **{n: self.found.titles[n] for n in own if n in self.found.titles},
        }
        return DocumentFieldsView(
            replace(found, titles=titles, fields={**found.fields, **own}),
            named,
            {name: value for name, value in self.typed.items() if name in mine},
            mine,
        )

    def _on_page(self, name: str) -> Field | None:
        one = self.found.fields.get(name)
        return one if one is not None and one.bbox is not None else None

    def write(self, name: str, value: str) -> bool:
        """Store a typed value. Returns False if the form has no such field.

        A value equal to the one that was read (empty if none was) removes the typed one.
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
        """Mark a field as confirmed, or not. Returns False if the form has no such field."""
        if name not in self.found.titles:
            return False
        (self.confirmed.add if yes else self.confirmed.discard)(name)
        return True

    def result(self, folder: Path | None) -> DocumentFields:
        """The fields to export: typed values replace the read ones and pass the same checks."""
        return with_values(self.found, self.typed, folder=folder)


def sheet_of(sheets: Sequence[DocumentFieldsView], page: int) -> DocumentFieldsView | None:
    """The form of the document that a 0-based page belongs to, by the rule of ui/static/fields.js.

    A page that was not read belongs to the document before it.
    """
    own = [sheet for sheet in sheets if page in sheet.pages]
    before = [sheet for sheet in sheets if sheet.pages[0] <= page]
    return next(iter(own or before[::-1] or sheets), None)


def with_read(
    sheets: Sequence[DocumentFieldsView], read: Sequence[DocumentFieldsView]
) -> list[DocumentFieldsView]:
    """The forms of a file after some of its documents were read.

    A new form replaces the forms that share a page with it and takes over their confirmed fields.
    """
    new = {page for sheet in read for page in sheet.pages}
    out = [sheet for sheet in sheets if not new & set(sheet.pages)]
    rest = list(sheets)  # the first new form that replaces one takes its fields on unread pages
    for sheet in sorted(read, key=lambda one: one.pages[0]):
        again = sheet
        before = [old for old in sheets if set(old.pages) & set(sheet.pages)]
        for old in reversed(before):  # if two confirmed the same field, the first one wins
            first = any(old is one for one in rest)
            merged = old.read_again(again.found, named=sheet.named, covered=new, takes_rest=first)
            theirs = {n: value for n, value in again.typed.items() if n not in merged.confirmed}
            merged.typed = {**theirs, **merged.typed}
            merged.confirmed |= again.confirmed
            again = merged
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
        folder: the folder of the user's own templates, or None.
        reading: document_id of the file whose fields are being read.
    """
    return {
        "reading": reading,
        "sheets": {
            document_id: [_sheet(sheet, language, folder) for sheet in own]
            for document_id, own in sheets.items()
        },
    }


def types(language: str, folder: Path | None) -> list[View]:
    """The document types that the user can choose, in their order."""
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
    """The export kind that a browser asks for; None if it does not exist."""
    return next((kind for kind in EXPORTS if kind == name), None)


def target(folder: Path, found: DocumentFields, kind: ExportKind) -> Path:
    """The path of a download."""
    return folder / f"{file_stem(found.name)}-fields.{kind}"


def content(found: Sequence[DocumentFields], kind: ExportKind, language: str) -> bytes:
    """The content of a download: a row (csv, xlsx) or object (json) for each document of a file."""
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
