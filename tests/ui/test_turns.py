import html

import nh3
import pytest

from engine import Transcript
from engine.core.errors import DocumentError, GenerationError
from engine.core.schema import (
    Discarded,
    Failed,
    Finished,
    Notice,
    Region,
    RegionAdded,
    TextDelta,
    Usage,
    UsageReport,
)
from engine.core.schema import Step as StepEvent
from tests.ui.conftest import words
from ui.views import escaping, status
from ui.views.messages import AnswerTurn, ErrorTurn, NoticeTurn, QuestionTurn, UploadTurn, messages

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![](https://evil.example/x.png)",
    "[link](javascript:alert(1))",
    "&lt;b&gt; & &amp; \" '",
    "${alert(1)} {{value}} {count}",
    "</span><svg onload=alert(1)>",
    "# not a title\n* not a list\n$$x$$",
]


def shown(turn: object, language: str = "en") -> list[str]:
    said = messages([turn], language)
    return [words(part["text"]) for item in said for part in item["content"]]


def answered(*events: object, task: str = "question") -> AnswerTurn:
    transcript = Transcript()
    for event in events:
        transcript.add(event)
    return AnswerTurn(transcript, task)


def words_of(markup: str) -> str:
    """What a browser would show: our spans away, references resolved."""
    without = markup
    for tag in ('<span class="sc-note">', '<span class="sc-problem">', '<span class="sc-file">'):
        without = without.replace(tag, "")
    return html.unescape(without.replace("</span>", ""))


@pytest.mark.parametrize("text", HOSTILE)
def test_an_answer_shows_its_text_literally(text: str) -> None:
    (markup,) = shown(answered(TextDelta(text)))
    assert words_of(markup) == text
    assert "<" not in markup
    # A sanitiser that understands HTML finds nothing to take away.
    assert nh3.clean(markup, tags=set()) == nh3.clean(html.escape(text), tags=set())


@pytest.mark.parametrize("text", HOSTILE)
def test_questions_and_file_names_are_shown_literally(text: str) -> None:
    (asked,) = shown(QuestionTurn(text, "question", ((text, 1),)))
    (opened,) = shown(UploadTurn(text, 2))
    (refused,) = shown(ErrorTurn(DocumentError("document.empty", name=text)))
    for markup in (asked, opened, refused):
        bare = markup.replace("</span>", "")
        for name in ("sc-file", "sc-note", "sc-problem"):
            bare = bare.replace(f'<span class="{name}">', "")
        assert "<" not in bare
        assert text in words_of(markup)


def test_characters_that_deceive_are_dropped() -> None:
    assert escaping.escaped("invoice\u202egpj.exe\x00\x1b") == "invoicegpj.exe"
    assert escaping.plain("a\r\nb\tc") == "a\nb\tc"


def test_leading_spaces_of_a_table_survive() -> None:
    assert shown(answered(TextDelta("    1   2\n  10  20"))) == ["    1   2\n  10  20"]


def test_what_was_withdrawn_is_gone_and_the_reason_is_said() -> None:
    turn = answered(
        TextDelta("wrong"),
        Discarded("notice.not_on_page"),
        TextDelta("right"),
        Finished("stop", "m"),
    )
    first, second = shown(turn)
    assert "sc-note" in first
    assert second == "right"


def test_notices_come_before_the_answer_and_a_failure_after_it() -> None:
    error = GenerationError("model.stalled", model_id="m", seconds=3)
    turn = answered(Notice("notice.not_on_page"), TextDelta("half"), Failed(error))
    note, text, problem = shown(turn)
    assert "sc-note" in note
    assert text == "half"
    assert "sc-problem" in problem
    assert error.text("ru") in words_of(shown(turn, "ru")[2])


@pytest.mark.parametrize("reason", ["cancelled", "length", "repetition"])
def test_an_answer_that_did_not_end_by_itself_says_why(reason: str) -> None:
    assert len(shown(answered(TextDelta("half"), Finished(reason, "m")))) == 2


