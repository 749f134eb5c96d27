"""Transcripts and messages survive the JSON round trip exactly; damaged records are rejected."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import DocumentError, EngineError, GenerationError, ModelError
from engine.core.i18n import Sentence
from engine.core.schema import (
    CATEGORIES,
    FINISH_REASONS,
    Discarded,
    Evidence,
    ImagePart,
    Message,
    Notice,
    Region,
    Step,
    TextPart,
    Usage,
)
from engine.core.schema_json import message_from_json, message_to_json
from engine.core.transcript import Transcript
from engine.core.transcript_json import transcript_from_json, transcript_to_json

# Every character, half characters included: file names and model text may hold them.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
floats = st.floats(allow_nan=False)
counts = st.integers(0, 10**9)
boxes = st.tuples(floats, floats, floats, floats)
spans = st.none() | st.tuples(counts, counts)
evidence = st.builds(Evidence, texts, counts, boxes, texts, floats, spans)
regions = st.builds(Region, boxes, st.sampled_from(CATEGORIES), texts, counts, floats, texts)
pages = st.dictionaries(st.tuples(texts, counts), st.lists(regions, max_size=2), max_size=2)
values = st.one_of(st.integers(), floats, texts)


def no_such_page(page: int) -> Sentence:
    return Sentence("notice.no_such_page", {"page": page})


notices = st.one_of(
    st.builds(lambda text: Notice("notice.not_found", {"texts": text, "spans": "1:2"}), texts),
    st.builds(lambda page: Notice("notice.page_cut", {"page": page, "document_id": "d"}), counts),
    st.builds(lambda text: Discarded("discarded.out_of_memory", {"model_id": text}), texts),
    st.builds(lambda page: Notice("notice.pages_asked", {"pages": no_such_page(page)}), counts),
)
usages = st.builds(Usage, counts, counts, floats, floats, floats, floats, counts)
errors = st.one_of(
    st.builds(lambda text: GenerationError("model.worker_ended", model_id=text, detail="x"), texts),
    st.builds(
        lambda value: DocumentError("document.too_large", name="a", size=value, limit=(1, [2])),
        values,
    ),
)
ends = st.one_of(
    st.builds(lambda reason: (reason, None), st.sampled_from(FINISH_REASONS)),
    st.builds(lambda error: (None, error), errors),
)


@st.composite
def transcripts(draw: Any) -> Transcript:
    reason, error = draw(ends)
    return Transcript(
        text=draw(texts),
        evidence=draw(st.lists(evidence, max_size=3)),
        regions=draw(pages),
        notices=draw(st.lists(notices, max_size=3)),
        usage=draw(usages),
        finish_reason=reason,
        model_id=draw(st.none() | texts),
        error=error,
    )


def and_back(transcript: Transcript) -> Transcript:
    return transcript_from_json(json.loads(json.dumps(transcript_to_json(transcript))))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(transcripts())
def test_an_ended_transcript_comes_back_as_it_was(transcript: Transcript) -> None:
    back = and_back(transcript)
    for name in ("text", "evidence", "regions", "notices", "usage", "finish_reason", "model_id"):
        assert getattr(back, name) == getattr(transcript, name), name
    if transcript.error is None:
        assert back.error is None
    else:
        assert back.error is not None
        assert type(back.error) is type(transcript.error)
        assert (back.error.key, back.error.values) == (
            transcript.error.key,
            transcript.error.values,
        )


messages = st.builds(
    Message,
    st.sampled_from(["user", "assistant"]),
    st.lists(st.builds(TextPart, texts) | st.builds(ImagePart, texts, counts), max_size=3).map(
        tuple
    ),
    st.lists(evidence, max_size=2).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(messages)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert message_from_json(json.loads(json.dumps(message_to_json(message)))) == message


def test_a_transcript_that_had_not_ended_is_cancelled_and_says_why() -> None:
    running = Transcript(text="The total is", step=Step("step.thinking"))
    back = and_back(running)
    assert (back.text, back.finish_reason, back.step) == ("The total is", "cancelled", None)
    assert "A restart of the app cut off" in back.notices[-1].text("en")
    assert "перезапуске" in back.notices[-1].text("ru")
    # A second round trip does not add the notice again.
    assert and_back(back).notices == back.notices


def test_sentences_of_another_version_do_not_lose_the_answer() -> None:
    record = transcript_to_json(Transcript(text="42", error=ModelError("model.no_answerer",
        model_id="a", other="b")))  # fmt: skip
    record["error"]["key"] = "model.renamed_since"
    record["notices"] = [{"kind": "notice", "key": "notice.renamed_since", "values": {}}]
    back = transcript_from_json(record)
    assert (back.text, back.notices) == ("42", [])
    assert isinstance(back.error, EngineError)
    assert back.error.key == "internal.unexpected"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"text": 5},
        {"finish_reason": "tired"},
        {"evidence": [{"bbox": [1]}]},
        {"regions": [{"page": ["d"], "regions": []}]},
        {"usage": {"tokens": 3}},
        {"notices": [7]},
    ],
)
def test_a_damaged_record_is_refused(change: dict[str, Any]) -> None:
    record = transcript_to_json(Transcript(finish_reason="stop"))
    with pytest.raises(ValueError):
        transcript_from_json({**record, **change})
