"""Pages drawn for the screen's tests, and a conversation over the fake engine."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from engine import Settings, load_settings
from engine.core.settings import PreprocessSettings
from tests.ui.fake_engine import FakeEngine
from ui.actions.conversation import ConversationActions
from ui.state.change import UserInput

NO_STEPS = PreprocessSettings(deskew=False, contrast=False, denoise=False)


@pytest.fixture(autouse=True)
def upload_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gradio's upload folder, so that tests leave nothing behind."""
    folder = tmp_path / "uploads"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.fixture
def settings() -> Settings:
    return load_settings()


@pytest.fixture
def engine(settings: Settings) -> Iterator[FakeEngine]:
    engine = FakeEngine(settings)
    yield engine
    engine.close()


@pytest.fixture
def talk(engine: FakeEngine) -> ConversationActions:
    return ConversationActions(engine)


@pytest.fixture
def scan(tmp_path: Path) -> str:
    return draw(tmp_path / "scan.png")


def draw(path: Path, text: str = "Total 1,240.50 EUR", size: tuple[int, int] = (800, 1100)) -> str:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((80, 80), text, fill="black")
    image.save(path)
    return str(path)


def words(message: str) -> str:
    """A message without the buttons below it."""
    return re.sub(r'<div class="sc-acts">.*?</div>', "", message)


def question(
    text: str = "What is the total?", files: tuple[str, ...] = (), task: str = "question"
) -> UserInput:
    return UserInput(text, files, task, "lite", NO_STEPS)
