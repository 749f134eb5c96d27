"""What tests of kept conversations do: engines on one data directory, in turn or at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from engine import Engine, Settings
from engine.core.schema import Page
from engine.core.settings import PreprocessSettings
from engine.index.page_index import PageIndex
from engine.sessions.database.clock import Clock
from tests.fakes import save_page


def loaded_index(
    page: Page, settings: Settings, *, preprocess: PreprocessSettings | None = None
) -> PageIndex:
    """In place of OCR, which these tests do not need: the page is decoded and taken for empty."""
    page.load_image()
    return PageIndex(page.document_id, page.page_index, page.width, page.height, ())


class Hands:
    """A clock that the test turns. Both in seconds."""

    def __init__(self) -> None:
        self.date = 1_750_000_000.0
        self.steady = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.date += seconds
        self.steady += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.date, lambda: self.steady)


@contextmanager
def clocked(settings: Settings, hands: Hands) -> Iterator[Engine]:
    """An engine whose sessions go by the test's clock, from the first moment on."""
    with patch("engine.sessions.lifecycle.Clock", hands.clock), Engine(settings) as engine:
        yield engine


def talk(
    engine: Engine, tmp_path: Path, visitor: str, *questions: str, name: str = "page.png"
) -> str:
    """A visitor's new conversation with one page and these questions."""
    session_id = engine.create_session(visitor)
    engine.add_document(session_id, save_page(tmp_path, name="drawn.png"), name=name)
    for question in questions:
        engine.ask(session_id, question).answer()
    return session_id


def said(engine: Engine, session_id: str) -> list[str]:
    return [message.text for message in engine.history(session_id)]


def files_below(directory: Path, keep: Callable[[Path], bool] = Path.is_file) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if keep(path))
