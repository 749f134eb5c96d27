"""Train the line recogniser: new lines for every batch, CTC, a drawing process beside the training.

Input: --data, a folder of unpacked packages (see `sources`); RapidOCR's ONNX file from its wheel.
Output: --out/last.pt (weights, averaged weights, optimiser, steps) every --save minutes, and
log.jsonl with the character error rate on drawn lines of fonts and texts that no training line
uses. Seed: --seed; a run resumed from last.pt draws other lines than the one before.

The learning rate of the body is 0.35 of the head's: 1.2e-3 for both diverged. The first `--frozen`
blocks are not trained. The averaged weights (decay 0.999) are scored.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from training.line_reader.charset import BLANK, encode
from training.line_reader.drawing import WIDEST, Grey, LineDrawer
from training.line_reader.evaluate import error_rates, pictures, validation_lines
from training.line_reader.model import HEIGHT, LineReader, with_new_head
from training.line_reader.phrases import Phrases
from training.line_reader.sources import all_faces, texts

# Widths of batches in pixels: oneDNN prepares its kernels once for each.
WIDTHS: Final = (192, 288, 384, 480, 576, WIDEST)
_PIXELS: Final = 16 * 480  # columns of a batch
_DECAY: Final = 0.999
_BODY_RATE: Final = 0.35
_WARM_UP: Final = 100
_CLIP: Final = 3.0
_WAITING: Final = 400  # lines drawn ahead


def draw(data: Path, extra: list[Path], seed: int, lines: Any) -> None:
    """Draw lines into a queue without end; runs in its own process."""
    phrases = Phrases(texts(data, extra), random.Random(seed))
    drawn = all_faces(data, validation=False)
    drawer = LineDrawer(drawn, phrases, seed)
    while True:
        lines.put(drawer.line())


def batches(lines: Any, is_drawing: Callable[[], bool]) -> Iterator[tuple[list[Grey], list[str]]]:
    """Lines of similar width that fill a batch; padded to one of WIDTHS later."""
    waiting: dict[int, list[tuple[Grey, str]]] = {width: [] for width in WIDTHS}
    while True:
        try:
            picture, text = lines.get(timeout=60)
        except Empty as error:
            if is_drawing():
                continue  # other programs have the processor
            raise RuntimeError("no line is drawn: the drawing process ended") from error
        width = next(one for one in WIDTHS if picture.shape[1] <= one)
        waiting[width].append((picture, text))
        if len(waiting[width]) * width >= _PIXELS:
            full, waiting[width] = waiting[width], []
            yield [one for one, _ in full], [one for _, one in full]


def loss_of(model: LineReader, x: torch.Tensor, written: list[str], frozen: int) -> torch.Tensor:
    """CTC loss of a batch, per character. x: (B, 3, HEIGHT, W)."""
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            shallow = model.shallow(x, frozen)
        columns = model.deep(shallow, frozen)
    logits = model.read(columns.float()).log_softmax(-1).transpose(0, 1)
    labels = [encode(text) for text in written]
    return functional.ctc_loss(
        logits,
        torch.tensor([label for line in labels for label in line]),
        torch.full((len(written),), logits.shape[0]),
        torch.tensor([len(line) for line in labels]),
        blank=BLANK,
        zero_infinity=True,
    )


class Trainer:
    """A model, its average and its optimiser. frozen: the number of blocks that are not trained."""

    def __init__(self, model: LineReader, *, rate: float, frozen: int) -> None:
        self.model = model.to(memory_format=torch.channels_last)
        self.average = LineReader()
        self.average.load_state_dict(model.state_dict())
        self.steps = self.lines = 0
        self._frozen = frozen
        body, rest = self._parts()
        self.optimiser = torch.optim.AdamW(
            [{"params": rest, "share": 1.0}, {"params": body, "share": _BODY_RATE}],
            lr=rate,
            betas=(0.9, 0.98),
            weight_decay=1e-3,
        )
        self._rate = rate

    def _parts(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        body: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        kept = [*self.model.stem.parameters(), *self.model.blocks[: self._frozen].parameters()]
        for weight in kept:
            weight.requires_grad_(False)
        for name, weight in self.model.named_parameters():
            if weight.requires_grad:
                (body if name.startswith("blocks.") else rest).append(weight)
        return body, rest

    def step(
        self, images: list[Grey], written: list[str], done: float, tint: random.Random
    ) -> float:
        """Train on one batch and return the loss. done: share of this run's time, 0 to 1."""
        self.model.train()
        width = next(one for one in WIDTHS if images[0].shape[1] <= one)
        x = pictures(images, width=width) * torch.tensor(
            [[tint.uniform(0.8, 1.1) for _ in range(3)] for _ in images]
        ).view(-1, 3, 1, 1)
        loss = loss_of(self.model, x.clamp(-1, 1), written, self._frozen)
        share = (0.03 + 0.97 * (1 + math.cos(math.pi * done)) / 2) * min(
            1.0, (self.steps + 1) / _WARM_UP
        )
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate * group["share"] * share
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
        self.optimiser.step()
        self.steps += 1
        self.lines += len(written)
        decay = min(_DECAY, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, weight in zip(
                self.average.parameters(), self.model.parameters(), strict=True
            ):
                mean.lerp_(weight, 1 - decay)
        return loss.item()

    def save(self, path: Path) -> None:
        """Write the state for a later run; an interrupted write leaves the old file."""
        written = path.with_suffix(".new")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "steps": self.steps,
                "lines": self.lines,
            },
            written,
        )
        written.replace(path)

    def restore(self, path: Path) -> None:
        """Restore the state that `save` wrote."""
        saved = torch.load(path, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.steps, self.lines = saved["steps"], saved["lines"]


def start_from(model: LineReader, path: Path) -> None:
    """Load a checkpoint's averaged weights, also of an older and shorter character set.

    Characters that were appended to the set since then keep the rows of the published head.
    """
    saved = torch.load(path, weights_only=True)
    weights = saved.get("average", saved)
    own = model.state_dict()
    for name in ("head.weight", "head.bias"):
        rows = own[name].clone()
        rows[: len(weights[name])] = weights[name]
        weights[name] = rows
    model.load_state_dict(weights)


def run(options: argparse.Namespace) -> None:
    import rapidocr

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    last, log = options.out / "last.pt", options.out / "log.jsonl"
    published = Path(rapidocr.__file__).parent / "models/PP-OCRv6_rec_small.onnx"
    model = with_new_head(published, options.seed)
    if options.start is not None:
        start_from(model, options.start)
    trainer = Trainer(model, rate=options.rate, frozen=options.frozen)
    if last.is_file():
        trainer.restore(last)
    checks = validation_lines(options.data, options.texts, count=400)
    lines: Any = multiprocessing.Queue(_WAITING)
    seed = options.seed + 1 + trainer.steps
    drawing = multiprocessing.Process(
        target=draw, args=(options.data, options.texts, seed, lines), daemon=True
    )
    drawing.start()
    started = saved = time.monotonic()
    losses: list[float] = []
    tint = random.Random(seed)
    for images, written in batches(lines, drawing.is_alive):
        now = time.monotonic()
        done = (now - started) / (options.minutes * 60)
        if now - saved > options.save * 60 or done >= 1:
            saved = now
            trainer.save(last)
            rates = error_rates(trainer.average.eval(), checks)
            entry = {
                "minutes": round((now - started) / 60, 1),
                "steps": trainer.steps,
                "lines": trainer.lines,
                "loss": round(float(np.mean(losses[-200:] or [0.0])), 4),
                **rates,
            }
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        if done >= 1:
            break
        losses.append(trainer.step(images, written, done, tint))
    drawing.terminate()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="unpacked packages")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="further UTF-8 texts")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a checkpoint to begin with")
    parser.add_argument("--minutes", type=float, default=180, help="of this run's schedule")
    parser.add_argument("--save", type=float, default=10, help="minutes between checkpoints")
    parser.add_argument("--rate", type=float, default=4e-4, help="of head and neck")
    parser.add_argument("--frozen", type=int, default=3, help="blocks that keep their weights")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    assert HEIGHT == 48
    run(parsed())
