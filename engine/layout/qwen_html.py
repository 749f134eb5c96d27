"""QwenVL HTML, the form in which Qwen2.5-VL and Qwen3-VL were trained to write a page -> cells.

    <html><body><h2 data-bbox="103 94 235 128">Invoice</h2>
    <table data-bbox="x1 y1 x2 y2" class="table1"> ... </table>
    <div class="formula" data-bbox="x1 y1 x2 y2"><img data-bbox="..." /><div>E = mc^2</div></div>
    <div class="image caption" data-bbox="x1 y1 x2 y2"><img data-bbox="..." /><p> ... </p></div>

Sources: the Qwen2.5-VL report (arXiv:2502.13923, "QwenVL HTML Format"), whose boxes are pixels of
the resized image, and cookbooks/document_parsing.ipynb of QwenLM/Qwen3-VL, whose boxes are
thousandths. What stands under an image is the model's description of it and no text of the page.
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
# A class of a <div>, by its beginning: "formula.machine_printed", "image caption", "image ocr".
_CLASSES: Final = (
    ("formula", "Formula"),
    ("chart", "Picture"),
    ("image", "Picture"),
    ("music sheet", "Picture"),
    ("chemical formula", "Picture"),
)
# Their text begins on a line of its own.
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
        # Everything since the beginning, and how many cells were made of it.
        self._text = ""
        self._made = 0

    @property
    def warnings(self) -> list[Notice]:
        return self._collector.warnings

    def feed(self, text: str) -> list[Cell]:
        text = self._held + text
        self._held = "<" if text.endswith("<") else ""
        # html.parser gives up on broken declarations; there are none in this form.
        text = re.sub(r"<(?=[!?])", "&lt;", text.removesuffix("<"))
        self._html.feed(text)
        self._text += text
        found = self._html.taken()
        self._made += len(found)
        return found

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        text, made = self._text + ("&lt;" if self._held else ""), self._made
        reader, self._html = self._html, _Reader(self._collector)
        self._text, self._held, self._made = "", "", 0
        if loop:
            # What was read of the loop is in the open block already, so all is read again.
            reader = _Reader(Collector())
            reader.feed(text[: max(len(text) - loop, 0)])
        elif text.endswith("&lt;"):
            reader.feed("&lt;")
        reader.close()
        # The model ended in the middle of a block, by its own choice or in a loop.
        reader.end_block(keep=not cut)
        found = reader.taken()
        return found[made:] if loop else found


class _Reader(HTMLParser):
    """Collects the blocks that have a box. One that begins inside of another ends that one."""

    def __init__(self, collector: Collector) -> None:
        super().__init__(convert_charrefs=True)
        self._collector = collector
        self._found: list[Cell] = []
        # Of the open block: its tag and how many of that name are open, category, box and content.
        self._tag = ""
        self._depth = 0
        self._category = ""
        self._box: list[str] = []
        self._content: list[str] = []
        self._unread = False

    def taken(self) -> list[Cell]:
        """The cells since the last call."""
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
        """The open block is over. One without text only held others, unless it is a picture."""
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
