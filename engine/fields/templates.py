"""Document types as data: prompts/fields/*.toml, one type per file, and a folder of user files.

    name = "receipt"                        # the file's name
    title = { en = "Receipt", ru = "Чек" }
    other_labels = { en = ["change"] }      # labels whose values belong to no field
    [fields.total]                          # in display order
    type = "amount"                         # one of FIELD_TYPES
    title = { en = "Total", ru = "Итого" }
    synonyms = { en = ["total", "amount due"], ru = ["итого", "к оплате"] }
    [[checks]]                              # between fields; a type's own checks need no entry
    rule = "sum"                            # one of RULES
    fields = ["total", "subtotal", "tax"]

docs/fields.md lists every key. This module loads and validates templates; it reads no page.

Try it:
`python -c "from engine.fields.templates import load_templates; print(list(load_templates()))"`
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic import Field as Key

from engine.core.errors import TaskError
from engine.core.prompts import Title
from engine.core.settings_file import PROJECT_ROOT

FieldType = Literal[
    "date", "amount", "number", "text", "name", "address", "id", "mrz", "iban", "inn", "items"
]
FIELD_TYPES: Final = get_args(FieldType)
# rule -> number of fields that it relates
RULES: Final[Mapping[str, int]] = {"sum": 3, "order": 2, "before": 2, "account": 2}
# Rules that compare days.
DAYS_IN_ORDER: Final = frozenset(("order", "before"))
TEMPLATES_DIR: Final = PROJECT_ROOT / "prompts" / "fields"
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[tuple[str, ...], Key(strict=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FieldLabels(_Strict):
    """Printed labels in both languages. A page may mix them, so both are always searched."""

    en: Words = ()
    ru: Words = ()

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.en, *self.ru)


class FieldTemplate(_Strict):
    """One field of a document type.

    Attributes:
        synonyms: its printed labels.
        asked: how users ask for it: "when does it expire". The chat answers no field without any.
        lesser: labels of the field that count only if none of the synonyms is printed.
        continued: labels whose value continues this field's: a patronymic after a first name.
        printed_numbers: numbers that replace the label, as on driving licences: "4a".
        choices: value -> its printed forms; no other value is accepted.
        pattern: regular expression that the whole text without spaces must match.
        likely: regular expression of its usual forms. It matches a whole id without spaces, or a
            part of a text in any case. Other forms are accepted too.
        place: the part of the page where it stands.
        which: which of several places with equal labels is its own, the first or the last.
        prefer: of several candidates, the largest amount, or the text in the largest print.
        who: whose name it is, if the type is name and only one person or body can be named.
        part_of_mrz: the part of a valid MRZ that is this field.
        checks: rules on its value besides those of its type.
        credit_is_positive: CR beside an amount means money of the document's holder, and DR a debt,
            as on bank statements; elsewhere CR is what a customer does not owe.
        columns: of items: column -> printed headings.
    """

    type: FieldType
    title: Title
    synonyms: FieldLabels = FieldLabels()
    asked: FieldLabels = FieldLabels()
    lesser: FieldLabels = FieldLabels()
    continued: FieldLabels = FieldLabels()
    printed_numbers: Words = ()
    choices: Mapping[str, Words] = Key(default_factory=dict)
    pattern: str = ""
    likely: str = ""
    place: Literal["", "top", "bottom"] = ""
    which: Literal["", "first", "last"] = ""
    prefer: Literal["", "largest", "large_print"] = ""
    who: Literal["", "surname", "given_names", "organisation"] = ""
    part_of_mrz: Literal[
        "", "surname", "given_names", "birth_date", "expiry_date", "document_number", "sex",
        "nationality",
    ] = ""  # fmt: skip
    checks: Annotated[tuple[Literal["ogrn"], ...], Key(strict=False)] = ()
    credit_is_positive: bool = False
    columns: Mapping[str, FieldLabels] = Key(default_factory=dict)

    @property
    def kind(self) -> str:
        """Name of the weights that score its candidates: its type, or a narrower kind."""
        if self.choices or self.pattern:
            return "coded"
        if self.type == "text" and self.likely:
            return "telling"
        if self.type == "address" and self.place == "top":
            return "letterhead"
        return self.who if self.type == "name" and self.who else self.type

    @field_validator("pattern", "likely")
    @classmethod
    def _is_an_expression(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _columns_belong_to_items(self) -> Self:
        if bool(self.columns) != (self.type == "items"):
            raise ValueError("columns belong to fields of the type items, which need some")
        return self


class Rule(_Strict):
    """A check between fields.

    Attributes:
        rule: sum (the first is the sum of the others), order (the first day is not after the
            second), before (the first day is before the second), account (account, bik).
    """

    rule: Literal["sum", "order", "before", "account"]
    fields: Words

    @model_validator(mode="after")
    def _has_enough_fields(self) -> Self:
        if len(self.fields) != RULES[self.rule]:
            raise ValueError(f"the rule {self.rule} is about {RULES[self.rule]} fields")
        return self


class DocumentTemplate(_Strict):
    """One document type.

    Attributes:
        pairs: every "label: value" of the page also becomes a field.
        about: words of a question that only say which document it is about, or whose.
        other_numbers: printed numbers whose entries belong to no field: "4d" on a licence.
        experimental: less than 0.7 of its fields are correct (docs/fields.md). The form shows it.
    """

    name: Identifier
    title: Title
    order: Annotated[int, Key(ge=0)] = 100
    other_labels: FieldLabels = FieldLabels()
    about: FieldLabels = FieldLabels()
    other_numbers: Words = ()
    fields: Mapping[Identifier, FieldTemplate]
    checks: Annotated[tuple[Rule, ...], Key(strict=False)] = ()
    pairs: bool = False
    experimental: bool = False

    @model_validator(mode="after")
    def _checked_fields_exist(self) -> Self:
        for rule in self.checks:
            for name in rule.fields:
                if name not in self.fields:
                    raise ValueError(f"checks: {rule.rule} names {name!r}, which is no field")
        return self


@cache
def load_templates(own: Path | None = None) -> Mapping[str, DocumentTemplate]:
    """Load all document types by name, in display order.

    Args:
        own: a folder of the user's own files; one of the same name replaces a built-in one.
    Raises:
        TaskError: the folder is missing, or a file is not TOML, has an unknown key or a value of
            the wrong type, or its name is not its file's; the message names file and key.
    """
    if own is not None and not own.is_dir():
        raise TaskError("fields.no_folder", path=str(own))
    folders = (TEMPLATES_DIR,) if own is None else (TEMPLATES_DIR, own)
    found = {path.stem: _read(path) for folder in folders for path in sorted(folder.glob("*.toml"))}
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def get_template(name: str, own: Path | None = None) -> DocumentTemplate:
    """Load one document type.

    Raises:
        TaskError: there is no such type, or a file is broken.
    """
    templates = load_templates(own)
    if name not in templates:
        raise TaskError("fields.unknown_type", type=name, known=", ".join(templates))
    return templates[name]


def _read(path: Path) -> DocumentTemplate:
    shown = f"prompts/fields/{path.name}" if path.parent == TEMPLATES_DIR else str(path)
    try:
        with path.open("rb") as file:
            template = DocumentTemplate.model_validate(tomllib.load(file))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'file'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise TaskError("fields.bad_template", path=shown, detail=problems) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TaskError("fields.bad_template", path=shown, detail=str(error)) from error
    if template.name != path.stem:
        detail = f'name = "{template.name}" is not the file\'s name'
        raise TaskError("fields.bad_template", path=shown, detail=detail)
    return template
