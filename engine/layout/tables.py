"""Conversion of a model's tables (HTML or Markdown pipes) to rows by newline and cells by tab.

Every HTML row gets all cells of its grid. A cell with spans has its text at its upper left corner,
and its other places are empty, like a merged cell in a spreadsheet. Rows without text are left out.
`spanned_html` preserves the spans. Nothing raises.
"""

import re
from html import escape, unescape
from typing import Final

from engine.layout.grid import read_html

_IS_TABLE: Final = re.compile(r"<\s*(?:table|thead|tbody|tr|td|th)\b", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
_RULE: Final = re.compile(r"^\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?\s*)?$")
_PIPE: Final = re.compile(r"(?<!\\)\|")


def table_text(text: str) -> str:
    """Convert a table to rows by newline and cells by tab; other text stays unchanged."""
    if _IS_TABLE.search(text):
        rows = [row for row in read_html(text).rows() if any(row)]
        if rows:
            return "\n".join("\t".join(row) for row in rows)
        return _words(_TAG.sub(" ", text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _RULE.match(lines[1]):
        return "\n".join("\t".join(_pipe_cells(line)) for line in [lines[0], *lines[2:]])
    return text


def spanned_html(text: str) -> str:
    """Return sanitised HTML of a table with row or column spans; "" for any other text."""
    return read_html(text).spanned_html() if _IS_TABLE.search(text) else ""


def table_html(rows: list[list[str]]) -> str:
    """Return rows as HTML in dots.ocr's table format. Text is escaped."""
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell, quote=False)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table>{body}</table>"


def _pipe_cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [_words(cell.replace("\\|", "|")) for cell in _PIPE.split(inner)]


def _words(text: str) -> str:
    return " ".join(unescape(text).split())
