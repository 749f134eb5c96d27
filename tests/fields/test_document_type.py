"""Telling types of documents apart, on drawn pages whose templates were not fitted on."""

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import load_settings
from engine.core.prompts import get_task, load_tasks, render
from engine.core.schema import Evidence, EvidenceFound, Line, Word
from engine.families import FAMILIES, family_class
from engine.families.base import ModelRequest, Run
from engine.families.lite.family import LiteFamily, LiteInputs
from engine.fields.document_type import DOCUMENT_TYPES, classify, deciding_lines, parse_type, title
from engine.fields.document_type.features import LAYOUT, SIZE, features, layout
from engine.fields.document_type.model import WEIGHTS_FILE, classifier
from engine.index.page_index import PageIndex
from synthetic.papers import specimen
from synthetic.papers.truth import Language
from synthetic.papers.writing import truth_row
from training.reading_data import index_from_truth

ROOT = Path(__file__).resolve().parents[2]
# Two of the test templates of each type in each language.
DRAWN = [
    (document_type, language, seed)
    for document_type in DOCUMENT_TYPES
    for language in ("en", "ru")
    for seed in (70, 71)
]


def drawn_index(document_type: str, language: Language, seed: int) -> PageIndex:
    """A clean specimen of the test split as its true words, a few of them misread."""
    drawn = specimen(document_type, language, "test", seed, "clean")
    return index_from_truth(truth_row(drawn, "drawn.png"), random.Random(seed), 0.05)


@pytest.fixture(scope="module")
def indexes() -> dict[tuple[str, str, int], PageIndex]:
    return {(kind, lang, seed): drawn_index(kind, lang, seed) for kind, lang, seed in DRAWN}  # type: ignore[arg-type]


def blank(*lines: str) -> PageIndex:
    """A page with these lines, one under the other."""
    built = tuple(
        Line((Word(text, (50.0, 50.0 + 40 * at, 450.0, 80.0 + 40 * at)),), (50, 50, 450, 80))
        for at, text in enumerate(lines)
    )
    return PageIndex("d", 0, 800, 1000, built)


def test_types_of_unseen_templates_are_told(
    indexes: dict[tuple[str, str, int], PageIndex],
) -> None:
    right = [classify([index])[0].document_type == key[0] for key, index in indexes.items()]
    assert np.mean(right) >= 0.85


def test_the_guesses_are_every_type_once_and_sum_to_one(
    indexes: dict[tuple[str, str, int], PageIndex],
) -> None:
    for index in list(indexes.values())[::7]:
        guesses = classify([index])
        assert {guess.document_type for guess in guesses} == set(DOCUMENT_TYPES)
        assert sum(guess.confidence for guess in guesses) == pytest.approx(1.0, abs=1e-4)
        shares = [guess.confidence for guess in guesses]
        assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("pages", [[], [blank()], [blank("7")], [blank("...", "--")]])
def test_a_page_with_hardly_any_text_is_other_with_little_confidence(
    pages: list[PageIndex],
) -> None:
    best = classify(pages)[0]
    assert best.document_type == "other"
    assert best.confidence <= 0.3


def test_the_first_page_counts_most(indexes: dict[tuple[str, str, int], PageIndex]) -> None:
    invoice, book = indexes["invoice", "en", 70], indexes["other", "en", 70]
    assert classify([invoice, book, book])[0].document_type == "invoice"


def test_the_lines_that_decide_stand_on_the_page_and_name_the_type(
    indexes: dict[tuple[str, str, int], PageIndex],
) -> None:
    index = indexes["payment_order", "ru", 71]
    lines = deciding_lines(index, "payment_order")
    assert 1 <= len(lines) <= 2
    assert all(line in index.lines for line in lines)
    assert deciding_lines(blank(), "invoice") == ()


def test_features_have_their_size_and_an_empty_page_has_none() -> None:
    assert features(blank()).shape == (SIZE,)
    assert not features(blank()).any()


def test_a_machine_readable_zone_is_seen() -> None:
    rows = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B")
    place = LAYOUT.index("mrz")
    assert layout(blank(*rows))[place] > 0
    assert layout(blank("Total due: 120.00", "Thank you"))[place] == 0


def test_the_weights_are_small_and_finite() -> None:
    assert WEIGHTS_FILE.stat().st_size < 1_000_000
    fitted = classifier()
    assert fitted.weight.shape == (SIZE, len(DOCUMENT_TYPES))
    assert np.isfinite(fitted.weight).all()


def test_importing_it_brings_no_torch() -> None:
    code = (
        "import sys; from engine.fields.document_type import classify; classify([]); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("bank_statement", "bank_statement"),
        ("This is a **Bank statement**.", "bank_statement"),
        ("Driver's License", "driver_licence"),
        ("It is an invoice, not a receipt.", "invoice"),
        ("Это счёт на оплату.", "invoice"),
        ("водительское удостоверение", "driver_licence"),
        ("Удостоверение личности", "id_card"),
        ("table/report", "report"),
        ("Information about nothing", None),
        ("", None),
    ],
)
def test_a_models_free_answer_names_a_type_or_none(said: str, meant: str | None) -> None:
    assert parse_type(said) == meant


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_title_is_read_back_as_its_type(language: str) -> None:
    for document_type in DOCUMENT_TYPES:
        assert parse_type(title(document_type, language)) == document_type
        assert parse_type(document_type) == document_type


def test_the_prompt_names_every_type() -> None:
    text = render(load_tasks()["document_type"], family="qwen_vl", question="").text
    assert all(document_type in text for document_type in DOCUMENT_TYPES)


def test_every_family_that_answers_questions_tells_the_type_unless_its_prompts_are_fixed() -> None:
    """dots.ocr and DeepSeek-OCR know their published prompts only."""
    for name in FAMILIES:
        tasks = family_class(name, model_id="x").capabilities.tasks
        if "question" in tasks and not name.startswith(("deepseek", "dots")):
            assert "document_type" in tasks, name


class _Streamed:
    """Collects what a family says."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    def put(self, value: Any) -> None:
        self.ids += [int(one) for one in value]

    def end(self) -> None:
        pass


class _Letters:
    """A checkpoint whose tokens are characters."""

    source = "test"

    def tokenizer(self) -> "_Letters":
        return self

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return [ord(character) for character in text]


@pytest.mark.parametrize(("language", "words"), [("en", "Passport"), ("ru", "Паспорт")])
def test_lite_answers_in_the_users_language_and_shows_where_it_saw_it(
    indexes: dict[tuple[str, str, int], PageIndex], language: str, words: str
) -> None:
    index = indexes["passport", "en", 71]
    task = get_task("document_type")
    request = ModelRequest(
        conversation="c",
        task=task.id,
        question="",
        history=(),
        documents=(),
        pages=(),
        prompt=render(task, family="lite", question=""),
        verbatim=False,
        pixel_share=1.0,
        max_new_tokens=16,
        language=language,
    )
    family = LiteFamily("lite", load_settings(), _Letters())  # type: ignore[arg-type]
    streamed, events = _Streamed(), list[Any]()
    outcome = family.generate(
        LiteInputs(request, (index,)), Run(streamed, events.append, threading.Event())
    )
    answer = "".join(map(chr, streamed.ids))
    assert answer.startswith(words)
    assert answer.endswith("%)")
    assert outcome.finish_reason == "stop"
    seen = [event.evidence for event in events if isinstance(event, EvidenceFound)]
    assert seen
    boxes = {line.bbox for line in index.lines}
    assert all(isinstance(one, Evidence) and one.bbox in boxes for one in seen)
