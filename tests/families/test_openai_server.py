"""A model on an OpenAI-compatible server: what is asked, what is answered, what goes wrong."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from engine import AskOptions, Engine, load_settings
from engine.core.errors import GenerationError, ModelError, SessionError, SettingsError
from engine.core.schema import (
    Discarded,
    EvidenceFound,
    Failed,
    Finished,
    Line,
    Notice,
    Page,
    RegionAdded,
    Step,
    TextDelta,
    UsageReport,
    Word,
)
from engine.families import FAMILIES, family_class
from engine.families.openai_server.breaker import FIRST_SECONDS, breaker_of
from engine.index.page_index import PageIndex
from tests.fakes import FakeFamily, draw_page
from tests.families.driving import session_with
from tests.families.openai_api import ApiServer, Behaviour, Exchange, api_server

# Far longer than anything here takes, and short enough for a test that fails.
CEILING_SECONDS = 20.0
READ = ("Total:", "42.00", "EUR")
SECRET = "sk-verysecret-0123456789"

Make = Callable[..., tuple[Engine, ApiServer]]


@pytest.fixture(autouse=True)
def _read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page reads as one line: it is not OCR that is tested here, and it takes its time."""

    def build(engine: Engine, page: Page, steps: object) -> PageIndex:
        words = tuple(
            Word(text, (40.0 + 100 * at, 60.0, 130.0 + 100 * at, 90.0))
            for at, text in enumerate(READ)
        )
        line = Line(words, (40.0, 60.0, 330.0, 90.0))
        return PageIndex(page.document_id, page.page_index, page.width, page.height, (line,))

    monkeypatch.setattr(Engine, "_build_index", build)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """served(behave, key="value", ...) -> an engine whose default model `srv` is on that server."""
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "fake", "tests.fakes:FakeFamily")
    with ExitStack() as stack:

        def make(behave: Behaviour, **table: Any) -> tuple[Engine, ApiServer]:
            server = stack.enter_context(api_server(behave))
            lines = {"base_url": server.base_url, "model": "m", "retries": 2, **table}
            path = tmp_path / "served.toml"
            path.write_text(
                f"default_model = 'srv'\ncache_dir = '{tmp_path / 'cache'}'\n"
                "[models.fake]\nfamily = 'fake'\nrepo_id = 'tests/fake'\n"
                "[models.srv]\nfamily = 'openai_server'\n"
                + "".join(f"{name} = {toml(value)}\n" for name, value in lines.items()),
                encoding="utf-8",
            )
            return stack.enter_context(Engine(load_settings(path))), server

        yield make


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def texts(events: list[Any]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def usage(events: list[Any]) -> Any:
    return next(event.usage for event in events if isinstance(event, UsageReport))


def failure(engine: Engine, session_id: str, **asked: Any) -> Any:
    """The error that a question ends with."""
    last = list(engine.ask(session_id, "What is the total?", **asked))[-1]
    assert isinstance(last, Failed), last
    return last.error


def wait_until(is_true: Callable[[], bool]) -> bool:
    end = time.monotonic() + CEILING_SECONDS
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(0.02)
    return False


# What is asked and what is made of it


def test_the_streamed_text_is_the_whole_answer_with_the_servers_own_end_and_counts(
    served: Make, tmp_path: Path
) -> None:
    pieces = ["The tot", "al is ", "42.00 ", "€, ", "\n«итого»", " 🙂."]
    engine, _ = served(lambda exchange: exchange.answer(*pieces, reason="length"))
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "What is the total?"))
    assert texts(events) == "".join(pieces)
    assert events[-1] == Finished("length", "srv")
    said = usage(events)
    assert (said.prompt_tokens, said.completion_tokens) == (70, 9)


def test_what_is_printed_is_found_as_evidence_of_a_free_answer(
    served: Make, tmp_path: Path
) -> None:
    engine, _ = served(lambda exchange: exchange.answer("The total is 42.00."))
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "What is the total?"))
    (found,) = [event.evidence for event in events if isinstance(event, EvidenceFound)]
    assert found.text == "42.00"
    assert found.bbox == (140.0, 60.0, 230.0, 90.0)


