"""Standalone HTML export of page layouts. Region text is escaped and never becomes markup."""

from collections.abc import Iterable
from html import escape
from typing import Final

from engine.core.i18n import DEFAULT_LANGUAGE, say
from engine.core.schema import PageLayout, Region
from engine.layout.grid import html_text
from engine.layout.reading import (
    pages_in_order,
    regions_in_order,
    spans_of,
    table_rows,
    without_bullet,
)

# Second line of defence: the page loads and runs nothing, even if markup slips through.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{max-width:50rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}"
    "section+section{border-top:1px solid #94a3b8;margin-top:2rem;padding-top:1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #94a3b8;padding:.25rem .5rem;"
    "text-align:left}header,footer,figcaption,.footnote{color:#475569;font-size:.875rem}"
    ".text{white-space:pre-line}pre{white-space:pre-wrap}"
)


def to_html(
    layouts: Iterable[PageLayout],
    *,
    title: str = "",
    page_furniture: bool = True,
    language: str = DEFAULT_LANGUAGE,
) -> str:
    """Return all pages as a standalone document with one section for each page.

    Args:
        title: title of the document; plain text, usually a file name.
        page_furniture: whether to include page headers and footers.
        language: language of the note that replaces a picture.
    """
    sections = "\n".join(
        _section(layout, page_furniture, language) for layout in pages_in_order(layouts)
    )
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{sections}\n</body>\n</html>\n"
    )


def _section(layout: PageLayout, page_furniture: bool, language: str) -> str:
    parts = []
    in_list = False
    for region in regions_in_order(layout, page_furniture=page_furniture):
        is_item = region.category == "List-item"
        if is_item != in_list:
            parts.append("<ul>" if is_item else "</ul>")
            in_list = is_item
        parts.append(_element(region, layout.page_index, language))
    if in_list:
        parts.append("</ul>")
    body = "\n".join(part for part in parts if part)
    return f'<section data-page="{layout.page_index}">\n{body}\n</section>'


def _element(region: Region, page_index: int, language: str) -> str:
    text = html_text(region.text.strip())
    match region.category:
        case "Picture":
            note = html_text(say("layout.picture", language, page=page_index + 1))
            caption = f'<p class="text">{text}</p>' if text else ""
            return f"<figure><p>[{note}]</p>{caption}</figure>"
        case "Table":
            return spans_of(region) or _table(region.text)
        case "List-item":
            return f"<li>{html_text(without_bullet(region.text))}</li>"
        case _ if not text:
            return ""
        case "Title":
            return f"<h1>{text}</h1>"
        case "Section-header":
            return f"<h2>{text}</h2>"
        case "Formula":
            return f'<pre class="formula">{text}</pre>'
        case "Caption":
            return f"<p><em>{text}</em></p>"
        case "Page-header":
            return f"<header>{text}</header>"
        case "Page-footer":
            return f"<footer>{text}</footer>"
        case "Footnote":
            return f'<p class="text footnote">{text}</p>'
        case _:
            return f'<p class="text">{text}</p>'


def _table(text: str) -> str:
    rows = (
        f"<tr>{''.join(f'<td>{html_text(cell)}</td>' for cell in row)}</tr>"
        for row in table_rows(text)
    )
    body = "\n".join(rows)
    return f"<table>\n{body}\n</table>" if body else ""
