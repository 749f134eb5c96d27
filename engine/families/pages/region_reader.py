"""The reader of one region of a page: its transcription becomes text, a table or a formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.core.prompts import get_task
from engine.core.schema import FinishReason, Page, PageLayout, Region, RegionAdded
from engine.families.base import ModelRequest, Run
from engine.families.pages.box_readers import readable
from engine.families.pages.region_crops import RegionCrop
from engine.families.pages.repetition import without_loop
from engine.families.pages.streaming import PageRecord, Reader
from engine.layout import to_markdown
from engine.layout.cells import Collector
from engine.layout.doctags import otsl_table, otsl_text

if TYPE_CHECKING:
    import torch

# In text tasks, categories that are rewritten when complete; all others are streamed.
_REWRITTEN: Final = {
    "ocr": frozenset({"Table"}),
    "markdown": frozenset({"Table", "Formula", "Title", "Section-header", "List-item"}),
}
_PREFIX: Final = {"Title": "# ", "Section-header": "## ", "List-item": "- "}
_OTSL: Final = re.compile(r"<(?:fcel|ecel|ched)>")
# Delimiters that models write around a displayed formula.
_FENCES: Final = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))


class RegionReader(Reader):
    """The Streamer of one region.

    Args:
        record: the region's record; its page is the region's crop.
        page: the page that the region lies on.
        request: its task chooses the output form, its language that of notes.
        encode: text -> ids, for shown text.
        decode: ids -> text.
    """

    def __init__(
        self,
        record: PageRecord,
        run: Run,
        *,
        crop: RegionCrop,
        page: Page,
        request: ModelRequest,
        encode: Callable[[str], list[int]],
        decode: Callable[[Sequence[int]], str],
    ) -> None:
        super().__init__(record, run.streamer)
        self._run = run
        self._crop = crop
        self._page = page
        self._request = request
        self._encode = encode
        self._decode = decode
        self._layout = get_task(request.task).output == "layout"
        rewritten = _REWRITTEN.get(request.task, frozenset())
        self._as_written = not self._layout and crop.region.category not in rewritten

    def put(self, value: torch.Tensor) -> None:
        if self._as_written:
            super().put(value)
            return
        self.record.ids += value.tolist()
        self.show(())

    def finish(self, reason: FinishReason) -> None:
        super().finish(reason)
        if self._as_written or reason == "cancelled":
            return
        generated = self.record.ids
        ids = without_loop(generated) if reason == "repetition" else generated
        region = read_region(self._crop.region, self._decode(ids))
        if self._layout:
            event = RegionAdded(self._page.document_id, self._page.page_index, region)
            self.record.regions.append(event)
            self._run.emit(event)
            text = readable(region, self._page, self._request.language)
        elif self._request.task == "markdown":
            text = _markdown(region, self._page)
        else:
            text = region.text
        self.show(self._encode(text))


def read_region(region: Region, written: str) -> Region:
    """Return a region with the model's transcription, tables and formulas without their markup.

    Args:
        written: HTML, Markdown or OTSL for a Table, LaTeX for a Formula.
    """
    text = written.strip()
    if region.category == "Table" and _OTSL.search(text):
        text = otsl_table(text).spanned_html() or otsl_text(text)
    elif region.category == "Formula":
        for opening, closing in _FENCES:
            if text.startswith(opening):
                text = text.removeprefix(opening).removesuffix(closing).strip()
                break
    cell = Collector().cell(region.bbox, region.category, text)
    return region if cell is None else replace(region, text=cell.text, html=cell.html)


def _markdown(region: Region, page: Page) -> str:
    """Return the Markdown of a rewritten region (_REWRITTEN), for the task "markdown"."""
    if region.category == "Table":
        layout = PageLayout(page.document_id, page.page_index, page.width, page.height, (region,))
        return to_markdown([layout]).strip()
    if region.category == "Formula":
        return f"$$\n{region.text}\n$$"
    line = " ".join(region.text.split())
    return f"{_PREFIX[region.category]}{line}" if line else ""
