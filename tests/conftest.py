"""Fixtures that several test modules share. Tests run without a network: hubs are offline."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.pop("SCANCHAT_SETTINGS", None)

import pytest

from engine import Engine, Settings, load_settings
from engine.families import FAMILIES
from tests.fakes import FAKE_MODELS_TOML, FakeFamily


@pytest.fixture
def fake_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose default model is FakeFamily, in a directory of their own."""
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "fake", "tests.fakes:FakeFamily")
    overlay = tmp_path / "fake.toml"
    directories = f"data_dir = '{tmp_path / 'data'}'\ncache_dir = '{tmp_path / 'cache'}'\n"
    overlay.write_text(directories + FAKE_MODELS_TOML, encoding="utf-8")
    return load_settings(overlay)


@pytest.fixture
def fake_engine(fake_settings: Settings) -> Iterator[Engine]:
    with Engine(fake_settings) as engine:
        yield engine