@pytest.mark.parametrize(
    ("box_format", "multiple"),
    [("qwen2_5_vl", 28), ("qwen3_vl", 32), ("dots_ocr", 28), ("paddleocr_vl", 28), ("glm_ocr", 28)],
)
def test_a_page_is_sent_at_a_size_that_the_server_does_not_change(
    served: Make, tmp_path: Path, box_format: str, multiple: int
) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("ok"), box_format=box_format, max_pixels=300_000
    )
    engine.ask(session_with(engine, tmp_path, "x"), task="ocr").answer()
    (picture,) = server.exchanges[0].pictures
    assert picture.mode == "RGB"
    assert picture.width % multiple == picture.height % multiple == 0
    assert 200_000 < picture.width * picture.height <= 300_000
    assert picture.width / picture.height == pytest.approx(900 / 600, rel=0.08)


# As their makers' pipelines ask: the sources are named in tests/families/test_glm_ocr.py and
# test_paddleocr_vl.py.
ELEMENT_PROMPTS = [
    ("paddleocr_vl", "ocr", "OCR:"),
    ("paddleocr_vl", "table", "Table Recognition:"),
    ("paddleocr_vl", "formula", "Formula Recognition:"),
    ("paddleocr_vl", "figure", "Chart Recognition:"),
    ("glm_ocr", "ocr", "Text Recognition:"),
    ("glm_ocr", "table", "Table Recognition:"),
    ("glm_ocr", "formula", "Formula Recognition:"),
]


@pytest.mark.parametrize(("box_format", "task", "prompt"), ELEMENT_PROMPTS)
def test_models_that_were_trained_on_a_few_prompts_get_them_from_a_server_too(
    served: Make, tmp_path: Path, box_format: str, task: str, prompt: str
) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("Total: 42.00"), box_format=box_format, api="vllm"
    )
    answer = engine.ask(session_with(engine, tmp_path, "x"), task=task).answer()
    assert answer.text == "Total: 42.00"
    body = server.exchanges[0].body
    (message,) = body["messages"]
    assert message["content"][1:] == [{"type": "text", "text": prompt}]
    assert message["content"][0]["type"] == "image_url"
    # A template that is told not to think might add to the prompt.
    assert "chat_template_kwargs" not in body


def test_smolvlm_on_a_server_is_asked_what_it_can(served: Make, tmp_path: Path) -> None:
    engine, _ = served(lambda exchange: exchange.answer("ok"), box_format="smolvlm")
    capabilities = engine.models()[-1].capabilities
    assert capabilities == family_class("smolvlm", model_id="x").capabilities
    assert engine.ask(session_with(engine, tmp_path, "x"), "?").answer().text == "ok"


def test_boxes_in_pixels_of_the_sent_picture_come_back_in_page_pixels(
    served: Make, tmp_path: Path
) -> None:
    """The server reads where the black is on the picture that it got; the page's is known."""

    def look(exchange: Exchange) -> None:
        (picture,) = exchange.pictures
        box = picture.convert("L").point(lambda value: 255 * (value < 128)).getbbox()
        assert box is not None
        cell = {"bbox": list(box), "category": "Text", "text": "Total 42.00"}
        exchange.answer(json.dumps([cell]))

    engine, _ = served(look, box_format="dots_ocr", max_pixels=200_000)
    session_id = session_with(engine, tmp_path, "Total 42.00")
    _, lines = draw_page([("Total 42.00", 40, 60)])
    events = list(engine.ask(session_id, task="layout"))
    (region,) = [event.region for event in events if isinstance(event, RegionAdded)]
    assert region.bbox == pytest.approx(lines[0].bbox, abs=4)
    assert region.text == "Total 42.00"


