"""Parser of QwenVL HTML, the page format of Qwen2.5-VL and Qwen3-VL.

    <html><body><h2 data-bbox="103 94 235 128">Invoice</h2>
    <table data-bbox="x1 y1 x2 y2" class="table1"> ... </table>
    <div class="formula" data-bbox="x1 y1 x2 y2"><img data-bbox="..." /><div>E = mc^2</div></div>
    <div class="image caption" data-bbox="x1 y1 x2 y2"><img data-bbox="..." /><p> ... </p></div>

Sources: the Qwen2.5-VL report (arXiv:2502.13923, "QwenVL HTML Format"), whose boxes are pixels of
the resized image, and cookbooks/document_parsing.ipynb of QwenLM/Qwen3-VL, whose boxes are
thousandths. Text below an image is the model's description of it, not text of the page.
"""

import re
from html import escape
from html.parser import HTMLParser
from typing import Final

from engine.core.schema import Notice
from engine.layout.cells import Cell, Collector

_CATEGORIES: Final = {
    "h1": "Title",
    **{f"h{level}": "Section-header" for level in range(2, 7)},
    "figcaption": "Caption",
    "figure": "Picture",
    "footer": "Page-footer",
    "header": "Page-header",
    "img": "Picture",
    "li": "List-item",
    "ol": "List-item",
    "table": "Table",
    "ul": "List-item",
}
# Prefixes of the class of a <div>: "formula.machine_printed", "image caption", "image ocr".
_CLASSES: Final = (
    ("formula", "Formula"),
    ("chart", "Picture"),
    ("image", "Picture"),
    ("music sheet", "Picture"),
    ("chemical formula", "Picture"),
)
# Text in these elements begins on a new line.
_BLOCKS: Final = frozenset(("br", "div", "li", "p", "tr"))
_UNREAD: Final = frozenset(("script", "style"))
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_SPACES: Final = re.compile(r"[^\S\n]+")


class QwenHtmlParser:
    """A CellParser (see engine.layout.cells). A cell ends with its closing tag."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._html = _Reader(self._collector)
        self._held = ""
        # All text so far, and the number of cells read from it.
        self._text = ""
        self._cell_count = 0

    @property
    def warnings(self) -> list[Notice]:
        return self._collector.warnings

    def feed(self, text: str) -> list[Cell]:
        text = self._held + text
        self._held = "<" if text.endswith("<") else ""
        # html.parser fails on broken declarations; this format has none.
        text = re.sub(r"<(?=[!?])", "&lt;", text.removesuffix("<"))
        self._html.feed(text)
        self._text += text
        found = self._html.taken()
        self._cell_count += len(found)
        return found

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        text, cell_count = self._text + ("&lt;" if self._held else ""), self._cell_count
        reader, self._html = self._html, _Reader(self._collector)
        self._text, self._held, self._cell_count = "", "", 0
        if loop:
            # The open block already contains text of the loop; the parser reads everything again.
            reader = _Reader(Collector())
            reader.feed(text[: max(len(text) - loop, 0)])
        elif text.endswith("&lt;"):
            reader.feed("&lt;")
        reader.close()
        # The output ended inside a block: the model stopped there, or it looped.
        reader.end_block(keep=not cut)
        found = reader.taken()
        return found[cell_count:] if loop else found


class _Reader(HTMLParser):
    """Collects the blocks that have a box. A nested block with a box ends the outer one."""

    def __init__(self, collector: Collector) -> None:
        super().__init__(convert_charrefs=True)
        self._collector = collector
        self._found: list[Cell] = []
        # State of the open block: tag, number of open tags of that name, category, box, content.
        self._tag = ""
        self._depth = 0
        self._category = ""
        self._box: list[str] = []
        self._content: list[str] = []
        self._unread = False

    def taken(self) -> list[Cell]:
        """Return the cells since the last call."""
        found, self._found = self._found, []
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread = tag in _UNREAD
        named = dict(attrs)
        box = named.get("data-bbox")
        if box is not None and not (tag == "img" and self._tag):
            self.end_block()
            self._tag, self._depth = tag, 1
            self._category = _category(tag, named.get("class") or "")
            self._box = _NUMBER.findall(box)
            if tag == "img":
                self.end_block()
        elif self._tag:
            self._depth += tag == self._tag
            if self._category == "Table":
                self._content.append(self.get_starttag_text() or "")
            elif tag in _BLOCKS:
                self._content.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unread = False
        if tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self.end_block()
                return
        if self._tag and self._category == "Table":
            self._content.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._tag and not self._unread:
            self._content.append(escape(data) if self._category == "Table" else data)

    def end_block(self, *, keep: bool = True) -> None:
        """End the open block. A block without text is a mere container, unless it is a picture."""
        content, self._content = "".join(self._content), []
        tag, self._tag = self._tag, ""
        if not tag or not keep:
            return
        if self._category == "Picture":
            content = ""
        elif self._category == "Table":
            content = f"<table>{content}</table>"
        else:
            lines = (_SPACES.sub(" ", line).strip() for line in content.splitlines())
            content = "\n".join(line for line in lines if line)
            if not content:
                return
        cell = self._collector.cell(self._box, self._category, content)
        if cell is not None:
            self._found.append(cell)


def _category(tag: str, name: str) -> str:
    if tag == "div":
        return next((kind for begins, kind in _CLASSES if name.startswith(begins)), "Text")
    return _CATEGORIES.get(tag, "Text")
