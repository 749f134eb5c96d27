"""GitHub-flavoured Markdown export of page layouts. Region text is escaped, never markup."""

import re
from collections.abc import Iterable
from typing import Final

from engine.core.i18n import DEFAULT_LANGUAGE, say
from engine.core.schema import PageLayout, Region
from engine.layout.reading import (
    pages_in_order,
    regions_in_order,
    spans_of,
    table_rows,
    without_bullet,
)

_PAGE_BREAK: Final = "\n\n---\n\n"
# Every Markdown dialect understands backslashes. < > & are entities, which stay safe in a program
# that treats the Markdown as HTML.
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL: Final = re.compile(r"[\\`*_\[\]|~$]|[&<>]")
# GitHub's flavour turns bare addresses into links.
_ADDRESS: Final = re.compile(r"://|(?i:\bwww)\.|@")
# At the start of a line these begin a heading, a list, the underline of a heading, or a rule.
_LINE_START: Final = re.compile(r"^(?:([#+=-])|(\d{1,9})([.)]))")
# Control characters and rare line breaks, on which Markdown readers disagree.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


def to_markdown(
    layouts: Iterable[PageLayout],
    *,
    page_furniture: bool = True,
    language: str = DEFAULT_LANGUAGE,
) -> str:
    """Return all pages in order with a rule between them and a final newline ("" for no text).

    Args:
        page_furniture: whether to include page headers and footers.
        language: language of the note that replaces a picture.
    """
    pages = []
    for layout in pages_in_order(layouts):
        blocks: list[str] = []
        before = ""
        for region in regions_in_order(layout, page_furniture=page_furniture):
            block = _block(region, layout.page_index, language)
            if not block:
                continue
            # Neighbouring items form one list; any other region is a separate block.
            tight = before == region.category == "List-item"
            blocks.append(("\n" if tight else "\n\n") + block if blocks else block)
            before = region.category
        pages.append("".join(blocks))
    text = _PAGE_BREAK.join(page for page in pages if page)
    return f"{text}\n" if text else ""


def _block(region: Region, page_index: int, language: str) -> str:
    text = _CONTROL.sub(" ", region.text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    one_line = " ".join(text.split())
    match region.category:
        case "Picture":
            note = say("layout.picture", language, page=page_index + 1)
            return f"*{note}*" + (f"\n\n{escaped(text)}" if text else "")
        case "Table":
            # HTML on one line, which Markdown passes through unchanged.
            return spans_of(region) or _table(text)
        case _ if not text:
            return ""
        case "Title":
            return f"# {escaped(one_line)}"
        case "Section-header":
            return f"## {escaped(one_line)}"
        case "List-item":
            return f"- {escaped(without_bullet(one_line))}"
        case "Formula":
            return _formula(text)
        case "Caption":
            return f"*{escaped(one_line)}*"
        case _:
            return escaped(text)


def escaped(text: str) -> str:
    """Escape text for Markdown, line by line; it displays exactly as given."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(_LINE_START.sub(_line_start, _inline(line)) for line in lines)


def _inline(text: str) -> str:
    text = _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)
    return _ADDRESS.sub(
        lambda found: f"{found[0][:-1]}\\." if found[0][-1] == "." else f"\\{found[0]}", text
    )


def _line_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _table(text: str) -> str:
    """Return a pipe table. Its first row is the header, which the syntax requires."""
    rows = [[_inline(cell) for cell in row] for row in table_rows(text)]
    if not rows:
        return ""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])


def _formula(text: str) -> str:
    """Return LaTeX in a code fence longer than any run of backticks in the text."""
    body = text.removeprefix("$$").removesuffix("$$").strip()
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}math\n{body}\n{fence}"
