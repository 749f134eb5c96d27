"""The run over a document's pages, one after the other.

During the transcription of a page, the next page's pixels are prepared on another thread. A failing
page is reported and does not stop the rest. A blank page is skipped, because models hallucinate on
it. A repetition loop is withdrawn: the page is transcribed once more at 0.95 of its size, and the
better result is used. When a run resumes, complete pages of the earlier run are shown again, and
truncated pages are continued.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from engine.core.errors import (
    EngineError,
    GenerationError,
    OnlyThoughtError,
    RunCancelled,
    as_engine_error,
)
from engine.core.i18n import say
from engine.core.prompts import get_task
from engine.core.schema import Discarded, FinishReason, Notice, Page, Step, Values
from engine.families.base import ModelRequest, Outcome, Run
from engine.families.pages.repetition import without_loop
from engine.families.pages.streaming import PageRecord, Reader

logger = logging.getLogger(__name__)
Made = TypeVar("Made")
PageKey = tuple[str, int]

# Inputs of a blank page, which is not sent to the model.
BLANK_PAGE: Final = object()
# The retry after a loop has both sides at 0.95: other patches, so other tokens.
RETRY_SHARE: Final = 0.95**2
# Finish reasons from best to worst; a run reports the worst of its pages.
_WORST: Final[tuple[FinishReason, ...]] = ("stop", "repetition", "length", "cancelled")


@dataclass(frozen=True, slots=True)
class ReadingInputs:
    """A prepared run.

    Attributes:
        answer: inputs of a question; None if pages are read one by one.
        make: (page, pixel share, ids generated before, whether it is the retry after a loop) ->
            that page's inputs; BLANK_PAGE for a blank page.
        make_longer: the same with room for a thought, for a page whose thought used up the limit
            of tokens; None if such a page fails.
        first: the inputs of the first page to read, prepared ahead.
        resumed: records of a truncated run, by page.
    """

    request: ModelRequest
    answer: Any
    make: Callable[[Page, float, tuple[int, ...], bool], Any]
    make_longer: Callable[[Page, float, tuple[int, ...], bool], Any] | None = None
    first: Future[Any] | None = None
    resumed: Mapping[PageKey, PageRecord] = field(default_factory=dict)


class PageFamily(Protocol):
    """The interface of a family that a run uses."""

    @property
    def model_id(self) -> str: ...

    def page_reader(
        self, inputs: Any, record: PageRecord, run: Run, request: ModelRequest
    ) -> Reader: ...

    def generate_answer(self, inputs: Any, run: Run) -> Outcome: ...

    def encode(self, text: str) -> list[int]: ...


class PagesRun:
    """One run over the pages of a request.

    Attributes:
        done: records of the finished pages, in order.
    """

    def __init__(self, family: PageFamily, inputs: ReadingInputs, run: Run) -> None:
        self.done: list[PageRecord] = []
        self._family = family
        self._inputs = inputs
        self._request = inputs.request
        self._run = run
        self._layout = get_task(inputs.request.task).output == "layout"
        self._failures: list[Exception] = []
        self._prompt_tokens = self._completion_tokens = 0

    def read(self) -> Outcome:
        self.read_pages()
        return self._outcome()

    def read_pages(self) -> None:
        """Read or show every page, until the run is stopped."""
        pages = self._request.pages
        open_pages = [page for page in pages if is_open(self._inputs.resumed.get(key_of(page)))]
        ahead = self._inputs.first
        for number, page in enumerate(pages, start=1):
            if self._run.stop.is_set():
                break
            if page not in open_pages:
                self._done(self._inputs.resumed[key_of(page)])
                self._show(self.done[-1])
                continue
            self._announce(page, number)
            prepared = ahead or in_background(lambda: page_inputs(self._inputs, page))  # noqa: B023 - awaited
            prepared.exception()
            following = open_pages[open_pages.index(page) + 1 :][:1]
            ahead = None
            for each in following:
                ahead = in_background(lambda: page_inputs(self._inputs, each))  # noqa: B023 - one each
            self._read_or_report(page, prepared)

    def _announce(self, page: Page, number: int) -> None:
        values = {"page": number, "pages": len(self._request.pages)}
        self._run.emit(Step("step.reading_page", values, page.page_index))

    def _read_or_report(self, page: Page, prepared: Future[Any]) -> None:
        before = self._inputs.resumed.get(key_of(page))
        record = PageRecord(page, before.pixel_share if before else 1.0)
        try:
            inputs = prepared.result()
            if inputs is BLANK_PAGE:
                record.blank = True
            else:
                record = self._attempt_longer(record, inputs, before.ids if before else [])
            if record.finish_reason == "repetition":
                record = self._again(record)
        except (EngineError, OSError, ValueError) as error:
            if isinstance(error, GenerationError) and not isinstance(error, OnlyThoughtError):
                # A failure of the model; all others are of this page alone.
                raise
            logger.warning("page %d failed", page.page_index + 1, exc_info=error)
            self._failures.append(error)
            if len(self._request.pages) > 1:
                self._report(page, as_engine_error(error).text(self._request.language))
            return
        self._done(record)

    def _report(self, page: Page, reason: str) -> None:
        """Report that a page failed; the other pages continue."""
        failed: Values = {"page": page.page_index + 1, "reason": reason}
        self._run.emit(Notice("notice.page_failed", failed))

    def _attempt_longer(self, record: PageRecord, inputs: Any, ids: list[int]) -> PageRecord:
        """Read a page; once more with a higher limit if a thought used up the first one."""
        longer = self._inputs.make_longer
        try:
            self._attempt(record, inputs, ids)
            if longer is None or not record.may_be_thought:
                return record
            self._withdraw("discarded.thought", record.page)
        except OnlyThoughtError:
            if longer is None:
                raise
        record = PageRecord(record.page, record.pixel_share)
        self._attempt(record, longer(record.page, record.pixel_share, (), False), [])
        return record

    def _attempt(self, record: PageRecord, inputs: Any, ids: list[int]) -> None:
        reader = self._reader(inputs, record)
        reader.withdraw = lambda: self._withdraw("discarded.thought", record.page)
        if not self._layout and any(before.shown for before in self._before()):
            reader.separator = tuple(self._family.encode("\n\n"))
        if ids:
            feed(reader, ids)
        outcome = self._family.generate_answer(inputs, replace(self._run, streamer=reader))
        self._prompt_tokens += outcome.prompt_tokens
        self._completion_tokens += outcome.completion_tokens
        reader.finish(outcome.finish_reason)

    def _reader(self, inputs: Any, record: PageRecord) -> Reader:
        return self._family.page_reader(inputs, record, self._run, self._request)

    def _before(self) -> list[PageRecord]:
        """Return the records of what was shown before the current page."""
        return self.done

    def _again(self, looped: PageRecord) -> PageRecord:
        """Retry a page after a loop, a little smaller; return the better result."""
        page = looped.page
        self._withdraw("discarded.repetition", page)
        record = PageRecord(page, looped.pixel_share * RETRY_SHARE)
        cancelled = False
        try:
            self._attempt(record, self._inputs.make(page, record.pixel_share, (), True), [])
        except RunCancelled:
            cancelled = True
            record.finish_reason = "cancelled"
        if record.finish_reason in ("stop", "length"):
            return record
        best = looped if self._worth(looped) > self._worth(record) else record
        best.finish_reason = record.finish_reason
        if not self._layout:
            best.shown = without_loop(best.shown)
        if best is looped or not self._layout:
            self._withdraw("discarded.repeated_again", page)
            self._show(best)
        if cancelled:
            self._done(best)
            raise RunCancelled
        return best

    def _worth(self, record: PageRecord) -> int:
        return len(record.regions) if self._layout else len(without_loop(record.ids))

    def _withdraw(self, key: str, page: Page) -> None:
        """Discard what was shown, and show the earlier pages again."""
        # A line break flushes the text that the streamer buffers, which must not appear later.
        self._put(self._family.encode("\n"))
        self._run.emit(Discarded(key, {"page": page.page_index + 1}))
        for record in self._before():
            self._show(record)

    def _show(self, record: PageRecord) -> None:
        for region in record.regions:
            self._run.emit(region)
        self._put(record.shown)

    def _put(self, ids: list[int]) -> None:
        import torch

        self._run.streamer.put(torch.tensor(ids, dtype=torch.long))

    def _done(self, record: PageRecord) -> None:
        """Store the record of a finished page, and emit its notices."""
        self.done.append(record)
        for notice in record.warnings:
            self._run.emit(notice)
        page = record.page
        place: Values = {"page": page.page_index + 1, "document_id": page.document_id}
        if record.finish_reason == "repetition":
            self._run.emit(Notice("layout.repetition", place))
        elif record.finish_reason == "length" and self._layout:
            self._run.emit(self._cut_notice(record, place))
        elif record.finish_reason == "length" and len(self._request.pages) > 1:
            self._run.emit(Notice("notice.page_cut", place))
        elif record.blank and not record.ids:
            self._run.emit(Notice("layout.not_asked", place))
        elif self._layout and not record.regions and len(self._request.pages) > 1:
            key = "layout.page_blank" if record.blank else "layout.page_empty"
            self._run.emit(Notice(key, place))

    def _cut_notice(self, record: PageRecord, place: Values) -> Notice:
        return Notice("layout.cut", {**place, "cells": len(record.regions)})

    def _outcome(self) -> Outcome:
        stopped = self._run.stop.is_set()
        if self._failures and not self.done and not stopped:
            raise self._failures[0]
        is_blank = bool(self.done) and all(record.blank for record in self.done)
        if not stopped and is_blank:
            self._put(self._family.encode(say("layout.blank", self._request.language)))
        elif self._layout and not stopped and not any(record.regions for record in self.done):
            # The next model of the settings may succeed (engine.chat.runner).
            raise GenerationError("layout.no_cells", model_id=self._family.model_id)
        self._run.streamer.end()
        reasons: list[FinishReason] = [record.finish_reason for record in self.done]
        reason = "cancelled" if stopped else worst(reasons)
        return Outcome(reason, self._prompt_tokens, self._completion_tokens)


def worst(reasons: Sequence[FinishReason]) -> FinishReason:
    """Return the worst of several finish reasons; "stop" for none."""
    return max(reasons, key=_WORST.index, default="stop")


def key_of(page: Page) -> PageKey:
    return (page.document_id, page.page_index)


def is_open(record: PageRecord | None) -> bool:
    """Whether a page is not read yet, or truncated."""
    return record is None or record.finish_reason == "length"


def feed(reader: Reader, ids: list[int]) -> None:
    import torch

    reader.put(torch.tensor(ids, dtype=torch.long))


def page_inputs(inputs: ReadingInputs, page: Page) -> Any:
    before = inputs.resumed.get(key_of(page))
    return inputs.make(
        page, before.pixel_share if before else 1.0, tuple(before.ids) if before else (), False
    )


def in_background(make: Callable[[], Made]) -> Future[Made]:
    """Call `make` on a thread of its own."""
    future: Future[Made] = Future()

    def work() -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    threading.Thread(target=work, name="next-page", daemon=True).start()
    return future
