"""What the untrained model makes of each shortlist, computed once and kept in a folder.

The lower layers never learn, so neither the head on top of frozen states nor the adapter of the
upper layers has to run them again: here go most of the CPU minutes. Kept in shards, so that a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.chooser_data import Shortlist
from bench.chooser_model import Encoded, encode, frozen_states

_SHARD = 20


@dataclass(frozen=True)
class Seen:
    """A shortlist as the frozen model sees it.

    Attributes:
        shortlist: of which the first k are seen.
        readouts: (k, depths, 2 D) float32.
        states: (T, D) before layer `cut`, to go on from.
    """

    shortlist: Shortlist
    encoded: Encoded
    readouts: Tensor
    states: Tensor


def keep_states(
    model: Any,
    tokenizer: Any,
    lists: Sequence[Shortlist],
    folder: Path,
    *,
    k: int,
    depths: Sequence[int],
    cut: int,
    minutes: float,
    part: int = 0,
    parts: int = 1,
) -> int:
    """Fill `folder` with the states of `lists`, shard by shard, until the time is over.

    Args:
        model: a LlamaModel.
        part, parts: this process takes every `parts`-th shard from `part` on.
    Returns:
        How many shortlists were seen now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    until, seen = time.monotonic() + 60 * minutes, 0
    for number in range(part, -(-len(lists) // _SHARD), parts):
        path = folder / f"{number:05d}.pt"
        if path.exists():
            continue
        if time.monotonic() > until:
            break
        rows = []
        for place in range(number * _SHARD, min(len(lists), (number + 1) * _SHARD)):
            encoded = encode(tokenizer, lists[place], k)
            readouts, states = frozen_states(model, encoded, depths, cut)
            rows.append((place, readouts, states))
        part_path = path.with_suffix(".part")
        torch.save(rows, part_path)
        part_path.replace(path)
        seen += len(rows)
        sys.stderr.write(f"{path.name}: {seen} questions\n")
    return seen


def kept_states(
    tokenizer: Any, lists: Sequence[Shortlist], folder: Path, *, k: int
) -> Iterator[Seen]:
    """What `keep_states` kept of the same lists with the same k."""
    for path in sorted(folder.glob("*.pt")):
        for place, readouts, states in torch.load(path, weights_only=True):
            yield Seen(lists[place], encode(tokenizer, lists[place], k), readouts, states)
