"""Validation rules for values. A failed check is shown beside the value and hides nothing.

By type: mrz (check digits), iban, inn; date, amount and number if the value cannot be parsed. By
the field's `checks`: ogrn. Between fields, by the template's [[checks]]: sum, order, before,
account. A date whose day and month could be swapped is shown with both readings where nothing in
the document decides. A valid MRZ is also compared with the fields that repeat its parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from engine.fields.codes.check_digits import is_account_of, is_iban, is_inn, is_ogrn
from engine.fields.codes.mrz import Mrz, parse_mrz, transliterated
from engine.fields.templates import DAYS_IN_ORDER, DocumentTemplate, FieldTemplate
from engine.fields.values import Field, FieldCheck, day_in, number_in
from engine.text import Conventions, readings

DATE_ORDER: Final = "date_order"
# Documents round sums line by line; the total may differ by this much.
_ROUNDING: Final = Decimal("0.05")


def checked(
    fields: Mapping[str, Field], template: DocumentTemplate, mrz: Mrz | None = None
) -> dict[str, Field]:
    """Return the fields with the results of every check that applies to them."""
    found: dict[str, list[FieldCheck]] = {name: [] for name in fields}
    for name, field in fields.items():
        own = template.fields.get(name)
        if own is not None:
            found[name] += _of_value(field, own)
            if mrz is not None and mrz.valid and own.part_of_mrz and field.type != "mrz":
                found[name] += _against_mrz(field, own.part_of_mrz, mrz)
    # The zone has said which of the two days it is.
    sure = {
        name
        for name, checks in found.items()
        if any(one.name == "mrz_agrees" and one.passed for one in checks)
    }
    for rule in template.checks:
        if all(name in fields for name in rule.fields):
            check = _between(rule.rule, [fields[name] for name in rule.fields])
            if check is not None:
                for name in rule.fields:
                    found[name].append(check)
    known = {
        name: tuple(one for one in field.checks if name not in sure or one.name != DATE_ORDER)
        for name, field in fields.items()
    }
    return {
        name: replace(field, checks=(*known[name], *found[name])) for name, field in fields.items()
    }


def order_of_day_and_month(field: Field, conventions: Conventions) -> tuple[FieldCheck, ...]:
    """Return a failed check for an ambiguous date ("04/05/2026"), none for any other field."""
    days = readings(field.text, conventions) if field.type == "date" else ()
    if len(days) < 2:
        return ()
    values = {"first": days[0].isoformat(), "second": days[1].isoformat()}
    return (FieldCheck(DATE_ORDER, False, f"field_check.{DATE_ORDER}", values),)


def _of_value(field: Field, template: FieldTemplate) -> list[FieldCheck]:
    checks = []
    match field.type:
        # Only a failed parse is reported. A field with choices holds words, not numbers.
        case "date" if day_in(field.value) is None:
            checks.append(FieldCheck("date", False, "field_check.date"))
        case "amount" | "number" as kind if number_in(field.value) is None and not template.choices:
            checks.append(FieldCheck(kind, False, f"field_check.{kind}"))
        case "iban":
            checks.append(FieldCheck("iban", is_iban(field.value), "field_check.iban"))
        case "inn":
            checks.append(FieldCheck("inn", is_inn(field.value), "field_check.inn"))
        case "mrz":
            mrz = parse_mrz(field.value.split("\n"))
            for name, passed in (mrz.checks if mrz else {}).items():
                checks.append(FieldCheck(f"mrz_{name}", passed, f"field_check.mrz_{name}"))
    if "ogrn" in template.checks:
        bare = re.sub(r"\s", "", field.value)
        checks.append(FieldCheck("ogrn", is_ogrn(bare), "field_check.ogrn"))
    return checks


def _against_mrz(field: Field, part: str, mrz: Mrz) -> list[FieldCheck]:
    printed = mrz.parts.get(part)
    if printed is None:
        return []
    seen, known = _bare(field.value), {_bare(printed)}
    if part == "nationality" and len(seen) > len(printed):
        return []  # "CANADIAN" neither confirms nor contradicts "CAN"
    if part in mrz.printed:
        known.add(_bare(mrz.printed[part]))
    same = bool({seen, _bare(transliterated(field.value))} & known)
    if not same and _is_cyrillic(field.value) != _is_cyrillic(printed):
        return []  # different alphabets are no contradiction
    return [FieldCheck("mrz_agrees", same, "field_check.mrz_agrees", {"mrz": printed})]


def _between(rule: str, fields: list[Field]) -> FieldCheck | None:
    """Check a rule between fields; None where the values cannot be compared."""
    if rule == "account":
        account, bik = (re.sub(r"\D", "", field.value) for field in fields)
        return FieldCheck("account", is_account_of(account, bik), "field_check.account")
    if rule in DAYS_IN_ORDER:
        first, second = (day_in(field.value) for field in fields)
        if first is None or second is None:
            return None
        values = {"first": fields[0].title, "second": fields[1].title}
        # A bill may be due on its own day; a passport never expires on its day of issue.
        passed = first < second or (first == second and rule == "order")
        return FieldCheck("order", passed, f"field_check.{rule}", values)
    numbers = [number for field in fields if (number := number_in(field.value)) is not None]
    if len(numbers) < len(fields):
        return None
    total, *parts = numbers
    passed = abs(total - sum(parts)) <= _ROUNDING
    values = {"total": fields[0].title, "parts": " + ".join(field.title for field in fields[1:])}
    return FieldCheck("sum", passed, "field_check.sum", values)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper().replace("Ё", "Е")


def _is_cyrillic(text: str) -> bool:
    return bool(re.search("[а-яё]", text, re.IGNORECASE))
