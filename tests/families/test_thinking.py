"""Models that think before they answer: nobody reads the thought, and the history has none."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken
from transformers import Qwen3VLProcessor

from engine import AskOptions, Engine, load_settings
from engine.core.schema import (
    Discarded,
    EvidenceFound,
    Failed,
    Finished,
    Notice,
    Page,
    RegionAdded,
    Step,
    TextDelta,
)
from engine.families.openai_server.characters import (
    CLOSING_ID,
    OPENING_ID,
    CharacterTokenizer,
    SpecialTokenBuffer,
)
from engine.families.pages.thinking import ThoughtFilter
from engine.index.page_index import PageIndex
from tests.families.driving import session_with
from tests.families.openai_api import ApiServer, Behaviour, Exchange, api_server
from tests.families.scripted import Script, Scripted
from tests.families.tiny import QWEN3_TEMPLATE

Make = Callable[..., tuple[Engine, ApiServer]]
MakeEngine = Callable[..., Engine]
ANSWER = "42 EUR, <b> & </i>"
THOUGHT = "The page says 42 <EUR>.\n< think >? So be it.\n"
# What a model writes where the template wrote the opening tag, and where it did not.
WITH_BOTH_TAGS = f"<think>\n{THOUGHT}</think>\n\n{ANSWER}"
WITHOUT_OPENING = f"{THOUGHT}</think>\n\n{ANSWER}"


@pytest.fixture(autouse=True)
def _read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not OCR that is tested here, and it takes its time."""
    monkeypatch.setattr(
        Engine,
        "_build_index",
        lambda engine, page, steps: PageIndex(page.document_id, page.page_index, *page.size, ()),
    )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Make]:
    """served(behave, key="value", ...) -> an engine whose default model `srv` is on that server."""
    with ExitStack() as stack:

        def make(
            behave: Behaviour, extra_body: str = "{}", **table: str | bool
        ) -> tuple[Engine, ApiServer]:
            server = stack.enter_context(api_server(behave))
            table = {"base_url": server.base_url, "model": "m", "api": "vllm", **table}
            path = tmp_path / "served.toml"
            path.write_text(
                "default_model = 'srv'\n[models.srv]\nfamily = 'openai_server'\n"
                + "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
                + f"extra_body = {extra_body}\n",
                encoding="utf-8",
            )
            return stack.enter_context(Engine(load_settings(path))), server

        yield make


def shown(events: list[Any]) -> str:
    """What stands on the screen at the end."""
    text = ""
    for event in events:
        text = "" if isinstance(event, Discarded) else text
        text += event.text if isinstance(event, TextDelta) else ""
    return text


def thinks(events: list[Any]) -> int:
    """How often it was said that the model thinks."""
    return [event.key for event in events if isinstance(event, Step)].count("step.model_thinking")


# One id after the other


def told_apart(
    text: str, cuts: list[int], *, opened: bool, may_lack: bool
) -> tuple[str, str, bool]:
    """(what stands at the end, what was ever given, whether there was a thought)."""
    tags, characters = SpecialTokenBuffer(), CharacterTokenizer()
    thoughts = ThoughtFilter(
        characters,
        opening=OPENING_ID,
        closing=CLOSING_ID,
        opened=opened,
        may_lack_opening=may_lack,
    )
    ids: list[int] = []
    ever: list[int] = []
    edges = [0, *sorted(cuts), len(text)]
    pieces = [tags.put(text[a:b]) for a, b in pairwise(edges)]
    for piece in (*pieces, tags.rest()):
        answer = thoughts.put(characters.encode(piece))
        ids = answer if thoughts.withdrawn else ids + answer
        ever += answer
    return characters.decode(ids), characters.decode(ever), thoughts.seen


WAYS = [
    pytest.param(WITH_BOTH_TAGS, False, True, id="both tags"),
    pytest.param(WITHOUT_OPENING, True, False, id="opened by the template"),
    pytest.param(WITHOUT_OPENING, False, True, id="perhaps opened by the template"),
    pytest.param(f"\n\n</think>\n\n{ANSWER}", False, True, id="empty thought"),
]


