"""The turns of a chat as values, and their messages in either language.

A turn holds keys and numbers, never finished sentences, so it can be shown in another language.
`messages` turns the turns into the chatbot's messages. This module has no state and does not
import Gradio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine import EngineError, Transcript
from engine.chat.citations import CitedText, Span, numbers, pieces
from engine.core.prompts import load_tasks
from engine.core.schema import Evidence
from engine.layout import parts_of
from ui import i18n
from ui.views import message_buttons, status
from ui.views.escaping import escaped, span
from ui.views.selection import Selection

# Characters. A longer word may be separated from its mark by a line break.
_HELD_WORD = 24
_LOOKED_UP = "notice.not_found"
# The tasks whose answers are drawn as tables.
_TABULAR = frozenset({"table", "markdown"})
__all__ = ["CitedText", "Span", "numbers", "pieces"]


@dataclass(frozen=True, slots=True)
class QuestionTurn:
    """The user's turn.

    Attributes:
        files: (name, number of pages) of the files sent with the question.
        region_of: 1-based number of the page whose region the question is about, or None.
        area: that region.
        position: the number of earlier questions in the engine's history.
        asked_at: seconds since 1970 (UTC); 0 if unknown.
    """

    text: str
    task: str
    files: tuple[tuple[str, int], ...] = ()
    region_of: int | None = None
    area: Selection | None = None
    position: int = 0
    asked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UploadTurn:
    """An opened file. pages: their number."""

    name: str
    pages: int


@dataclass(frozen=True, slots=True)
class NoticeTurn:
    """A sentence of the screen. key: its key in the texts."""

    key: str


@dataclass(frozen=True, slots=True)
class ErrorTurn:
    """A failed file or call, with the engine's error."""

    error: EngineError


@dataclass(frozen=True, slots=True)
class AnswerTurn:
    """An answer, which grows while it streams.

    Attributes:
        task: the id of its task.
        liked: the user's rating; None if there is none.
        beside: the next turn is another model's answer to the same question, shown beside this one.
    """

    transcript: Transcript
    task: str
    liked: bool | None = None
    beside: bool = False


Turn = QuestionTurn | UploadTurn | NoticeTurn | ErrorTurn | AnswerTurn
Message = dict[str, Any]


def messages(turns: Sequence[Turn], language: str) -> list[Message]:
    """The chatbot's messages: HTML in which all untrusted text is escaped.

    The marks of an answer and the buttons of a turn carry the turn's index. With it the screen
    requests the answer's boxes or names the turn of an action.
    """
    newest = last_asked(turns)
    entries: list[tuple[str, str]] = []
    columns: list[str] = []
    for number, turn in enumerate(turns):
        shown = _shown(turn, language, number, is_newest=number == newest)
        is_left = isinstance(turn, AnswerTurn) and turn.beside
        if columns or is_left:
            columns.append(_column(turn, shown, language))
            if is_left and number + 1 < len(turns):
                continue
            shown, columns = [f'<div class="sc-beside">{"".join(columns)}</div>'], []
        entries += [(_role(turn), message) for message in shown]
    return [
        # A content part, not a string: gr.Chatbot re-indents strings, which would change OCR text.
        {"role": role, "content": [{"type": "text", "text": message}]}
        for role, message in entries
    ]


def _column(turn: Turn, shown: list[str], language: str) -> str:
    """One of two compared answers: its model and figures above, its messages below."""
    head = ""
    if isinstance(turn, AnswerTurn):
        head = status.of_answer(turn.transcript, language)
    return (
        f'<div class="sc-column"><p>{head}</p>{"".join(f"<div>{one}</div>" for one in shown)}</div>'
    )


def last_asked(turns: Sequence[Turn]) -> int | None:
    """The index of the last question among the turns; None if there is none."""
    places = [number for number, turn in enumerate(turns) if isinstance(turn, QuestionTurn)]
    return places[-1] if places else None


def _role(turn: Turn) -> str:
    return "user" if isinstance(turn, QuestionTurn) else "assistant"


def _shown(turn: Turn, language: str, number: int, *, is_newest: bool) -> list[str]:
    match turn:
        case QuestionTurn():
            buttons = message_buttons.of_question(
                number, language, has_text=bool(turn.text), is_newest=is_newest
            )
            return [_asked(turn, language) + buttons]
        case UploadTurn(name, pages):
            return [span("sc-note", i18n.count("chat.ready", pages, language, name=name))]
        case NoticeTurn(key):
            return [span("sc-note", i18n.text(key, language))]
        case ErrorTurn(error):
            return [span("sc-problem", error.text(language))]
        case AnswerTurn():
            return _answered(turn, language, number)


def _asked(turn: QuestionTurn, language: str) -> str:
    words = turn.text or load_tasks()[turn.task].title.text(language)
    files = [
        span("sc-file", f"{name} · {i18n.count('chat.pages', pages, language)}")
        for name, pages in turn.files
    ]
    if turn.region_of is not None:
        files.append(span("sc-file", i18n.text("area.of_page", language, page=turn.region_of)))
    return "\n".join([*files, escaped(words)])


