"""Values that the user wrote in place of extracted ones: parsed and checked like printed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from engine.fields.checks import DATE_ORDER, checked
from engine.fields.codes.mrz import parse_mrz
from engine.fields.parsing import parse_field
from engine.fields.templates import get_template
from engine.fields.values import DocumentFields, Field


def with_values(
    found: DocumentFields, written: Mapping[str, str], *, folder: Path | None
) -> DocumentFields:
    """Replace some values and repeat every check.

    A written value takes the place of the extracted one on the page. If nothing was extracted, it
    has no page and no boxes.

    Args:
        written: field name -> value; an empty value removes the field.
        folder: folder of the user's own templates.
    Raises:
        TaskError: the document's type no longer has a template.
    """
    template = get_template(found.document_type, folder)
    fields: dict[str, Field] = {}
    for name, title in found.titles.items():
        read, value = found.fields.get(name), written.get(name)
        if value is None:
            if read is not None:
                order = tuple(one for one in read.checks if one.name == DATE_ORDER)
                fields[name] = replace(read, checks=order)
            continue
        own = template.fields.get(name)
        if not value:
            continue
        lines = tuple(value.split("\n"))
        # Who types points means the day first, whatever the document prints.
        typed = replace(found.conventions, day_first=None) if "." in value else found.conventions
        parsed = parse_field(value, own, lines, typed) if own else None
        new = read or Field(
            name, title, own.type if own else "text", "", "", None, None, confidence=1.0
        )
        fields[name] = replace(
            new,
            value=parsed.value if parsed else value,
            currency=parsed.currency or new.currency if parsed else new.currency,
            confidence=1.0,
            checks=(),
            rows=(),
        )
    zone = fields.get("mrz")
    mrz = parse_mrz(zone.value.split("\n")) if zone is not None else None
    return replace(found, fields=checked(fields, template, mrz))