@pytest.mark.parametrize(("text", "opened", "may_lack"), WAYS)
def test_the_answer_is_the_same_wherever_the_text_is_cut(
    text: str, opened: bool, may_lack: bool
) -> None:
    for cut in range(len(text) + 1):
        answer, _, seen = told_apart(text, [cut], opened=opened, may_lack=may_lack)
        assert (answer, seen) == (ANSWER, True), text[:cut]
    everywhere = list(range(1, len(text)))
    assert told_apart(text, everywhere, opened=opened, may_lack=may_lack)[0] == ANSWER


@settings(max_examples=200)
@given(
    st.text(st.sampled_from(list("<>/think \na|")), max_size=30),
    st.text(st.sampled_from(list("<>/think \na|")), max_size=30),
    st.lists(st.integers(0, 80), max_size=8),
)
def test_nothing_of_a_tagged_thought_is_ever_given_back(
    thought: str, answer: str, cuts: list[int]
) -> None:
    thought, answer = thought.replace("</think>", ""), answer.strip()
    text = f"<think>{thought}</think>\n{answer}"
    found, ever, _ = told_apart(
        text, [min(c, len(text)) for c in cuts], opened=False, may_lack=True
    )
    # The last of the thought's letters may make a closing tag with what follows.
    begins = text.index("</think>") + len("</think>")
    assert found == ever == text[begins:].strip()


@pytest.mark.parametrize("may_lack", [False, True])
@pytest.mark.parametrize(
    "text", ["The tag <think> opens it and </think> closes it.", "", " \n", "1 < 2", "a </thin"]
)
def test_an_answer_without_a_thought_stays_as_it_is(text: str, may_lack: bool) -> None:
    for cut in range(len(text) + 1):
        answer, _, seen = told_apart(text, [cut], opened=False, may_lack=may_lack)
        assert (answer, seen) == (text if text.strip() else "", False)


def test_where_the_prompt_is_known_a_lone_closing_tag_is_a_piece_of_the_answer() -> None:
    text = "It ends with </think> there."
    assert told_apart(text, [], opened=False, may_lack=False)[0] == text


# On a server


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_what_the_server_calls_reasoning_is_no_part_of_the_answer(
    served: Make, tmp_path: Path, field: str
) -> None:
    def think(exchange: Exchange) -> None:
        exchange.begin()
        for word in ("The page ", "says 42."):
            exchange.say("", **{field: word})
        exchange.say("42 EUR")
        exchange.finish()

    engine, server = served(think)
    session_id = session_with(engine, tmp_path, "x")
    events = list(engine.ask(session_id, "How much?"))
    assert (shown(events), thinks(events)) == ("42 EUR", 1)
    engine.ask(session_id, "Why?").answer()
    assert server.exchanges[1].body["messages"][1]["content"] == "42 EUR"


@pytest.mark.parametrize("reason", ["length", "stop"])
@pytest.mark.parametrize(
    "say",
    [
        lambda exchange: exchange.say("", reasoning="The page says"),
        lambda exchange: exchange.say("<think>\nThe page says"),
        lambda exchange: exchange.say("<think>\nThe page says</think>\n"),
    ],
)
@pytest.mark.parametrize("task", ["question", "ocr"])
def test_a_thought_without_an_answer_is_an_error_that_says_so(
    served: Make, tmp_path: Path, say: Behaviour, reason: str, task: str
) -> None:
    def think(exchange: Exchange) -> None:
        exchange.begin()
        say(exchange)
        exchange.finish(reason)

    engine, _ = served(think)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "How much?", task=task))
    assert isinstance(events[-1], Failed)
    assert events[-1].error.key == "server.only_thought"
    assert "max_new_tokens" in str(events[-1].error)
    assert thinks(events) == 1
    assert shown(events).strip() == ""


