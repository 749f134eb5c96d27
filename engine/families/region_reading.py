"""Region-by-region OCR, for models that were trained on blocks of a page.

The page's index (the shipped layout model and OCR) gives the regions and their reading order. Each
region is cropped, transcribed with the prompt of its category, and shown when it is complete.
Regions go through the same code as pages (pages/run.py): the next region's pixels are prepared in
the background, a failing region is reported, a region in a repetition loop is transcribed once
more on its own, and a truncated run resumes with the truncated regions. A page with most of its
ink outside all regions is transcribed as a whole.

pages/region_crops.py says which region gets which prompt, and cites the sources.
pages/region_reader.py makes text of a transcription.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from engine.core.errors import OcrError
from engine.core.prompts import get_task, render
from engine.core.schema import (
    Document,
    FinishReason,
    Notice,
    Page,
    Step,
    Values,
)
from engine.families.base import ModelRequest, Preparation, Run
from engine.families.pages.region_crops import (
    RegionCrop,
    crops_of,
    ink_outside,
    whole_page,
)
from engine.families.pages.region_reader import RegionReader
from engine.families.pages.run import (
    PageKey,
    PagesRun,
    ReadingInputs,
    key_of,
    worst,
)
from engine.families.pages.streaming import PageRecord, Reader
from engine.families.transformers_chat import TransformersChatFamily

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)

# A page with a larger share of its ink outside all regions is not cut into regions.
_MOST_OUTSIDE: Final = 0.5
_TASKS: Final = frozenset({"layout", "ocr", "markdown"})
_FURNITURE: Final = frozenset({"Page-header", "Page-footer"})


@dataclass(frozen=True, slots=True)
class RegionInputs:
    """Inputs of a page that is read region by region.

    Attributes:
        crops: in reading order; empty for a blank page.
        make: (region, pixel share, ids generated for it before) -> that region's inputs.
        decode: ids -> text, special tokens left out.
    """

    crops: tuple[RegionCrop, ...]
    make: Callable[[RegionCrop, float, tuple[int, ...]], Any]
    decode: Callable[[Sequence[int]], str]


class RegionReadingFamily(TransformersChatFamily):
    """Base of the adapters whose model reads blocks. It cuts a page into its regions."""

    reads_regions: ClassVar[bool] = True

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> Any:
        ask = super().prepare_prompt
        if not self._is_cut(request):
            return ask(request, preparation)
        (page,) = request.pages
        image = page.load_image()
        try:
            crops = crops_of(page, preparation.index(page), image)
        except OcrError as error:
            # The model can read what OCR cannot.
            logger.warning("page %d has no regions", page.page_index + 1, exc_info=error)
            crops = ()
        if ink_outside(image, [crop.region.bbox for crop in crops]) > _MOST_OUTSIDE:
            crops = ()
        if get_task(request.task).output != "layout":
            left_out = _FURNITURE if request.task == "markdown" else frozenset()
            crops = tuple(
                crop for crop in crops if crop.task and crop.region.category not in left_out
            )
            if not crops:
                return ask(request, preparation)
        elif not crops:
            crops = (whole_page(page, image),)

        def make(crop: RegionCrop, share: float, so_far: tuple[int, ...]) -> Any:
            if crop.task is None:
                return None
            prompt = render(get_task(crop.task), family=self.prompts_of(self.settings), question="")
            part = Document(crop.page.document_id, "", (crop.page,))
            asked = replace(
                request,
                task=crop.task,
                documents=(*request.documents, part),
                pages=(crop.page,),
                prompt=replace(prompt, generation=request.prompt.generation),
                pixel_share=request.pixel_share * share,
                so_far=so_far,
            )
            return ask(asked, preparation)

        return RegionInputs(
            crops, make, lambda ids: self.tokenizer.decode(list(ids), skip_special_tokens=True)
        )

    def pages_run(self, inputs: ReadingInputs, run: Run) -> PagesRun:
        return RegionsRun(self, inputs, run)

    def needs_index(self, request: ModelRequest) -> bool:
        return super().needs_index(request) or self._is_cut(request)

    def _is_cut(self, request: ModelRequest) -> bool:
        """Whether a page is read region by region.

        A box that the user drew and a prompt that the user changed go to the model as one image.
        """
        if request.task not in _TASKS or request.verbatim or request.bbox is not None:
            return False
        if get_task(request.task).output == "layout":
            return True
        usual = render(
            get_task(request.task),
            family=self.prompts_of(self.settings),
            question=request.question,
        )
        return not request.is_part and request.prompt.text == usual.text


class RegionsRun(PagesRun):
    """A run over pages, each of which may be cut into regions."""

    def _attempt(self, record: PageRecord, inputs: Any, ids: list[int]) -> None:
        if not isinstance(inputs, RegionInputs):
            super()._attempt(record, inputs, ids)
            return
        resumed = self._inputs.resumed.get(key_of(record.page))
        regions = _RegionsOfPage(self, record.page, inputs, resumed.parts if resumed else [])
        regions.read_pages()
        regions.finish(record)
        record.blank = not inputs.crops

    def _again(self, looped: PageRecord) -> PageRecord:
        # Its regions in loops were already retried.
        return looped if looped.parts else super()._again(looped)

    def _cut_notice(self, record: PageRecord, place: Values) -> Notice:
        if not record.parts:
            return super()._cut_notice(record, place)
        cut = [
            str(event.region.order + 1)
            for part in record.parts
            for event in part.regions
            if part.finish_reason == "length"
        ]
        return Notice("layout.regions_cut", {**place, "regions": ", ".join(cut)})


class _RegionsOfPage(PagesRun):
    """The run over the regions of one page. PagesRun treats each region as a page.

    Args:
        outer: the run over the pages.
        resumed: records of the regions from a truncated run.
    """

    def __init__(
        self, outer: RegionsRun, page: Page, inputs: RegionInputs, resumed: list[PageRecord]
    ) -> None:
        self._outer = outer
        self._page = page
        self._decode = inputs.decode
        self._crops: Mapping[PageKey, RegionCrop] = {
            key_of(crop.page): crop for crop in inputs.crops
        }
        request = replace(outer._request, pages=tuple(crop.page for crop in inputs.crops))
        regions = ReadingInputs(
            request,
            None,
            # No family that reads regions has a retry_generation.
            lambda part, share, so_far, _again: inputs.make(
                self._crops[key_of(part)], share, so_far
            ),
            resumed={key_of(record.page): record for record in resumed},
        )
        super().__init__(outer._family, regions, outer._run)

    def finish(self, record: PageRecord) -> None:
        """Merge the results of the regions into the page's record.

        Raises:
            EngineError, OSError, ValueError: no region could be read; the error of the first one.
        """
        self._outer._prompt_tokens += self._prompt_tokens
        self._outer._completion_tokens += self._completion_tokens
        stopped = self._run.stop.is_set()
        if self._failures and not self.done and not stopped:
            raise self._failures[0]
        record.parts = self.done
        record.regions = [region for part in self.done for region in part.regions]
        record.shown = [index for part in self.done for index in part.shown]
        reasons: list[FinishReason] = [part.finish_reason for part in self.done]
        record.finish_reason = "cancelled" if stopped else worst(reasons)

    def _announce(self, page: Page, number: int) -> None:
        pages = self._outer._request.pages
        values: Values = {
            "page": pages.index(self._page) + 1,
            "pages": len(pages),
            "region": number,
            "regions": len(self._crops),
        }
        self._run.emit(Step("step.reading_region", values, page.page_index))

    def _attempt(self, record: PageRecord, inputs: Any, ids: list[int]) -> None:
        if inputs is None:
            self._reader(inputs, record).finish("stop")
        else:
            super()._attempt(record, inputs, ids)

    def _reader(self, inputs: Any, record: PageRecord) -> Reader:
        crop = self._crops[key_of(record.page)]
        return RegionReader(
            record,
            self._run,
            crop=crop,
            page=self._page,
            request=self._request,
            encode=self._family.encode,
            decode=self._decode,
        )

    def _before(self) -> list[PageRecord]:
        return [*self._outer._before(), *self.done]

    def _report(self, page: Page, reason: str) -> None:
        number = self._crops[key_of(page)].region.order + 1
        failed: Values = {"page": page.page_index + 1, "region": number, "reason": reason}
        self._run.emit(Notice("notice.region_failed", failed))

    def _done(self, record: PageRecord) -> None:
        # Notices are emitted for the page, not for its regions.
        self.done.append(record)
