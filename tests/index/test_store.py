"""Page indexes are made once each, in the right order, and forgotten with their document."""

import threading
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from engine.core.errors import OcrError, RunCancelled
from engine.core.schema import Page
from engine.core.settings import PreprocessSettings
from engine.index.page_index import PageIndex
from engine.index.store import IndexStore

PLAIN = PreprocessSettings(deskew=False, contrast=False, denoise=False)
DESKEWED = PreprocessSettings(deskew=True, contrast=False, denoise=False)
RUNNING = threading.Event()  # never set: nobody presses Stop


def page(number: int, document_id: str = "a") -> Page:
    return Page(document_id, number, 10, 10, lambda: Image.new("RGB", (10, 10)))


class Reader:
    """Counts what it reads; `gate` holds the first page until the test has queued the rest."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def __call__(self, page: Page, steps: PreprocessSettings) -> PageIndex:
        self.gate.wait(5)
        self.read.append(page.page_index)
        if self.error is not None:
            raise self.error
        return PageIndex(page.document_id, page.page_index, 10, 10, ())


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def store(reader: Reader) -> Iterator[IndexStore]:
    store = IndexStore(reader)
    yield store
    reader.gate.set()
    store.close()


def test_a_page_is_read_once_per_preprocessing(store: IndexStore, reader: Reader) -> None:
    for _ in range(3):
        assert store.get(page(0), PLAIN, RUNNING).page_index == 0
    store.get(page(0), DESKEWED, RUNNING)
    assert reader.read == [0, 0]


def test_a_page_that_is_asked_for_goes_before_the_background(
    store: IndexStore, reader: Reader
) -> None:
    reader.gate.clear()
    store.prefetch([page(number) for number in range(5)], PLAIN)
    time.sleep(0.05)  # the worker holds page 0
    asked = threading.Thread(target=store.get, args=(page(4), PLAIN, RUNNING))
    asked.start()
    time.sleep(0.05)
    reader.gate.set()
    asked.join(5)
    store.get(page(3), PLAIN, RUNNING)
    assert reader.read[:2] == [0, 4]
    assert sorted(reader.read) == [0, 1, 2, 3, 4]


def test_stop_ends_the_waiting(store: IndexStore, reader: Reader) -> None:
    reader.gate.clear()
    stop = threading.Event()
    stop.set()
    with pytest.raises(RunCancelled):
        store.get(page(0), PLAIN, stop)


def test_a_forgotten_document_is_not_read_any_more(store: IndexStore, reader: Reader) -> None:
    reader.gate.clear()
    store.prefetch([page(0), page(1), page(2), page(0, "b")], PLAIN)
    time.sleep(0.05)
    store.forget(["a"])
    reader.gate.set()
    assert store.get(page(0, "b"), PLAIN, RUNNING).document_id == "b"
    assert reader.read == [0, 0]


def test_a_failed_page_is_told_and_read_again_when_asked_for(
    store: IndexStore, reader: Reader
) -> None:
    reader.error = OcrError("session.no_pages")
    with pytest.raises(OcrError):
        store.get(page(0), PLAIN, RUNNING)
    reader.error = None
    assert store.get(page(0), PLAIN, RUNNING).page_index == 0
