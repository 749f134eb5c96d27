"""Tests of the message catalogue: both languages have the same keys and placeholders."""

import ast
import string
from pathlib import Path

import pytest

from engine.core import errors
from engine.core.errors import DocumentError, EngineError, as_engine_error
from engine.core.i18n import catalogue, say

ROOT = Path(__file__).resolve().parents[2]
OURS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and name.endswith("Error")
}


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_english_and_russian_have_the_same_keys() -> None:
    assert set(catalogue("en")) == set(catalogue("ru"))


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_a_sentence_has_the_same_placeholders_in_both_languages(key: str) -> None:
    assert placeholders(catalogue("en")[key]) == placeholders(catalogue("ru")[key])


@pytest.mark.parametrize("key", sorted(catalogue("ru")))
def test_a_russian_sentence_is_in_cyrillic(key: str) -> None:
    letters = [c for c in catalogue("ru")[key] if c.isalpha()]
    assert any("а" <= c.lower() <= "я" for c in letters)


def test_every_key_that_the_engine_uses_exists() -> None:
    """Literal "table.name" arguments of errors, steps and notices, found in the source."""
    for path in (ROOT / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            speaks = name in OURS or name in {"Step", "Notice", "Discarded", "say"}
            if speaks and isinstance(first, ast.Constant) and isinstance(first.value, str):
                assert first.value in catalogue("en"), f"{path}:{node.lineno} {first.value}"


def test_braces_in_a_value_stay_text() -> None:
    said = say("task.unknown", task="{known}", known="question")
    assert said.startswith("{known} is not")


def test_an_error_is_its_english_sentence_and_can_be_told_in_russian() -> None:
    error = EngineError("task.unknown", task="x", known="question")
    assert str(error) == error.text("en")
    assert error.text("ru") != error.text("en")


def test_a_foreign_error_is_told_without_its_text() -> None:
    told = as_engine_error(RuntimeError("/home/user/secret"))
    assert "RuntimeError" in str(told)
    assert "secret" not in str(told)


def test_a_fraction_has_the_decimal_mark_of_the_language() -> None:
    error = DocumentError("document.too_large", name="scan 1.5.pdf", size=57.3, limit=10.0)
    assert "scan 1.5.pdf is 57.3 MB; the limit is 10 MB" in error.text("en")
    assert "scan 1.5.pdf весит 57,3 МБ, предел — 10 МБ" in error.text("ru")
