"""No text for people in the screen's code: all of it is in ui/texts/*.toml."""

import ast
import re
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[2] / "ui"
SOURCES = sorted(path for path in UI.rglob("*.py") if path.parent.name != "api")
# Font names are no texts; the log is for whoever runs the app.
EXEMPT_FILES = {"theme.py"}
TEXT_ARGUMENTS = {"label", "placeholder", "info", "title"}
WORDS = re.compile(r"^[^<>{}();=\\]*[A-Za-zА-яЁё]{2,} +[A-Za-zА-яЁё]{2,}[^<>{}();=\\]*$")
CYRILLIC = re.compile("[А-яЁё]")


def literals(path: Path) -> list[tuple[int, str]]:
    """String constants that are neither docstrings nor log messages nor error messages."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for statement in body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    skipped.add(id(statement.value))
        is_log = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "logger"
        )
        if is_log:
            skipped |= {id(child) for child in ast.walk(node)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skipped
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_python_holds_no_sentences(path: Path) -> None:
    if path.name in EXEMPT_FILES:
        return
    names = {"Русский"}  # a language's own name
    found = [
        item
        for item in literals(path)
        if WORDS.match(item[1]) or (CYRILLIC.search(item[1]) and item[1] not in names)
    ]
    assert not found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_labels_are_never_literals(path: Path) -> None:
    found = [
        (keyword.value.lineno, keyword.arg)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in TEXT_ARGUMENTS and isinstance(keyword.value, ast.Constant)
        if isinstance(keyword.value.value, str)
    ]
    assert not found


def test_the_script_holds_no_sentences_and_no_markup() -> None:
    for source in sorted((UI / "static").glob("*.js")):
        script = re.sub(r"/\*.*?\*/|//.*", "", source.read_text(encoding="utf-8"), flags=re.S)
        quoted = re.findall(r'"([^"\n]*)"', script)
        assert not [text for text in quoted if WORDS.match(text) and "-" not in text]
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ):
            assert forbidden not in script


def test_the_template_holds_no_words_and_nothing_that_gradio_would_evaluate() -> None:
    template = (UI / "static" / "page_view.html").read_text(encoding="utf-8")
    assert "${" not in template
    assert "{{" not in template
    assert not re.findall(r">\s*[A-Za-z]{2,}", template)
