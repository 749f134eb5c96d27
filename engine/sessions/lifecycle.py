"""Lifecycle of sessions: creation, restoring, eviction from memory, expiry, deletion.

A session is reachable only by its unguessable id. A visitor's sessions are stored on disk if the
settings allow it, and survive a restart. All others end with the engine. A session that is idle
for an hour is evicted from memory and restored on the next request. An expired session
(sessions.ttl_minutes in memory, sessions.kept_days on disk) is deleted with its rows and files.
"""

import contextlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from typing import Final

from engine.core.errors import SessionError, StoreError
from engine.core.settings import Settings
from engine.sessions.archives import Archives
from engine.sessions.database import StoredDocument, rows
from engine.sessions.database.archive import UNUSED_SECONDS, visitor_key
from engine.sessions.database.clock import Clock
from engine.sessions.persistence import save, wake
from engine.sessions.session import Session

logger = logging.getLogger(__name__)

SLEEP_SECONDS: Final = 3600.0
_SALT_BYTES: Final = 32
# 256 random bits in base64: a shorter id was not generated here.
_ID_LENGTH: Final = 43


class SessionLifecycle:
    """All sessions of this process, in memory and evicted. Thread-safe.

    Args:
        on_gone: called with the ids of documents that are not in memory any more.
    """

    def __init__(
        self,
        settings: Settings,
        on_gone: Callable[[list[str]], None] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._on_gone = on_gone
        self.clock = clock or Clock()
        self._awake: dict[str, Session] = {}
        self._touched_visitors: set[str] = set()
        self._guard = threading.RLock()
        self._touched_at = self.clock.steady()
        self.archives = Archives(settings)

    def create(self, visitor_id: str | None = None) -> Session:
        """Create an empty session with an id of 256 random bits.

        Raises:
            SessionError: that is no visitor's id.
            StoreError: visitors' conversations cannot be used now.
        """
        visitor = None if visitor_id is None else self.key_of(visitor_id)
        session = Session(
            secrets.token_urlsafe(32),
            self.archives.passing if visitor is None else self.archives.visitors,
            secrets.token_bytes(_SALT_BYTES),
            visitor=visitor,
            created_at=self.clock.date(),
            last_used=self.clock.steady(),
        )
        with self._guard:
            self._awake[session.session_id] = session
        self.save(session)
        return session

    def key_of(self, visitor_id: str) -> bytes:
        """The stored form of a visitor's id.

        Raises:
            SessionError: it is not a visitor's id.
        """
        if len(visitor_id) < _ID_LENGTH:
            raise SessionError("session.bad_visitor")
        self._touched_visitors.add(visitor_id)
        return visitor_key(visitor_id)

    def get(self, session_id: str) -> Session:
        """The session, restored if it was evicted from memory.

        Raises:
            SessionError: it is unknown or was deleted.
            StoreError: it cannot be read now.
        """
        with self._guard:
            session = self._awake.get(session_id) or self._wake(session_id)
            if session is not None:
                session.last_used = self.clock.steady()
        if session is None:
            raise SessionError("session.unknown")
        if session.is_deleted:
            self._drop(session)
            raise SessionError("session.unknown")
        return session

    def awake(self, session_id: str) -> Session | None:
        """The session if it is in memory; it is neither restored nor marked as used."""
        with self._guard:
            return self._awake.get(session_id)

    def has(self, session_id: str) -> bool:
        with self._guard:
            session = self._awake.get(session_id)
        if session is not None:
            return not session.is_deleted
        with contextlib.suppress(StoreError):
            return any(one.has(session_id) for one in self.archives.all())
        return False

    def owns(self, visitor_id: str, session_id: str) -> bool:
        """Whether a session belongs to this visitor."""
        try:
            session = self.get(session_id)
        except (SessionError, StoreError):
            return False
        return session.visitor is not None and hmac.compare_digest(
            session.visitor, visitor_key(visitor_id)
        )

    def save(self, session: Session) -> None:
        """Have what changed written soon; never waits, never raises."""
        save(session, now=self.clock.date())

    def delete(self, session_id: str) -> None:
        """Delete a session with its rows and files; an unknown id is no error.

        Raises:
            StoreError: its rows could not be deleted; the session is unchanged.
        """
        self._delete([session_id])

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete all conversations and records of a visitor. Raises StoreError."""
        self._delete(self.sessions_of(visitor_id))
        self.archives.visitors.delete_visitor(visitor_id)
        self._touched_visitors.discard(visitor_id)

    def sessions_of(self, visitor_id: str) -> list[str]:
        """Every session of a visitor, empty ones included. Raises StoreError."""
        key = visitor_key(visitor_id)
        with self._guard:
            awake = [key_ for key_, one in self._awake.items() if one.visitor == key]
        return list(dict.fromkeys([*awake, *self.archives.visitors.sessions_of(visitor_id)]))

    def mark_used(self, session_ids: Iterable[str]) -> None:
        """Mark sessions as used now, such as those with a running answer."""
        with self._guard:
            for key in session_ids:
                if (session := self._awake.get(key)) is not None:
                    session.last_used = self.clock.steady()

    def expired(self) -> list[str]:
        """The ids of sessions whose idle time is over. Raises StoreError."""
        now = self.clock.steady()
        with self._guard:
            awake = set(self._awake)
            expired_ids = [
                key
                for key, session in self._awake.items()
                if now - session.last_used
                > min(session.archive.ttl_seconds, inf if session.is_used else UNUSED_SECONDS)
            ]
        if self.clock.is_trusted():
            for archive in self.archives.opened():
                expired_ids += [
                    key for key in archive.expired(self.clock.date()) if key not in awake
                ]
        return expired_ids

    def store_for_visitor(self, visitor_id: str, name: str, record: str) -> None:
        """Store a visitor's record of the screen. Raises SessionError, StoreError: too large."""
        self.key_of(visitor_id)
        self.archives.visitors.store_for_visitor(visitor_id, name, record, self.clock.date())

    def touch(self) -> None:
        """Write when sessions and visitors were last active, and delete idle visitors."""
        with self._guard:
            used = {
                archive: {
                    key: self.clock.date_of(session.last_used)
                    for key, session in self._awake.items()
                    if session.archive is archive and session.last_used >= self._touched_at
                }
                for archive in self.archives.opened()
            }
            self._touched_at = self.clock.steady()
            visitors, self._touched_visitors = self._touched_visitors, set()
        now = self.clock.date()
        for archive, sessions in used.items():
            if sessions:
                archive.write(partial(rows.touch, used=sessions))
        if visitors:
            seen = {visitor_key(one): now for one in visitors}
            self.archives.visitors.write(partial(rows.touch_visitors, used=seen))
        if self.clock.is_trusted():
            for archive in self.archives.opened():
                archive.delete_idle_visitors(now)

    def put_to_sleep(self, busy: Iterable[str]) -> None:
        """Evict sessions from memory that are idle for an hour and completely stored.

        Args:
            busy: the ids of sessions with a running answer.
        """
        oldest = self.clock.steady() - SLEEP_SECONDS
        running = set(busy)
        with self._guard:
            for key, session in list(self._awake.items()):
                if key in running or session.last_used > oldest:
                    continue
                with session.lock:
                    if session.is_saved:
                        self._drop(session)

    def close(self) -> None:
        """Finish writing; every session that is not on disk is lost."""
        with self._guard:
            awake = list(self._awake.values())
        for session in awake:
            if not session.is_saved:
                self.save(session)
        try:
            self.touch()
        except StoreError:
            logger.warning("when sessions were last used could not be kept", exc_info=True)
        self.archives.close()
        with self._guard:
            self._awake.clear()

    def _wake(self, session_id: str) -> Session | None:
        for archive in self.archives.all():
            session = wake(archive, session_id, self._settings.limits)
            if session is not None:
                self._awake[session_id] = session
                return session
        return None

    def _drop(self, session: Session) -> None:
        with self._guard:
            self._awake.pop(session.session_id, None)
        self._on_gone([one.document_id for one in session.documents])

    def _delete(self, session_ids: list[str]) -> None:
        with self._guard:
            awake = [self._awake[key] for key in session_ids if key in self._awake]
        for session in awake:
            session.is_deleted = True  # from now on nothing of it is written
        deleted: list[StoredDocument] = []
        try:
            for archive in self.archives.all():
                deleted += archive.delete(session_ids)
        except StoreError:
            for session in awake:
                session.is_deleted = False
            raise
        for session in awake:
            session.archive.files.delete(one.file for one in session.files.values())
            self._drop(session)
        self._on_gone([one.document_id for one in deleted])