def _answered(turn: AnswerTurn, language: str, number: int) -> list[str]:
    """The answer's text and its notices, each as its own message."""
    transcript, task = turn.transcript, turn.task
    # A notice that comes after the text is shown below it, so the text does not move.
    late = [notice for notice in transcript.notices if notice.key == _LOOKED_UP]
    early = [notice for notice in transcript.notices if notice.key != _LOOKED_UP]
    shown = [span("sc-note", notice.text(language)) for notice in early]
    regions = sum(len(found) for found in transcript.regions.values())
    # The region table shows a layout's text; the chat would only repeat it as markup.
    listed = regions > 0 and load_tasks()[task].output == "layout"
    has_text = bool(transcript.text.strip()) and not listed
    buttons = ""
    if transcript.ended:
        buttons = message_buttons.of_answer(number, language, liked=turn.liked, has_text=has_text)
    if has_text:
        # Tables are drawn when complete: a growing table would jump with every cell.
        tabular = transcript.ended and task in _TABULAR
        words = _with_tables(transcript.text) if tabular else None
        words = words or _with_marks(transcript, number, language)
        if transcript.certainty == "unsure":
            words = _unsure(words, language)
        shown.append(words + _suggestions(transcript, number, language) + buttons)
    shown += [span("sc-note", notice.text(language)) for notice in late]
    if transcript.error is not None:
        shown.append(span("sc-problem", transcript.error.text(language)))
    elif transcript.finish_reason in ("cancelled", "length", "repetition"):
        shown.append(span("sc-note", i18n.text(f"chat.{transcript.finish_reason}", language)))
    elif transcript.finish_reason == "stop" and load_tasks()[task].output == "layout":
        key = i18n.count("chat.regions", regions, language) if regions else None
        shown.append(span("sc-note", key or i18n.text("chat.no_regions", language)))
    if not has_text and shown:
        shown[-1] += buttons
    return shown


def _unsure(words: str, language: str) -> str:
    """The answer's HTML in lighter type, with words before it that say why."""
    doubt = span("sc-doubt", i18n.text("suggestion.unsure", language))
    return f'<span class="sc-unsure">{doubt} {words}</span>'


def _suggestions(transcript: Transcript, number: int, language: str) -> str:
    """The other places to look at as buttons, "" if there are none."""
    if not transcript.suggestions or not transcript.ended:
        return ""
    key = "suggestion.nearest" if transcript.certainty == "refused" else "suggestion.others"
    chips = "".join(
        _suggestion(found, number, place, language)
        for place, found in enumerate(transcript.suggestions)
    )
    return f'<div class="sc-nearest">{span("sc-hint", i18n.text(key, language))}{chips}</div>'


def _suggestion(found: Evidence, turn: int, place: int, language: str) -> str:
    page = found.page_index + 1
    title = escaped(i18n.text("evidence.item", language, page=page, text=found.text))
    where = span("sc-where", i18n.text("evidence.page", language, page=page))
    return (
        f'<button type="button" class="sc-chip sc-place" name="turn-{turn}" value="{place}" '
        f'title="{title}">{where}{span("sc-what", found.text)}</button>'
    )


def _with_tables(text: str) -> str | None:
    """The answer as HTML with its tables drawn; None if it has no table. All text is escaped."""
    parts = parts_of(text.strip("\n"))
    if all(isinstance(part, str) for part in parts):
        return None
    return "".join(
        f"<div>{escaped(part)}</div>" if isinstance(part, str) else _table(part) for part in parts
    )


def _table(rows: list[list[str]]) -> str:
    width = max(len(row) for row in rows)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escaped(cell)}</td>" for cell in [*row, *[""] * (width - len(row))])
        + "</tr>"
        for row in rows
    )
    return f'<table class="sc-table"><tbody>{body}</tbody></table>'


def _with_marks(transcript: Transcript, number: int, language: str) -> str:
    """The answer's text as HTML, with a button (a mark) after each span found on a page.

    Each piece of text is escaped, so only the marks are markup. The style sheet draws a mark's
    number, so it is not text and copying the answer leaves it out.
    """
    shown = "".join(_piece(piece, number, language) for piece in pieces(transcript))
    return shown.strip("\n")


def _piece(piece: CitedText, turn: int, language: str) -> str:
    if piece.kind == "missing":
        title = escaped(i18n.text("evidence.missing", language))
        return f'<mark class="sc-missing" title="{title}">{escaped(piece.text)}</mark>'
    if not piece.numbers:
        return escaped(piece.text)
    marks = "".join(_mark(turn, number, language) for number in piece.numbers)
    head, gap, last = piece.text.rpartition(" ")
    if len(last) > _HELD_WORD:
        return escaped(piece.text) + marks
    return f'{escaped(head + gap)}<span class="sc-held">{escaped(last)}{marks}</span>'


def _mark(turn: int, number: int, language: str) -> str:
    # Gradio's sanitiser removes data attributes and keeps name and value.
    title = escaped(i18n.text("evidence.mark", language, number=number))
    return (
        f'<button type="button" class="sc-cite" name="turn-{turn}" value="{number}" '
        f'title="{title}"></button>'
    )
