"""Cost of verbatim decoding: per token compared with a free answer, and per question at its start.

Both answers come from the same model and prompt, in one run, in turn. The model has random weights
and the shape of Qwen2-0.5B, the smallest language model among the families, where the relative cost
is highest. The tokenizer is SmolLM2's. The same steps are taken whatever the model prefers.

    python -m bench.verbatim --words 3000
"""

import argparse
import json
import random
import sys
import time
from statistics import median
from typing import Any

import torch
from transformers import LogitsProcessorList, Qwen2Config, Qwen2ForCausalLM

from engine import load_settings
from engine.core.schema import Line, Region, Word
from engine.families.decoding.verbatim import SpanLogitsProcessor, vocabulary
from engine.families.lite.weights import Checkpoint
from engine.index.page_index import PageIndex
from engine.index.verbatim import PageSpans

_WORDS_A_LINE = 10
_LINES_A_REGION = 6
_ROUNDS = 3
# SmolLM2's <|endoftext|>, which decodes to no text.
_END = 0


def page_of(words: int, seed: int) -> PageIndex:
    """A page of invented words, in lines and regions like a dense page."""
    chance = random.Random(seed)
    texts = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(words)]
    lines = [
        Line(
            tuple(Word(text, (0, 0, 1, 1)) for text in texts[at : at + _WORDS_A_LINE]), (0, 0, 1, 1)
        )
        for at in range(0, words, _WORDS_A_LINE)
    ]
    held = [
        tuple(range(at, min(at + _LINES_A_REGION, len(lines))))
        for at in range(0, len(lines), _LINES_A_REGION)
    ]
    regions = tuple(Region((0, 0, 1, 1), "Text", "", order) for order in range(len(held)))
    return PageIndex("bench", 0, 100, 100, tuple(lines), regions, tuple(held))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--words", type=int, default=3000, help="words on the page")
    parser.add_argument("--tokens", type=int, default=48, help="tokens of an answer")
    parser.add_argument("--prompt", type=int, default=16, help="tokens before it")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    row = measure(options)
    sys.stdout.write(json.dumps(row, indent=1) + "\n")
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Medians over rounds in which the free and the verbatim answer take turns."""
    torch.manual_seed(options.seed)
    settings = load_settings()
    tokenizer = Checkpoint("lite", settings).tokenizer()
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=151_936,
            hidden_size=896,
            intermediate_size=4864,
            num_hidden_layers=24,
            num_attention_heads=14,
            num_key_value_heads=2,
            tie_word_embeddings=True,
        )
    ).eval()  # type: ignore[no-untyped-call]
    model.generation_config.pad_token_id = 0
    page = page_of(options.words, options.seed)

    before = time.perf_counter()
    known = vocabulary(tokenizer, model_id="bench")
    vocabulary_seconds = time.perf_counter() - before
    before = time.perf_counter()
    spans = PageSpans([page], known, not_there="This is not on the page.")
    spans_seconds = time.perf_counter() - before

    ids = torch.randint(0, 40_000, (1, options.prompt))
    free, verbatim, inside = [], [], []
    for _ in range(_ROUNDS):
        free.append(_token_seconds(model, ids, options.tokens, []))
        timed = [_Timed(spans.walk(), (_END,), ids.shape[1]) for _ in range(2)]
        verbatim.append(_token_seconds(model, ids, options.tokens, timed))
        inside += timed[0].seconds
    return {
        "words": options.words,
        "vocabulary": len(tokenizer),
        "vocabulary_seconds": round(vocabulary_seconds, 3),
        "page_seconds": round(spans_seconds, 3),
        "free_token_ms": round(1000 * median(free), 2),
        "verbatim_token_ms": round(1000 * median(verbatim), 2),
        "processor_first_token_ms": round(1000 * max(inside), 2),
        "processor_token_ms": round(1000 * median(inside), 3),
        "ratio": round(median(verbatim) / median(free), 3),
    }


class _Timed(SpanLogitsProcessor):
    """Records the time of each token here. An answer that has ended is started again."""

    def __init__(self, walk: Any, ends: Any, prompt_length: int) -> None:
        super().__init__(walk, ends, prompt_length)
        self.seconds: list[float] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        before = time.perf_counter()
        if int(input_ids[0, -1]) == _END and self._seen < input_ids.shape[1]:
            self._walk = self._walk.again()
            self._seen = input_ids.shape[1]
        only = super().__call__(input_ids, scores)
        self.seconds.append(time.perf_counter() - before)
        return only


def _token_seconds(model: Any, ids: torch.Tensor, tokens: int, processors: list[_Timed]) -> float:
    """Seconds a token. processors: for the whole run and for one of a single token, or none."""

    def run(limit: int, processor: list[_Timed]) -> float:
        before = time.perf_counter()
        with torch.inference_mode():
            model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=limit,
                do_sample=False,
                eos_token_id=None,
                logits_processor=LogitsProcessorList(processor),
            )
        return time.perf_counter() - before

    # The prefill is the same in both and cancels out.
    return (run(tokens, processors[:1]) - run(1, processors[1:])) / (tokens - 1)


if __name__ == "__main__":
    sys.exit(main())
