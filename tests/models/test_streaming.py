"""The stream of a run: whole, in transformers' own pieces, and linear in the length of a line."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, TextStreamer

from engine.models.streaming import EventStreamer
from tests.families.tiny import byte_tokenizer

TEXTS = {
    "words": "The total of the invoice is 42.00 EUR.\nIt is due on 14 March.\n\n  indented",
    "no space": "<tr><td>8:00</td><td>17:00</td></tr>" * 40,
    "russian": "Итого по счёту: 42,00 руб.\nОплатить до 14 марта",
    "ideographs": "发票总额为四十二元整。\n日期 2026 年",
    "emoji": "👩‍👩‍👧‍👦🇩🇪" * 30 + " done",
    "one line": "word " * 300,
}


def metaspace() -> PreTrainedTokenizerFast:
    """A tokenizer as Llama's and Phi-3.5's: a leading space is lost where a text begins."""
    characters = sorted({*"".join(TEXTS.values()), "▁"} - {" "})
    vocabulary = {character: index for index, character in enumerate(characters)}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


TOKENIZERS = {
    "bytes": lambda: byte_tokenizer(("<|end|>", "<|box|>"), pad="<|end|>", eos="<|end|>"),
    "metaspace": metaspace,
}


class Counting:
    """A tokenizer that counts the ids that it decodes."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.decoded = 0

    def decode(self, ids: Sequence[int], **options: Any) -> str:
        self.decoded += len(ids)
        return str(self._tokenizer.decode(ids, **options))


class Theirs(TextStreamer):
    def __init__(self, tokenizer: Any, pieces: list[str]) -> None:
        super().__init__(tokenizer, skip_special_tokens=True)
        self.pieces = pieces

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        if text:
            self.pieces.append(text)


def streamed(streamer: Any, ids: list[int], size: int) -> None:
    for at in range(0, len(ids), size):
        streamer.put(torch.tensor(ids[at : at + size]))
    streamer.end()


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_the_pieces_are_those_of_transformers(name: str, text: str, size: int) -> None:
    tokenizer = TOKENIZERS[name]()
    ids = tokenizer(TEXTS[text], add_special_tokens=False)["input_ids"]
    ours: list[str] = []
    theirs: list[str] = []
    streamed(EventStreamer(tokenizer, ours.append), ids, size)
    streamed(Theirs(tokenizer, theirs), ids, size)
    assert "".join(ours) == "".join(theirs) != ""
    assert ours == theirs


def test_ids_at_random_are_streamed_as_the_text_that_they_are() -> None:
    tokenizer = TOKENIZERS["bytes"]()
    chance = random.Random(7)
    for _ in range(50):
        ids = [chance.randrange(len(tokenizer)) for _ in range(120)]
        pieces: list[str] = []
        streamed(EventStreamer(tokenizer, pieces.append), ids, 1)
        assert "".join(pieces) == tokenizer.decode(ids, skip_special_tokens=True)


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("text", ["no space", "emoji", "one line"])
def test_a_long_line_costs_no_more_for_a_token_than_a_short_one(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]()
    ids = tokenizer(TEXTS[text] * 4, add_special_tokens=False)["input_ids"]
    counting = Counting(tokenizer)
    streamed(EventStreamer(counting, lambda _: None), ids, 1)
    assert len(ids) > 700
    assert counting.decoded < 45 * len(ids)


def test_tokens_without_text_cost_no_more_either() -> None:
    tokenizer = TOKENIZERS["bytes"]()
    counting = Counting(tokenizer)
    pieces: list[str] = []
    box = tokenizer.convert_tokens_to_ids("<|box|>")
    streamed(EventStreamer(counting, pieces.append), [*[box] * 2000, ord("A") - 33], 1)
    assert len(pieces) == 1
    assert counting.decoded < 45 * 2000