def test_a_region_is_there_before_the_server_has_written_the_next(
    served: Make, tmp_path: Path
) -> None:
    seen = threading.Event()

    def slowly(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say('[{"bbox": [10, 10, 90, 40], "category": "Title", "text": "A"}, ')
        assert seen.wait(CEILING_SECONDS)
        exchange.say('{"bbox": [10, 50, 90, 80], "category": "Text", "text": "B"}]')
        exchange.finish()

    engine, _ = served(slowly, box_format="dots_ocr")
    regions = []
    for event in engine.ask(session_with(engine, tmp_path, "x"), task="layout"):
        if isinstance(event, RegionAdded):
            regions.append(event.region.text)
            seen.set()
    assert regions == ["A", "B"]


@pytest.mark.parametrize("cut", (6, 7, 9, 14, 19, 23, 30))
def test_tags_that_the_server_leaves_in_the_text_give_boxes_and_are_not_shown(
    served: Make, tmp_path: Path, cut: int
) -> None:
    text = "Total <|ref|>42.00<|/ref|><|det|>[[100, 100, 200, 140]]<|/det|> "
    engine, server = served(
        lambda exchange: exchange.answer(text[:cut], text[cut:]),
        box_format="deepseek_ocr",
        api="vllm",
        fallback="fake",
    )
    stream = engine.ask(session_with(engine, tmp_path, "x"), task="layout")
    events = list(stream)
    (region,) = [event.region for event in events if isinstance(event, RegionAdded)]
    assert region.bbox == pytest.approx((90.1, 60.1, 180.2, 84.1), abs=0.1)
    assert "<|" not in texts(events)
    assert server.exchanges[0].body["skip_special_tokens"] is False
    # The server's template puts the image where it belongs.
    assert "<image>" not in server.exchanges[0].words


def test_vllm_gets_the_marks_of_images_where_dots_ocr_was_trained_with_them(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("ok"), box_format="dots_ocr", api="vllm"
    )
    engine.ask(session_with(engine, tmp_path, "x", "y"), "What?").answer()
    content = server.exchanges[0].body["messages"][0]["content"]
    assert [part["type"] for part in content] == ["image_url", "image_url", "text"]
    assert content[2]["text"] == 2 * "<|img|><|imgpad|><|endofimg|>" + "What?"


def test_a_conversation_goes_to_the_server_in_its_roles_with_each_page_once(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(lambda exchange: exchange.answer(f"answer {exchange.number}"))
    session_id = session_with(engine, tmp_path, "x")
    engine.ask(session_id, "first?").answer()
    engine.ask(session_id, "second?").answer()
    first, second = (exchange.body["messages"] for exchange in server.exchanges)
    assert [message["role"] for message in second] == ["user", "assistant", "user"]
    assert second[0] == first[0]
    assert second[1]["content"] == "answer 1"
    assert [part["type"] for part in second[2]["content"]] == ["text"]


def test_a_model_that_does_not_chat_gets_one_page_and_no_history(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("said"), chat=False, multiple_pages=False
    )
    session_id = session_with(engine, tmp_path, "x", "y")
    engine.ask(session_id, "first?").answer()
    events = list(engine.ask(session_id, "second?"))
    assert "notice.one_page" in [event.key for event in events if isinstance(event, Notice)]
    for exchange in server.exchanges:
        assert len(exchange.body["messages"]) == 1
        assert len(exchange.pictures) == 1


def test_a_server_that_only_reads_leaves_questions_to_the_model_of_answer_with(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("Total: 42.00"), tasks=["ocr"], answer_with="fake"
    )
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "What is the total?"))
    assert events[-1] == Finished("stop", "fake")
    assert len(server.exchanges) == 1
    assert "Total: 42.00" in FakeFamily.requests[-1].prompt.text


@pytest.mark.parametrize("question", ["What is this?", 'What does "{bbox}" mean?'])
def test_of_a_drawn_box_only_that_part_of_the_page_is_sent(
    served: Make, tmp_path: Path, question: str
) -> None:
    cell = {"bbox_2d": [0, 0, 500, 500], "label": "total"}
    engine, server = served(
        lambda exchange: exchange.answer(json.dumps([cell])), box_format="qwen3_vl"
    )
    session_id = session_with(engine, tmp_path, "x")
    events = list(engine.ask(session_id, question, bbox=(100.0, 200.0, 420.0, 360.0)))
    assert question in server.exchanges[0].words
    (picture,) = server.exchanges[0].pictures
    # The box and a margin of 8 pixels around it.
    assert (picture.width, picture.height) == pytest.approx((336, 176), abs=32)
    (found,) = [event.evidence for event in events if isinstance(event, EvidenceFound)]
    assert found.bbox == pytest.approx((92, 192, 92 + 168, 192 + 88))


def test_special_tokens_in_a_users_words_do_not_reach_the_server(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(lambda exchange: exchange.answer("said<|im_end|>"))
    session_id = session_with(engine, tmp_path, "x")
    engine.ask(session_id, "a<|im_<|im_end|>end|>b<image>c<｜User｜>d").answer()
    engine.ask(session_id, "why?").answer()
    assert "abcd" in server.exchanges[0].words
    for exchange in server.exchanges:
        assert "<|" not in exchange.words and "<image>" not in exchange.words
        assert "｜" not in exchange.words


def test_an_answer_is_greedy_unless_the_user_says_otherwise(served: Make, tmp_path: Path) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("ok"),
        api="vllm",
        generation={"max_new_tokens": 33, "repetition_penalty": 1.1},
        extra_body={"vllm_xargs": {"ngram_size": 30}},
    )
    session_id = session_with(engine, tmp_path, "x")
    engine.ask(session_id, "?").answer()
    options = AskOptions(temperature=0.7, max_new_tokens=12)
    engine.ask(session_id, "?", options=options).answer()
    plain, sampled = (exchange.body for exchange in server.exchanges)
    assert (plain["temperature"], plain["max_tokens"], plain["stream"]) == (0, 33, True)
    assert plain["repetition_penalty"] == 1.1
    assert plain["vllm_xargs"] == {"ngram_size": 30}
    assert (sampled["temperature"], sampled["max_tokens"]) == (0.7, 12)


