"""Between a Session and its rows: writing what changed, and waking a session that was kept."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from engine.core.errors import StoreError
from engine.core.schema import Message, TextPart
from engine.core.settings import LimitSettings
from engine.core.transcript import Transcript
from engine.core.transcript_json import transcript_from_json, transcript_to_json
from engine.sessions.database import Archive, StoredAnswer, rows
from engine.sessions.files import reopened
from engine.sessions.session import PendingTurn, SavedState, Session


def save(session: Session, *, now: float) -> None:
    """Have the archive write what changed; never waits, never raises.

    If that fails, session.storage_error holds the reason. The next save writes what is missing.

    Args:
        now: seconds since 1970.
    """

    def work(connection: sqlite3.Connection) -> SavedState | None:
        with session.lock:
            if session.is_deleted:
                return None
            before = session.saved
            documents = tuple(session.files[one.document_id] for one in session.documents)
            messages = tuple(session.messages)
            asked, cut = session.asked, session.cut
        if before.is_new:
            rows.insert(
                connection,
                session.session_id,
                visitor=session.visitor,
                salt=session.salt,
                created_at=session.created_at,
            )
        elif not rows.exists(connection, session.session_id):
            return None  # deleted while it was being woken
        running = _running(asked, is_cut=False) or _running(cut, is_cut=True)
        news = False
        place = _same(before.documents, documents)
        if place < max(len(before.documents), len(documents)):
            rows.replace_documents(connection, session.session_id, place, documents[place:])
            news = True
        place = _same(before.messages, messages)
        if place < max(len(before.messages), len(messages)):
            rows.replace_messages(connection, session.session_id, place, messages[place:])
            news = True
        if running is not None or before.is_asked:
            rows.set_running(connection, session.session_id, running)
        if news or running is not None or before.is_asked:
            rows.mark_changed(connection, session.session_id, now=now, newer=news)
        return SavedState(False, documents, messages, running is not None)

    def then(saved: SavedState | None) -> None:
        with session.lock:
            session.pending -= 1
            session.storage_error = None
            if saved is None:
                session.is_deleted = True
            else:
                session.saved = saved

    def failed(error: StoreError) -> None:
        with session.lock:
            session.pending -= 1
            session.storage_error = error

    with session.lock:
        session.pending += 1
    session.archive.write(work, then=then, failed=failed)


def wake(archive: Archive, session_id: str, limits: LimitSettings) -> Session | None:
    """Load a stored session; None if there is none. First settle an answer that a crash cut off.

    Raises:
        StoreError: the archive cannot be read.
    """
    stored = archive.load(session_id)
    if stored is not None and stored.running is not None and not stored.running.is_cut:
        # A session with a running answer does not sleep: the process that wrote it has ended.
        archive.write_now(lambda connection: _settle(connection, session_id))
        stored = archive.load(session_id)
    if stored is None:
        return None
    session = Session(
        session_id, archive, stored.salt, visitor=stored.visitor, created_at=stored.created_at
    )
    session.files = {one.document_id: one for one in stored.documents}
    session.documents = [reopened(session, one, limits) for one in stored.documents]
    session.messages = list(stored.messages)
    session.cut = _cut(stored.running)
    session.saved = SavedState(False, stored.documents, stored.messages, stored.running is not None)
    return session


def _cut(running: StoredAnswer | None) -> PendingTurn | None:
    if running is None:
        return None
    return PendingTurn(running.message, _transcript(running.transcript))


def _settle(connection: sqlite3.Connection, session_id: str) -> None:
    """Make the unfinished answer of a dead process part of the conversation, once."""
    stored = rows.load(connection, session_id)
    if stored is None or stored.running is None or stored.running.is_cut:
        return
    running = stored.running
    transcript = _transcript(running.transcript)
    if transcript.text.strip():
        answer = Message("assistant", (TextPart(transcript.text),), tuple(transcript.evidence))
        place = len(stored.messages)
        rows.replace_messages(connection, session_id, place, (running.message, answer))
    record = json.dumps(transcript_to_json(transcript))
    rows.set_running(connection, session_id, StoredAnswer(running.message, record, is_cut=True))


def _transcript(record: str) -> Transcript:
    """The transcript of a cut-off answer; an empty one if the record cannot be read."""
    try:
        return transcript_from_json(json.loads(record))
    except ValueError:
        return transcript_from_json(transcript_to_json(Transcript()))


def _running(turn: PendingTurn | None, *, is_cut: bool) -> StoredAnswer | None:
    if turn is None:
        return None
    return StoredAnswer(turn.message, json.dumps(transcript_to_json(turn.transcript)), is_cut)


def _same(before: Sequence[Any], now: Sequence[Any]) -> int:
    """The length of the common prefix, by object identity."""
    count = 0
    for old, new in zip(before, now, strict=False):
        if old is not new:
            break
        count += 1
    return count
