"""Verbatim answers by a server: the grammar allows just what the page says, and is checked."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import xgrammar
from hypothesis import given, settings
from hypothesis import strategies as st
from xgrammar.testing import _is_grammar_accept_string as accepts

from engine import Engine, load_settings
from engine.core.errors import GenerationError
from engine.core.schema import Discarded, EvidenceFound, Failed, Line, Page, Region, TextDelta, Word
from engine.families import FAMILIES
from engine.families.openai_server.grammar import BYTES, grammar_of, page_spans, spans_of
from engine.index.page_index import PageIndex
from tests.fakes import FakeFamily
from tests.families.driving import session_with
from tests.families.openai_api import ApiServer, Exchange, api_server

NOT_THERE = "The answer is not on the page."


def index_of(*lines: str) -> PageIndex:
    """A page whose lines are one region, each word 90 pixels wide."""
    made = []
    for row, text in enumerate(lines):
        top = 40.0 * row
        words = tuple(
            Word(word, (100.0 * at, top, 100.0 * at + 90, top + 30))
            for at, word in enumerate(text.split())
        )
        made.append(Line(words, (0.0, top, 900.0, top + 30)))
    region = Region((0.0, 0.0, 900.0, 40.0 * len(lines)), "Text", "", 0)
    return PageIndex("d", 0, 900, 600, tuple(made), (region,), (tuple(range(len(lines))),))


def allowed(pages: Sequence[PageIndex]) -> set[str]:
    """Every answer that the spans allow, found by walking all of them byte by byte."""
    spans = page_spans(pages, not_there=NOT_THERE)
    found: set[str] = set()

    def walk(said: bytes) -> None:
        state = spans.walk()
        for byte in said:
            state.advance(byte)
        if state.may_end:
            found.add(said.decode())
        for byte in state.allowed:
            walk(said + bytes([byte]))

    walk(b"")
    return {answer for answer in found if not answer.startswith(" ")}


PAGES = [
    [index_of("Total: 42.00 EUR", "Due (2026)")],
    [index_of('He said "no"', "C:\\new")],
    [index_of("Итого: 17 €"), index_of("№5")],
    [index_of("a a", "a a")],
]


@pytest.mark.parametrize("pages", PAGES)
def test_the_grammar_allows_every_span_and_nothing_else(pages: list[PageIndex]) -> None:
    grammar = grammar_of(page_spans(pages, not_there=NOT_THERE))
    answers = allowed(pages)
    assert len(answers) > 5 and NOT_THERE in answers
    for answer in answers:
        assert accepts(grammar, answer), answer
        # Neither less of its last word nor more than it.
        for other in (answer[:-1], answer + "x", answer + " zz", answer.upper() + "q"):
            assert accepts(grammar, other) == (other.removeprefix(" ") in answers), other


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet='aб1 .:(")\n\\', max_size=12))
def test_grammar_and_check_agree_on_any_text(text: str) -> None:
    spans = page_spans([index_of("aб: (1a)", 'б1. "a\\')], not_there=NOT_THERE)
    checked = spans_of(spans, text, whole=True) is not None
    assert accepts(grammar_of(spans), text) == checked


def test_the_grammar_of_a_dense_page_is_short_and_compiles_at_once() -> None:
    lines = [" ".join(f"w{row}x{at}" for at in range(8)) for row in range(75)]
    spans = page_spans([index_of(*lines)], not_there=NOT_THERE)
    grammar = grammar_of(spans)
    # About 60 characters a word; all pairs of a beginning and an end would be 180,000 answers.
    assert len(grammar) < 600 * 80
    vocabulary = xgrammar.TokenizerInfo(
        [BYTES.written(byte) for byte in range(256)],
        vocab_type=xgrammar.VocabType.RAW,
        stop_token_ids=[0],
    )
    started = time.monotonic()
    xgrammar.GrammarCompiler(vocabulary).compile_grammar(xgrammar.Grammar.from_ebnf(grammar))
    assert time.monotonic() - started < 20


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """asked(answer, **settings) -> (events of a verbatim question, the server)."""

    def build(engine: Engine, page: Page, steps: object) -> PageIndex:
        index = index_of("Total: 42.00 EUR", "Date 14 March")
        return PageIndex(
            page.document_id,
            page.page_index,
            page.width,
            page.height,
            index.lines,
            index.regions,
            index.region_lines,
        )

    monkeypatch.setattr(Engine, "_build_index", build)
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "fake", "tests.fakes:FakeFamily")
    with ExitStack() as stack:

        def ask(answer: str, **table: Any) -> tuple[list[Any], ApiServer]:
            def behave(exchange: Exchange) -> None:
                exchange.answer(*answer)

            server = stack.enter_context(api_server(behave))
            lines = {"base_url": server.base_url, "model": "m", "api": "vllm", **table}
            path = tmp_path / "verbatim.toml"
            path.write_text(
                f"default_model = 'srv'\ncache_dir = '{tmp_path / 'cache'}'\n"
                "[models.fake]\nfamily = 'fake'\nrepo_id = 'tests/fake'\n"
                "[models.srv]\nfamily = 'openai_server'\n"
                + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items()),
                encoding="utf-8",
            )
            engine = stack.enter_context(Engine(load_settings(path)))
            session_id = session_with(engine, tmp_path, "x")
            return list(engine.ask(session_id, "What is the total?", verbatim=True)), server

        yield ask


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("vllm", ("structured_outputs", "grammar")),
        ("sglang", ("ebnf",)),
        ("llama_cpp", ("grammar",)),
    ],
)
def test_each_kind_of_server_gets_the_grammar_where_it_looks_for_it(
    asked: Any, api: str, path: tuple[str, ...]
) -> None:
    events, server = asked("42.00", api=api)
    grammar = server.exchanges[0].body
    for name in path:
        grammar = grammar[name]
    assert accepts(grammar, "42.00 EUR\nDate") and not accepts(grammar, "43.00")
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "42.00"


def test_a_verbatim_answer_points_at_its_place(asked: Any) -> None:
    events, _ = asked("42.00 EUR Date")
    found = [event.evidence for event in events if isinstance(event, EvidenceFound)]
    assert [(each.text, each.bbox) for each in found] == [
        ("42.00 EUR", (100.0, 0.0, 290.0, 30.0)),
        ("Date", (0.0, 40.0, 90.0, 70.0)),
    ]


@pytest.mark.parametrize("answer", ["43.00", "The total is 42.00", "42.0", "EUR 42.00"])
def test_an_answer_of_a_server_that_ignores_the_grammar_is_not_shown(
    asked: Any, answer: str
) -> None:
    events, _ = asked(answer)
    assert isinstance(events[-1], Failed)
    assert events[-1].error.key == "server.not_held"
    assert not [event for event in events if isinstance(event, TextDelta)]


def test_a_server_that_cannot_is_not_asked_and_a_sentence_says_so(asked: Any) -> None:
    events, server = asked("42.00", api="openai")
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, GenerationError)
    assert events[-1].error.key == "server.no_verbatim"
    assert not server.exchanges


def test_a_server_that_cannot_leaves_a_verbatim_question_to_its_fallback(asked: Any) -> None:
    events, server = asked("42.00", api="openai", fallback="fake")
    (told,) = [event for event in events if isinstance(event, Discarded)]
    assert told.values["other"] == "fake"
    assert not server.exchanges
