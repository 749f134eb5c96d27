"""Cache of page indexes. Each index is built once, in the background or on request.

One worker thread builds them. A page that a caller waits for takes priority over prefetched pages.
Indexes are evicted with their document.
"""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future

from engine.core.errors import RunCancelled
from engine.core.schema import Page
from engine.core.settings import PreprocessSettings
from engine.index.page_index import PageIndex

logger = logging.getLogger(__name__)

_FOREGROUND, _BACKGROUND = 0, 1
_POLL_SECONDS = 0.1

Key = tuple[str, int, PreprocessSettings]
Builder = Callable[[Page, PreprocessSettings], PageIndex]


class IndexStore:
    """Cache of indexes by page and preprocessing steps.

    Args:
        build: builds the index of one page; runs on the worker thread only.
    """

    def __init__(self, build: Builder) -> None:
        self._build = build
        self._futures: dict[Key, Future[PageIndex]] = {}
        self._queue: list[tuple[int, int, Key, Page]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def prefetch(self, pages: Iterable[Page], steps: PreprocessSettings) -> None:
        """Queue pages for the background, in this order."""
        for page in pages:
            self._enqueue(page, steps, _BACKGROUND)

    def get(self, page: Page, steps: PreprocessSettings, stop: threading.Event) -> PageIndex:
        """Return the index of a page; waits until it is built.

        Raises:
            RunCancelled: stop was set while waiting, the page was evicted, or the store is closed.
            EngineError: the page cannot be read.
        """
        future = self._enqueue(page, steps, _FOREGROUND)
        while True:
            if stop.is_set():
                raise RunCancelled
            try:
                return future.result(timeout=_POLL_SECONDS)
            except CancelledError:
                raise RunCancelled from None
            except TimeoutError:
                if future.done():  # the builder itself timed out
                    raise

    def forget(self, document_ids: Iterable[str]) -> None:
        """Evict the indexes of documents and cancel those that are still queued."""
        deleted = set(document_ids)
        with self._changed:
            for key in [key for key in self._futures if key[0] in deleted]:
                self._futures.pop(key).cancel()
            self._queue = [entry for entry in self._queue if entry[2][0] not in deleted]
            heapq.heapify(self._queue)

    def close(self) -> None:
        """Cancel the queue and end the worker after its current page (waits at most 30 s)."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            for future in self._futures.values():
                future.cancel()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=30)

    def _enqueue(self, page: Page, steps: PreprocessSettings, priority: int) -> Future[PageIndex]:
        key = (page.document_id, page.page_index, steps)
        with self._changed:
            if self._closed:
                raise RunCancelled
            known = self._futures.get(key)
            # Retry a failed page on the next request: the cause may be fixed by then.
            if known is None or (known.done() and known.exception() is not None):
                known = self._futures[key] = Future()
            if not known.done():
                heapq.heappush(self._queue, (priority, next(self._order), key, page))
                self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="page-index", daemon=True)
                self._thread.start()
            return known

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                _, _, key, page = heapq.heappop(self._queue)
                future = self._futures.get(key)
                # A page is queued again when its priority rises; the later entry finds it done.
                if future is None or future.done() or not future.set_running_or_notify_cancel():
                    continue
            try:
                future.set_result(self._build(page, key[2]))
            except Exception as error:  # noqa: BLE001 - passed to the caller that requests the page
                logger.info("page %d could not be indexed: %s", page.page_index, error)
                future.set_exception(error)
