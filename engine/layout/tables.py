"""Tables as models write them (HTML, or Markdown pipes) -> rows by newline and cells by tab.

Every HTML row gets the cells of its grid: a cell that spans rows or columns has its text in the
first of them and leaves the others empty, as a spreadsheet shows a merged cell; rows without any
text are left out. What spans, `spanned_html` keeps. Nothing raises.
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
    """A table's text as our own rows; text that is no table stays as it is."""
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
    """A table in which cells span rows or columns as sanitised HTML; "" for any other text."""
    return read_html(text).spanned_html() if _IS_TABLE.search(text) else ""


def table_html(rows: list[list[str]]) -> str:
    """Rows as the HTML that dots.ocr writes for a table. Text is escaped."""
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
