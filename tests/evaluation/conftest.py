"""An Engine with two scripted models over drawn pages; no OCR runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, Settings, load_settings
from engine.families import FAMILIES
from tests.evaluation import sets
from tests.fakes import FakeFamily

MODELS = """
default_model = "one"
[models.one]
family = "scripted"
repo_id = "tests/one"
[models.two]
family = "other_scripted"
repo_id = "tests/two"
[models.absent]
family = "absent"
repo_id = "tests/absent"
[models.layouts]
family = "layouts"
repo_id = "tests/layouts"
[models.backed]
family = "scripted"
repo_id = "tests/backed"
fallback = "two"
"""


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file with the scripted models."""
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "scripted", "tests.evaluation.sets:ScriptedFamily")
    monkeypatch.setitem(FAMILIES, "other_scripted", "tests.evaluation.sets:OtherScriptedFamily")
    monkeypatch.setitem(FAMILIES, "layouts", "tests.evaluation.sets:LayoutFamily")
    monkeypatch.setitem(FAMILIES, "absent", "tests.evaluation.sets:AbsentFamily")
    monkeypatch.setattr("engine.chat.engine.build_index", sets.drawn_index)
    for family in (sets.ScriptedFamily, sets.OtherScriptedFamily):
        monkeypatch.setattr(family, "answers", sets.RIGHT)
        monkeypatch.setattr(family, "loads", 0)
    # The command sets it for its whole process.
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    path = tmp_path / "models.toml"
    folders = f"data_dir = '{tmp_path / 'data'}'\n"
    path.write_text(folders + MODELS, encoding="utf-8")
    return path


@pytest.fixture
def settings(overlay: Path) -> Settings:
    return load_settings(overlay)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine(settings) as running:
        yield running
