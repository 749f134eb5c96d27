"""Field extraction on drawn specimens: fit its weights, score it, ablate its features.

    make fit                                             # draws the sets, then fits
    python -m synthetic.papers draw --out TEST --count 260 --split test --seed 7 --ocr
    python -m training.fields fit --set TRAIN            # writes engine/fields/ranking/weights.json
    python -m training.fields score --set TEST [--json] [--failures FILE]
    python -m training.fields ablate --set TRAIN         # each feature left out, folds by template

Input of fit: the folders TRAIN, by OCR and, for every fourth page (--every), by the drawn words.
Output: engine/fields/ranking/weights.json (or --out). Seeds: 17 and 18, of the labels left out; 0,
of the misread words.

Scores cover the whole path from the picture: OCR, candidates, choice. `--words drawn` takes the
drawn words instead of OCR, which shows the cost of OCR errors. Nothing is fitted to the test split.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.evaluation import estimate, same_field
from engine.fields.page_extractor import read_fields
from engine.fields.parsing import parse_field
from engine.fields.ranking.features import FEATURES
from engine.fields.ranking.scoring import WEIGHTS_FILE
from engine.fields.templates import load_templates
from training.fields_data import Case, Words, read_cases
from training.fields_fit import Choice, choices, fit

_ALIKE: Final = str.maketrans("АВЕКМНОРСТХУ", "ABEKMHOPCTXY")
_BOTH: Final[tuple[Words, ...]] = ("ocr", "drawn")


@dataclass(frozen=True)
class Result:
    """One field of one specimen. said: the extracted text, None if none. Absent truth: ""."""

    case: Case
    field: str
    truth: str
    said: str | None
    value: str = ""

    @property
    def right(self) -> bool:
        """Whether the text is right as printed, or the parsed value is right.

        Latin and Cyrillic look-alikes are equal as print. As values, "880225" in a machine readable
        zone is 25.02.1988, and "EPOXUH" on a Russian page is ЕРОХИН.
        """
        if self.said is None:
            return False
        if self.field == "mrz":
            return same_field(self.field, self.value, self.truth)
        field = load_templates()[self.case.document_type].fields[self.field]
        wanted = parse_field(self.truth, field)
        if (field.type == "date" or field.choices) and wanted.sure and wanted.value == self.value:
            return True
        return any(
            same_field(self.field, one, self.truth)
            or same_field(self.field, one.translate(_ALIKE), self.truth.translate(_ALIKE))
            for one in (self.said, self.value)
        )


def results(cases: Sequence[Case]) -> list[Result]:
    """Every printed field of every specimen, and the text extracted for it."""
    found = []
    for case in cases:
        template = load_templates()[case.document_type]
        read = read_fields([case.index], template)
        for name, truth in case.fields.items():
            if name in template.fields:
                own = read.get(name)
                found.append(
                    Result(case, name, truth, own.text if own else None, own.value if own else "")
                )
    return found


def table(rows: Sequence[Result], by: str) -> dict[str, dict[str, float | int | None]]:
    """Share of right fields with its interval over specimens, by a key of the result."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for row in rows:
        groups[_key(row, by)].append(row)
    groups["all"] = list(rows)
    out: dict[str, dict[str, float | int | None]] = {}
    for name in [*sorted(groups.keys() - {"all"}), "all"]:
        own = groups[name]
        figure = estimate(
            [(float(row.right), 1.0) for row in own], clusters=[id(row.case) for row in own]
        )
        if figure is not None:
            out[name] = {
                "share": round(figure.value, 3),
                "low": None if figure.low is None else round(figure.low, 3),
                "high": None if figure.high is None else round(figure.high, 3),
                "fields": len(own),
                "documents": len({id(row.case) for row in own}),
            }
    return out


def _key(row: Result, by: str) -> str:
    drawn = row.case
    match by:
        case "type":
            return drawn.document_type
        case "language":
            return f"{drawn.document_type} {drawn.language}"
        case "quality":
            return f"{drawn.document_type} {drawn.quality}"
        case _:
            return f"{drawn.document_type}.{row.field}"


def _fit(args: argparse.Namespace) -> None:
    learned = _choices(args)
    weights = fit(learned)
    args.out.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{args.out}: {len(learned)} fields\n")