def test_layout_says_how_many_regions_were_found() -> None:
    region = Region((0, 0, 1, 1), "Text", "a", 0)
    turn = answered(RegionAdded("d", 0, region), Finished("stop", "m"), task="layout")
    assert "1 region found" in shown(turn)[0]
    with_text = answered(
        RegionAdded("d", 0, region), TextDelta("| a |"), Finished("stop", "m"), task="layout"
    )
    assert len(shown(with_text)) == 1, "the table beside the page has the text"
    nothing = answered(Finished("stop", "m"), task="layout")
    assert "No regions" in shown(nothing)[0]


def test_turns_are_shown_again_in_another_language() -> None:
    turns = [UploadTurn("a.pdf", 3), NoticeTurn("chat.restarted"), QuestionTurn("", "ocr")]
    russian = [words(item["content"][0]["text"]) for item in messages(turns, "ru")]
    assert "3 страницы" in russian[0]
    assert "сеанс" in russian[1]
    assert russian[2] == "Текст страницы"
    assert [item["role"] for item in messages(turns, "ru")] == ["assistant", "assistant", "user"]


def test_status_shows_the_step_then_the_writing_then_the_figures() -> None:
    transcript = Transcript()
    assert "Starting" in status.of_answer(transcript, "en")
    transcript.add(StepEvent("step.reading_page", {"page": 2, "pages": 5}, page_index=1))
    assert "Reading page 2 of 5" in status.of_answer(transcript, "en")
    transcript.add(TextDelta("x"))
    assert "Writing" in status.of_answer(transcript, "en")
    transcript.add(UsageReport(Usage(10, 5, 0.84, 23.44, 0.0, 1.26, 0)))
    transcript.add(Finished("stop", "<lite>"))
    line = status.of_answer(transcript, "en")
    assert "&lt;lite&gt; · 1.3 s · first word 0.8 s · 23.4 tokens/s" in line
    assert "0,8 с" in status.of_answer(transcript, "ru")


def test_status_says_how_long_a_model_took_to_load_and_what_the_gpu_has_left() -> None:
    transcript = Transcript()
    used, free = 5_200_000_000, 10_850_000_000
    usage = Usage(10, 5, 0.84, 23.44, 12.31, 14.0, 900, used, free)
    transcript.add(UsageReport(usage))
    transcript.add(Finished("stop", "qwen"))
    english, russian = (status.of_answer(transcript, language) for language in ("en", "ru"))
    assert "14.0 s · loading 12.3 s · first word 0.8 s" in english
    assert "GPU memory 5.2 GB used, 10.8 GB free" in english
    assert "загрузка 12,3 с" in russian
    assert "занято 5,2 ГБ, свободно 10,8 ГБ" in russian
    assert "память 0,0" not in russian


def test_status_leaves_out_figures_that_were_not_taken() -> None:
    transcript = Transcript()
    transcript.add(Finished("cancelled", "lite"))
    assert status.of_answer(transcript, "en") == '<span class="sc-state">lite</span>'


TABLE = "| Item | Sum |\n|---|---|\n| {cell} | 4.20 |"


def test_a_table_is_drawn_when_the_answer_has_ended() -> None:
    text = TABLE.format(cell="Tea")
    growing = shown(answered(TextDelta(text), task="table"))[0]
    assert "<table" not in growing
    assert words_of(growing) == text
    ended = shown(answered(TextDelta(f"Bill:\n{text}"), Finished("stop", "m"), task="table"))[0]
    assert ended.startswith('<div>Bill:</div><table class="sc-table">')
    assert "<td>Tea</td><td>4.20</td>" in ended
    question = shown(answered(TextDelta(text), Finished("stop", "m")))[0]
    assert "<table" not in question, "an answer to a question keeps its marks"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_cells_of_a_table_are_only_ever_text(text: str) -> None:
    cell = text.replace("|", "").replace("\n", " ")
    drawn = shown(
        answered(TextDelta(TABLE.format(cell=cell)), Finished("stop", "m"), task="table")
    )[0]
    row = drawn.rpartition("<tr>")[2]
    foreign = row.removeprefix("<td>").partition("</td>")[0]
    assert "<" not in foreign