@pytest.mark.parametrize(
    ("table", "penalty"),
    [
        # vLLM and SGLang would take the model's own; Qwen2.5-VL's is 1.05.
        ({"api": "vllm"}, 1.0),
        ({"api": "sglang"}, 1.0),
        ({"api": "vllm", "generation": {"repetition_penalty": 1.2}}, 1.2),
        ({"api": "vllm", "extra_body": {"repetition_penalty": 1.3}}, 1.3),
        ({"api": "openai"}, None),
        ({"api": "llama_cpp"}, None),
    ],
)
def test_repeated_words_cost_nothing_unless_the_settings_say_so(
    served: Make, tmp_path: Path, table: dict[str, Any], penalty: float | None
) -> None:
    engine, server = served(lambda exchange: exchange.answer("ok"), **table)
    session_id = session_with(engine, tmp_path, "x")
    engine.ask(session_id, "?").answer()
    engine.ask(session_id, "?", options=AskOptions(temperature=0.7)).answer()
    assert [one.body.get("repetition_penalty") for one in server.exchanges] == [penalty] * 2


def test_reading_goes_page_by_page_and_a_loop_is_ended_and_read_again_smaller(
    served: Make, tmp_path: Path
) -> None:
    gone = []

    def loops(exchange: Exchange) -> None:
        if exchange.number != 1:
            exchange.answer(f"page text {exchange.number} ")
            return
        exchange.begin()
        exchange.wait_for_nobody()
        gone.append(exchange.gone.is_set())

    engine, server = served(loops)
    events = list(engine.ask(session_with(engine, tmp_path, "x", "y"), task="ocr"))
    assert [event.key for event in events if isinstance(event, Discarded)] == [
        "discarded.repetition"
    ]
    assert wait_until(lambda: gone == [True])
    first, again, second = (exchange.pictures[0] for exchange in server.exchanges)
    assert again.width * again.height < first.width * first.height == second.width * second.height
    assert events[-1] == Finished("stop", "srv")


@pytest.mark.parametrize("row", ["<tr><td></td><td>8:00</td><td></td></tr>", "|  | 8:00 |  |\n"])
def test_a_form_of_equal_rows_is_no_loop_and_one_that_never_ends_is_ended(
    served: Make, tmp_path: Path, row: str
) -> None:
    sheet = row * 20

    def reads(exchange: Exchange) -> None:
        if exchange.number == 1:
            exchange.answer(*(sheet[at : at + 3] for at in range(0, len(sheet), 3)), " Signature")
            return
        exchange.begin()
        try:
            for _ in range(4_000):
                exchange.say(row)
        except OSError:
            return
        exchange.finish()

    engine, server = served(reads)
    session_id = session_with(engine, tmp_path, "x")
    stream = engine.ask(session_id, task="ocr")
    assert list(stream)[-1] == Finished("stop", "srv")
    assert stream.transcript.text == f"{sheet} Signature"
    endless = engine.ask(session_id, task="ocr")
    assert list(endless)[-1] == Finished("repetition", "srv")
    # Cut back to where the loop began.
    assert 1 <= endless.transcript.text.count("8:00") <= 2
    assert len(server.exchanges) == 3


def test_two_people_are_answered_at_the_same_time(served: Make, tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=CEILING_SECONDS)

    def together(exchange: Exchange) -> None:
        both.wait()
        exchange.answer("said")

    engine, _ = served(together)
    streams = [engine.ask(session_with(engine, tmp_path, "x"), "?") for _ in range(2)]
    assert [stream.answer().text for stream in streams] == ["said", "said"]


