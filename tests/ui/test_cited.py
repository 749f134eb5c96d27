"""Where the numbered marks of an answer stand, and which number each place has."""

import html
import re

from engine import Evidence, Transcript
from engine.core.schema import Discarded, EvidenceFound, Finished, Notice, TextDelta
from tests.ui.conftest import words
from ui.views import page_view
from ui.views.messages import AnswerTurn, UploadTurn, messages, numbers, pieces

BOX = (0.0, 0.0, 10.0, 10.0)


def place(text: str, span: tuple[int, int] | None = None, page: int = 0) -> EvidenceFound:
    return EvidenceFound(Evidence("d", page, BOX, text, 1.0, span))


def told(*events: object) -> Transcript:
    transcript = Transcript()
    for event in events:
        transcript.add(event)
    return transcript


def parts(transcript: Transcript) -> list[tuple[str, tuple[int, ...]]]:
    return [(piece.text, piece.numbers) for piece in pieces(transcript)]


def markup(transcript: Transcript, language: str = "en") -> str:
    message = messages([AnswerTurn(transcript, "question")], language)[0]
    return str(message["content"][0]["text"])


def test_each_fact_has_its_mark_behind_it() -> None:
    answer = told(
        TextDelta("Paid 10.00 on 1 May."), place("10,00", (5, 10)), place("1 May", (14, 19), 2)
    )
    assert parts(answer) == [
        ("Paid ", ()),
        ("10.00", (1,)),
        (" on ", ()),
        ("1 May", (2,)),
        (".", ()),
    ]


def test_the_lines_of_one_place_share_a_number_and_two_facts_do_not() -> None:
    answer = told(
        TextDelta("By Acme Works, Acme Works."),
        place("Acme", (3, 13)),
        place("Works", (3, 13)),
        place("Acme Works", (15, 25)),
    )
    assert numbers(answer.evidence) == [1, 1, 2]
    assert [found["number"] for found in page_view.view([], answer, None)["evidence"]] == [1, 1, 2]
    assert parts(answer)[1] == ("Acme Works", (1,))


def test_words_of_the_page_are_found_in_an_answer_that_repeats_them() -> None:
    answer = told(
        place("12 Harbour Street"), place("Leeds"), TextDelta("12 Harbour\nStreet\nLeeds")
    )
    assert parts(answer) == [("12 Harbour\nStreet", (1,)), ("\n", ()), ("Leeds", (2,))]


def test_a_place_without_words_of_the_answer_waits_for_its_end() -> None:
    answer = told(TextDelta("Yes."), place("the whole paragraph"))
    assert parts(answer) == [("Yes.", ())]
    answer.add(Finished("stop", "m"))
    assert parts(answer) == [("Yes.", ()), ("", (1,))]


def test_what_is_on_no_page_is_marked_in_the_language_of_the_screen() -> None:
    notice = Notice("notice.not_found", {"texts": "77.13", "spans": "4:9"})
    answer = told(TextDelta("Fee 77.13 & tax"), notice, Finished("stop", "m"))
    said = messages([AnswerTurn(answer, "question")], "ru")
    shown = [words(item["content"][0]["text"]) for item in said]
    assert shown[0] == (
        'Fee <mark class="sc-missing" title="На странице не найдено">77.13</mark> &amp; tax'
    )
    # It is told after the answer, which does not move.
    assert "77.13" in shown[1]


def test_marks_are_the_only_markup_and_carry_turn_and_number() -> None:
    said = '<button class="sc-cite" value="9">9</button> 10.00'
    answer = told(TextDelta(said), place("10.00", (len(said) - 5, len(said))))
    shown = messages([UploadTurn("a.png", 1), AnswerTurn(answer, "question")], "en")[1]
    text = str(shown["content"][0]["text"])
    assert re.findall(r"<button[^>]*>", text) == [
        '<button type="button" class="sc-cite" name="turn-1" value="1" '
        'title="Show place 1 on the page">'
    ]
    assert html.unescape(re.sub(r"<[^>]*>", "", text)) == said


def test_spans_that_do_not_fit_the_text_are_left_out() -> None:
    answer = told(
        TextDelta("short"), place("x", (3, 90)), place("y", (0, 4)), place("z", (2, 5)),
        Notice("notice.not_found", {"texts": "q", "spans": "7:9"}),
    )  # fmt: skip
    assert "".join(text for text, _ in parts(answer)) == "short"
    assert html.unescape(re.sub(r"<[^>]*>", "", markup(answer))) == "short"


def test_a_withdrawn_answer_takes_its_marks_along() -> None:
    answer = told(TextDelta("10.00"), place("10.00", (0, 5)), Discarded("notice.not_on_page"))
    answer.add(TextDelta("other"))
    assert parts(answer) == [("other", ())]
