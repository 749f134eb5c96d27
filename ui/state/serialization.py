"""Serialization of a screen state as JSON, which the engine stores so a restart loses nothing.

Turns are plain values; the engine's transcript codec writes the answers. Pictures are not stored
but drawn again. After a restart an unfinished answer counts as cut.
"""

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from engine import Transcript
from engine.core.transcript_json import transcript_from_json, transcript_to_json
from ui.views import messages
from ui.views.fields_view import DocumentFieldsView
from ui.views.selection import Selection

if TYPE_CHECKING:
    from ui.state.screen_state import ScreenState

logger = logging.getLogger(__name__)

VERSION: Final = 1
_SHEETS: Final = TypeAdapter(dict[str, list[DocumentFieldsView]])


def record(screen_state: "ScreenState") -> str:
    """The stored part of a screen state, as JSON: turns and forms."""
    return json.dumps(
        {
            "version": VERSION,
            "turns": [_written(turn) for turn in screen_state.turns],
            "sheets": _SHEETS.dump_python(screen_state.sheets, mode="json"),
        },
        ensure_ascii=False,
    )


def restore(screen_state: "ScreenState", text: str | None, cut: Transcript | None = None) -> None:
    """Fill a new screen state from its stored JSON; leave it empty if that cannot be read.

    Args:
        cut: the part of the last answer that existed when the app ended during it.
    """
    if text is None:
        return
    try:
        stored = json.loads(text)
        if stored["version"] != VERSION:
            return
        screen_state.turns = [_read(turn) for turn in stored["turns"]]
        sheets = stored["sheets"].items()
        # Older records have one form for each file, not a list.
        listed = {name: one if isinstance(one, list) else [one] for name, one in sheets}
        screen_state.sheets = _SHEETS.validate_python(listed)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        logger.exception("what was kept of a conversation cannot be read")
        return
    last = screen_state.turns[-1] if screen_state.turns else None
    if cut is not None and isinstance(last, messages.AnswerTurn):
        screen_state.turns[-1] = messages.AnswerTurn(cut, last.task)
    answers = [
        turn.transcript for turn in screen_state.turns if isinstance(turn, messages.AnswerTurn)
    ]
    screen_state.transcript = answers[-1] if answers else None
    laid_out = [answer for answer in answers if answer.regions]
    screen_state.layout = laid_out[-1] if laid_out else None


def _written(turn: messages.Turn) -> dict[str, Any]:
    match turn:
        case messages.QuestionTurn(text, task, files, region_of, area, position, asked_at):
            return {
                "kind": "asked",
                "text": text,
                "task": task,
                "files": [list(file) for file in files],
                "region_of": region_of,
                "area": [area.document_id, area.page_index, *area.bbox] if area else None,
                "position": position,
                "asked_at": asked_at,
            }
        case messages.UploadTurn(name, pages):
            return {"kind": "opened", "name": name, "pages": pages}
        case messages.NoticeTurn(key):
            return {"kind": "told", "key": key}
        case messages.ErrorTurn(error):
            error_transcript = transcript_to_json(Transcript(error=error))
            return {"kind": "refused", "transcript": error_transcript}
        case messages.AnswerTurn(transcript, task, liked, beside):
            written = transcript_to_json(transcript)
            return {
                "kind": "answered",
                "transcript": written,
                "task": task,
                "liked": liked,
                "beside": beside,
            }


def _read(turn: Mapping[str, Any]) -> messages.Turn:
    match turn["kind"]:
        case "asked":
            files = tuple((str(name), int(pages)) for name, pages in turn["files"])
            place = turn["area"]
            area = Selection(place[0], place[1], tuple(place[2:])) if place else None
            return messages.QuestionTurn(
                turn["text"],
                turn["task"],
                files,
                turn["region_of"],
                area,
                turn["position"],
                turn["asked_at"],
            )
        case "opened":
            return messages.UploadTurn(turn["name"], turn["pages"])
        case "told":
            return messages.NoticeTurn(turn["key"])
        case "refused":
            error = transcript_from_json(turn["transcript"]).error
            if error is None:
                raise ValueError(turn)
            return messages.ErrorTurn(error)
        case "answered":
            answer = transcript_from_json(turn["transcript"])
            return messages.AnswerTurn(answer, turn["task"], turn["liked"], turn["beside"])
    raise ValueError(turn)
