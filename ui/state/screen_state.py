"""The screen state of one session, reachable only by the session's id.

The engine owns the documents and the conversation. A screen state holds what only the screen
needs: the turns as shown, display pictures, the uploads that were opened, and the answer whose
evidence is on the page. It lives as long as its session.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from engine import Transcript
from ui.state.change import UserInput
from ui.views import page_images
from ui.views.fields_view import DocumentFieldsView
from ui.views.messages import AnswerTurn, QuestionTurn, Turn, UploadTurn
from ui.views.page_view import PageJump, PageKey


@dataclass(slots=True)
class ScreenState:
    """One session's screen.

    Attributes:
        visitor_id: the owner; empty for a conversation that is not listed.
        language: the screen's language; it may change during an answer.
        turns: the chat as shown.
        opened: upload path -> document_id, so a file that arrives twice is opened once.
        refused: upload path -> time.monotonic() until which its error is not repeated, so one
            drop causes one message.
        locked: upload path -> file name of the PDFs that wait for their password.
        pictures: display pictures by page; None if a page cannot be shown.
        thumbnails: small pictures by page, for the strip; None if a page cannot be shown.
        transcript: the answer whose evidence is on the page.
        layout: the last layout; its regions stay on the page during later questions.
        recalled: index among the turns of an earlier answer whose evidence is shown instead.
        sheets: document_id -> the forms of the documents in that file.
        reading: document_id of the file whose fields are being read.
        jump: the page that the viewer shall turn to.
        last: the last question, for continuing its answer.
        running: an answer is running.
        pressed: Send was pressed during a running answer; the status line explains what to do.
        left_by: tabs of the browser that now show another conversation; they get no updates.
        lock: held while files are opened.
    """

    session_id: str
    visitor_id: str = ""
    language: str = "en"
    turns: list[Turn] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)
    refused: dict[str, float] = field(default_factory=dict)
    locked: dict[str, str] = field(default_factory=dict)
    pictures: dict[PageKey, Path | None] = field(default_factory=dict)
    thumbnails: dict[PageKey, Path | None] = field(default_factory=dict)
    transcript: Transcript | None = None
    layout: Transcript | None = None
    recalled: int | None = None
    sheets: dict[str, list[DocumentFieldsView]] = field(default_factory=dict)
    reading: str | None = None
    jump: PageJump | None = None
    last: UserInput | None = None
    running: bool = False
    pressed: bool = False
    left_by: set[str] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _folder: Path | None = None

    @property
    def key(self) -> str:
        """The key that the browser stores."""
        return key_of(self.visitor_id, self.session_id)

    @property
    def folder(self) -> Path:
        """The folder of display pictures and downloads, created on first use."""
        if self._folder is None:
            self._folder = page_images.new_folder()
        return self._folder

    @property
    def laid_out(self) -> Transcript | None:
        """The answer whose regions are on the page."""
        return self.transcript if self.transcript and self.transcript.regions else self.layout

    @property
    def shown(self) -> tuple[int | None, Transcript | None]:
        """(index among the turns, answer) of the answer whose evidence is on the page."""
        if self.recalled is not None:
            answer = self._answer(self.recalled)
            if answer is not None:
                return self.recalled, answer
        numbers = range(len(self.turns))
        own = (n for n in numbers if self._answer(n) is self.transcript is not None)
        return next(own, None), self.transcript

    def recall(self, turn: int) -> bool:
        """Show the evidence of an earlier answer. Returns False if the turn is not an answer."""
        if self._answer(turn) is None:
            return False
        self.recalled = turn
        return True

    def _answer(self, turn: int) -> Transcript | None:
        if not 0 <= turn < len(self.turns):
            return None
        answer = self.turns[turn]
        return answer.transcript if isinstance(answer, AnswerTurn) else None

    def asked(self, turn: int) -> QuestionTurn | None:
        """The question at an index among the turns, or the question of the answer there."""
        if not 0 <= turn < len(self.turns):
            return None
        before = reversed(self.turns[: turn + 1])
        return next((earlier for earlier in before if isinstance(earlier, QuestionTurn)), None)

    def forget_from(self, question: QuestionTurn) -> None:
        """Delete a question and all later turns; the documents stay open."""
        at = next(n for n, turn in enumerate(self.turns) if turn is question)
        remaining: list[Turn] = []
        for turn in self.turns[at + 1 :]:
            if isinstance(turn, QuestionTurn):
                remaining += [UploadTurn(name, pages) for name, pages in turn.files]
            elif isinstance(turn, UploadTurn):
                remaining.append(turn)
        self.turns = [*self.turns[:at], *remaining]
        self.recalled = None
        answers = [turn.transcript for turn in self.turns if isinstance(turn, AnswerTurn)]
        self.transcript = answers[-1] if answers else None
        laid_out = [answer for answer in answers if answer.regions]
        self.layout = laid_out[-1] if laid_out else None

    def leave_answer(self) -> None:
        """Remove the boxes of the last answer from the pages."""
        self.recalled = None
        self.transcript = None
        self.layout = None

    def look_at(self, page: PageKey, *, to_evidence: bool = False) -> None:
        """Make the viewer turn to a page."""
        number = self.jump.number + 1 if self.jump else 1
        self.jump = PageJump(page, number, to_evidence)

    def clear(self) -> None:
        """Empty the chat and delete its pictures."""
        page_images.remove(self._folder)
        self._folder = None
        self.turns.clear()
        self.last = None
        self.opened.clear()
        self.refused.clear()
        self.locked.clear()
        self.pictures.clear()
        self.thumbnails.clear()
        self.sheets.clear()
        self.leave_answer()
        # The number continues, or the viewer would take the next jump for a past one.
        if self.jump is not None:
            self.jump = PageJump(("", -1), self.jump.number)


def key_of(visitor_id: str, session_id: str) -> str:
    """The key that the browser stores: its visitor, if any, and the conversation on its screen."""
    return f"{visitor_id}.{session_id}" if visitor_id else session_id


def parts_of(key: str | None) -> tuple[str, str]:
    """(visitor_id, session_id) of a key from a browser; empty strings for missing parts."""
    visitor_id, _, session_id = str(key or "").rpartition(".")
    return visitor_id, session_id
