"""How what was said is taken back and deleted, here and in the models that may remember it."""

import logging

from engine.chat.runs import RunningAnswers
from engine.models.manager import ModelManager
from engine.sessions.registry import SessionRegistry

logger = logging.getLogger(__name__)


class Deletion:
    """Sessions and visitors deleted, conversations rewound. Thread-safe.

    Args:
        runs: the running answers, which are stopped first.
        models: those that may remember what was said.
    """

    def __init__(
        self, sessions: SessionRegistry, runs: RunningAnswers, models: ModelManager
    ) -> None:
        self._sessions = sessions
        self._runs = runs
        self._models = models

    def delete_session(self, session_id: str) -> None:
        """Stop and forget a session: rows, files, indexes, KV caches. Unknown ids are fine.

        Raises:
            StoreError: it could not be deleted from disk, and is as it was.
        """
        self._runs.let_go(session_id)
        self._sessions.delete(session_id)
        self._models.forget(session_id)

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete everything of a visitor: every conversation, as delete_session, and records.

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
        """Delete what nobody has used for sessions.ttl_minutes; runs by itself every minute.

        A session is in use as long as its answer is being written.
        """
        self._sessions.mark_used(self._runs.session_ids())
        for session_id in self._sessions.expired():
            logger.info("deleting an idle session")
            self.delete_session(session_id)

    def new_chat(self, session_id: str) -> None:
        """Stop the session's run; forget its conversation and documents. Raises SessionError."""
        self._runs.let_go(session_id)
        self._sessions.clear(self._sessions.get(session_id))
        self._models.forget(session_id)

    def forget_conversation(self, session_id: str) -> None:
        """Forget what was said; the documents stay. Raises SessionError."""
        self.rewind(session_id, 0)

    def rewind(self, session_id: str, questions: int) -> None:
        """Forget the conversation from a question on; the documents stay.

        A running answer is stopped and forgotten; the next question may be asked at once.

        Args:
            questions: how many questions stay; the place, from 0, of the first that goes.
        Raises:
            SessionError: the session does not exist.
            ValueError: questions is negative.
        """
        if questions < 0:
            raise ValueError(f"questions is {questions}, and cannot be below 0")
        session = self._sessions.get(session_id)
        self._runs.let_go(session_id)
        self._sessions.rewind(session, questions)
