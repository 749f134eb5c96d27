"""Prepare the questions of a set for training, once.

    python -m training.reader.prepare --set DIR --encoder DIR --out DIR

Input: a set of `python -m synthetic` (its drawn words, no OCR) or of `public_pages`; the folder of
`convert`. Output: OUT/NUMBER.pkl, a Shard of up to 32 pages each; pages that have a shard are not
done again. Seed: 0, for the choice of pages and of foreign questions. --foreign adds that share of
each page's questions from documents of another kind, in its language; no candidate answers them.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from training.reader.encoder import PIECES_FILE
from training.reader.questions import build_shard
from training.reader.tokenizer import PieceTokenizer
from training.reading_data import Example, read_examples, truth_indexes

_SHARD: Final = 32


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.reader.prepare")
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=12, help="questions a page, at most")
    parser.add_argument("--foreign", type=float, default=0.4)
    options = parser.parse_args(arguments)
    tokenizer = PieceTokenizer.load(options.encoder / PIECES_FILE)
    indexes = truth_indexes(options.set)
    rng = random.Random(0)
    by_file: dict[str, list[Example]] = {}
    for one in rng.sample(every := read_examples(options.set), len(every)):
        by_file.setdefault(one.file, []).append(one)
    examples = [one for own in by_file.values() for one in own[: options.limit]]
    examples += list(foreign_questions(examples, options.foreign, rng))
    files = sorted(by_file)
    rng.shuffle(files)
    options.out.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(files), _SHARD):
        path = options.out / f"{start // _SHARD:04d}.pkl"
        if path.exists():
            continue
        own_files = set(files[start : start + _SHARD])
        own = [one for one in examples if one.file in own_files]
        shard = build_shard(own, indexes, tokenizer)
        part = path.with_suffix(".part")
        part.write_bytes(pickle.dumps(shard))
        part.rename(path)
        sys.stderr.write(f"{path.name}: {len(shard.questions)} questions\n")
    return 0


def foreign_questions(
    examples: Sequence[Example], share: float, rng: random.Random
) -> Iterator[Example]:
    """For each page, questions of other kinds of documents, of which it answers few, if any."""
    by_file: dict[str, list[Example]] = {}
    for one in examples:
        by_file.setdefault(one.file, []).append(one)
    for own in by_file.values():
        first = own[0]
        others = [
            one
            for one in examples
            if one.language == first.language and one.document_kind != first.document_kind
        ]
        known = {one.question for one in own}
        for number in range(round(share * len(own))):
            other = rng.choice(others) if others else own[0]
            if other.question not in known:
                yield replace(
                    other,
                    id=f"{own[0].file} {number} {other.id}",
                    file=own[0].file,
                    answers=(),
                    boxes=(),
                    document_kind=own[0].document_kind,
                    template=own[0].template,
                    page_size=own[0].page_size,
                )


if __name__ == "__main__":
    raise SystemExit(main())
