"""Base of the vision-language families: questions, and OCR of a document page by page.

OCR and layout use one prompt per page (see pages/run.py); a question has all its pages in one
prompt. A subclass builds one prompt and answers it. A truncated answer can be continued: the prompt
then ends with the generated ids.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final

from engine.core.errors import RunCancelled
from engine.core.prompts import get_task
from engine.core.schema import Discarded, Notice, Page, Size, Step, Values
from engine.core.settings import ModelSettings
from engine.families.base import ModelFamily, ModelRequest, Outcome, Preparation, Run
from engine.families.pages.box_readers import EvidenceReader, LayoutReader
from engine.families.pages.detokenizer import Detokenizer
from engine.families.pages.run import (
    BLANK_PAGE,
    PageKey,
    PagesRun,
    ReadingInputs,
    feed,
    in_background,
    is_open,
    key_of,
    page_inputs,
)
from engine.families.pages.streaming import PageRecord, Reader
from engine.families.pages.thinking import ThoughtFilter
from engine.layout.cells import CellParser
from engine.ocr.preprocess import is_blank

# Maximum of conversations whose truncated runs are stored.
_REMEMBERED: Final = 100
_BESIDE: Final = "#pages"


class PageByPageFamily(ModelFamily):
    """Base of vision-language families. A subclass builds one prompt and answers it."""

    # Generation options of the retry after a loop, unless the settings have `do_sample`.
    retry_generation: ClassVar[Mapping[str, bool | int | float]] = {}

    def __init__(self, model_id: str, settings: ModelSettings) -> None:
        super().__init__(model_id, settings)
        # conversation -> (key of the request, records of its truncated run)
        self._cut: OrderedDict[str, tuple[tuple[Any, ...], tuple[PageRecord, ...]]] = OrderedDict()

    @abstractmethod
    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> Any:
        """Build the inputs of one prompt with all pages of the request, ending with
        request.so_far."""

    @abstractmethod
    def generate_answer(self, inputs: Any, run: Run) -> Outcome:
        """Answer one prompt: put ids into run.streamer, then call its `end`."""

    @abstractmethod
    def silent_ids(self) -> frozenset[int]:
        """Return ids that are not text: those that begin and end an answer, and padding."""

    def cell_parser(self, task: str) -> CellParser | None:
        """Return a parser of the boxes in the model's text; None for models without boxes."""
        return None

    def frame(self, inputs: Any, page: Page) -> Size:
        """Return the (width, height) of the coordinate frame of boxes on a page."""
        return page.size

    def thoughts(self, inputs: Any, run: Run) -> ThoughtFilter | None:
        """Return a filter of thoughts for one answer; None for models that do not think."""
        return None

    def _one_page_at_most(self, request: ModelRequest, preparation: Preparation) -> ModelRequest:
        """Keep the first page for a model that sees one page at a time, and report it."""
        capabilities = self.capabilities_of(self.model_id, self.settings)
        if capabilities.multiple_pages or len(request.pages) < 2:
            return request
        values: Values = {"model_id": self.model_id, "page": request.pages[0].page_index + 1}
        preparation.emit(Notice("notice.one_page", values))
        return replace(request, pages=request.pages[:1])

    def prepare(self, request: ModelRequest, preparation: Preparation) -> ReadingInputs:
        resumed = self._resumed(request) if request.resume else {}
        task = get_task(request.task)
        if task.needs_question:
            request = self._one_page_at_most(request, preparation)
            first = next(iter(resumed.values()), None)
            asked = replace(request, so_far=tuple(first.ids) if first else ())
            answer = self.prepare_prompt(asked, preparation)
            return ReadingInputs(request, answer, lambda *_: None, resumed=resumed)

        def make(
            page: Page,
            share: float,
            so_far: tuple[int, ...],
            again: bool = False,
            limit: int = request.max_new_tokens,
        ) -> Any:
            if task.reads_page and is_blank(page.load_image()):
                return BLANK_PAGE
            prompt = request.prompt
            if again and "do_sample" not in {**self.settings.generation, **prompt.generation}:
                prompt = replace(prompt, generation={**prompt.generation, **self.retry_generation})
            alone = replace(
                request,
                prompt=prompt,
                conversation=_cache_key(request, page),
                history=(),
                pages=(page,),
                pixel_share=request.pixel_share * share,
                so_far=so_far,
                max_new_tokens=limit,
            )
            return self.prepare_prompt(alone, replace(preparation, emit=lambda _: None))

        longer = request.thinking_max_new_tokens
        make_longer = partial(make, limit=longer) if longer is not None else None
        inputs = ReadingInputs(request, None, make, make_longer=make_longer, resumed=resumed)
        for number, page in enumerate(request.pages, start=1):
            if is_open(resumed.get(key_of(page))):
                values = {"page": number, "pages": len(request.pages)}
                preparation.emit(Step("step.preparing", values, page.page_index))
                first_page = in_background(lambda: page_inputs(inputs, page))  # noqa: B023 - the loop ends
                # Another failure is reported when the run reaches this page.
                if isinstance(first_page.exception(), RunCancelled):
                    raise RunCancelled
                return replace(inputs, first=first_page)
        return inputs

    def generate(self, inputs: ReadingInputs, run: Run) -> Outcome:
        import torch

        request = inputs.request
        if inputs.answer is None:
            pages = self.pages_run(inputs, run)
            try:
                return pages.read()
            finally:
                self._remember(request, pages.done)
        record = PageRecord(request.pages[0], request.pixel_share)
        reader = self._answer_reader(inputs, record, run)
        for before in inputs.resumed.values():
            feed(reader, before.ids)

        def withdraw() -> None:
            # A line break flushes the text that the streamer buffers, which must not appear later.
            run.streamer.put(torch.tensor(self.encode("\n")))
            run.emit(Discarded("discarded.thought"))

        reader.withdraw = withdraw
        outcome = self.generate_answer(inputs.answer, replace(run, streamer=reader))
        reader.finish(outcome.finish_reason)
        run.streamer.end()
        self._remember(request, [record])
        # The ids of a thought were not streamed.
        return replace(outcome, counts_ids=False) if reader.thought else outcome

    def pages_run(self, inputs: ReadingInputs, run: Run) -> PagesRun:
        """Create the run over the pages of a request."""
        return PagesRun(self, inputs, run)

    def page_reader(
        self, inputs: Any, record: PageRecord, run: Run, request: ModelRequest
    ) -> Reader:
        """Create the reader that processes the ids of one page."""
        parser = self.cell_parser(request.task)
        thoughts = self.thoughts(inputs, run)
        if parser is None or get_task(request.task).output != "layout":
            return Reader(record, run.streamer, thoughts=thoughts)
        return LayoutReader(
            record,
            run,
            parser=parser,
            words=Detokenizer(self.tokenizer, self.silent_ids()),
            encode=self.encode,
            frame=self.frame(inputs, record.page),
            language=request.language,
            thoughts=thoughts,
        )

    def encode(self, text: str) -> list[int]:
        """Return the ids of plain text, for display."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def words(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens included."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def _answer_reader(self, inputs: ReadingInputs, record: PageRecord, run: Run) -> Reader:
        parser = self.cell_parser(inputs.request.task)
        thoughts = self.thoughts(inputs.answer, run)
        if parser is None:
            return Reader(record, run.streamer, thoughts=thoughts)
        return EvidenceReader(
            record,
            run,
            parser=parser,
            words=Detokenizer(self.tokenizer, self.silent_ids()),
            pages=[(page, self.frame(inputs.answer, page)) for page in inputs.request.pages],
            thoughts=thoughts,
        )

    def forget(self, conversation: str) -> None:
        self._cut.pop(conversation, None)

    def _resumed(self, request: ModelRequest) -> dict[PageKey, PageRecord]:
        asked, records = self._cut.get(request.conversation, ((), ()))
        return {key_of(each.page): each for each in records} if asked == _asked(request) else {}

    def _remember(self, request: ModelRequest, records: list[PageRecord]) -> None:
        """Store a truncated run, so that it can be resumed; drop the one before."""
        self._cut.pop(request.conversation, None)
        if any(record.finish_reason == "length" for record in records):
            ends = self.silent_ids()
            for record in (each for page in records for each in (page, *page.parts)):
                record.ids = [index for index in record.ids if index not in ends]
            self._cut[request.conversation] = (_asked(request), tuple(records))
            while len(self._cut) > _REMEMBERED:
                self._cut.popitem(last=False)


def _asked(request: ModelRequest) -> tuple[Any, ...]:
    """Return a key: requests with equal keys can resume each other's run."""
    pages = tuple(key_of(page) for page in request.pages)
    return (request.task, request.question, pages, request.bbox, request.pixel_share)


def _cache_key(request: ModelRequest, page: Page) -> str:
    """Return the key of the KV cache for a page.

    A single page uses the conversation's own cache, so a question about it does not encode it
    again. Several pages use a separate one, so they do not overwrite the conversation's.
    """
    return request.conversation if len(request.pages) == 1 else beside(request.conversation)


def beside(conversation: str) -> str:
    """Return the key of a conversation's separate cache for page-by-page runs."""
    return f"{conversation}{_BESIDE}"


def conversation_of(key: str) -> str:
    """Return the conversation of a cache key."""
    return key.removesuffix(_BESIDE)
