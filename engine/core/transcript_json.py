"""Conversion of a Transcript to JSON values and back, to show an answer after a restart.

The record holds everything except the current step. A transcript without an end was interrupted
when its process ended: it is read as cancelled, with a Notice that says so.

Try it:
    record = json.dumps(transcript_to_json(stream.transcript))
    transcript = transcript_from_json(json.loads(record))
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from engine.core.errors import EngineError
from engine.core.i18n import Sentence, catalogue
from engine.core.schema import CERTAINTIES, FINISH_REASONS, Discarded, Notice
from engine.core.schema_json import (
    Json,
    evidence_from_json,
    evidence_to_json,
    region_from_json,
    region_to_json,
    strictly,
    usage_from_json,
    usage_to_json,
)
from engine.core.transcript import Transcript

logger = logging.getLogger(__name__)

VERSION: Final = 1
CUT_OFF: Final = "notice.cut_by_restart"
_PLAIN = (str, int, float, bool, type(None))


def transcript_to_json(transcript: Transcript) -> Json:
    """The JSON record of a transcript. The run may still be active on another thread."""
    # list() copies a dict's items atomically; a loop over them could meet new ones.
    return {
        "version": VERSION,
        "text": transcript.text,
        "evidence": [evidence_to_json(one) for one in list(transcript.evidence)],
        "regions": [
            {"page": list(page), "regions": [region_to_json(one) for one in list(regions)]}
            for page, regions in list(transcript.regions.items())
        ],
        "notices": [
            {
                "kind": "discarded" if isinstance(one, Discarded) else "notice",
                "key": one.key,
                "values": _values_to_json(one.values),
            }
            for one in list(transcript.notices)
        ],
        "usage": usage_to_json(transcript.usage),
        "finish_reason": transcript.finish_reason,
        "model_id": transcript.model_id,
        "error": _error_to_json(transcript.error),
        "certainty": transcript.certainty,
        "suggestions": [evidence_to_json(one) for one in transcript.suggestions],
    }


def transcript_from_json(record: Mapping[str, Any]) -> Transcript:
    """Read the transcript of a record; one without an end becomes cancelled.

    Raises:
        ValueError: the record is damaged, or of another version.
    """
    if not isinstance(record, Mapping) or record.get("version") != VERSION:
        raise ValueError(f"not a transcript of version {VERSION}")
    transcript = strictly(lambda: _read(record))
    if not transcript.ended:
        transcript.notices.append(Notice(CUT_OFF))
        transcript.finish_reason = "cancelled"
    return transcript


def _read(record: Mapping[str, Any]) -> Transcript:
    if record["finish_reason"] not in (None, *FINISH_REASONS):
        raise ValueError(f"{record['finish_reason']!r} is no finish_reason")
    # Records of earlier versions have neither certainty nor suggestions.
    if record.get("certainty") not in (None, *CERTAINTIES):
        raise ValueError(f"{record['certainty']!r} is no certainty")
    notices = (_notice(one) for one in record["notices"])
    return Transcript(
        text=_text(record["text"]),
        evidence=[evidence_from_json(one) for one in record["evidence"]],
        regions={
            (page["page"][0], page["page"][1]): [region_from_json(one) for one in page["regions"]]
            for page in record["regions"]
        },
        notices=[one for one in notices if one is not None],
        usage=usage_from_json(record["usage"]),
        finish_reason=record["finish_reason"],
        model_id=record["model_id"],
        error=_error(record["error"]),
        certainty=record.get("certainty"),
        suggestions=tuple(evidence_from_json(one) for one in record.get("suggestions", ())),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a transcript's text is not text")
    return value


def _notice(record: Mapping[str, Any]) -> Notice | Discarded | None:
    """The notice, or None if this version of the program no longer has its text."""
    kind = Discarded if record["kind"] == "discarded" else Notice
    notice = kind(record["key"], _values(record["values"]))
    try:
        notice.text()
    except (KeyError, IndexError):
        logger.info("the sentence %s of a kept answer does not exist any more", record["key"])
        return None
    return notice


def _error_to_json(error: EngineError | None) -> Json | None:
    if error is None:
        return None
    values = _values_to_json(error.values)
    return {"class": type(error).__name__, "key": error.key, "values": values}


def _error(record: Mapping[str, Any] | None) -> EngineError | None:
    if record is None:
        return None
    kinds = {kind.__name__: kind for kind in _with_subclasses(EngineError)}
    kind = kinds.get(record["class"], EngineError)
    if record["key"] in catalogue("en"):
        try:
            return kind(record["key"], **_values(record["values"]))
        except (KeyError, IndexError):
            logger.info("the sentence %s has other values now", record["key"])
    return EngineError("internal.unexpected", kind=record["class"])


def _with_subclasses(kind: type[EngineError]) -> list[type[EngineError]]:
    return [kind, *(deeper for sub in kind.__subclasses__() for deeper in _with_subclasses(sub))]


def _values_to_json(values: Mapping[str, object]) -> Json:
    return {name: _value_to_json(value) for name, value in values.items()}


def _value_to_json(value: object) -> Any:
    """Plain values unchanged; a tuple or list with its type; any other value as its string.

    Values are only used to render texts, so the string is enough.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Sentence):
        return {"sentence": value.key, "values": _values_to_json(value.values)}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_value_to_json(one) for one in value]}
    return str(value)


def _values(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in record.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "sentence" in value:
            return Sentence(_text(value["sentence"]), _values(value["values"]))
        if "tuple" in value:
            return tuple(_value(one) for one in value["tuple"])
        return [_value(one) for one in value["list"]]
    return value
