"""Mapping between a Session and its rows: writing changes, restoring a stored session.

Two processes may have one session in memory. Each change increments the row's revision. A process
that finds another revision than its own loads the other's rows and appends its own changes.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from engine.core.errors import SessionError, StoreError
from engine.core.schema import Message, TextPart
from engine.core.settings import LimitSettings
from engine.core.transcript import Transcript
from engine.core.transcript_json import transcript_from_json, transcript_to_json
from engine.sessions.database import Archive, StoredAnswer, StoredSession, owners, rows
from engine.sessions.files import reopened
from engine.sessions.session import PendingTurn, SavedState, Session


def save(session: Session, *, owner: str, now: float, limits: LimitSettings) -> None:
    """Have the archive write the session's changes; never waits, never raises.

    If that fails, session.unkept holds the reason, and the next save writes everything missing.

    Args:
        owner: the name of this engine (engine.sessions.database.owners).
        now: seconds since 1970.
    """

    def work(connection: sqlite3.Connection) -> SavedState | None:
        with session.lock:
            if session.is_deleted or not _meet(session, connection, now, limits):
                return None
            before = session.saved
            documents = tuple(session.files[one.document_id] for one in session.documents)
            messages = tuple(session.messages)
            asked, cut = session.asked, session.cut
        running = _running(asked, owner) or _running(cut, "")
        found = before.revision
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
            found = rows.bump(connection, session.session_id, now=now, said=news)
        return SavedState(False, found, documents, messages, running is not None)

    def then(saved: SavedState | None) -> None:
        with session.lock:
            session.pending -= 1
            session.unkept = None
            if saved is None:
                session.is_deleted = True
            else:
                session.saved = saved

    def failed(error: StoreError) -> None:
        with session.lock:
            session.pending -= 1
            session.unkept = error

    with session.lock:
        session.pending += 1
    session.archive.write(work, then=then, failed=failed)


def wake(archive: Archive, session_id: str, limits: LimitSettings) -> Session | None:
    """Load a stored session; None if there is none. First settle an answer that a crash cut off.

    Raises:
        StoreError: the archive cannot be read.
    """
    kept = archive.load(session_id)
    if kept is None:
        return None
    if kept.running is not None and kept.running.owner and not owners.is_alive(kept.running.owner):
        archive.write_now(lambda connection: _settle(connection, session_id))
        kept = archive.load(session_id)
        if kept is None:
            return None
    session = Session(
        session_id, archive, kept.salt, visitor=kept.visitor, created_at=kept.created_at
    )
    _take(session, kept, limits)
    return session


def refresh(session: Session, limits: LimitSettings) -> None:
    """Load what another process wrote, if it did.

    Raises:
        SessionError: another process deleted the session.
        StoreError: the archive cannot be read.
    """
    with session.lock:
        if session.pending or session.saved.is_new or session.unkept or session.asked:
            return  # the next save merges the other's rows
        known = session.saved.revision
    found = session.archive.revision(session.session_id)
    if found == known:
        return
    kept = None if found is None else session.archive.load(session.session_id)
    with session.lock:
        if session.pending or session.saved.revision != known:
            return  # this process wrote the change
        if kept is None:
            session.is_deleted = True
            raise SessionError("session.unknown")
        _take(session, kept, limits)


def _meet(
    session: Session, connection: sqlite3.Connection, now: float, limits: LimitSettings
) -> bool:
    """Insert the row if there is none yet, and merge the changes of other processes.

    Returns:
        False if the session was deleted elsewhere.
    """
    found = rows.revision(connection, session.session_id)
    if found is None:
        if not session.saved.is_new:
            return False
        rows.insert(
            connection,
            session.session_id,
            visitor=session.visitor,
            salt=session.salt,
            created_at=session.created_at,
        )
    elif found != session.saved.revision:
        kept = rows.load(connection, session.session_id)
        if kept is None:
            return False
        before = session.saved
        said = session.messages[_same(before.messages, session.messages) :]
        known = {one.document_id for one in before.documents}
        came = [one for one in session.documents if one.document_id not in known]
        files = [session.files[one.document_id] for one in came]
        asked = session.asked
        _take(session, kept, limits)
        session.asked = asked
        session.messages += said
        session.documents += came
        session.files.update((one.document_id, one) for one in files)
    return True


def _take(session: Session, kept: StoredSession, limits: LimitSettings) -> None:
    """Set the session to its stored state. Open documents stay open."""
    opened = {one.document_id: one for one in session.documents}
    session.files = {one.document_id: one for one in kept.documents}
    session.documents = [
        opened.get(one.document_id) or reopened(session, one, limits) for one in kept.documents
    ]
    session.messages = list(kept.messages)
    session.lost = {key: why for key, why in session.lost.items() if key in session.files}
    session.cut = _cut(kept.running)
    session.saved = SavedState(
        False, kept.revision, kept.documents, kept.messages, kept.running is not None
    )


def _cut(running: StoredAnswer | None) -> PendingTurn | None:
    if running is None or running.owner:
        return None
    return PendingTurn(running.message, _transcript(running.transcript))


def _settle(connection: sqlite3.Connection, session_id: str) -> None:
    """Make the unfinished answer of a dead process part of the conversation, once."""
    kept = rows.load(connection, session_id)
    if kept is None or kept.running is None or not kept.running.owner:
        return
    running = kept.running
    transcript = _transcript(running.transcript)
    if transcript.text.strip():
        answer = Message("assistant", (TextPart(transcript.text),), tuple(transcript.evidence))
        place = len(kept.messages)
        rows.replace_messages(connection, session_id, place, (running.message, answer))
    record = json.dumps(transcript_to_json(transcript))
    rows.set_running(connection, session_id, StoredAnswer("", running.message, record))
    connection.execute(
        "UPDATE sessions SET revision = revision + 1 WHERE session_id = ?", (session_id,)
    )


def _transcript(record: str) -> Transcript:
    """The transcript of a cut-off answer; an empty one if the record cannot be read."""
    try:
        return transcript_from_json(json.loads(record))
    except ValueError:
        return transcript_from_json(transcript_to_json(Transcript()))


def _running(asked: PendingTurn | None, owner: str) -> StoredAnswer | None:
    if asked is None:
        return None
    return StoredAnswer(owner, asked.message, json.dumps(transcript_to_json(asked.transcript)))


def _same(before: Sequence[Any], now: Sequence[Any]) -> int:
    """The length of the common prefix, by object identity."""
    count = 0
    for old, new in zip(before, now, strict=False):
        if old is not new:
            break
        count += 1
    return count
