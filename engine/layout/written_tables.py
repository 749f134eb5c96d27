"""Splitter of a model's answer into text and tables.

Tables are Markdown pipe tables or HTML. Text around them stays as written.

Try it: `python -c "from engine.layout import parts_of; print(parts_of('|a|b|\\n|-|-|\\n|1|2|'))"`
"""

import re
from typing import Final

from engine.layout.tables import table_text

_ROW: Final = re.compile(r"^\s*\|.*\|\s*$")
_HTML: Final = re.compile(r"<table\b.*?</table\s*>", re.IGNORECASE | re.DOTALL)

Rows = list[list[str]]


def parts_of(text: str) -> list[str | Rows]:
    """Split a text in order: strings as written, and tables as rows of cells.

    Returns:
        No empty string and no table without a row. Rows of one table may differ in length.
    """
    parts: list[str | Rows] = []
    end = 0
    for found in _HTML.finditer(text):
        parts += _piped(text[end : found.start()])
        rows = _rows(table_text(found.group()))
        parts.append(rows or found.group())
        end = found.end()
    return parts + _piped(text[end:])


def _piped(text: str) -> list[str | Rows]:
    """Split off Markdown tables: runs of pipe lines whose second line is a rule."""
    parts: list[str | Rows] = []
    lines: list[str] = []
    inside = False

    def close() -> None:
        block = "\n".join(lines).strip("\n")
        lines.clear()
        if not block.strip():
            return
        text = table_text(block) if inside else block
        parts.append(_rows(text) if text != block else block)

    for line in text.split("\n"):
        if bool(_ROW.match(line)) != inside:
            close()
            inside = not inside
        lines.append(line)
    close()
    return parts


def _rows(text: str) -> Rows:
    return [line.split("\t") for line in text.split("\n") if line.strip()]