@pytest.mark.parametrize(
    "say",
    [
        lambda exchange: exchange.say("", reasoning="The page says"),
        lambda exchange: exchange.say("<think>\nThe page says"),
    ],
)
def test_a_page_that_is_only_thought_about_fails_alone(
    served: Make, tmp_path: Path, say: Behaviour
) -> None:
    def think(exchange: Exchange) -> None:
        if exchange.number != 2:
            exchange.answer(f"Page {exchange.number}")
            return
        exchange.begin()
        say(exchange)
        exchange.finish("length")

    engine, _ = served(think)
    events = list(engine.ask(session_with(engine, tmp_path, "x", "y", "z"), task="ocr"))
    assert isinstance(events[-1], Finished)
    assert shown(events) == "Page 1\n\nPage 3"
    (failed,) = [event for event in events if isinstance(event, Notice)]
    assert failed.key == "notice.page_failed"
    # The file of this page has no other.
    assert failed.values["page"] == 1
    assert "max_new_tokens" in str(failed.values["reason"])


@pytest.mark.parametrize(
    ("think", "rest"),
    [
        (lambda exchange: exchange.say("", reasoning="It has a total."), "invoice"),
        (lambda exchange: exchange.say("<think>\nIt has a total."), "</think>\ninvoice"),
    ],
)
def test_a_thought_does_not_use_up_the_room_for_a_document_type(
    served: Make, tmp_path: Path, think: Behaviour, rest: str
) -> None:
    def classify(exchange: Exchange) -> None:
        exchange.begin()
        think(exchange)
        if exchange.body["max_tokens"] > 16:
            exchange.say(rest)
        exchange.finish("stop" if exchange.body["max_tokens"] > 16 else "length")

    engine, server = served(classify)
    events = list(engine.ask(session_with(engine, tmp_path, "x", "y"), task="document_type"))
    assert events[-1] == Finished("stop", "srv")
    assert shown(events) == "invoice\n\ninvoice"
    assert [each.body["max_tokens"] for each in server.exchanges] == [16, 8192, 16, 8192]


def test_an_answer_without_a_thought_keeps_the_limit_of_its_task(
    served: Make, tmp_path: Path
) -> None:
    engine, server = served(lambda exchange: exchange.answer("It is an", reason="length"))
    events = list(engine.ask(session_with(engine, tmp_path, "x"), task="document_type"))
    assert (shown(events), events[-1]) == ("It is an", Finished("length", "srv"))
    assert [each.body["max_tokens"] for each in server.exchanges] == [16]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("text", [WITH_BOTH_TAGS, WITHOUT_OPENING])
def test_a_thought_in_the_servers_text_is_neither_shown_nor_sent_back(
    served: Make, tmp_path: Path, text: str, size: int
) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    engine, server = served(lambda exchange: exchange.answer(*pieces), thinks=True)
    session_id = session_with(engine, tmp_path, "x")
    events = list(engine.ask(session_id, "How much?"))
    assert (shown(events), thinks(events)) == (ANSWER, 1)
    assert events[-1] == Finished("stop", "srv")
    engine.ask(session_id, "Why?").answer()
    assert server.exchanges[1].body["messages"][1]["content"] == ANSWER


@pytest.mark.parametrize("text", [WITH_BOTH_TAGS, WITHOUT_OPENING])
def test_each_page_that_is_read_loses_its_thought_alone(
    served: Make, tmp_path: Path, text: str
) -> None:
    engine, _ = served(
        lambda exchange: exchange.answer(*text, f" of {exchange.number}"),
        model="Qwen/Qwen3-VL-8B-Thinking",
    )
    events = list(engine.ask(session_with(engine, tmp_path, "x", "y"), task="ocr"))
    assert shown(events) == f"{ANSWER} of 1\n\n{ANSWER} of 2"


@pytest.mark.parametrize("task", ["layout", "question"])
@pytest.mark.parametrize("opening", ["<think>", ""])
def test_boxes_in_a_thought_are_no_regions_and_no_evidence(
    served: Make, tmp_path: Path, opening: str, task: str
) -> None:
    def cell(text: str, left: int) -> str:
        return json.dumps([{"bbox_2d": [left, 10, 300, 40], "category": "Text", "text": text}])

    text = f"{opening}{cell('no', 10)}\n</think>\n{cell('yes', 20)}"
    engine, _ = served(lambda exchange: exchange.answer(*text), box_format="qwen3_vl", thinks=True)
    session_id = session_with(engine, tmp_path, "x")
    seen: list[str] = []
    for event in engine.ask(session_id, "Where?", task=task):
        if isinstance(event, Discarded):
            seen = []
        elif isinstance(event, RegionAdded):
            seen.append(event.region.text)
        elif isinstance(event, EvidenceFound):
            seen.append(event.evidence.text)
    assert seen == ["yes"]


