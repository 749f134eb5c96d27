"""Spans of a page: whatever a model prefers, the answer is printed on the page."""

import random
from collections.abc import Callable
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from engine.core.errors import ModelError
from engine.core.schema import Line, Region, Word
from engine.families.decoding.verbatim import SpanLogitsProcessor, vocabulary
from engine.index.page_index import PageIndex
from engine.index.verbatim import PageSpans, SpanWalk
from tests.fakes import draw_page
from tests.families.tiny import byte_tokenizer

NOT_THERE = "Not on the page."
END = "<end>"
SOME_TEXT = [
    NOT_THERE,
    "Invoice total 1,250.00 due 14 March 2026 to Larkfield Timber Ltd",
    "Счёт на оплату № 17 от 14 марта 2026 г. Итого: 1 250,00 руб. ООО «Каменка»",
]


def _trained_bytes() -> PreTrainedTokenizerFast:
    """Byte-level BPE whose merges cross the bytes of Cyrillic letters, as Qwen's do."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=[END], initial_alphabet=sorted(alphabet)
    )
    tokenizer.train_from_iterator(SOME_TEXT * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END)


def _sentencepiece() -> PreTrainedTokenizerFast:
    """A space is a lower block and unknown letters are bytes, as in Phi-3.5's tokenizer."""
    pieces = [END, "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters = sorted({*"".join(SOME_TEXT), "▁"} - {" "})
    pieces += [*letters, "▁t", "▁to", "▁1", "25", "та", "рта"]
    merges = [("▁", "t"), ("▁t", "o"), ("▁", "1"), ("2", "5"), ("т", "а"), ("р", "та")]
    tokenizer = Tokenizer(
        models.BPE(
            {piece: number for number, piece in enumerate(pieces)},
            merges,
            byte_fallback=True,
            unk_token="<unk>",
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, unk_token="<unk>")


TOKENIZERS: dict[str, Callable[[], PreTrainedTokenizerFast]] = {
    "single bytes": lambda: byte_tokenizer((END,), pad=END, eos=END),
    "byte-level BPE": _trained_bytes,
    "sentencepiece": _sentencepiece,
}


@cache
def tokenizer_of(kind: str) -> PreTrainedTokenizerFast:
    return TOKENIZERS[kind]()


def page_of(regions: list[list[list[str]]], page_index: int = 0) -> PageIndex:
    """A page of regions of lines of words; each word has a box of its own."""
    lines: list[Line] = []
    region_lines: list[tuple[int, ...]] = []
    for region in regions:
        held = []
        for texts in region:
            y = 20.0 * len(lines)
            words = tuple(
                Word(text, (50.0 * at, y, 50.0 * at + 40, y + 15)) for at, text in enumerate(texts)
            )
            held.append(len(lines))
            lines.append(Line(words, (0.0, y, 50.0 * len(texts), y + 15)))
        region_lines.append(tuple(held))
    found = tuple(Region((0, 0, 9, 9), "Text", "", order) for order in range(len(regions)))
    return PageIndex("d", page_index, 2000, 2000, tuple(lines), found, tuple(region_lines))


def answer_with(kind: str, walk: SpanWalk, choose: Callable[[list[int]], int]) -> str:
    """Let `choose` say one token after the other, as a model would, until it says the end."""
    tokenizer = tokenizer_of(kind)
    said: list[int] = []
    while True:
        options = sorted(walk.allowed) + ([-1] if walk.may_end else [])
        index = choose(options)
        if index == -1:
            return str(tokenizer.decode(said)).strip()
        said.append(index)
        walk.advance(index)


def spelled(kind: str, walk: SpanWalk, text: str) -> bool:
    """Whether a text can be said token by token in the tokenizer's own way of cutting it."""
    for index in tokenizer_of(kind)(text, add_special_tokens=False)["input_ids"]:
        if index not in walk.allowed:
            return False
        walk.advance(index)
    return walk.may_end


# No blanks inside a word, and nothing that cannot be encoded; letters of several scripts.
WORDS = st.text(
    st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8
) | st.sampled_from(["Total:", "1,250.00", "(2026)", "руб.", "«Каменка»", "№17", "42"])
PAGES = st.lists(
    st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(regions=PAGES, seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_whatever_is_chosen_the_answer_is_printed_in_one_region(
    kind: str, regions: list[list[list[str]]], seed: int
) -> None:
    spans = PageSpans(
        [page_of(regions)], vocabulary(tokenizer_of(kind), model_id="m"), not_there=NOT_THERE
    )
    chance = random.Random(seed)
    text = answer_with(kind, spans.walk(), chance.choice)
    printed = [" ".join(" ".join(line) for line in region) for region in regions]
    said = " ".join(text.split())
    assert said
    assert said == NOT_THERE or any(said in region for region in printed)


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize(
    "text",
    [
        "1,250.00",
        "Total: 1,250.00",
        "Total",
        "42.00",
        "руб.",
        "ООО «Каменка»",
        "14 марта\n2026 г.",
        "14 марта 2026",
        "17",
        NOT_THERE,
    ],
)
def test_a_model_can_say_every_printed_value_in_its_own_tokens(kind: str, text: str) -> None:
    page = page_of(
        [
            [["Total:", "1,250.00"], ["($42.00)", "руб."]],
            [["ООО", "«Каменка»"], ["от", "14", "марта"], ["2026", "г."], ["Счёт", "№17"]],
        ]
    )
    spans = PageSpans([page], vocabulary(tokenizer_of(kind), model_id="m"), not_there=NOT_THERE)
    assert spelled(kind, spans.walk(), text)


@pytest.mark.parametrize(
    "text", ["1,250.0", "250.00", "Tot", "1,250.00 ООО", "Каменка Total", "1,250.01", ""]
)
def test_parts_of_values_and_joins_over_regions_cannot_be_said(text: str) -> None:
    page = page_of([[["Total:", "1,250.00"]], [["ООО", "«Каменка»"]]])
    kind = "single bytes"
    spans = PageSpans([page], vocabulary(tokenizer_of(kind), model_id="m"), not_there=NOT_THERE)
    assert not spelled(kind, spans.walk(), text)


def test_of_equal_prints_the_one_beside_the_asked_label_is_the_evidence() -> None:
    _, drawn = draw_page([("Subtotal 99.50", 40, 40), ("Notes", 40, 200), ("Total 99.50", 40, 400)])
    index = PageIndex("d", 2, 900, 600, tuple(drawn))
    tokenizer = tokenizer_of("single bytes")
    spans = PageSpans([index], vocabulary(tokenizer, model_id="m"), not_there=NOT_THERE)
    walk = spans.walk()
    for token in tokenizer("99.50")["input_ids"]:
        walk.advance(token)
    (found,) = spans.evidence(walk.spans, "What is the total?")
    assert (found.page_index, found.text) == (2, "99.50")
    assert found.bbox == drawn[2].words[1].bbox


def test_an_answer_over_two_lines_has_a_box_on_each() -> None:
    page = page_of([[["12", "Mill", "Lane"], ["Bristol", "BS1"]]])
    tokenizer = tokenizer_of("byte-level BPE")
    spans = PageSpans([page], vocabulary(tokenizer, model_id="m"), not_there=NOT_THERE)
    walk = spans.walk()
    for token in tokenizer("Mill Lane\nBristol")["input_ids"]:
        walk.advance(token)
    found = spans.evidence(walk.spans, "Where?")
    assert [(one.text, one.bbox) for one in found] == [
        ("Mill Lane", (50.0, 0.0, 140.0, 15.0)),
        ("Bristol", (0.0, 20.0, 40.0, 35.0)),
    ]


def test_the_sentence_for_no_answer_has_no_place() -> None:
    tokenizer = tokenizer_of("single bytes")
    spans = PageSpans(
        [page_of([[["42"]]])], vocabulary(tokenizer, model_id="m"), not_there=NOT_THERE
    )
    walk = spans.walk()
    for token in tokenizer(NOT_THERE)["input_ids"]:
        walk.advance(token)
    assert spans.evidence(walk.spans, "?") == ()


def test_only_the_allowed_tokens_keep_their_scores() -> None:
    tokenizer = tokenizer_of("single bytes")
    end = tokenizer.convert_tokens_to_ids(END)
    spans = PageSpans(
        [page_of([[["42", "7"]]])], vocabulary(tokenizer, model_id="m"), not_there="N"
    )
    only = SpanLogitsProcessor(spans.walk(), {end}, prompt_length=3)
    ids = [5, 5, 5]
    scores = torch.arange(len(tokenizer), dtype=torch.float32)[None]

    def kept() -> set[str]:
        left = only(torch.tensor([ids]), scores)
        alive = torch.isfinite(left[0]).nonzero().flatten().tolist()
        assert all(left[0, index] == scores[0, index] for index in alive)
        return set(tokenizer.convert_ids_to_tokens(alive))

    # A space before the first word is how many tokenizers begin.
    assert kept() == {"4", "7", "N", "Ġ"}
    ids += tokenizer("4")["input_ids"]
    assert kept() == {"2"}
    ids += tokenizer("2")["input_ids"]
    assert kept() == {"Ġ", END}


def test_a_page_without_words_leaves_only_the_sentence() -> None:
    tokenizer = tokenizer_of("single bytes")
    empty = PageIndex("d", 0, 100, 100, ())
    spans = PageSpans([empty], vocabulary(tokenizer, model_id="m"), not_there=NOT_THERE)
    assert answer_with("single bytes", spans.walk(), min) == NOT_THERE


def test_a_tokenizer_of_another_kind_is_refused() -> None:
    tokenizer = Tokenizer(models.WordPiece({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.decoder = decoders.WordPiece()
    with pytest.raises(ModelError) as refused:
        vocabulary(PreTrainedTokenizerFast(tokenizer_object=tokenizer), model_id="odd")
    assert refused.value.key == "model.no_verbatim"


def test_a_time_of_day_is_one_value_and_a_label_before_a_colon_another() -> None:
    page = page_of([[["At:14:30", "A12"]]])
    spans = PageSpans(
        [page], vocabulary(tokenizer_of("single bytes"), model_id="m"), not_there=NOT_THERE
    )
    for text in ("14:30", "At", "14:30 A12"):
        assert spelled("single bytes", spans.walk(), text)
    for text in ("30", "14", "At:14", "30 A12"):
        assert not spelled("single bytes", spans.walk(), text)


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_page_that_prints_a_models_control_token_does_not_have_it_said(kind: str) -> None:
    tokenizer = tokenizer_of(kind)
    end = tokenizer.convert_tokens_to_ids(END)
    page = page_of([[[END, "42"]]])
    walk = PageSpans([page], vocabulary(tokenizer, model_id="m"), not_there="N").walk()
    assert end not in walk.allowed
