"""Document boundaries in files of several documents: fit the weights, measure, ablate features.

    make fit                                            # draws the set, then fits
    python -m synthetic.papers draw --out TEST --count 260 --split test --seed 7 --ocr
    python -m training.splits fit --set TRAIN          # writes engine/fields/splitting/weights.json
    python -m training.splits score --set TEST --words ocr [--threshold 0.9]
    python -m training.splits curve --set TRAIN         # thresholds, on types unseen by the weights
    python -m training.splits ablate --set TRAIN        # each feature left out, likewise

Input: the folders TRAIN, as drawn words. Output: engine/fields/splitting/weights.json (or --out).
Seeds: 5 and 6 for the fitted files, 5 for the classifiers of types; --seed (9) for the scored
files. training.splits_data draws the files. training.splits_fit defines what they are fitted on and
how they are judged.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from engine.evaluation import estimate
from engine.fields.splitting.boundary_features import SIGNS
from engine.fields.splitting.splitter import THRESHOLD, WEIGHTS_FILE, split_signs
from training.splits_fit import (
    Prepared,
    fit,
    joints_of,
    prepared_as_is,
    prepared_train,
    unseen_types,
)

_THRESHOLDS: Final = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95)
# Figure -> (counted, out of); "" is every file.
_FIGURES: Final = {
    "precision of beginnings": ("right", "said"),
    "recall of beginnings": ("right", "true"),
    "documents of several pages torn": ("torn", "long"),
    "files of one document left whole": ("lone_right", "lone"),
    "files exactly right": ("exact", ""),
}


def counts(one: Prepared, threshold: float) -> dict[str, float]:
    """Counts of one file.

    They cover predicted, true and right beginnings (without the first page's), documents of
    several pages and those wrongly split, and whether the whole file is right.
    """
    said = {part[0] for part in split_signs(one.pages, threshold=threshold)} - {0}
    true = set(one.file.starts) - {0}
    long = [(first, last) for first, last, _ in one.file.documents if last - first > 1]
    return {
        "said": len(said),
        "true": len(true),
        "right": len(said & true),
        "long": len(long),
        "torn": sum(any(first < at < last for at in said) for first, last in long),
        "exact": said == true,
        "lone": not true,
        "lone_right": not true and not said,
    }


def report(rows: Sequence[Mapping[str, float]]) -> str:
    """Each figure with its 95% bootstrap interval over files."""
    total = {name: int(sum(row[name] for row in rows)) for name in rows[0]}
    lines = [f"{len(rows)} files, {total['true']} beginnings, {total['long']} long documents"]
    for name, (part, whole) in _FIGURES.items():
        scores = [(float(row[part]), float(row[whole]) if whole else 1.0) for row in rows]
        figure = estimate(scores, clusters=list(range(len(rows))))
        if figure is not None:
            between = "" if figure.low is None else f" [{figure.low:.3f}, {figure.high or 0.0:.3f}]"
            lines.append(f"  {name:<34} {figure.value:.3f}{between}")
    return "\n".join(lines) + "\n"


def by_type(files: Sequence[Prepared], threshold: float) -> str:
    """Per type: how many multi-page documents are split, how many beginnings are missed."""
    seen: dict[str, Counter[str]] = {name: Counter() for name in ("long", "torn", "true", "missed")}
    for one in files:
        said = {part[0] for part in split_signs(one.pages, threshold=threshold)}
        for first, last, kind in one.file.documents:
            seen["long"][kind] += last - first > 1
            seen["torn"][kind] += any(first < at < last for at in said)
            seen["true"][kind] += first > 0
            seen["missed"][kind] += first not in said
    return "".join(
        f"  {kind:<16} torn {seen['torn'][kind]}/{seen['long'][kind]}"
        f"  missed {seen['missed'][kind]}/{seen['true'][kind]}\n"
        for kind in sorted(seen["true"])
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.splits", description=__doc__)
    parser.add_argument("what", choices=("fit", "score", "curve", "ablate"))
    parser.add_argument("--set", type=Path, nargs="+", required=True, help="folders of specimens")
    parser.add_argument("--split", choices=("train", "test"), default="test", help="of the set")
    parser.add_argument("--words", choices=("drawn", "ocr"), default="drawn")
    parser.add_argument("--read-later", action="store_true", help="later pages by OCR, too (slow)")
    parser.add_argument("--count", type=int, default=600, help="files")
    parser.add_argument("--seed", type=int, default=9, help="of the files that are scored")
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE, help="where fit writes")
    args = parser.parse_args(argv)
    say = sys.stdout.write
    if args.what == "score":
        files = prepared_as_is(
            args.set,
            args.words,
            args.count,
            args.split,
            args.seed,
            read_later=args.read_later,
        )
        say(report([counts(one, args.threshold) for one in files]))
        say(by_type(files, args.threshold))
        return 0
    joints = joints_of(prepared_train(args.set, args.count))
    if args.what == "fit":
        weights = fit(joints)
        table = {name: round(float(w), 3) for name, w in zip(SIGNS, weights, strict=True)}
        args.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        say(f"{args.out}: {len(joints)} joints\n")
    elif args.what == "curve":
        judged = unseen_types(joints)
        for threshold in _THRESHOLDS:
            say(f"{threshold:<16} {_line(judged.figures(threshold))}\n")
    else:
        for left_out in (None, *SIGNS[1:]):
            judged = unseen_types(joints, left_out)
            say(f"{left_out or '(nothing)':<16} {_line(judged.figures(args.threshold))}\n")
    return 0


def _line(figures: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(main())