@pytest.mark.parametrize(
    ("table", "notices"), [({}, ["notice.lone_closing_tag"]), ({"thinks": False}, [])]
)
@pytest.mark.parametrize("task", ["question", "ocr"])
def test_what_stands_before_a_printed_closing_tag_is_kept(
    served: Make, tmp_path: Path, task: str, table: dict[str, bool], notices: list[str]
) -> None:
    page = "The reasoning ends with\n</think>\n\nand </think> is one token."
    engine, _ = served(lambda exchange: exchange.answer(*page), **table)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), "What is said?", task=task))
    assert (shown(events), thinks(events)) == (page, 0)
    assert not any(isinstance(event, Discarded) for event in events)
    told = [event for event in events if isinstance(event, Notice)]
    assert [notice.key for notice in told if "tag" in notice.key] == notices


def test_a_page_that_prints_both_tags_is_kept_where_the_settings_say_that_none_is_a_thought(
    served: Make, tmp_path: Path
) -> None:
    page = "<think>\nA thought.\n</think>\nAn answer."
    engine, _ = served(lambda exchange: exchange.answer(page), thinks=False)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), task="ocr"))
    assert (shown(events), thinks(events)) == (page, 0)


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        ({"model": "qwen3-vl:8b-thinking"}, ANSWER),
        ({"extra_body": "{ chat_template_kwargs = { enable_thinking = true } }"}, ANSWER),
        ({"extra_body": "{ chat_template_kwargs = { thinking = true } }"}, ANSWER),
        ({"thinks": True}, ANSWER),
        ({"thinks": True, "box_format": "glm_ocr"}, ANSWER),
        ({"model": "qwen3-vl:8b-thinking", "thinks": False}, WITHOUT_OPENING),
        ({"model": "qwen3-vl:8b-instruct"}, WITHOUT_OPENING),
    ],
)
def test_a_thought_without_its_opening_tag_is_that_of_a_model_known_to_think(
    served: Make, tmp_path: Path, table: dict[str, Any], answer: str
) -> None:
    engine, _ = served(lambda exchange: exchange.answer(*WITHOUT_OPENING), **table)
    events = list(engine.ask(session_with(engine, tmp_path, "x"), task="ocr"))
    assert shown(events) == answer


def test_a_thought_that_began_in_the_prompt_has_room_before_a_document_type(
    served: Make, tmp_path: Path
) -> None:
    def classify(exchange: Exchange) -> None:
        if exchange.body["max_tokens"] == 16:
            exchange.answer("It has a total, so", reason="length")
        else:
            exchange.answer("It has a total, so it is one.\n</think>\n\ninvoice")

    engine, _ = served(classify, thinks=True)
    events = list(engine.ask(session_with(engine, tmp_path, "x", "y"), task="document_type"))
    assert (shown(events), events[-1]) == ("invoice\n\ninvoice", Finished("stop", "srv"))


def test_a_cut_answer_is_gone_on_with_without_its_thought(served: Make, tmp_path: Path) -> None:
    parts = {1: (f"<think>\n{THOUGHT}</think>\n\nThe total", "length"), 2: (" is 42.", "stop")}
    engine, server = served(
        lambda exchange: exchange.answer(
            *parts[exchange.number][0], reason=parts[exchange.number][1]
        )
    )
    session_id = session_with(engine, tmp_path, "x")
    assert engine.ask(session_id, "How much?").answer().text == "The total"
    assert engine.ask(session_id, "How much?", resume=True).answer().text == "The total is 42."
    assert server.exchanges[1].body["messages"][-1] == {"role": "assistant", "content": "The total"}


