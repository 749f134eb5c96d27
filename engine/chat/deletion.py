"""Deletion of sessions, visitors and turns, in the store and in the models' caches."""

import logging

from engine.chat.runs import RunningAnswers
from engine.models.manager import ModelManager
from engine.sessions.registry import SessionRegistry

logger = logging.getLogger(__name__)


class Deletion:
    """Deletes sessions and visitors, and rewinds conversations. Thread-safe.

    Args:
        runs: the running answers, which are stopped first.
        models: may hold caches of a conversation.
    """

    def __init__(
        self, sessions: SessionRegistry, runs: RunningAnswers, models: ModelManager
    ) -> None:
        self._sessions = sessions
        self._runs = runs
        self._models = models

    def delete_session(self, session_id: str) -> None:
        """Stop and delete a session: rows, files, indexes, KV caches. An unknown id is no error.

        Raises:
            StoreError: it could not be deleted from disk; the session is unchanged.
        """
        self._runs.let_go(session_id)
        self._sessions.delete(session_id)
        self._models.forget(session_id)

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete all data of a visitor: every conversation as in delete_session, and the records.

        Raises:
            StoreError: not everything could be deleted from disk.
        """
        session_ids = self._sessions.sessions_of(visitor_id)
        for session_id in session_ids:
            self._runs.let_go(session_id)
        self._sessions.delete_visitor(visitor_id)
        for session_id in session_ids:
            self._models.forget(session_id)

    def delete_idle_sessions(self) -> None:
        """Delete sessions whose idle time is over; runs in the background every minute.

        The limit is sessions.ttl_minutes in memory and sessions.kept_days on disk. A session is in
        use as long as its answer is being written.
        """
        self._sessions.mark_used(self._runs.session_ids())
        for session_id in self._sessions.expired():
            logger.info("deleting an idle session")
            self.delete_session(session_id)

    def new_chat(self, session_id: str) -> None:
        """Stop the session's run; delete its conversation and documents. Raises SessionError."""
        self._runs.let_go(session_id)
        self._sessions.clear(self._sessions.get(session_id))
        self._models.forget(session_id)

    def forget_conversation(self, session_id: str) -> None:
        """Delete the messages; the documents stay. Raises SessionError."""
        self.rewind(session_id, 0)

    def rewind(self, session_id: str, questions: int) -> None:
        """Delete the conversation from a question on; the documents stay.

        A running answer is stopped and discarded; the next question may be asked at once.

        Args:
            questions: how many questions stay; the 0-based place of the first deleted one.
        Raises:
            SessionError: the session does not exist.
            ValueError: questions is negative.
        """
        if questions < 0:
            raise ValueError(f"questions is {questions}, and cannot be below 0")
        session = self._sessions.get(session_id)
        self._runs.let_go(session_id)
        self._sessions.rewind(session, questions)
