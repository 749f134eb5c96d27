"""Unsure and refused answers on the screen: words before the answer, and places to look at."""

import json

import pytest

from engine import Evidence, Transcript
from engine.core.schema import Certainty, CertaintyJudged, Discarded, Finished, TextDelta
from engine.core.transcript_json import transcript_from_json, transcript_to_json
from ui.views import page_view
from ui.views.messages import AnswerTurn, messages

PLACES = (
    Evidence("d", 0, (1.0, 2.0, 30.0, 40.0), "12 <May>", 0.0),
    Evidence("d", 2, (5.0, 6.0, 70.0, 80.0), "Bristol", 0.0),
)


def answer(certainty: Certainty) -> Transcript:
    transcript = Transcript()
    transcript.add(CertaintyJudged(certainty, () if certainty == "sure" else PLACES))
    transcript.add(TextDelta("4,200.00"))
    transcript.add(Finished("stop", "lite"))
    return transcript


def markup(transcript: Transcript, language: str = "en") -> str:
    message = messages([AnswerTurn(transcript, "question")], language)[0]
    return str(message["content"][0]["text"])


@pytest.mark.parametrize(("language", "words"), [("en", "Not sure:"), ("ru", "Возможно:")])
def test_only_an_unsure_answer_says_in_words_that_it_is(language: str, words: str) -> None:
    assert words in markup(answer("unsure"), language)
    assert words not in markup(answer("sure"), language)
    assert words not in markup(answer("refused"), language)


def test_suggestions_are_buttons_with_their_page_and_escaped_text() -> None:
    for certainty, head in (("unsure", "Or here:"), ("refused", "Nearest places:")):
        shown = markup(answer(certainty))  # type: ignore[arg-type]
        assert head in shown
        assert shown.count("sc-place") == 2
        assert 'title="Show on page 3: Bristol"' in shown
        assert "12 &lt;May&gt;" in shown and "<May>" not in shown
    assert "sc-place" not in markup(answer("sure"))


def test_suggestions_reach_the_viewer_and_are_no_evidence() -> None:
    view = page_view.view([], answer("refused"), None)
    assert view["evidence"] == []
    assert [one["page"] for one in view["suggestions"]] == [0, 2]
    assert view["suggestions"][1]["bbox"] == [5.0, 6.0, 70.0, 80.0]


@pytest.mark.parametrize("certainty", ["sure", "unsure", "refused"])
def test_an_answer_looks_the_same_after_a_restart(certainty: Certainty) -> None:
    before = answer(certainty)
    after = transcript_from_json(json.loads(json.dumps(transcript_to_json(before))))
    assert after.certainty == certainty
    assert after.suggestions == before.suggestions
    assert markup(after) == markup(before)


def test_a_record_without_certainty_is_still_read() -> None:
    record = transcript_to_json(answer("unsure"))
    del record["certainty"], record["suggestions"]
    assert transcript_from_json(record).certainty is None


def test_an_unknown_certainty_is_refused() -> None:
    with pytest.raises(ValueError, match="certain-ish"):
        transcript_from_json({**transcript_to_json(answer("sure")), "certainty": "certain-ish"})


def test_a_withdrawn_answer_takes_its_suggestions_with_it() -> None:
    transcript = Transcript()
    transcript.add(CertaintyJudged("unsure", PLACES))
    transcript.add(Discarded("discarded.out_of_memory", {"model_id": "m"}))
    assert (transcript.certainty, transcript.suggestions) == (None, ())