@pytest.mark.parametrize(
    ("table", "sent"),
    [
        ({"api": "vllm"}, {"enable_thinking": False}),
        ({"api": "sglang"}, {"enable_thinking": False}),
        ({"api": "llama_cpp", "box_format": "qwen3_vl"}, {"enable_thinking": False}),
        ({"api": "openai"}, None),
        (
            {"extra_body": "{ chat_template_kwargs = { enable_thinking = true, a = 1 } }"},
            {"enable_thinking": True, "a": 1},
        ),
        # Those that read pages were trained on one prompt, and a template may add to it.
        ({"box_format": "deepseek_ocr"}, None),
    ],
)
def test_a_server_is_asked_not_to_think_unless_the_settings_say_otherwise(
    served: Make, tmp_path: Path, table: dict[str, str], sent: object
) -> None:
    engine, server = served(lambda exchange: exchange.answer("ok"), **table)
    engine.ask(session_with(engine, tmp_path, "x"), task="ocr").answer()
    assert server.exchanges[0].body.get("chat_template_kwargs") == sent


# In this process

# As Qwen/Qwen3-VL-*-Thinking: the prompt opens a thought, earlier turns have none.
THINKING_TEMPLATE = QWEN3_TEMPLATE.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")
# As Qwen3 and Qwen3.5: unless it is switched off.
SWITCHED_TEMPLATE = QWEN3_TEMPLATE.replace(
    "assistant\n{% endif",
    "assistant\n{% if enable_thinking is defined and enable_thinking is false -%}"
    "{{ '<think>\n\n</think>\n\n' }}{%- else -%}{{ '<think>\n' }}{%- endif %}{% endif",
)


@pytest.fixture
def thinking(tiny_engine: MakeEngine, tmp_path: Path) -> Callable[..., Scripted]:
    """thinking(script, template) -> a tiny Qwen3-VL with the tags of thoughts that writes it."""

    def make(script: Script, template: str = THINKING_TEMPLATE, **options: Any) -> Scripted:
        from tests.families import tiny

        special = tiny.byte_tokenizer

        def with_tags(*args: Any, **kwargs: Any) -> Any:
            tokenizer = special(*args, **kwargs)
            tags = [AddedToken(t, special=False, normalized=False) for t in ("<think>", "</think>")]
            tokenizer.add_tokens(tags)
            return tokenizer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tiny, "byte_tokenizer", with_tags)
            patch.setattr(tiny, "QWEN3_TEMPLATE", template)
            folder = tiny.save_qwen3_vl(tmp_path / "checkpoint")
        assert Qwen3VLProcessor.from_pretrained(folder).chat_template == template
        generation = {"max_new_tokens": options.pop("max_new_tokens", 200)}
        engine = tiny_engine("qwen3_vl", repo_id=folder, generation=generation)
        scripted = Scripted(engine, script, **options)
        scripted.engine = engine
        return scripted

    return make


def test_a_thinking_checkpoint_shows_its_answer_alone(
    thinking: Callable[..., Scripted], tmp_path: Path
) -> None:
    scripted = thinking(lambda page, attempt: WITHOUT_OPENING)
    session_id = session_with(scripted.engine, tmp_path, "x")
    events = list(scripted.engine.ask(session_id, "How much?"))
    assert (shown(events), thinks(events)) == (ANSWER, 1)
    assert not any(isinstance(event, Discarded) for event in events)
    assert scripted.text_of(0).endswith("<|im_start|>assistant\n<think>\n")


def test_the_next_turn_is_what_the_template_renders_of_the_answer_alone(
    thinking: Callable[..., Scripted], tmp_path: Path
) -> None:
    scripted = thinking(lambda page, attempt: WITHOUT_OPENING)
    session_id = session_with(scripted.engine, tmp_path, "x")
    first = scripted.engine.ask(session_id, "How much?").answer()
    second = scripted.engine.ask(session_id, "Sure?").answer()
    assert (first.text, second.text) == (ANSWER, ANSWER)
    assert scripted.text_of(1).endswith(
        f"How much?<|im_end|>\n<|im_start|>assistant\n{ANSWER}<|im_end|>\n"
        "<|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\n<think>\n"
    )
    # The cache fits up to the thought, which the second prompt does not have.
    before, after = scripted.prompts
    shared = next(
        n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]
    )
    assert scripted.family.counters.reused_tokens == shared == len(before) - 2