def _choices(args: argparse.Namespace) -> list[Choice]:
    """The examples of the fit.

    They are the pages read by OCR, twice, each time with other labels left out, and the drawn words
    of every so many pages. Drawn words are plentiful and have no layout errors.
    """
    read = [case for folder in args.set for case in read_cases(folder, "ocr")]
    drawn = [case for folder in args.set for case in read_cases(folder, "drawn")]
    return [*choices(read), *choices(read, seed=18), *choices(drawn[:: args.every])]


def _score(args: argparse.Namespace) -> None:
    cases = [
        case for folder in args.set for case in read_cases(folder, args.words, types=args.types)
    ]
    rows = results(cases)
    report = {by: table(rows, by) for by in ("type", "language", "quality", "field")}
    if args.failures:
        lines = [
            {
                "type": row.case.document_type,
                "language": row.case.language,
                "template": row.case.template,
                "quality": row.case.quality,
                "file": row.case.file,
                "field": row.field,
                "truth": row.truth,
                "said": row.said,
            }
            for row in rows
            if not row.right
        ]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        args.failures.write_text(text, encoding="utf-8")
    if args.json:
        sys.stdout.write(json.dumps(report, indent=1) + "\n")
        return
    for by, groups in report.items():
        sys.stdout.write(f"\n{by}\n")
        for name, figure in groups.items():
            between = f"{figure['low']} to {figure['high']}"
            size = f"{figure['fields']} fields, {figure['documents']} documents"
            sys.stdout.write(f"  {name:<34} {figure['share']:<6} ({between}; {size})\n")


def _ablate(args: argparse.Namespace) -> None:
    """Leave each feature out, with folds by template, so that the layouts are new to the weights.

    Only pages read by OCR, with labels left out as in the fit.
    """
    learned = choices(case for folder in args.set for case in read_cases(folder, "ocr"))
    groups = sorted({one.group for one in learned})
    folds = [set(groups[number :: args.folds]) for number in range(args.folds)]
    base = _accuracy(learned, folds, None)
    sys.stdout.write(f"{'all features':<22} {base:.4f}\n")
    for name in args.features:
        without = _accuracy(learned, folds, name)
        sys.stdout.write(f"{name:<22} {without:.4f} {without - base:+.4f}\n")
        sys.stdout.flush()


def _accuracy(
    learned: Sequence[Choice], folds: Sequence[set[tuple[str, str, str]]], left_out: str | None
) -> float:
    """Share of printed fields whose best candidate is right (absent ones: none above 0)."""
    used = [_without(one, left_out) for one in learned if one.main]
    right = 0
    for fold in folds:
        weights = fit([one for one in used if one.group not in fold])
        for one in used:
            if one.group in fold:
                right += _is_right(one, weights.get(one.kind, {}))
    return right / len(used)


def _without(one: Choice, feature: str | None) -> Choice:
    if feature is None:
        return one
    kept = one.table.copy()
    kept[:, FEATURES.index(feature)] = 0.0
    return Choice(one.group, one.kind, one.field, kept, one.right)


def _is_right(one: Choice, weights: Mapping[str, float]) -> bool:
    scores = one.table @ np.array([weights.get(name, 0.0) for name in FEATURES], np.float32)
    if not len(scores) or scores.max() <= 0:
        return not one.right.any()
    return bool(one.right[int(scores.argmax())])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.fields", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("fit", help="fit the weights")
    one.add_argument("--out", type=Path, default=WEIGHTS_FILE)
    two = commands.add_parser("score", help="share of right fields")
    two.add_argument("--words", choices=_BOTH, default="ocr")
    two.add_argument("--types", nargs="+", default=(), choices=tuple(load_templates()))
    two.add_argument("--failures", type=Path, help="write what was wrong, one JSON a line")
    two.add_argument("--json", action="store_true")
    three = commands.add_parser("ablate", help="each feature left out, folds by template")
    three.add_argument("--folds", type=int, default=3)
    three.add_argument("--features", nargs="+", choices=FEATURES, default=FEATURES)
    one.add_argument(
        "--every", type=int, default=4, help="take the drawn words of one page in so many"
    )
    for command in (one, two, three):
        command.add_argument(
            "--set", type=Path, required=True, nargs="+", help="folders of specimens"
        )
    args = parser.parse_args(argv)
    {"fit": _fit, "score": _score, "ablate": _ablate}[args.command](args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
