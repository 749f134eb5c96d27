"""The form of a document's fields, as plain data: what was read, changed and confirmed.

`view` makes it from the engine's values; ui/fields.js draws it. A value that a person confirmed is
kept, whatever is read afterwards; a value that was typed is not on the page and has no box.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from engine.fields import DocumentFields, Field, load_templates, with_values
from engine.fields.exports import FileResult, fields_csv, fields_xlsx
from ui import i18n
from ui.layout_view import file_stem
from ui.safe import plain

View = dict[str, Any]
ExportKind = Literal["json", "csv", "xlsx"]
EXPORTS: Final[tuple[ExportKind, ...]] = get_args(ExportKind)
# A value is a line or a short paragraph; more is a paste by mistake.
_LONGEST_VALUE: Final = 2000


@dataclass(slots=True)
class Sheet:
    """The form of one document.

    Attributes:
        found: what was read last.
        named: a person chose the type; else it was recognised.
        typed: field name -> value that a person wrote.
        confirmed: names of the fields that a person confirmed.
    """

    found: DocumentFields
    named: bool = False
    typed: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)

    def read_again(self, found: DocumentFields, *, named: bool) -> "Sheet":
        """The form after another reading: confirmed fields stay as they are."""
        kept = {name: one for name, one in self.found.fields.items() if name in self.confirmed}
        titles = {
            **found.titles,
            **{n: self.found.titles[n] for n in kept if n in self.found.titles},
        }
        return Sheet(
            replace(found, titles=titles, fields={**found.fields, **kept}),
            named,
            {name: value for name, value in self.typed.items() if name in self.confirmed},
            set(self.confirmed),
        )

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


def view(
    sheets: Mapping[str, Sheet],
    language: str,
    *,
    folder: Path | None,
    reading: str | None = None,
) -> View:
    """The component's value: document_id -> form.

    Args:
        folder: templates of the user's own.
        reading: the document whose fields are being read.
    """
    return {
        "reading": reading,
        "sheets": {
            document_id: _sheet(sheet, language, folder) for document_id, sheet in sheets.items()
        },
    }


def types(language: str, folder: Path | None) -> list[dict[str, str]]:
    """The document types that a person can choose, in their order."""
    return [
        {"name": name, "title": template.title.text(language)}
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


def content(found: DocumentFields, kind: ExportKind, language: str) -> bytes:
    """A download of the form."""
    result = FileResult(found.name, found)
    match kind:
        case "csv":
            return fields_csv([result]).encode("utf-8", "replace")
        case "xlsx":
            return fields_xlsx([result])
        case _:
            shown = json.dumps(found.to_json(language), ensure_ascii=False, indent=2)
            return shown.encode("utf-8", "replace")


def _sheet(sheet: Sheet, language: str, folder: Path | None) -> View:
    found = sheet.result(folder)
    template = load_templates(folder).get(found.document_type)
    return {
        "type": found.document_type,
        "confidence": round(100 * found.confidence),
        "named": sheet.named,
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
        if one.boxes
        else None,
        "sure": round(100 * one.confidence),
        "checks": [
            {"passed": check.passed, "text": plain(check.text(language))} for check in one.checks
        ],
        "rows": [{column: plain(cell.text) for column, cell in row.items()} for row in one.rows],
    }
