"""Parser of DocTags, the page format of Granite-Docling and SmolDocling.

    <doctag><section_header_level_1><loc_79><loc_68><loc_408><loc_76>Title</section_header_level_1>
    <otsl><loc_9><loc_9><loc_400><loc_90><ched>Name<ched>Sum<nl><fcel>A<fcel>1<nl></otsl></doctag>

Coordinates run from 0 to 500 along both sides of the page: left, top, right, bottom. A table is
OTSL: a tag opens a cell. lcel, ucel and xcel extend the cell to the left, above, or both. nl ends a
row. Source: SmolDocling (arXiv:2503.11576) and docling-core's published examples.
"""

import re
from typing import Final

from engine.core.schema import Notice
from engine.layout.cells import Cell, Collector
from engine.layout.grid import MAX_COLUMNS, MAX_ROWS, Table, TableCell

_CATEGORIES: Final = {
    "caption": "Caption",
    "chart": "Picture",
    "checkbox_selected": "Text",
    "checkbox_unselected": "Text",
    "code": "Text",
    "document_index": "Table",
    "footnote": "Footnote",
    "formula": "Formula",
    "list_item": "List-item",
    "otsl": "Table",
    "page_footer": "Page-footer",
    "page_header": "Page-header",
    "paragraph": "Text",
    "picture": "Picture",
    "reference": "Text",
    "table": "Table",
    "text": "Text",
    "title": "Title",
}
_OPEN: Final = re.compile(rf"<({'|'.join(_CATEGORIES)}|section_header_level_\d+)>")
_PLACE: Final = re.compile(r"\s*" + r"<loc_(\d{1,4})>" * 4)
_CAPTION: Final = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_CELL: Final = re.compile(
    r"<(fcel|ched|rhed|srow|ecel|lcel|ucel|xcel)>(.*?)(?=<(?:fcel|ched|rhed|srow|ecel|lcel|ucel|xcel)>|$)",
    re.DOTALL,
)
# Tags that may occur inside a block: locations, the inline group, the language of code.
_INNER: Final = re.compile(r"</?(?:loc_\d+|inline|text|formula|code|_[^<>\s]{1,30}_)>")
# Upper bound on the length of an opening tag; a tag may arrive in pieces.
_LONGEST_TAG: Final = 40
_HEADERS: Final = frozenset(("ched", "rhed", "srow"))
_GOES_ON: Final = frozenset(("lcel", "ucel", "xcel"))


class DocTagsParser:
    """A CellParser (see engine.layout.cells). A cell ends with its closing tag."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._text = ""
        # Where the search for a closing tag resumes. A long block is scanned only once.
        self._searched = 0

    @property
    def warnings(self) -> list[Notice]:
        return self._collector.warnings

    def feed(self, text: str) -> list[Cell]:
        self._text += text
        found: list[Cell] = []
        while (opening := _OPEN.search(self._text)) is not None:
            name = opening[1]
            closing, again = f"</{name}>", f"<{name}>"
            start = max(opening.end(), self._searched)
            ends = [
                (place, len(tag) if tag == closing else 0)
                for tag in (closing, again)
                if (place := self._text.find(tag, start)) >= 0
            ]
            if not ends:
                self._text = self._text[opening.start() :]
                self._searched = max(len(again), len(self._text) - len(closing))
                return found
            # An opening tag of the same name ends an unclosed block.
            end, length = min(ends)
            found += self._read(name, self._text[opening.end() : end])
            self._text, self._searched = self._text[end + length :], 0
        self._text = self._text[-_LONGEST_TAG:]
        return found

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        text = self._text[: max(len(self._text) - loop, 0)]
        self._text, self._searched = "", 0
        opening = _OPEN.search(text)
        if opening is None or cut:
            return []
        # The output ended inside a block: the model stopped there, or it looped.
        return self._read(opening[1], text[opening.end() :])

    def _read(self, name: str, content: str) -> list[Cell]:
        category = _CATEGORIES.get(name, "Section-header")
        captions: list[str] = []
        if category in ("Picture", "Table"):
            captions = _CAPTION.findall(content)
            content = _CAPTION.sub("", content)
        cells = [self._cell(content, category)]
        cells += [self._cell(caption, "Caption") for caption in captions]
        return [cell for cell in cells if cell is not None]

    def _cell(self, content: str, category: str) -> Cell | None:
        place = _PLACE.match(content)
        box = place.groups() if place else ()
        text = content[place.end() :] if place else content
        if category == "Picture":
            text = ""
        elif category == "Table":
            # The collector expects a table with spans as HTML.
            text = otsl_table(text).spanned_html() or otsl_text(text)
        else:
            text = _INNER.sub("", text).strip()
        return self._collector.cell(box, category, text)


def otsl_text(otsl: str) -> str:
    """Convert an OTSL table to text: newlines between rows, tabs between cells.

    A cell that extends another one is empty.
    """
    return "\n".join("\t".join(text for _, text in row) for row in _otsl_rows(otsl))


def otsl_table(otsl: str) -> Table:
    """Parse an OTSL table into cells with spans; an extension of no cell is dropped."""
    tags = {
        (row, column): (tag, text)
        for row, cells in enumerate(_otsl_rows(otsl))
        for column, (tag, text) in enumerate(cells)
    }
    taken: set[tuple[int, int]] = set()
    found = []
    for (row, column), (tag, text) in tags.items():
        if tag in _GOES_ON:
            continue
        rows = columns = 1
        while tags.get((row + rows, column), ("",))[0] == "ucel":
            rows += 1
        while tags.get((row, column + columns), ("",))[0] == "lcel":
            columns += 1
        cell = TableCell(row, column, text, rows, columns, tag in _HEADERS)
        if any(tags.get(place, ("",))[0] not in _GOES_ON for place in cell.places()[1:]) or (
            not taken.isdisjoint(cell.places())
        ):
            # The extension tags do not form a rectangle: the cell keeps its own place only.
            cell = TableCell(row, column, text, is_header=tag in _HEADERS)
        taken.update(cell.places())
        found.append(cell)
    return Table(tuple(found))


def _otsl_rows(otsl: str) -> list[list[tuple[str, str]]]:
    """Split OTSL into rows of (tag, text) pairs."""
    rows = []
    for row in otsl.split("<nl>")[:MAX_ROWS]:
        cells = _CELL.findall(row)[:MAX_COLUMNS]
        if cells:
            rows.append([(tag, " ".join(_INNER.sub("", text).split())) for tag, text in cells])
    return rows
