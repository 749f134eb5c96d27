"""Score a trained choice on shards of documents held aside.

    python -m training.reader.evaluate --encoder DIR --run DIR --shards DIR...

Input: `convert`'s folder, `train`'s --out, folders of `questions`. Output: on stdout, for each
folder the figures of `score` as JSON, with `seconds`: processor time of a question, the median in
float32, once the frozen layers have run over its page.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from training.reader.encoder import load_encoder
from training.reader.model import collate
from training.reader.questions import read_shards
from training.reader.score import figures
from training.reader.train import LOWER, Memory, Trainer, judgements

_TIMED: Final = 30


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.reader.evaluate")
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--shards", type=Path, nargs="+", required=True)
    options = parser.parse_args(arguments)
    trainer = Trainer(load_encoder(options.encoder), options.run)
    frozen = load_encoder(options.encoder)
    for folder in options.shards:
        memory = Memory(frozen, read_shards(folder), LOWER, to_fit=False)
        told = {"set": folder.name, "seen": trainer.seen}
        told |= figures(judgements(trainer.model, memory))
        told["seconds"] = _seconds(trainer, memory)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return 0


def _seconds(trainer: Trainer, memory: Memory) -> float:
    trainer.model.eval()
    taken = []
    for shard, one in memory.questions[:_TIMED]:
        _, asked, page = memory.states(shard, one)
        began = time.process_time()
        with torch.no_grad():
            memory.encoder.lower(torch.from_numpy(one.ids).long()[None], None, LOWER)
            trainer.model(collate([(one, asked, page)]))
        taken.append(time.process_time() - began)
    return round(float(np.median(taken)), 4)


if __name__ == "__main__":
    raise SystemExit(main())
