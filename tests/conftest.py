"""Fixtures that several test modules share. Tests run without a network: hubs are offline."""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.pop("SCANCHAT_SETTINGS", None)
# What tests keep is not the user's: settings without a data_dir take this one, other processes too.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="scanchat-tests-")

import pytest

import engine.chat.engine
from engine import Engine, Settings, load_settings
from engine.families import FAMILIES
from tests.fakes import FAKE_MODELS_TOML, FakeFamily
from tests.missing import is_a_failure
from tests.reading_once import reading_once

# Before any test replaces it by a reader of its own.
engine.chat.engine.build_index = reading_once(engine.chat.engine.build_index)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a test that skips because something is missing fails."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and is_a_failure(report.longrepr[2]):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[2]}: .ci/run installs what the tests need"
    return report


@pytest.fixture(scope="session", autouse=True)
def no_data_left() -> Iterator[None]:
    """Delete what the tests kept in the folder that stands for the user's."""
    yield
    shutil.rmtree(os.environ["XDG_DATA_HOME"], ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def short_collections() -> None:
    """Keep what earlier modules imported out of Python's garbage collections.

    Closing an engine collects, and with torch and transformers in memory each takes 0.7 s: of the
    29 minutes that all tests took together, five were this.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def fake_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose default model is FakeFamily, in a directory of their own."""
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "fake", "tests.fakes:FakeFamily")
    overlay = tmp_path / "fake.toml"
    directories = f"data_dir = '{tmp_path / 'data'}'\n"
    overlay.write_text(directories + FAKE_MODELS_TOML, encoding="utf-8")
    return load_settings(overlay)


@pytest.fixture
def fake_engine(fake_settings: Settings) -> Iterator[Engine]:
    with Engine(fake_settings) as engine:
        yield engine
