"""Base of the families that see images: questions, and reading a document page by page.

OCR and layout read one page a prompt (see pages_run); a question looks at all its pages at once. A
subclass makes one prompt and answers it. An answer that was cut can be gone on with: the model is
fed what it has said.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from engine.core.errors import RunCancelled
from engine.core.prompts import get_task
from engine.core.schema import Discarded, Page, Size, Step
from engine.core.settings import ModelSettings
from engine.families.base import ModelFamily, ModelRequest, Outcome, Preparation, Run
from engine.families.pages.run import (
    BLANK_PAGE,
    PageKey,
    PagesRun,
    ReadingInputs,
    feed,
    in_background,
    is_open,
    key_of,
    made_for,
)
from engine.families.pages.streaming import (
    Detokenizer,
    EvidenceReader,
    LayoutReader,
    PageRecord,
    Reader,
)
from engine.families.pages.thinking import ThoughtFilter
from engine.layout.cells import CellParser
from engine.ocr.preprocess import is_blank

# Conversations whose cut runs are remembered.
_REMEMBERED: Final = 100
_BESIDE: Final = "#pages"


class PageByPageFamily(ModelFamily):
    """Base of families that see images: a subclass makes one prompt and answers it."""

    # How a page is read once more after a loop, where the settings say nothing of sampling.
    retry_generation: ClassVar[Mapping[str, bool | int | float]] = {}

    def __init__(self, model_id: str, settings: ModelSettings) -> None:
        super().__init__(model_id, settings)
        # conversation -> (what was asked, what was read)
        self._cut: OrderedDict[str, tuple[tuple[Any, ...], tuple[PageRecord, ...]]] = OrderedDict()

    @abstractmethod
    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> Any:
        """Inputs of one prompt with all pages of the request; request.so_far stands at its end."""

    @abstractmethod
    def generate_answer(self, inputs: Any, run: Run) -> Outcome:
        """Answer one prompt: ids through run.streamer, then run.streamer.end()."""

    @abstractmethod
    def silent_ids(self) -> frozenset[int]:
        """Ids that are no text: what begins and ends an answer, and padding."""

    def cell_parser(self, task: str) -> CellParser | None:
        """What reads the boxes in the model's text; None for models that write none."""
        return None

    def frame(self, inputs: Any, page: Page) -> Size:
        """(width, height) of the frame that boxes on a page are in."""
        return page.size

    def thoughts(self, inputs: Any, run: Run) -> ThoughtFilter | None:
        """What tells a thought from the answer to one prompt; None for models that do not think."""
        return None

    def prepare(self, request: ModelRequest, preparation: Preparation) -> ReadingInputs:
        kept = self._kept(request) if request.resume else {}
        task = get_task(request.task)
        if task.needs_question:
            first = next(iter(kept.values()), None)
            asked = replace(request, so_far=tuple(first.said) if first else ())
            made = self.prepare_prompt(asked, preparation)
            return ReadingInputs(request, made, lambda *_: None, kept=kept)

        def make(page: Page, share: float, so_far: tuple[int, ...], again: bool = False) -> Any:
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
            )
            return self.prepare_prompt(alone, replace(preparation, emit=lambda _: None))

        inputs = ReadingInputs(request, None, make, kept=kept)
        for number, page in enumerate(request.pages, start=1):
            if is_open(kept.get(key_of(page))):
                values = {"page": number, "pages": len(request.pages)}
                preparation.emit(Step("step.preparing", values, page.page_index))
                first_page = in_background(lambda: made_for(inputs, page))  # noqa: B023 - the loop ends
                # A failure is told when it is this page's turn.
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
        for before in inputs.kept.values():
            feed(reader, before.said)

        def withdraw() -> None:
            # A line break flushes the text that the streamer holds back, which must not come later.
            run.streamer.put(torch.tensor(self.encode("\n")))
            run.emit(Discarded("discarded.thought"))

        reader.withdraw = withdraw
        outcome = self.generate_answer(inputs.answer, replace(run, streamer=reader))
        reader.finish(outcome.finish_reason)
        run.streamer.end()
        self._remember(request, [record])
        # Of what was thought nothing was streamed.
        return replace(outcome, counts_ids=False) if reader.thought else outcome

    def pages_run(self, inputs: ReadingInputs, run: Run) -> PagesRun:
        """How the pages of a request are read."""
        return PagesRun(self, inputs, run)

    def page_reader(
        self, inputs: Any, record: PageRecord, run: Run, request: ModelRequest
    ) -> Reader:
        """What the ids of one page go through."""
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
        """Ids of plain text, to be shown."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def words(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
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

    def _kept(self, request: ModelRequest) -> dict[PageKey, PageRecord]:
        asked, records = self._cut.get(request.conversation, ((), ()))
        return {key_of(each.page): each for each in records} if asked == _asked(request) else {}

    def _remember(self, request: ModelRequest, records: list[PageRecord]) -> None:
        """Keep a cut run, so that it can be gone on with; forget the one before."""
        self._cut.pop(request.conversation, None)
        if any(record.finish_reason == "length" for record in records):
            ends = self.silent_ids()
            for record in (each for page in records for each in (page, *page.parts)):
                record.said = [index for index in record.said if index not in ends]
            self._cut[request.conversation] = (_asked(request), tuple(records))
            while len(self._cut) > _REMEMBERED:
                self._cut.popitem(last=False)


def _asked(request: ModelRequest) -> tuple[Any, ...]:
    """What makes two requests the same run."""
    pages = tuple(key_of(page) for page in request.pages)
    return (request.task, request.question, pages, request.bbox, request.pixel_share)


def _cache_key(request: ModelRequest, page: Page) -> str:
    """The KV cache of a page: the conversation's own where it is the only one, so that a question
    about it encodes nothing again; else one beside it, so that the pages do not throw it out."""
    return request.conversation if len(request.pages) == 1 else beside(request.conversation)


def beside(conversation: str) -> str:
    """The key of the cache that pages of a conversation are read in."""
    return f"{conversation}{_BESIDE}"


def conversation_of(key: str) -> str:
    """The conversation of a cache's key."""
    return key.removesuffix(_BESIDE)
