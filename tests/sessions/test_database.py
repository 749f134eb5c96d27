"""What is kept survives crashes, full disks, locks, damage and clocks; each is one sentence."""

import errno
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine import Engine, Settings
from engine.core.errors import StoreError
from engine.core.schema import Message, Notice, TextPart
from engine.core.settings import SessionSettings
from engine.sessions.database import database
from engine.sessions.database.clock import GRACE_SECONDS
from engine.sessions.database.migrations import MIGRATIONS
from tests.fakes import FakeFamily, save_page
from tests.keeping import Hands, clocked, files_below, loaded_index, said, talk

ROOT = Path(__file__).resolve().parents[2]
DAY = 24 * 3600.0


@pytest.fixture(autouse=True)
def no_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.chat.engine.build_index", loaded_index)


@pytest.fixture
def kept(fake_settings: Settings) -> Path:
    return fake_settings.data_dir / "conversations"


def open_conversations(settings: Settings) -> None:
    with Engine(settings) as engine:
        engine.open_conversations()


def rows(kept: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(kept / "conversations.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_database_has_the_newest_version_and_a_newer_one_is_refused(
    fake_settings: Settings, kept: Path, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        session_id = talk(engine, tmp_path, engine.create_visitor(), "?")
    assert rows(kept, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert rows(kept, "PRAGMA journal_mode") == [("wal",)]
    connection = sqlite3.connect(kept / "conversations.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer ScanChat") as refused:
        open_conversations(fake_settings)
    assert "обновите" in refused.value.text("ru").lower()
    connection = sqlite3.connect(kept / "conversations.db")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.close()
    with Engine(fake_settings) as engine:
        assert said(engine, session_id)[0] == "?"


def test_an_old_database_is_brought_forward_and_keeps_its_rows(
    fake_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Engine(fake_settings) as engine:
        session_id = talk(engine, tmp_path, engine.create_visitor(), "?")
    more = (*MIGRATIONS, ("ALTER TABLE sessions ADD COLUMN colour TEXT",))
    monkeypatch.setattr("engine.sessions.database.migrations.MIGRATIONS", more)
    with Engine(fake_settings) as engine:
        assert said(engine, session_id) == ["?", "The total is 42."]
    kept = fake_settings.data_dir / "conversations"
    assert rows(kept, "PRAGMA user_version") == [(2,)]
    assert rows(kept, "SELECT colour FROM sessions") == [(None,)]


@pytest.mark.parametrize("damage", ["head", "middle"])
def test_a_damaged_database_is_set_aside_and_the_app_starts(
    fake_settings: Settings,
    kept: Path,
    tmp_path: Path,
    damage: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        talk(engine, tmp_path, visitor, "?")
    path = kept / "conversations.db"
    data = bytearray(path.read_bytes())
    start = 0 if damage == "head" else 4096
    data[start : start + 3000] = os.urandom(3000)
    path.write_bytes(data)
    with caplog.at_level(logging.ERROR), Engine(fake_settings) as engine:
        assert engine.conversations(visitor) == ()
        assert said(engine, talk(engine, tmp_path, visitor, "?"))[0] == "?"
    assert any("was moved to" in record.getMessage() for record in caplog.records)
    assert (kept / "conversations.db.broken").read_bytes() == bytes(data)
    assert len(files_below(kept / "pages.broken")) == 1
    # It goes by itself when its time is over, as everything that is kept.
    old = time.time() - 31 * DAY
    for path in (kept / "conversations.db.broken", kept / "pages.broken"):
        os.utime(path, (old, old))
    open_conversations(fake_settings)
    assert not files_below(kept, lambda path: ".broken" in path.name)


def test_a_database_whose_index_has_lost_its_rows_is_damaged(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """quick_check does not look into indexes: it is found when a migration deletes such a row."""
    kept.mkdir(parents=True)
    path = kept / "conversations.db"
    first = ("CREATE TABLE words (word TEXT)", "CREATE INDEX by_word ON words (word)")
    monkeypatch.setattr("engine.sessions.database.migrations.MIGRATIONS", (first,))
    database.Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        query = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name = ?"
        index = connection.execute(query, ("by_word",)).fetchone()
        connection.execute("DELETE FROM sqlite_master WHERE name = 'by_word'")
    connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO words VALUES ('one')")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", index)
    connection.close()
    more = (first, ("DELETE FROM words WHERE rowid = 1",))
    monkeypatch.setattr("engine.sessions.database.migrations.MIGRATIONS", more)
    with pytest.raises(database.DamagedError):
        database.Database(path)


def test_a_database_locked_by_another_program_stops_no_answer_and_is_told(
    fake_settings: Settings, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = talk(engine, tmp_path, visitor, "One?")
        assert engine.conversations(visitor)
        # isolation_level None: the lock is taken here and not by Python.
        other = sqlite3.connect(kept / "conversations.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        assert engine.ask(session_id, "Two?").answer().text == "The total is 42."
        assert time.monotonic() - started < 1.5
        time.sleep(0.6)
        assert engine.storage_error(session_id).key == "store.busy"  # type: ignore[union-attr]
        events = list(engine.ask(session_id, "Three?"))
        assert Notice("notice.not_kept_busy") in events
        with pytest.raises(StoreError, match="Another program is using"):
            engine.rename(session_id, "?")
        with pytest.raises(StoreError):
            engine.delete_session(session_id)
        assert said(engine, session_id)[::2] == ["One?", "Two?", "Three?"]
        other.execute("ROLLBACK")
        other.close()
        # The next change brings everything that was missing.
        engine.ask(session_id, "Four?").answer()
    with Engine(fake_settings) as engine:
        assert engine.storage_error(session_id) is None
        assert said(engine, session_id)[::2] == ["One?", "Two?", "Three?", "Four?"]


def test_reading_never_waits_for_a_lock_that_another_program_holds(
    fake_settings: Settings, kept: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id, other_id = (talk(engine, tmp_path, visitor, "One?") for _ in range(2))
        engine._sessions.archives.visitors.write_now(lambda _: None)
        other = sqlite3.connect(kept / "conversations.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        engine.store_record(other_id, "screen_state", "{}")
        started = time.monotonic()
        for _ in range(5):
            # What the screen asks for at every event.
            assert len(engine.documents(session_id)) == 1
            assert len(engine.history(session_id)) == 2
            assert engine.stored_record(session_id, "screen_state") is None
            assert len(engine.conversations(visitor)) == 2
        assert time.monotonic() - started < 0.5
        while "is not kept" not in caplog.text:
            assert time.monotonic() - started < 10, "the lost record is told of nowhere"
            time.sleep(0.02)
        assert "'screen_state'" in caplog.text
        assert "Another program is using" in caplog.text
        other.execute("ROLLBACK")
        other.close()
        # Without the lock a read waits for what was written before it.
        engine.store_record(other_id, "screen_state", "[]")
        assert engine.stored_record(other_id, "screen_state") == "[]"


def test_a_full_disk_at_an_upload_is_one_sentence_and_loses_nothing(
    fake_settings: Settings, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Engine(fake_settings) as engine:
        session_id = talk(engine, tmp_path, engine.create_visitor(), "?")

        def full(handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as disk, pytest.raises(StoreError, match="disk is full"):
            disk.setattr(os, "fsync", full)
            engine.add_document(session_id, save_page(tmp_path, name="b.png"), name="b.png")
        assert len(engine.documents(session_id)) == 1
        assert [path.suffix for path in files_below(kept / "pages")] == [""]
        assert engine.ask(session_id, "Still?").answer().text == "The total is 42."


FULL = """
import resource, sys
from pathlib import Path
import engine.chat.engine
from engine import Engine, load_settings
from engine.families import FAMILIES
from engine.core.schema import Notice
from tests.keeping import loaded_index, said, talk
from tests.fakes import FakeFamily

engine.chat.engine.build_index = loaded_index
FAMILIES["fake"] = "tests.fakes:FakeFamily"
folder = Path(sys.argv[1])
with Engine(load_settings(folder / "fake.toml")) as engine:
    visitor = engine.create_visitor()
    session_id = talk(engine, folder, visitor, "One?")
    engine.conversations(visitor)
    kept = folder / "data" / "conversations"
    # No file may grow beyond what the largest is now.
    largest = max(path.stat().st_size for path in kept.iterdir() if path.is_file())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    FakeFamily.script = ["word " * 20_000]
    engine.ask(session_id, "Two?").answer()
    engine.conversations(visitor)
    told = list(engine.ask(session_id, "Three?"))
    assert Notice("notice.not_kept_full") in told, told
    assert said(engine, session_id)[::2] == ["One?", "Two?", "Three?"]
    print(session_id, engine.storage_error(session_id).key, flush=True)
    import os
    os._exit(0)
"""


def test_a_full_disk_at_a_write_of_rows_goes_on_in_memory_and_loses_nothing(
    fake_settings: Settings, tmp_path: Path
) -> None:
    session_id, key = in_a_process(FULL, tmp_path).split()
    assert key == "store.full"
    with Engine(fake_settings) as engine:
        assert said(engine, session_id)[:2] == ["One?", "The total is 42."]


def in_a_process(code: str, folder: Path) -> str:
    (folder / "code.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(folder / "code.py"), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


KILLED = """
import sys, time
from pathlib import Path
from engine import Engine, load_settings
from engine.families import FAMILIES
from engine.core.schema import TextDelta
from tests.keeping import talk
from tests.fakes import FakeFamily

FAMILIES["fake"] = "tests.fakes:FakeFamily"
folder = Path(sys.argv[1])
class Slow(list):
    def __iter__(self):
        yield "Once upon a time"
        time.sleep(5)
        yield " there was"
        time.sleep(60)
engine = Engine(load_settings(folder / "fake.toml"))
session_id = talk(engine, folder, "v" * 43, "One?")
engine.store_record(session_id, "turns", "shown")
FakeFamily.script = Slow()
for event in engine.ask(session_id, "Two?"):
    if isinstance(event, TextDelta):
        print(session_id, flush=True)
"""


def test_after_a_kill_in_mid_answer_the_conversation_is_there_and_the_answer_is_marked(
    fake_settings: Settings, kept: Path, tmp_path: Path
) -> None:
    (tmp_path / "code.py").write_text(KILLED, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "code.py"), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    session_id = process.stdout.readline().strip()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if any("Once" in str(row[0]) for row in rows(kept, "SELECT transcript FROM running")):
            break
        time.sleep(0.1)
    # Another process that looks meanwhile is kept out, and takes nothing for cut.
    with Engine(fake_settings) as engine:
        with pytest.raises(StoreError, match="Another ScanChat"):
            engine.history(session_id)
        assert not engine.has_session(session_id)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with Engine(fake_settings) as engine:
        assert said(engine, session_id)[:3] == ["One?", "The total is 42.", "Two?"]
        cut = engine.cut_answer(session_id)
        assert cut is not None
        assert cut.finish_reason == "cancelled"
        assert cut.text == said(engine, session_id)[3]
        assert cut.text.startswith("Once upon a")
        assert cut.notices[-1] == Notice("notice.cut_by_restart")
        assert engine.stored_record(session_id, "turns") == "shown"
        assert engine.conversations("v" * 43)[0].questions == 2
    with Engine(fake_settings) as engine:  # told until the next question, and added once
        assert len(engine.history(session_id)) == 4
        assert engine.cut_answer(session_id) is not None
        engine.ask(session_id, "Three?").answer()
        assert engine.cut_answer(session_id) is None
        assert len(engine.history(session_id)) == 6


def with_ttl(settings: Settings, minutes: float) -> Settings:
    sessions = SessionSettings(ttl_minutes=minutes, kept_days=minutes / 1440)
    return settings.model_copy(update={"sessions": sessions})


def test_what_nobody_used_expires_by_the_date_across_restarts(
    fake_settings: Settings, kept: Path, tmp_path: Path
) -> None:
    settings, hands = with_ttl(fake_settings, 24 * 60), Hands()
    with clocked(settings, hands) as engine:
        visitor = engine.create_visitor()
        old = talk(engine, tmp_path, visitor, "?")
        used = talk(engine, tmp_path, visitor, "?")
        engine.store_for_visitor(visitor, "settings", "{}")
    hands.pass_by(DAY - 60)
    with clocked(settings, hands) as engine:
        assert said(engine, used)
        engine.delete_idle_sessions()
        assert engine.has_session(old)
    hands.pass_by(120)
    with clocked(settings, hands) as engine:
        engine.open_conversations()
        engine.delete_idle_sessions()
        assert not engine.has_session(old)
        assert engine.has_session(used)
        assert len(files_below(kept / "pages")) == 1
        hands.pass_by(DAY + 60)
        engine.delete_idle_sessions()
        engine._sessions.touch()
        assert engine.conversations(visitor) == ()
        assert engine.stored_for_visitor(visitor, "settings") is None
        assert files_below(kept / "pages") == []


@pytest.mark.parametrize("remember", [True, False])
def test_a_session_does_not_expire_while_its_answer_is_being_written(
    fake_settings: Settings, tmp_path: Path, remember: bool
) -> None:
    FakeFamily.gate = threading.Event()
    hands = Hands()
    with clocked(with_ttl(fake_settings, 12 * 60), hands) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        stream = engine.ask(session_id, "?", remember=remember)
        hands.pass_by(DAY)
        engine.delete_idle_sessions()
        assert engine._sessions.has(session_id)
        hands.pass_by(DAY)
        FakeFamily.gate.set()
        assert stream.answer().text == "The total is 42."
        # Its time begins with the end of the answer.
        engine.delete_idle_sessions()
        assert engine._sessions.has(session_id)
        hands.pass_by(DAY)
        engine.delete_idle_sessions()
        assert not engine._sessions.has(session_id)


def test_a_conversation_that_was_never_used_goes_after_an_hour(
    fake_settings: Settings, kept: Path, tmp_path: Path
) -> None:
    hands = Hands()
    with clocked(fake_settings, hands) as engine:
        visitor = engine.create_visitor()
        unused, used = engine.create_session(visitor), talk(engine, tmp_path, visitor)
        hands.pass_by(3500)
        engine.delete_idle_sessions()
        assert engine.has_session(unused)
        hands.pass_by(200)
        engine.delete_idle_sessions()
        assert not engine.has_session(unused)
        assert engine.has_session(used)
    assert len(rows(kept, "SELECT * FROM sessions")) == 1


def test_a_clock_that_jumps_deletes_nothing_early(fake_settings: Settings, tmp_path: Path) -> None:
    settings, hands = with_ttl(fake_settings, 12 * 60), Hands()
    with clocked(settings, hands) as engine:
        asleep = talk(engine, tmp_path, engine.create_visitor(), "?")
    with clocked(settings, hands) as engine:
        awake = talk(engine, tmp_path, engine.create_visitor(), "?")

        def sweep_after(*, date: float, steady: float = 0.0) -> tuple[bool, bool]:
            hands.date += date
            hands.steady += steady
            engine.delete_idle_sessions()
            engine._sessions.touch()
            return engine.has_session(asleep), engine.has_session(awake)

        assert sweep_after(date=-400 * DAY) == (True, True)
        assert sweep_after(date=400 * DAY) == (True, True)
        # A day forwards, noticed and set right within the hour.
        assert sweep_after(date=DAY) == (True, True)
        assert sweep_after(date=1800, steady=1800) == (True, True)
        assert sweep_after(date=-DAY) == (True, True)
        assert sweep_after(date=2 * GRACE_SECONDS, steady=2 * GRACE_SECONDS) == (True, True)
        # A day forwards that stays: then it was the date before that was wrong. What is awake
        # goes by the steady clock and stays.
        assert sweep_after(date=DAY) == (True, True)
        still = GRACE_SECONDS + 60
        assert sweep_after(date=still, steady=still) == (False, True)


def test_files_that_a_crash_left_without_a_row_are_deleted_at_the_next_start(
    fake_settings: Settings, kept: Path, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        session_id = talk(engine, tmp_path, engine.create_visitor(), "?")
    orphan, fresh = kept / "pages" / "orphan", kept / "pages" / "fresh.part"
    orphan.write_bytes(b"x")
    fresh.write_bytes(b"x")
    old = time.time() - DAY
    os.utime(orphan, (old, old))
    with Engine(fake_settings) as engine:
        engine.open_conversations()
        assert not orphan.exists()
        assert fresh.exists()
        assert engine.documents(session_id)[0].pages[0].load_image()


def test_where_the_disk_cannot_be_used_the_app_works_in_memory(
    fake_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake_settings.data_dir.write_text("a file, and no folder")
    with caplog.at_level(logging.ERROR), Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = talk(engine, tmp_path, visitor, "?")
        assert [one.session_id for one in engine.conversations(visitor)] == [session_id]
    assert any("Set data_dir to a folder" in record.getMessage() for record in caplog.records)


def test_a_thousand_messages_are_kept_in_under_a_second(
    fake_settings: Settings, kept: Path, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session = engine._sessions.get(talk(engine, tmp_path, visitor))
        started = time.monotonic()
        for number in range(500):
            question = Message("user", (TextPart(f"Question {number}?"),))
            answer = Message("assistant", (TextPart("It is 42. " * 20),))
            engine._sessions.end(session, (question, answer))
        asked = time.monotonic() - started
        (listed,) = engine.conversations(visitor, search="question 499")
        engine._sessions.archives.visitors.write_now(lambda connection: None)
        assert time.monotonic() - started < 1.0
        assert asked < 0.5  # the asker does not wait for the disk
        assert listed.documents == 1
    with Engine(fake_settings) as engine:
        assert len(engine.history(session.session_id)) == 1000
