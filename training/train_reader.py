"""Train the smallest Qwen2-VL that really reads: pixels in, the printed value out.

A page has four rows such as "Total 4821" or "Name ANNA", one glyph per cell of 28 x 28 pixels,
which is one visual token. Asked "total?", the model gives the value after that label. Letters and
digits vary in size, place and ink. The checkpoint is in the published format, so the engine loads
it like the real one. tests/families/test_reads_pixels.py reads pages with it whose values were
never drawn in training.

It is no OCR model: it does not generalise to other fonts, sizes and places.

A three-stage schedule makes it learn in minutes; a first attempt with digits at random places did
not learn. First the vision tower alone predicts, for every cell, its glyph (through the tied
embedding, so the language model's input resembles text), the label of its row and its place in the
value. Then the language model learns to answer from a frozen tower, four questions to a page. Last,
both learn together, with a second page in some conversations.

    python -m training.train_reader OUT [--steps 2400]

Input: none, pages are drawn during training. Output: the checkpoint folder OUT. Seed: --seed (0).
docs/benchmarks.md lists the four runs, each resumed from the last, that made the fixture.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import Qwen2VLForConditionalGeneration

from training.reader_model import build_model, build_processor, save
from training.reader_pages import LABELS, VALUE_LENGTH, random_page
from training.reader_talks import Batch, Sight, random_talk


class CellQuestions(torch.nn.Module):
    """The prediction heads of the tower for each cell; used in training only."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.label = torch.nn.Linear(hidden, len(LABELS))
        self.place = torch.nn.Linear(hidden, VALUE_LENGTH + 1)

    def forward(self, model: Any, vision: Tensor, sight: Sight) -> Tensor:
        """The summed cross-entropies of glyph, row label and place in the value."""
        return (
            functional.cross_entropy(model.lm_head(vision), sight.glyphs)
            + functional.cross_entropy(self.label(vision), sight.labels)
            + functional.cross_entropy(self.place(vision), sight.places)
        )


def answer_loss(model: Any, batch: Batch, vision: Tensor) -> Tensor:
    """Cross-entropy of the answers' tokens and of their ends."""
    wanted = batch.labels[:, 1:]
    learnt = wanted != -100
    logits = model.lm_head(batch.states(model, vision)[learnt])
    return functional.cross_entropy(logits, wanted[learnt])


@torch.inference_mode()
def exact_share(model: Any, processor: Any, talks: int, seed: int, *, pages: int = 1) -> float:
    """The share of answers about pages unseen in training that are right to the last token.

    Each token is predicted from the right ones before it. An answer counts if all of its tokens and
    its end are the likeliest, which is when greedy decoding generates it.
    """
    chance = random.Random(seed)
    right = asked = 0
    for start in range(0, talks, 25):
        count = min(25, talks - start)
        some = [random_talk(chance, pages=pages, held_out=True) for _ in range(count)]
        batch = Batch(model, processor, some, chance)
        told = model.lm_head(batch.states(model, batch.sight.embed(model))).argmax(-1)
        wanted = batch.labels[:, 1:]
        for row_told, row_wanted in zip(told.tolist(), wanted.tolist(), strict=True):
            answer_is_right = True
            for index, (one, other) in enumerate(zip(row_told, row_wanted, strict=True)):
                answer_is_right &= other in (-100, one)
                if other != -100 and (
                    index + 1 == len(row_wanted) or row_wanted[index + 1] == -100
                ):
                    right, asked = right + answer_is_right, asked + 1
                    answer_is_right = True
    return right / asked


# The shares of the steps at which the tower alone, then the language model alone, end.
TOWER_UNTIL, LANGUAGE_UNTIL = 0.15, 0.7
# The share of the steps from which every other batch has two pages.
TWO_PAGES_FROM = 0.5


def train(
    out: Path,
    *,
    steps: int,
    batch_size: int,
    peak_rate: float,
    seed: int,
    resume: Path | None = None,
    cell_weight: float = 0.1,
) -> dict[str, float]:
    """Train, save at `out` in float16, and return the shares of unseen answers that are right.

    Args:
        resume: a checkpoint to continue from, with both parts learning together.
        cell_weight: weight of the cell loss while both learn; more makes glyphs clearer.
    """
    torch.manual_seed(seed)
    chance = random.Random(seed)
    processor = build_processor()
    model = build_model(processor.tokenizer)
    if resume:
        model.load_state_dict(_weights(resume), strict=False)
    cells = CellQuestions(model.config.text_config.hidden_size)
    parameters = [*model.parameters(), *cells.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=peak_rate, betas=(0.9, 0.98))
    start, began = LANGUAGE_UNTIL if resume else 0.0, time.monotonic()
    for step in range(steps):
        done = start + (1 - start) * step / steps
        rate = min((step + 1) / 100, 1.0, 4 * (1 - done)) * peak_rate
        for group in optimizer.param_groups:
            group["lr"] = rate
        row: dict[str, float] = {"step": step}
        if done < TOWER_UNTIL:
            sight = Sight(processor, [random_page(chance) for _ in range(batch_size)], chance)
            loss = cells(model, sight.embed(model), sight)
            row["cell_loss"] = loss.item()
        else:
            pages = 2 if done > TWO_PAGES_FROM and step % 2 else 1
            talks = [random_talk(chance, pages=pages) for _ in range(batch_size // pages)]
            batch = Batch(model, processor, talks, chance)
            together = done >= LANGUAGE_UNTIL
            with torch.set_grad_enabled(together):
                vision = batch.sight.embed(model)
            loss = answer_loss(model, batch, vision)
            row["answer_loss"] = loss.item()
            if together:
                loss = loss + cell_weight * cells(model, vision, batch.sight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 25 == 0:
            if step % 250 == 0 and done > TOWER_UNTIL:
                row["exact"] = exact_share(model, processor, 50, seed + 1)
                save(model, processor, out)
            row["seconds"] = round(time.monotonic() - began)
            print(json.dumps(row), flush=True)
    # The figures are of the stored weights.
    save(model, processor, out)
    stored: Any = Qwen2VLForConditionalGeneration.from_pretrained(out, dtype=torch.float32)
    return {
        "exact_one_page": exact_share(stored, processor, 250, seed + 2),
        "exact_two_pages": exact_share(stored, processor, 250, seed + 3, pages=2),
        "minutes": (time.monotonic() - began) / 60,
    }


def _weights(folder: Path) -> dict[str, Tensor]:
    stored: Any = Qwen2VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    weights: dict[str, Tensor] = stored.state_dict()
    return weights


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder of the checkpoint")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, metavar="FOLDER", help="go on from a checkpoint")
    parser.add_argument("--cell-weight", type=float, default=0.1)
    options = parser.parse_args()
    shares = train(
        options.out,
        steps=options.steps,
        batch_size=options.batch_size,
        peak_rate=options.rate,
        seed=options.seed,
        resume=options.resume,
        cell_weight=options.cell_weight,
    )
    print(json.dumps(shares))
    return 0 if min(shares["exact_one_page"], shares["exact_two_pages"]) > 0.95 else 1


if __name__ == "__main__":
    raise SystemExit(main())
