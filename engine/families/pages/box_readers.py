"""Readers of output with boxes: of a layout, and of an answer that names places.

For a layout the ids are decoded and parsed incrementally: each complete cell becomes a RegionAdded
in page pixels and a line of readable text, so raw JSON and tags are never shown. In an answer to a
question, boxes become EvidenceFound beside the text.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from engine.core.errors import GeometryError
from engine.core.geometry import to_page_frame
from engine.core.i18n import say
from engine.core.schema import (
    Evidence,
    EvidenceFound,
    FinishReason,
    Notice,
    Page,
    PageLayout,
    Region,
    RegionAdded,
    Size,
    Values,
)
from engine.families.base import Run
from engine.families.pages.detokenizer import Detokenizer
from engine.families.pages.repetition import without_loop
from engine.families.pages.streaming import PageRecord, Reader
from engine.families.pages.thinking import ThoughtFilter
from engine.layout import to_markdown
from engine.layout.cells import Cell, CellParser
from engine.text.page_references import fold, references

# Characters at the end that are searched for the loop that ended the run.
_LONGEST_LOOP: Final = 20_000
_BOX_END: Final = re.compile(r"(?<=[>}])")
# An output that reports an empty page.
_BLANK: Final = re.compile(r"\s*(?:```(?:json)?)?\s*\[\s*\]\s*(?:```)?\s*")


class BoxReader(Reader, ABC):
    """A Reader of text with boxes. It feeds the parser incrementally.

    Args:
        parser: parser of the family's output format.
        words: ids -> text with special tokens.
    """

    def __init__(
        self,
        record: PageRecord,
        run: Run,
        *,
        parser: CellParser,
        words: Detokenizer,
        thoughts: ThoughtFilter | None = None,
    ) -> None:
        super().__init__(record, run.streamer, thoughts=thoughts)
        self._run = run
        self._parser = parser
        self._words = words
        self._newest = ""

    def finish(self, reason: FinishReason) -> None:
        super().finish(reason)
        self._read(self._words.put((), last=True))
        loop = 0
        if reason == "repetition":
            # The table in which the loop began is parsed up to the loop.
            text = self._newest
            loop = len(text) - len(without_loop([ord(character) for character in text]))
        self._add(self._parser.close(cut=reason != "stop" and not loop, loop=loop))

    def _feed(self, text: str) -> list[Cell]:
        self._newest = (self._newest + text)[-_LONGEST_LOOP:]
        return self._parser.feed(text)

    @abstractmethod
    def _read(self, text: str) -> None:
        """Feed the parser."""

    @abstractmethod
    def _add(self, cells: list[Cell]) -> object:
        """Emit the cells."""


class LayoutReader(BoxReader):
    """The Streamer of one page, for a layout.

    Args:
        encode: text -> ids, for shown text.
        frame: (width, height) of the coordinate frame of the boxes.
        language: language of the notes for regions without text.
    """

    def __init__(
        self,
        record: PageRecord,
        run: Run,
        *,
        parser: CellParser,
        words: Detokenizer,
        encode: Callable[[str], list[int]],
        frame: Size,
        language: str,
        thoughts: ThoughtFilter | None = None,
    ) -> None:
        super().__init__(record, run, parser=parser, words=words, thoughts=thoughts)
        self._encode = encode
        self._frame = frame
        self._language = language
        self._outside = self._repeats = 0
        self._seen: set[Cell] = set()
        self._head = ""

    def _take(self, ids: list[int]) -> None:
        self._read(self._words.put(ids))

    def _start_anew(self) -> None:
        self._parser.close(cut=True)
        self.record.regions.clear()
        self._seen.clear()
        self._outside = self._repeats = 0
        self._head = ""

    def finish(self, reason: FinishReason) -> None:
        super().finish(reason)
        self.record.blank = bool(_BLANK.fullmatch(self._head))
        counts = {
            (notice.key, notice.values.get("category")): notice for notice in self._parser.warnings
        }
        for key, count in (("layout.bad_box", self._outside), ("layout.duplicates", self._repeats)):
            if count:
                before = counts.get((key, None))
                total = count + int(str(before.values["count"])) if before else count
                counts[key, None] = Notice(key, {"count": total})
        self.record.warnings = [self._on_this_page(notice) for notice in counts.values()]

    def _read(self, text: str) -> None:
        # Enough to decide whether the whole output is "[]".
        self._head = (self._head + text)[:100]
        if not self._add(self._feed(text)):
            self.show(())

    def _add(self, cells: list[Cell]) -> bool:
        """Emit the cells; return whether anything was shown."""
        page = self.record.page
        before = len(self.record.regions)
        for cell in cells:
            if cell in self._seen:
                self._repeats += 1
                continue
            self._seen.add(cell)
            try:
                bbox = to_page_frame(cell.bbox, model_size=self._frame, page_size=page.size)
            except GeometryError:
                self._outside += 1
                continue
            order = len(self.record.regions)
            region = Region(bbox, cell.category, cell.text, order, html=cell.html)
            event = RegionAdded(page.document_id, page.page_index, region)
            self.record.regions.append(event)
            self._run.emit(event)
            self.show(self._encode(readable(region, page, self._language)))
        return len(self.record.regions) > before

    def _on_this_page(self, notice: Notice) -> Notice:
        page = self.record.page
        place: Values = {"page": page.page_index + 1, "document_id": page.document_id}
        return Notice(notice.key, {**notice.values, **place})


def readable(region: Region, page: Page, language: str) -> str:
    """Return a region as Markdown, ending with a line break, which flushes every streamer.

    Args:
        page: the page of the region.
        language: language of the note for a region without text.
    """
    layout = PageLayout(page.document_id, page.page_index, page.width, page.height, (region,))
    text = to_markdown([layout], language=language)
    if not text.strip():
        key = f"overlay.{region.category.lower().replace('-', '_')}"
        text = f"*{say(key, language)}*\n"
    return f"{text}\n"


class EvidenceReader(BoxReader):
    """The Streamer of an answer to a question: text passes through, boxes become EvidenceFound.

    With several pages a box belongs to the page that the model named last: "image 2" is the second
    image in the prompt, "page 2" is that one or the page with this number. A box that could belong
    to several pages is dropped, because a wrong place is worse than none.

    Args:
        pages: (page, frame of the boxes on it), in the order of the prompt.
    """

    def __init__(
        self,
        record: PageRecord,
        run: Run,
        *,
        parser: CellParser,
        words: Detokenizer,
        pages: Sequence[tuple[Page, Size]],
        thoughts: ThoughtFilter | None = None,
    ) -> None:
        super().__init__(record, run, parser=parser, words=words, thoughts=thoughts)
        self._pages = pages
        self._tail = ""
        self._found: list[Evidence] = []
        self._named = self._only_page

    def _take(self, ids: list[int]) -> None:
        super()._take(ids)
        self._read(self._words.put(ids))

    def _start_anew(self) -> None:
        self._parser.close(cut=True)
        self._found.clear()
        self._tail = ""
        self._named = self._only_page

    @property
    def _only_page(self) -> int | None:
        return 1 if len(self._pages) == 1 else None

    def _read(self, text: str) -> None:
        # Box by box: a page named after a box is not the page of that box.
        for piece in _BOX_END.split(text):
            self._tail = (self._tail + piece)[-200:]
            if len(self._pages) > 1:
                self._look_for_page()
            self._add(self._feed(piece))

    def _look_for_page(self) -> None:
        """Set the current page to the one named last. References to other pages are ignored."""
        for one in references(fold(self._tail)):
            if one.kind == "document" or len(one.numbers) > 1:
                continue
            places = {one.numbers[0]} & set(range(1, len(self._pages) + 1))
            if one.kind == "page":
                # A model may count its images, or use the page number in the question.
                numbered = [
                    place
                    for place, (page, _) in enumerate(self._pages, start=1)
                    if page.page_index + 1 == one.numbers[0]
                ]
                places |= set(numbered if len(numbered) == 1 else ())
            if places:
                self._named = places.pop() if len(places) == 1 else None

    def _add(self, cells: list[Cell]) -> None:
        if self._named is None:
            return
        page, frame = self._pages[self._named - 1]
        for cell in cells:
            try:
                bbox = to_page_frame(cell.bbox, model_size=frame, page_size=page.size)
            except GeometryError:
                continue
            found = Evidence(page.document_id, page.page_index, bbox, cell.text, score=1.0)
            if found not in self._found:
                self._found.append(found)
                self._run.emit(EvidenceFound(found))