def test_a_cut_answer_is_gone_on_with_where_the_server_can(served: Make, tmp_path: Path) -> None:
    def behave(exchange: Exchange) -> None:
        if exchange.number == 1:
            exchange.answer("The total", reason="length")
        else:
            exchange.answer(" is 42.00")

    engine, server = served(behave, api="vllm")
    session_id = session_with(engine, tmp_path, "x")
    assert engine.ask(session_id, "What?").answer().finish_reason == "length"
    answer = engine.ask(session_id, "What?", resume=True).answer()
    assert answer.text == "The total is 42.00"
    body = server.exchanges[1].body
    assert body["messages"][-1] == {"role": "assistant", "content": "The total"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def test_a_cut_answer_is_given_anew_by_a_server_that_cannot_go_on(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: (
            exchange.answer("The total", reason="length")
            if exchange.number == 1
            else exchange.answer("All of it")
        )
    )
    session_id = session_with(engine, tmp_path, "x")
    engine.ask(session_id, "What?").answer()
    assert engine.ask(session_id, "What?", resume=True).answer().text == "All of it"
    assert server.exchanges[1].body["messages"] == server.exchanges[0].body["messages"]


# What goes wrong


@pytest.mark.parametrize(
    ("behave", "key", "requests"),
    [
        (lambda exchange: exchange.refuse(500, "boom"), "server.failed", 3),
        (lambda exchange: exchange.refuse(501, "boom"), "server.failed", 1),
        (lambda exchange: exchange.refuse(429, "slow down", Retry_After="0"), "server.busy", 3),
        (lambda exchange: exchange.refuse(429, "tomorrow", Retry_After="7200"), "server.busy", 1),
        (lambda exchange: exchange.refuse(404, "The model `m` does not exist."),
         "server.unknown_model", 1),
        (lambda exchange: exchange.refuse(404, "Not Found"), "server.wrong_address", 1),
        (lambda exchange: exchange.reply(308, b"", Location="http://127.0.0.1:9/v1"),
         "server.wrong_address", 1),
        (lambda exchange: exchange.refuse(401, f"Wrong key: {SECRET}"), "server.no_access", 1),
        (lambda exchange: exchange.refuse(400, "image is unreadable"), "server.refused", 1),
        (lambda exchange: exchange.reply(422, b'{"detail": "Unexpected fields: {\'x\'}"}',
                                         Content_Type="application/json"), "server.refused", 1),
        (lambda exchange: exchange.reply(200, b"<html>welcome</html>"), "server.garbled", 1),
        (lambda exchange: (exchange.begin(), exchange.say("The "), exchange.send("{nonsense")),
         "server.garbled", 1),
        (lambda exchange: (exchange.begin(), exchange.send("[1, 2]")), "server.garbled", 1),
        (lambda exchange: (exchange.begin(), exchange.say("The total")), "server.cut", 1),
        (lambda exchange: (exchange.begin(), exchange.send('{"error": {"message": "OOM"}}')),
         "server.failed", 1),
        (lambda exchange: exchange.answer("The", reason="content_filter"), "server.filtered", 1),
        (lambda exchange: exchange.answer(), "model.empty_answer", 1),
    ],
)  # fmt: skip
def test_each_failure_is_one_sentence_and_is_tried_again_only_where_nothing_was_lost(
    served: Make,
    tmp_path: Path,
    behave: Behaviour,
    key: str,
    requests: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.families.openai_server.client._FIRST_PAUSE_SECONDS", 0.01)
    engine, server = served(behave)
    error = failure(engine, session_with(engine, tmp_path, "x"))
    assert isinstance(error, GenerationError)
    assert error.key == key
    assert len(server.exchanges) == requests
    assert SECRET not in str(error) and SECRET not in caplog.text
    assert error.text("ru") != error.text("en")


@pytest.mark.parametrize(
    "behave",
    [
        lambda exchange: exchange.refuse(503, "loading"),
        lambda exchange: exchange.begin(),
        lambda exchange: exchange._handler.connection.close(),
    ],
    ids=["503", "cut before the first word", "closed"],
)
def test_a_failure_before_the_first_word_is_tried_again_and_said(
    served: Make, tmp_path: Path, behave: Behaviour
) -> None:
    engine, _ = served(
        lambda exchange: exchange.answer("said") if exchange.number > 1 else behave(exchange)
    )
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "?"))
    assert texts(events) == "said"
    assert "step.server_again" in [event.key for event in events if isinstance(event, Step)]


