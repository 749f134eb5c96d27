"""Train the choice among candidates; resumes from its last checkpoint.

    python -m training.reader.train --encoder DIR --shards DIR... --held DIR --out DIR --minutes 60

Input: `convert`'s folder; shards of `questions` (--held: of documents whose templates no training
shard has). Output: OUT/last.pt every --save minutes and at the end (weights, optimiser, questions
seen); OUT/log.jsonl, the learning curve: the figures of `score` on the held-aside shards. The same
command goes on from last.pt. Seed: --seed plus the questions seen.

bfloat16 by autocast. States of pages and questions after the frozen layers stay in memory
(0.4 MB a page of 500 tokens). Fixed learning rates after a warm-up, so that a run has no end.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from training.reader.encoder import Encoder, load_encoder
from training.reader.model import Chooser, collate, loss_of, page_states
from training.reader.questions import ReadQuestion, Shard, read_shards
from training.reader.score import Judgement, figures

LOWER: Final = 8
BATCH: Final = 16
_POOL: Final = 8  # batches that are sorted by length together
_RATES: Final = (1e-4, 1e-3)  # of the encoder's layers, of what is new
_WARM_UP: Final = 60
_CLIP: Final = 1.0


class Memory:
    """Questions of shards, and their states after the frozen layers, computed once."""

    def __init__(
        self, encoder: Encoder, shards: Sequence[Shard], lower: int, *, to_fit: bool = True
    ) -> None:
        self.encoder, self._lower, self._shards = encoder, lower, shards
        # A question whose answer is no candidate teaches nothing, not even that there is none.
        self.questions = [
            (number, one)
            for number, shard in enumerate(shards)
            for one in shard.questions
            if not to_fit or one.shares.any() or not one.answerable
        ]
        self._pages: dict[tuple[int, int], Tensor] = {}
        self._asked: dict[bytes, Tensor] = {}

    def states(self, shard: int, one: ReadQuestion) -> tuple[ReadQuestion, Tensor, Tensor]:
        """A question with its own states and its page's."""
        place, name = (shard, one.page), one.ids.tobytes()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            if place not in self._pages:
                ids = self._shards[shard].pages[one.page].tolist()
                self._pages[place] = page_states(self.encoder, ids, self._lower)
            if name not in self._asked:
                ids = torch.from_numpy(one.ids).long()[None]
                self._asked[name] = self.encoder.lower(ids, None, self._lower)[0].half()
        return one, self._asked[name], self._pages[place]

    def batches(
        self, rng: random.Random | None
    ) -> Iterator[list[tuple[ReadQuestion, Tensor, Tensor]]]:
        """All questions once, in batches of similar length; shuffled by `rng`, else in order."""
        order = list(self.questions)
        if rng is not None:
            rng.shuffle(order)
        for start in range(0, len(order), BATCH * _POOL):
            part = sorted(order[start : start + BATCH * _POOL], key=lambda one: len(one[1].tokens))
            batches = [part[at : at + BATCH] for at in range(0, len(part), BATCH)]
            if rng is not None:
                rng.shuffle(batches)
            for batch in batches:
                yield [self.states(shard, one) for shard, one in batch]


def judgements(model: Chooser, memory: Memory) -> list[Judgement]:
    """What ranker, encoder and both choose for each question."""
    model.eval()
    found = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for rows in memory.batches(None):
            batch = collate(rows)
            alone = model.alone(batch).float()
            both = model.with_ranker(alone, batch).float()
            for row, (one, _, _) in enumerate(rows):
                found.append(Judgement(one, both[row].numpy(), alone[row].numpy()))
    model.train()
    return found


class Trainer:
    """The model, its optimiser, and how many questions it has seen."""

    def __init__(self, encoder: Encoder, out: Path, lower: int = LOWER) -> None:
        self.model = Chooser(encoder, lower)
        body = list(self.model.layers.parameters())
        known = {id(one) for one in body}
        new = [one for one in self.model.parameters() if id(one) not in known]
        groups = [
            {"params": part, "lr": rate} for part, rate in zip((body, new), _RATES, strict=True)
        ]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        self.seen, self.steps, self.path = 0, 0, out / "last.pt"
        if self.path.exists():
            told: dict[str, Any] = torch.load(self.path, weights_only=True)
            self.model.load_state_dict(told["model"])
            self.optimiser.load_state_dict(told["optimiser"])
            self.seen, self.steps = told["seen"], told["steps"]

    def step(self, rows: list[tuple[ReadQuestion, Tensor, Tensor]]) -> float:
        """Learn from one batch; returns its loss."""
        batch = collate(rows)
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.model(batch)
        loss = loss_of(scores.float(), batch.shares)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
        self.steps += 1
        for group, rate in zip(self.optimiser.param_groups, _RATES, strict=True):
            group["lr"] = rate * min(1.0, self.steps / _WARM_UP)
        self.optimiser.step()
        self.seen += len(rows)
        return float(loss.detach())

    def save(self) -> None:
        """Write last.pt, whole or not at all."""
        part = self.path.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "seen": self.seen,
                "steps": self.steps,
            },
            part,
        )
        part.rename(self.path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.reader.train")
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--shards", type=Path, nargs="+", required=True)
    parser.add_argument("--held", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--save", type=float, default=5, help="minutes")
    parser.add_argument("--every", type=int, default=2000, help="questions between two scores")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder(options.encoder)
    trainer = Trainer(encoder, options.out)
    torch.manual_seed(options.seed + trainer.seen)
    rng = random.Random(options.seed + trainer.seen)
    shards = [shard for folder in options.shards for shard in read_shards(folder)]
    frozen = load_encoder(options.encoder)
    memory = Memory(frozen, shards, LOWER)
    held = Memory(frozen, read_shards(options.held), LOWER, to_fit=False)
    sys.stderr.write(f"{len(memory.questions)} questions, {len(held.questions)} held aside\n")
    began = saved = time.monotonic()
    scored, losses = trainer.seen, []
    while True:
        for rows in memory.batches(rng):
            losses.append(trainer.step(rows))
            now = time.monotonic()
            is_over = now - began > 60 * options.minutes
            if is_over or now - saved > 60 * options.save:
                trainer.save()
                saved = now
            if is_over or trainer.seen - scored >= options.every:
                told = {"seen": trainer.seen, "minutes": round((now - began) / 60, 1)}
                told |= {"loss": round(sum(losses) / len(losses), 4)}
                told |= figures(judgements(trainer.model, held))
                with (options.out / "log.jsonl").open("a", encoding="utf-8") as log:
                    log.write(json.dumps(told) + "\n")
                scored, losses = trainer.seen, []
            if is_over:
                return 0


if __name__ == "__main__":
    raise SystemExit(main())
