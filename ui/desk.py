"""A desk: what the screen keeps for one session, reachable only by the session's id.

The engine owns documents and conversation; a desk holds what only the screen needs: the turns as
they were shown, display pictures, which uploads were opened already, and the answer on the page.
Desks live as long as their sessions.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from engine import AnswerStream, Engine, Transcript
from ui import page_images
from ui.change import Question
from ui.fields_view import Sheet
from ui.page_view import Jump, PageKey
from ui.turns import Answered, Turn


@dataclass(slots=True)
class Desk:
    """One session's screen.

    Attributes:
        language: of the screen; it may change while an answer is written.
        opened: upload path -> document_id, so that a file which comes twice is opened once.
        refused: upload path -> until when it is not told again, so that one drop is told once.
        pictures: display pictures by page; None where a page cannot be shown.
        transcript: of the answer whose evidence is on the page.
        layout: of the last layout; its regions stay on the page while questions are asked.
        recalled: place among the turns of an earlier answer whose evidence is shown instead.
        sheets: document_id -> the form of its fields.
        reading: document_id of the form that is being read.
        stream: the running answer.
        last: what was asked last, for going on with its answer.
        pressed: Send was pressed while an answer was running; the status line says what to do.
        lock: held while files are opened.
    """

    session_id: str
    language: str = "en"
    turns: list[Turn] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)
    refused: dict[str, float] = field(default_factory=dict)
    pictures: dict[PageKey, Path | None] = field(default_factory=dict)
    transcript: Transcript | None = None
    layout: Transcript | None = None
    recalled: int | None = None
    sheets: dict[str, Sheet] = field(default_factory=dict)
    reading: str | None = None
    jump: Jump | None = None
    stream: AnswerStream | None = None
    last: Question | None = None
    running: bool = False
    pressed: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _folder: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the display pictures and downloads lie; made when first needed."""
        if self._folder is None:
            self._folder = page_images.new_folder()
        return self._folder

    @property
    def laid_out(self) -> Transcript | None:
        """The answer whose regions are on the page."""
        return self.transcript if self.transcript and self.transcript.regions else self.layout

    @property
    def shown(self) -> tuple[int | None, Transcript | None]:
        """The answer whose evidence is on the page, behind its place among the turns."""
        if self.recalled is not None:
            answer = self._answer(self.recalled)
            if answer is not None:
                return self.recalled, answer
        numbers = range(len(self.turns))
        own = (n for n in numbers if self._answer(n) is self.transcript is not None)
        return next(own, None), self.transcript

    def recall(self, turn: int) -> bool:
        """Show the evidence of an earlier answer; whether there is such an answer."""
        if self._answer(turn) is None:
            return False
        self.recalled = turn
        return True

    def _answer(self, turn: int) -> Transcript | None:
        if not 0 <= turn < len(self.turns):
            return None
        answer = self.turns[turn]
        return answer.transcript if isinstance(answer, Answered) else None

    def leave_answer(self) -> None:
        """Take the boxes of the last answer off the pages."""
        self.recalled = None
        self.transcript = None
        self.layout = None

    def look_at(self, page: PageKey, *, to_evidence: bool = False) -> None:
        """Have the viewer turn to a page."""
        number = self.jump.number + 1 if self.jump else 1
        self.jump = Jump(page, number, to_evidence)

    def clear(self) -> None:
        """Forget the chat and delete its pictures."""
        page_images.remove(self._folder)
        self._folder = None
        self.turns.clear()
        self.last = None
        self.opened.clear()
        self.refused.clear()
        self.pictures.clear()
        self.sheets.clear()
        self.leave_answer()
        # The number goes on: the viewer must not take the next jump for one it has followed.
        if self.jump is not None:
            self.jump = Jump(("", -1), self.jump.number)


class Desks:
    """The desks of one app."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._desks: dict[str, Desk] = {}

    def find(self, session_id: str | None) -> tuple[Desk, bool]:
        """The session's desk, and whether a lost session was replaced by a new one."""
        lost = session_id is not None and not self._engine.has_session(session_id)
        if session_id is None or lost:
            self._sweep()
            session_id = self._engine.create_session()
        return self._desks.setdefault(session_id, Desk(session_id)), lost

    def _sweep(self) -> None:
        """Drop the desks whose sessions the engine has deleted."""
        for session_id in [key for key in self._desks if not self._engine.has_session(key)]:
            self._desks.pop(session_id).clear()