def test_a_server_that_asks_to_wait_is_waited_for(served: Make, tmp_path: Path) -> None:
    at = []

    def busy(exchange: Exchange) -> None:
        at.append(time.monotonic())
        if exchange.number == 1:
            exchange.refuse(429, "slow down", Retry_After="1")
        else:
            exchange.answer("said")

    engine, _ = served(busy)
    assert engine.ask(session_with(engine, tmp_path, "x"), "?").answer().text == "said"
    assert at[1] - at[0] >= 1


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"read_seconds": 0.4, "retries": 0}, "server.silent"),
        ({"total_seconds": 0.6}, "server.too_slow"),
    ],
)
def test_a_server_that_is_too_slow_is_left(
    served: Make, tmp_path: Path, limits: dict[str, float], key: str
) -> None:
    left = threading.Event()

    def slow(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("The ")
        left.wait(CEILING_SECONDS)

    engine, _ = served(slow, **limits)
    error = failure(engine, session_with(engine, tmp_path, "x"))
    left.set()
    assert error.key == key


def test_a_server_that_counts_nothing_is_counted_by_what_it_sent(
    served: Make, tmp_path: Path
) -> None:
    def uncounted(exchange: Exchange) -> None:
        exchange.begin()
        for piece in ("a ", "b ", "c "):
            exchange.say(piece)
        exchange.finish(usage=None)

    engine, _ = served(uncounted)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "?"))
    assert (usage(events).prompt_tokens, usage(events).completion_tokens) == (0, 3)


def test_the_speed_is_in_the_servers_tokens_and_not_in_characters(
    served: Make, tmp_path: Path
) -> None:
    def steadily(exchange: Exchange) -> None:
        exchange.begin()
        for _ in range(4):
            exchange.say("abcdefghijklmnopqrstuvwxyz " * 10)
            time.sleep(0.2)
        exchange.finish()

    engine, _ = served(steadily)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "?"))
    # About 13 tokens a second; more than 1,000 characters.
    assert 0 < usage(events).tokens_per_second < 200


def test_a_field_that_the_server_does_not_know_is_left_out_from_then_on(
    served: Make, tmp_path: Path
) -> None:
    def picky(exchange: Exchange) -> None:
        for name in ("stream_options", "max_tokens"):
            if name in exchange.body:
                exchange.refuse(400, f"Unsupported parameter: '{name}'")
                return
        exchange.answer("said")

    engine, server = served(picky)
    session_id = session_with(engine, tmp_path, "x")
    engine.ask(session_id, "?").answer()
    engine.ask(session_id, "?").answer()
    assert len(server.exchanges) == 4
    assert server.exchanges[-1].body["max_completion_tokens"] > 0


def test_reasoning_is_not_the_answer_and_not_the_first_word_of_it(
    served: Make, tmp_path: Path
) -> None:
    def thinking(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("", reasoning_content="Let me see.")
        time.sleep(0.3)
        exchange.say("42.00")
        exchange.finish()

    engine, _ = served(thinking)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "?"))
    assert texts(events) == "42.00"
    assert usage(events).ttft_seconds >= 0.3


def test_stop_closes_the_connection_and_the_server_stops(served: Make, tmp_path: Path) -> None:
    def writes(exchange: Exchange) -> None:
        exchange.begin()
        number = 0
        try:
            while True:
                number += 1
                exchange.say(f"word{number} ")
                time.sleep(0.01)
        except OSError:
            return

    engine, server = served(writes)
    session_id = session_with(engine, tmp_path, "x")
    stream = engine.ask(session_id, "?")
    events = []
    for event in stream:
        events.append(event)
        if isinstance(event, TextDelta):
            stream.stop()
    assert events[-1] == Finished("cancelled", "srv")
    assert server.exchanges[0].gone.wait(CEILING_SECONDS)


def test_stop_is_seen_while_the_server_has_not_said_a_word(served: Make, tmp_path: Path) -> None:
    asked, left = threading.Event(), threading.Event()

    def silent(exchange: Exchange) -> None:
        asked.set()
        left.wait(CEILING_SECONDS)

    engine, _ = served(silent)
    stream = engine.ask(session_with(engine, tmp_path, "x"), "?")
    assert asked.wait(CEILING_SECONDS)
    stopped = time.monotonic()
    stream.stop()
    assert list(stream)[-1] == Finished("cancelled", "srv")
    assert time.monotonic() - stopped < CEILING_SECONDS * 0.75
    left.set()


