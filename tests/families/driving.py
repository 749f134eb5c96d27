"""What tests of every family do with an engine: reach the loaded model, upload pages."""

from pathlib import Path
from typing import Any

from engine import Engine
from engine.core.stop_event import StopEvent
from tests.fakes import save_page


def loaded_family(engine: Engine) -> Any:
    """The loaded adapter itself: counters and caches are not public."""
    model = engine._models.acquire("tiny", StopEvent(), lambda event: None)
    engine._models.release("tiny")
    return model.family


def session_with(engine: Engine, tmp_path: Path, *texts: str) -> str:
    """A new session with a drawn page for each text, a document each."""
    session_id = engine.create_session()
    for number, text in enumerate(texts):
        engine.add_document(session_id, save_page(tmp_path, text=text), name=f"{number}.png")
    return session_id
