"""Model outputs made by tests: cells in, the text that each family would write for them out."""

import json
from collections.abc import Sequence
from html import escape

from hypothesis import strategies as st

from engine.core.schema import CATEGORIES, BBox

# (box, category, text) as the model means it.
Written = tuple[BBox, str, str]

_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('{}[]"\\\n:,'), max_size=40
)


@st.composite
def boxes(draw: st.DrawFn, limit: int = 998) -> BBox:
    x0, y0 = draw(st.integers(0, limit - 1)), draw(st.integers(0, limit - 1))
    x1, y1 = draw(st.integers(x0 + 1, limit)), draw(st.integers(y0 + 1, limit))
    return (float(x0), float(y0), float(x1), float(y1))


def pages(*, text: st.SearchStrategy[str] = _TEXT) -> st.SearchStrategy[list[Written]]:
    """Cells with different boxes, so that none is a duplicate."""
    cell = st.tuples(boxes(), st.sampled_from(CATEGORIES), text)
    return st.lists(cell, max_size=6, unique_by=lambda written: written[0])


def as_dots(cells: Sequence[Written]) -> str:
    """What dots.ocr writes: one JSON list, no text for pictures."""
    return json.dumps([_dots(cell) for cell in cells], ensure_ascii=False)


def dots_ends(cells: Sequence[Written]) -> list[int]:
    """Where in `as_dots(cells)` each cell's brace has closed."""
    return [len(as_dots(cells[: number + 1])) - 1 for number in range(len(cells))]


def _dots(cell: Written) -> dict[str, object]:
    bbox, category, text = cell
    found: dict[str, object] = {"bbox": [int(value) for value in bbox], "category": category}
    return found if category == "Picture" else {**found, "text": text}


def as_qwen2(cells: Sequence[Written]) -> str:
    return "\n".join(
        f"<|object_ref_start|>{escape(text)}<|object_ref_end|><|box_start|>"
        f"({int(x0)},{int(y0)}),({int(x1)},{int(y1)})<|box_end|>"
        for (x0, y0, x1, y1), _, text in cells
    )


def as_qwen3(cells: Sequence[Written]) -> str:
    items = [{"bbox_2d": [int(value) for value in bbox], "label": text} for bbox, _, text in cells]
    return f"```json\n{json.dumps(items, ensure_ascii=False)}\n```"


def as_deepseek(cells: Sequence[Written]) -> str:
    return "".join(
        f"<|ref|>{category.lower()}<|/ref|><|det|>[{[int(value) for value in bbox]}]<|/det|>\n"
        f"{escape(text)}\n\n"
        for bbox, category, text in cells
    )


_HTML = {
    "Caption": ("<figcaption {}>", "</figcaption>"),
    "Formula": ('<div class="formula" {}><img {} /><div>', "</div></div>"),
    "List-item": ("<li {}>", "</li>"),
    "Page-footer": ("<footer {}>", "</footer>"),
    "Page-header": ("<header {}>", "</header>"),
    "Picture": ('<div class="image caption" {}><img {} /><p>', "</p></div>"),
    "Section-header": ("<h2 {}>", "</h2>"),
    "Table": ('<style>table1 {{ color: red }}</style><table {} class="table1">', "</table>"),
    "Title": ("<h1 {}>", "</h1>"),
}


def as_qwen_html(cells: Sequence[Written]) -> str:
    """QwenVL HTML; every block has text, as a page's blocks have."""
    return f"```html\n<html><body>\n{''.join(map(qwen_html, cells))}</body></html>\n```"


def qwen_html(cell: Written) -> str:
    (x0, y0, x1, y1), category, text = cell
    opening, closing = _HTML.get(category, ("<p {}>", "</p>"))
    inner = f"<tr><td>{escape(text)}</td></tr>" if category == "Table" else f"x {escape(text)}"
    box = f'data-bbox="{int(x0)} {int(y0)} {int(x1)} {int(y1)}"'
    return f"{opening.replace('{}', box).replace('{{', '{').replace('}}', '}')}{inner}{closing}\n"
