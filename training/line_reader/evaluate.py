"""Score weights on drawn lines of fonts and texts that no training line uses.

python -m training.line_reader.evaluate --data FOLDER --weights last.pt
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein

from training.line_reader.charset import CYRILLIC, decode, target
from training.line_reader.drawing import Grey, LineDrawer
from training.line_reader.model import HEIGHT, LineReader
from training.line_reader.phrases import Phrases
from training.line_reader.sources import all_faces, texts

_SEED = 12_345
_AT_ONCE = 16


def pictures(images: Sequence[Grey], *, width: int) -> torch.Tensor:
    """Grey lines (HEIGHT, W) -> (B, 3, HEIGHT, width), -1 to 1; padded at the right with 0."""
    batch = np.zeros((len(images), 1, HEIGHT, width), np.float32)
    for row, image in zip(batch, images, strict=True):
        row[0, :, : image.shape[1]] = image.astype(np.float32) / 127.5 - 1
    tensor = torch.from_numpy(batch).expand(-1, 3, -1, -1)
    return tensor.contiguous(memory_format=torch.channels_last)


def validation_lines(data: Path, extra: list[Path], *, count: int) -> list[tuple[Grey, str]]:
    """The same `count` lines in every call."""
    phrases = Phrases(texts(data, extra), random.Random(_SEED), validation=True)
    held_out = all_faces(data, validation=True)
    drawer = LineDrawer(held_out, phrases, _SEED)
    return [drawer.line() for _ in range(count)]


@torch.no_grad()
def error_rates(model: LineReader, lines: Sequence[tuple[Grey, str]]) -> dict[str, float]:
    """cer: wrong characters of all; cer_cyrillic: of lines with Cyrillic; exact: right lines."""
    wrong = written = right = wrong_cyrillic = written_cyrillic = 0
    ordered = sorted(lines, key=lambda line: line[0].shape[1])
    for start in range(0, len(ordered), _AT_ONCE):
        part = ordered[start : start + _AT_ONCE]
        width = -(-part[-1][0].shape[1] // 16) * 16
        labels = model(pictures([one for one, _ in part], width=width)).argmax(-1).tolist()
        for (_, text), seen in zip(part, labels, strict=True):
            read = decode(seen)
            text = target(text)
            errors = Levenshtein.distance(read, text)
            wrong, written, right = wrong + errors, written + len(text), right + (read == text)
            if any(character in CYRILLIC for character in text):
                wrong_cyrillic += errors
                written_cyrillic += len(text)
    return {
        "cer": round(wrong / written, 5),
        "cer_cyrillic": round(wrong_cyrillic / max(1, written_cyrillic), 5),
        "exact": round(right / len(lines), 4),
    }


def load(path: Path) -> LineReader:
    """A checkpoint's averaged weights, in eval mode."""
    model = LineReader()
    saved = torch.load(path, weights_only=True)
    model.load_state_dict(saved.get("average", saved))
    return model.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=1000)
    given = parser.parse_args()
    drawn = validation_lines(given.data, given.texts, count=given.lines)
    print(json.dumps(error_rates(load(given.weights), drawn)))