def test_a_checkpoint_with_the_switch_is_asked_not_to_think(
    thinking: Callable[..., Scripted], tmp_path: Path
) -> None:
    scripted = thinking(lambda page, attempt: ANSWER, SWITCHED_TEMPLATE)
    session_id = session_with(scripted.engine, tmp_path, "x")
    events = list(scripted.engine.ask(session_id, "How much?"))
    assert (shown(events), thinks(events)) == (ANSWER, 0)
    assert scripted.text_of(0).endswith("assistant\n<think>\n\n</think>\n\n")


def test_a_cut_thinking_answer_is_gone_on_with_where_it_was_cut(
    thinking: Callable[..., Scripted], tmp_path: Path
) -> None:
    scripted = thinking(lambda page, attempt: WITHOUT_OPENING)
    session_id = session_with(scripted.engine, tmp_path, "x")
    # A byte is a token; the closing tag and what stands around the thought are three more.
    options = AskOptions(max_new_tokens=len(THOUGHT) + 3 + 6)
    cut = scripted.engine.ask(session_id, "How much?", options=options)
    assert (cut.answer().text, cut.transcript.finish_reason) == (ANSWER[:6], "length")
    assert scripted.engine.ask(session_id, "How much?", resume=True).answer().text == ANSWER
    assert scripted.text_of(1).endswith(f"<think>\n{THOUGHT}</think>\n\n{ANSWER[:6]}")


@pytest.mark.parametrize("task", ["question", "ocr"])
def test_a_checkpoint_that_only_thinks_says_so(
    thinking: Callable[..., Scripted], tmp_path: Path, task: str
) -> None:
    scripted = thinking(lambda page, attempt: WITHOUT_OPENING, max_new_tokens=20)
    session_id = session_with(scripted.engine, tmp_path, "x")
    (*_, last) = scripted.engine.ask(session_id, "How much?", task=task)
    assert isinstance(last, Failed) and last.error.key == "model.only_thought"


def test_a_thinking_checkpoint_has_room_for_a_document_type(
    thinking: Callable[..., Scripted], tmp_path: Path
) -> None:
    scripted = thinking(lambda page, attempt: f"{THOUGHT}</think>\n\ninvoice")
    session_id = session_with(scripted.engine, tmp_path, "x")
    events = list(scripted.engine.ask(session_id, task="document_type"))
    assert (shown(events), events[-1]) == ("invoice", Finished("stop", "tiny"))


def test_a_page_that_a_checkpoint_only_thinks_about_fails_alone(
    thinking: Callable[..., Scripted], tmp_path: Path
) -> None:
    turns = iter(["42</think>\n\nOne", "4" * 300, "42</think>\n\nThree"])
    scripted = thinking(lambda page, attempt: next(turns), max_new_tokens=40)
    session_id = session_with(scripted.engine, tmp_path, "x", "y", "z")
    events = list(scripted.engine.ask(session_id, task="ocr"))
    assert (shown(events), events[-1]) == ("One\n\nThree", Finished("stop", "tiny"))
    failed = [event.key for event in events if isinstance(event, Notice)]
    assert failed == ["notice.page_failed"]


def test_a_verbatim_answer_of_a_thinking_checkpoint_is_no_thought(
    thinking: Callable[..., Scripted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.core.schema import Line, Word

    def index(engine: Engine, page: Page, steps: object) -> PageIndex:
        line = Line((Word("42.00", (40.0, 60.0, 130.0, 90.0)),), (40.0, 60.0, 130.0, 90.0))
        return PageIndex(page.document_id, page.page_index, *page.size, (line,))

    monkeypatch.setattr(Engine, "_build_index", index)
    scripted = thinking(lambda page, attempt: "42.00")
    session_id = session_with(scripted.engine, tmp_path, "x")
    assert scripted.engine.ask(session_id, "How much?", verbatim=True).answer().text == "42.00"
    assert scripted.text_of(0).endswith("<think>\n\n</think>\n\n")
