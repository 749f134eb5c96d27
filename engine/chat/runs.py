"""The running answers: one per session, and the session that takes the turn at its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.chat.stream import AnswerStream
from engine.core.errors import SessionError
from engine.core.schema import Message, TextPart
from engine.core.transcript import Transcript
from engine.sessions.registry import SessionRegistry
from engine.sessions.session import Session


class RunningAnswers:
    """The running answers of an engine's sessions. Thread-safe."""

    def __init__(self, sessions: SessionRegistry) -> None:
        self._sessions = sessions
        self._running: dict[str, AnswerStream] = {}
        self._guard = threading.Lock()
        self._none = threading.Condition(self._guard)

    def session_ids(self) -> list[str]:
        """The sessions with a running answer."""
        return list(self._running)

    def begin(self, session_id: str, stream: AnswerStream) -> None:
        """Register a running answer. Raises SessionError: the session has one."""
        with self.none_in(session_id):
            self._running[session_id] = stream

    @contextmanager
    def none_in(self, session_id: str) -> Iterator[None]:
        """Hold off new answers of a session. Raises SessionError: one is being written."""
        with self._guard:
            if session_id in self._running:
                raise SessionError("session.busy")
            yield

    def stop(self, session_id: str) -> None:
        """End a session's answer, if there is one; the text so far is stored."""
        with self._guard:
            running = self._running.get(session_id)
        if running is not None:
            running.stop()

    def stop_all(self) -> None:
        """End every session's answer, as `stop` does."""
        for session_id in self.session_ids():
            self.stop(session_id)

    def wait_for_none(self, seconds: float) -> bool:
        """Wait until no answer is running, `seconds` at most. Returns whether none is."""
        with self._guard:
            return self._none.wait_for(lambda: not self._running, seconds)

    def let_go(self, session_id: str) -> None:
        """Stop and detach a session's answer; no part of it enters the conversation."""
        with self._guard:
            running = self._running.pop(session_id, None)
            self._none.notify_all()
        if running is not None:
            running.stop()

    def end(
        self,
        session: Session,
        stream: AnswerStream,
        asked: Message | None,
        transcript: Transcript,
        *,
        resumed: bool,
    ) -> None:
        """Store the turn and free the session; called once, before the reader receives the end.

        Args:
            asked: None for a question that does not become part of the conversation.
            resumed: the answer replaces the turn before it.
        """
        with self._guard:
            if self._running.get(session.session_id) is not stream:
                return  # refused, or detached
            del self._running[session.session_id]
            self._none.notify_all()
        self._sessions.mark_used([session.session_id])
        if asked is None:
            return
        # An empty answer is not stored: the next answer must not build on it.
        if not transcript.text.strip():
            self._sessions.end(session, ())
            return
        answer = Message("assistant", (TextPart(transcript.text),), tuple(transcript.evidence))
        self._sessions.end(session, (asked, answer), instead_of=2 if resumed else 0)
