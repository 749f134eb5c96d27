"""Train a second opinion for `lite`: SmolLM2 with an adapter chooses among the ranker's best.

    python -m bench.train_chooser draw WORK --documents 300   synthetic documents, train and test
    python -m bench.train_chooser read WORK --minutes 60      OCR of their pages; the noise of
                                                              training pages not read is imitated
    python -m bench.train_chooser shortlists WORK             the ranker's best candidates
    python -m bench.train_chooser states WORK --minutes 60    what the frozen model sees in them
    python -m bench.train_chooser heads WORK                  heads on frozen states, side by side
    python -m bench.train_chooser adapter WORK --minutes 60   LoRA of the upper layers
    python -m bench.train_chooser all WORK --minutes 240

WORK/train and WORK/test may be sets that `python -m bench.synthetic` wrote before. Every step goes
on where it was stopped, and is the same again with the same --seed. Fitting sees training templates
alone; each step prints its figures on the test templates beside the ranker's own choice, with
intervals. Uses a GPU where there is one. tests/requirements.txt brings peft; docs/lite.md tells
what came of it.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.chooser_adapter import AdapterShape, Chooser, adapter_scores, export, train
from bench.chooser_data import (
    Shortlist,
    crossfitted,
    examples_of,
    load,
    shortlist,
    store,
    unread_examples_of,
)
from bench.chooser_head import HeadShape, best_weight, crossfitted_scores, fit_head, mixed
from bench.chooser_measure import as_line, compare
from bench.chooser_states import Seen, keep_states, kept_states
from bench.synthetic.writing import write_set
from engine.families.lite.ranking import ranker
from engine.families.lite.weights import Checkpoint
from engine.settings import load_settings

_STEPS = ("draw", "read", "shortlists", "states", "heads", "adapter", "all")
_SPLITS = ("train", "test")
_LONGEST_LIST = 8
# Readouts before these shares of the layers.
_DEPTHS = (0.27, 0.47, 0.67, 0.8, 1.0)
_TITLE = (
    "| choice | | questions | ANLS | with | change [95%] | evidence | with | change [95%] |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
# Where the representation is most useful is not where the next word is decided.
HEADS: dict[str, HeadShape] = {
    "the ranker's features, no model": HeadShape(None),
    **{f"frozen, before {share:.0%} of layers": HeadShape(at) for at, share in enumerate(_DEPTHS)},
}
# The adapter does not learn from this fold's templates: there its weight is chosen.
_HELD_OUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.train_chooser",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("step", choices=_STEPS)
    parser.add_argument("work", type=Path, help="the folder of sets, states and results")
    parser.add_argument("--documents", type=int, default=300, help="to draw for training")
    parser.add_argument(
        "--questions", type=int, default=3000, help="at most this many of unread pages"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="for each step that takes long")
    parser.add_argument("--candidates", type=int, default=6, help="of a question")
    parser.add_argument("--languages", nargs="+", choices=("en", "ru"), default=["en", "ru"])
    parser.add_argument("--cut", type=int, default=24, help="adapt the layers from here on")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--part",
        type=int,
        nargs=2,
        default=(0, 1),
        metavar=("I", "OF"),
        help="of `states`, for several processes",
    )
    options = parser.parse_args(arguments)
    steps = {
        "draw": _draw,
        "read": _read,
        "shortlists": _shortlists,
        "states": _states,
        "heads": _heads,
        "adapter": _adapter,
    }
    for step in steps if options.step == "all" else (options.step,):
        began = time.monotonic()
        steps[step](options)
        sys.stderr.write(f"{step}: {time.monotonic() - began:.0f} s\n")
    return 0


def _draw(options: argparse.Namespace) -> None:
    for split in _SPLITS:
        folder = options.work / split
        if (folder / "qa.jsonl").exists():
            continue
        count = options.documents if split == "train" else max(1, options.documents * 2 // 3)
        write_set(folder, count, split, options.seed + _SPLITS.index(split) + 1)


def _read(options: argparse.Namespace) -> None:
    """OCR of the drawn pages, test pages and training pages in turn, until the time is over."""
    from engine.documents import open_document
    from engine.indexing import build_index

    settings = load_settings()
    until = time.monotonic() + 60 * options.minutes
    jobs = []
    for split in _SPLITS:
        files = sorted((options.work / split / "docs").iterdir())
        random.Random(options.seed).shuffle(files)
        jobs.append([(options.work / split / "index" / f"{file.name}.pkl", file) for file in files])
    for pair in zip(*jobs, strict=False):
        for path, file in pair:
            if path.exists():
                continue
            if time.monotonic() > until:
                return
            document = open_document(file, name=file.name, limits=settings.limits)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(pickle.dumps(build_index(document.pages[0], settings)))


def _shortlists(options: argparse.Namespace) -> None:
    path = options.work / "test.pkl"
    if not path.exists():
        found = [
            shortlist(question, ranker(), _LONGEST_LIST)
            for question in examples_of(options.work / "test")
        ]
        store([one for one in found if one is not None], path)
    path = options.work / "train.pkl"
    if not path.exists():
        folder = options.work / "train"
        judged = examples_of(folder) + unread_examples_of(folder, options.questions)
        store(crossfitted(judged, _LONGEST_LIST), path)


def lists_of(
    work: Path, split: str, k: int, seed: int, languages: Sequence[str]
) -> list[Shortlist]:
    """The questions to see of a split, the languages in turn.

    All answerable ones of the test split; of the training split those where one of the first k
    candidates is right.
    """
    kept = [
        one
        for one in load(work / f"{split}.pkl")
        if one.answerable and (split == "test" or one.target[:k].max() > 0)
    ]
    parts = [[one for one in kept if one.language == name] for name in languages]
    for own in parts:
        random.Random(seed).shuffle(own)
    return [one for row in zip(*parts, strict=False) for one in row]


def _lists(options: argparse.Namespace, split: str) -> list[Shortlist]:
    return lists_of(options.work, split, options.candidates, options.seed, options.languages)


def _model(dtype: torch.dtype) -> tuple[Any, Any]:
    """SmolLM2 without its output layer, and its tokenizer."""
    checkpoint = Checkpoint("lite", load_settings())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return checkpoint.model().model.to(device, dtype), checkpoint.tokenizer()


def _states(options: argparse.Namespace) -> None:
    model, tokenizer = _model(torch.bfloat16)
    depths = [round(share * len(model.layers)) for share in _DEPTHS]
    for split in reversed(_SPLITS):
        keep_states(
            model,
            tokenizer,
            _lists(options, split),
            options.work / f"{split}_states",
            k=options.candidates,
            depths=depths,
            cut=options.cut,
            minutes=options.minutes / 2,
            part=options.part[0],
            parts=options.part[1],
        )


def _seen(options: argparse.Namespace, split: str, tokenizer: Any) -> list[Seen]:
    lists = _lists(options, split)
    folder = options.work / f"{split}_states"
    return list(kept_states(tokenizer, lists, folder, k=options.candidates))


def _heads(options: argparse.Namespace) -> None:
    tokenizer = Checkpoint("lite", load_settings()).tokenizer()
    learn, test = (_seen(options, split, tokenizer) for split in _SPLITS)
    sys.stdout.write(f"{len(learn)} questions to learn from\n{_TITLE}\n")
    lists = [[one.shortlist for one in part] for part in (learn, test)]
    for title, shape in HEADS.items():
        own = crossfitted_scores(learn, shape)
        weight = best_weight(lists[0], own)
        _print(f"{title}, training templates", lists[0], mixed(lists[0], own, weight))
        scores = fit_head(learn, shape).scores(test)
        _print(f"{title}, weight {weight}", lists[1], mixed(lists[1], scores, weight))


def _adapter(options: argparse.Namespace) -> None:
    model, tokenizer = _model(torch.bfloat16)
    learn, test = (_seen(options, split, tokenizer) for split in _SPLITS)
    shape = AdapterShape(cut=options.cut, epochs=options.epochs, seed=options.seed)
    chooser = Chooser(model, shape)
    chooser.head.to(model.embed_tokens.weight.device)
    folder = options.work / "adapter"
    rest = [one for one in learn if one.shortlist.fold != _HELD_OUT]
    held = [one for one in learn if one.shortlist.fold == _HELD_OUT]
    done = train(chooser, rest, folder, minutes=options.minutes)
    sys.stdout.write(f"{'done' if done else 'stopped by the clock'}\n{_TITLE}\n")
    own = [one.shortlist for one in held]
    scores = adapter_scores(chooser, held)
    weight = best_weight(own, scores)
    lines = _print("adapter, held-out training templates", own, mixed(own, scores, weight))
    own = [one.shortlist for one in test]
    scores = adapter_scores(chooser, test)
    lines += _print(f"adapter, weight {weight}", own, mixed(own, scores, weight))
    lines += _print("adapter alone", own, scores)
    export(chooser, folder, _card(shape, rest, lines), weight)


def _print(title: str, lists: Sequence[Shortlist], scores: Sequence[Tensor]) -> list[str]:
    """Figures with nothing refused, and with the ranker's refusals where it has any."""
    lines = [as_line(title, row) for row in compare(lists, scores)]
    if any(one.refused for one in lists):
        rows = compare(lists, scores, refusing=True)
        lines += [as_line(f"{title}, refusing", row) for row in rows]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    return lines


def _card(shape: AdapterShape, learn: Sequence[Seen], lines: Sequence[str]) -> str:
    templates = sorted({one.shortlist.template for one in learn})
    return "\n".join(
        [
            "# A chooser of answer spans: LoRA adapter of SmolLM2-135M-Instruct",
            "",
            "Scores each of the candidates that the ranker of `lite` likes best; made and measured",
            "by `python -m bench.train_chooser`, whose modules hold the prompt and the masks.",
            "",
            f"Shape and seed: {shape}.",
            f"Data: {len(learn)} questions of synthetic documents, {len(templates)} templates",
            f"({', '.join(templates)}); no real document.",
            "",
            "On templates and wordings that training never saw, documents resampled:",
            "",
            _TITLE,
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