def test_a_server_that_is_away_is_left_alone_and_the_fallback_answers_and_says_so(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: exchange.refuse(500, "boom"), fallback="fake", retries=0
    )
    session_id = session_with(engine, tmp_path, "x")
    for _ in range(5):
        events = list(engine.ask(session_id, "?"))
        (told,) = [event for event in events if isinstance(event, Discarded)]
        assert told.key == "discarded.fallback"
        assert events[-1] == Finished("stop", "fake")
    # The last two questions did not wait for it.
    assert len(server.exchanges) == 3
    assert "is not asked for another" in str(told.values["reason"])


def test_a_server_that_was_away_is_no_fallback_until_its_pause_is_over(
    served: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    works = threading.Event()

    def behave(exchange: Exchange) -> None:
        if works.is_set():
            exchange.answer("said")
        else:
            exchange.refuse(500, "boom")

    engine, server = served(behave, retries=0)
    monkeypatch.setattr(breaker_of(server.base_url), "_clock", lambda: now[0])
    session_id = session_with(engine, tmp_path, "x")
    keys = [failure(engine, session_id).key for _ in range(4)]
    assert keys == ["server.failed"] * 3 + ["server.paused"]
    assert not engine._models.can_answer("srv", "question")
    works.set()
    now[0] += FIRST_SECONDS
    assert engine._models.can_answer("srv", "question")
    assert engine.ask(session_id, "?").answer().text == "said"


# The key


def test_the_key_is_sent_and_neither_shown_nor_logged(
    served: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SCANCHAT_TEST_KEY", SECRET)
    caplog.set_level(logging.DEBUG)
    engine, server = served(
        lambda exchange: (
            exchange.answer("said")
            if exchange.number == 1
            else exchange.refuse(400, f"bad: {SECRET} and {exchange.headers['Authorization']}")
        ),
        api_key_env="SCANCHAT_TEST_KEY",
    )
    session_id = session_with(engine, tmp_path, "x")
    assert engine.ask(session_id, "?").answer().text == "said"
    assert server.exchanges[0].headers["Authorization"] == f"Bearer {SECRET}"
    shown = str(failure(engine, session_id)) + repr(engine.models()) + caplog.text
    shown += repr(engine._models._loaded["srv"].family._server)
    assert SECRET not in shown
    # Nor are pages written to the log.
    assert "base64" not in caplog.text


def test_without_a_key_no_authorization_is_sent_even_where_the_environment_has_one(
    served: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    engine, server = served(lambda exchange: exchange.answer("said"))
    engine.ask(session_with(engine, tmp_path, "x"), "?").answer()
    sent = str(server.exchanges[0].headers)
    assert "Authorization" not in sent and SECRET not in sent and "org-mine" not in sent


def test_a_variable_that_is_not_set_is_named(served: Make, tmp_path: Path) -> None:
    engine, server = served(lambda exchange: None, api_key_env="SCANCHAT_NO_SUCH_KEY")
    error = failure(engine, session_with(engine, tmp_path, "x"))
    assert error.key == "server.no_key" and "SCANCHAT_NO_SUCH_KEY" in str(error)
    assert not server.exchanges


def test_a_key_in_the_place_of_its_variables_name_is_refused_and_not_repeated(
    served: Make,
) -> None:
    with pytest.raises(SettingsError) as caught:
        served(lambda exchange: None, api_key_env=SECRET)
    assert "models.srv.api_key_env" in str(caught.value)
    assert SECRET not in str(caught.value)


# What it may have


def test_a_prompt_that_is_too_long_for_the_server_is_not_answered_by_another_model(
    served: Make, tmp_path: Path
) -> None:
    said = "This model's maximum context length is 4096 tokens, your request has 5000."
    engine, _ = served(lambda exchange: exchange.refuse(400, said), fallback="fake")
    error = failure(engine, session_with(engine, tmp_path, "x"))
    assert isinstance(error, SessionError)
    assert "4096" in str(error)


def test_a_long_conversation_is_shortened_to_what_the_server_says_that_it_has(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: exchange.answer("word " * 200), generation={"max_new_tokens": 100}
    )
    server.models = [{"id": "m", "max_model_len": 1500}]
    session_id = session_with(engine, tmp_path, "x")
    for _ in range(5):
        events = list(engine.ask(session_id, "Why?"))
        assert isinstance(events[-1], Finished)
    notices = [event.key for event in events if isinstance(event, Notice)]
    assert "notice.context_full" in notices
    assert len(server.exchanges[-1].body["messages"]) < 9


def test_what_a_question_takes_of_the_context_is_known_without_asking(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(
        lambda exchange: None, box_format="qwen3_vl", max_pixels=1_000_000, context_tokens=8000
    )
    use = engine.context_use(session_with(engine, tmp_path, "x"), question="What?")
    assert use.context_tokens == 8000
    assert use.fits
    # A page of 900 x 600 is 28 x 19 patches of 32 x 32.
    assert list(use.image_tokens.values()) == pytest.approx([28 * 19], abs=30)
    assert not server.exchanges


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"tasks": ["question", "dance"]}, "server.unknown_task"),
        ({"tasks": ["layout"]}, "server.unprompted_task"),
        ({"generation": {"num_beams": 4}}, "server.unknown_option"),
        ({"generation": {"top_k": 4}}, "server.unknown_option"),
    ],
)
def test_settings_that_a_server_cannot_have_are_named(
    served: Make, tmp_path: Path, table: dict[str, Any], key: str
) -> None:
    engine, _ = served(lambda exchange: None, **table)
    with pytest.raises(ModelError) as caught:
        engine.models()
        raise failure(engine, session_with(engine, tmp_path, "x"))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"base_url": "ftp://host/v1"}, "base_url"),
        ({"base_url": "http://user:password@host/v1"}, "base_url"),
        ({"base_url": "http://host:99999/v1"}, "Port out of range"),
        ({"api": "telepathy"}, "models.srv.api"),
        ({"box_format": "letters"}, "models.srv.box_format"),
        ({"parallel": 0}, "models.srv.parallel"),
        ({"extra_body": {"messages": []}}, "extra_body.messages"),
    ],
)
def test_a_wrong_key_of_a_server_is_an_error_at_start(
    served: Make, table: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        served(lambda exchange: None, **table)
    assert named in str(caught.value)
    assert "password" not in str(caught.value)


def test_the_data_url_is_a_whole_png(served: Make, tmp_path: Path) -> None:
    engine, server = served(lambda exchange: exchange.answer("ok"))
    engine.ask(session_with(engine, tmp_path, "x"), "?").answer()
    (part,) = [
        part
        for part in server.exchanges[0].body["messages"][0]["content"]
        if part["type"] == "image_url"
    ]
    head, data = part["image_url"]["url"].split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")


def test_a_conversation_that_is_deleted_while_it_is_read_leaves_nothing_behind(
    served: Make, tmp_path: Path
) -> None:
    """A cut reading is kept to be gone on with; that of a deleted conversation is not."""
    goes_on = threading.Event()

    def cut(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("The beginning ")
        assert goes_on.wait(CEILING_SECONDS)
        exchange.finish("length")

    engine, _ = served(cut, api="vllm")
    session_id = session_with(engine, tmp_path, "x")
    stream = engine.ask(session_id, task="ocr")
    assert wait_until(lambda: "The" in stream.transcript.text)
    family = engine._models._loaded["srv"].family
    # As another inference thread does it, while this one is busy.
    family.forget(session_id)
    goes_on.set()
    assert stream.answer().finish_reason == "length"
    assert session_id not in family._cut


def test_a_server_that_gives_fewer_tokens_is_asked_for_those_from_then_on(
    served: Make, tmp_path: Path
) -> None:
    def capped(exchange: Exchange) -> None:
        asked = exchange.body.get("max_tokens", 0)
        if "max_completion_tokens" in exchange.body:
            exchange.refuse(422, "body.max_completion_tokens: Extra inputs are not permitted")
        elif asked > 4096:
            said = f"max_tokens is too large: {asked}. This model supports at most 4096 tokens."
            exchange.refuse(400, said)
        else:
            exchange.answer("said")

    engine, server = served(capped)
    session_id = session_with(engine, tmp_path, "x")
    for task in ("question", "ocr", "question"):
        assert engine.ask(session_id, "?", task=task).answer().text == "said"
    assert [exchange.body["max_tokens"] for exchange in server.exchanges][-2:] == [4096, 1024]


def test_a_server_whose_tokenizer_takes_no_template_switch_is_asked_without_it(
    served: Make, tmp_path: Path
) -> None:
    def mistral(exchange: Exchange) -> None:
        if exchange.body.get("chat_template_kwargs") is not None:
            exchange.refuse(400, "chat_template is not supported for Mistral tokenizers.")
        else:
            exchange.answer("said")

    engine, server = served(mistral, api="vllm")
    session_id = session_with(engine, tmp_path, "x")
    assert engine.ask(session_id, "?").answer().text == "said"
    assert engine.ask(session_id, "?").answer().text == "said"
    assert len(server.exchanges) == 3
