"""One process has the conversations of a data directory; what needs none of them goes on beside."""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gradio_app
from bench.app_process import serving
from engine import Engine, Settings, load_settings
from engine.cli import main
from engine.core.errors import StoreError
from engine.core.schema import Message, TextPart
from engine.core.transcript import Transcript
from engine.sessions.database.archive import Archive, InUseError
from tests.fakes import save_page
from tests.keeping import loaded_index, said, talk


@pytest.fixture(autouse=True)
def no_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.chat.engine.build_index", loaded_index)


@pytest.fixture
def app(fake_settings: Settings) -> Iterator[Engine]:
    """An engine that has visitors' conversations, as that of a running app."""
    with Engine(fake_settings) as engine:
        engine.open_conversations()
        yield engine


def test_a_second_app_is_refused_in_one_line_until_the_first_has_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first is a process of its own; what comes second runs in this one."""
    data = tmp_path / "data"
    settings = tmp_path / "settings.toml"
    settings.write_text(f"data_dir = '{data}'\n", encoding="utf-8")
    arguments = ("--port", "0", "--settings", str(settings))
    with serving(tmp_path, *arguments) as first:
        assert gradio_app.main(list(arguments)) == 2
        refused = capsys.readouterr()
        assert refused.err.count("\n") == 1, refused.err
        assert refused.out == ""
        for words in ("Another ScanChat", str(data), "Close it", "data_dir", 'storage = "memory"'):
            assert words in refused.err
        os.kill(first.process.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        first.process.wait(30)
        with Engine(load_settings(settings)) as second:
            second.open_conversations()


def test_the_sentence_is_also_russian_and_names_the_folder(
    app: Engine, fake_settings: Settings
) -> None:
    with Engine(fake_settings) as second, pytest.raises(StoreError) as refused:
        second.open_conversations()
    folder = str(fake_settings.data_dir)
    assert folder in refused.value.text("en") and folder in refused.value.text("ru")
    assert "другой ScanChat. Закройте его" in refused.value.text("ru")


def test_what_has_no_visitor_goes_on_beside_a_running_app(
    app: Engine, fake_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = save_page(tmp_path)
    overlay = tmp_path / "fake.toml"
    command = ["ask", str(scan), "?", "--settings", str(overlay)]
    assert main(command) == 0
    assert "The total is 42." in capsys.readouterr().out
    with Engine(fake_settings) as script:
        session_id = script.create_session()
        script.add_document(session_id, scan, name="page.png")
        assert script.ask(session_id, "?").answer().text == "The total is 42."
        with pytest.raises(InUseError):
            script.create_session(script.create_visitor())
    assert app.conversations(app.create_visitor()) == ()


def test_in_memory_any_number_of_apps_run(
    app: Engine, fake_settings: Settings, tmp_path: Path
) -> None:
    with Engine(fake_settings.keeping_nothing()) as second:
        second.open_conversations()
        visitor = second.create_visitor()
        session_id = talk(second, tmp_path, visitor, "?")
        assert [one.session_id for one in second.conversations(visitor)] == [session_id]
    assert {path.name for path in fake_settings.data_dir.rglob("*.db")} == {"conversations.db"}


def test_an_engine_that_was_closed_or_could_not_open_them_keeps_nobody_out(
    fake_settings: Settings, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        session_id = talk(engine, tmp_path, engine.create_visitor(), "?")
    database = fake_settings.data_dir / "conversations" / "conversations.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with Engine(fake_settings) as engine, pytest.raises(StoreError, match="newer ScanChat"):
        engine.open_conversations()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with Engine(fake_settings) as engine:
        assert said(engine, session_id)[0] == "?"


def test_a_database_of_processes_that_shared_it_is_read_whole(
    fake_settings: Settings, tmp_path: Path
) -> None:
    """They counted changes, and wrote down which of them was writing an answer."""
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = talk(engine, tmp_path, visitor, "One?")
        session = engine._sessions.get(session_id)
        asked = Message("user", (TextPart("Two?"),))
        engine._sessions.begin(session, asked, Transcript(text="As far as"))
    kept = fake_settings.data_dir / "conversations" / "conversations.db"
    with sqlite3.connect(kept) as connection:
        connection.execute("UPDATE sessions SET revision = 12")
        changed = connection.execute("UPDATE running SET owner = '4711:1750000000.25:0a1b2c'")
        assert changed.rowcount == 1
    connection.close()
    with Engine(fake_settings) as engine:
        assert said(engine, session_id) == ["One?", "The total is 42.", "Two?", "As far as"]
        assert engine.cut_answer(session_id) is not None
        assert engine.conversations(visitor)[0].questions == 2


def test_a_folder_is_open_once_in_a_process_too(tmp_path: Path) -> None:
    first = Archive(tmp_path / "kept", ttl_seconds=60)
    with pytest.raises(InUseError):
        Archive(tmp_path / "kept", ttl_seconds=60)
    first.close()
    Archive(tmp_path / "kept", ttl_seconds=60).close()
