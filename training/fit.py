"""Fit the weights that ship: draw the sets that are not there yet, then run each fit.

    make fit                                         everything, into the package
    python -m training.fit --out DIR [--only splits reading]
    python -m training.fit --out DIR --scale 0.02 [--no-ocr]    a trial: weights under DIR/weights
    python -m training.fit --markdown                the tables of docs/fields.md and docs/lite.md

Input: none; training.drawn_sets draws the sets into DIR/sets. A set that is there is not drawn
again, even if its templates have changed since: then delete its folder. Output: the files of FITS
in the package, or at the same paths under DIR/weights for a trial. A file is replaced when its fit
has ended; before, it is as it was. Seeds: of the sets, training.drawn_sets.SETS; of the fits, the
docstring of each module.

Not part of it: training.line_reader, whose line recogniser needs hours and other data (fonts and
texts of Debian packages), and training.train_reader, which writes a checkpoint for tests.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

from engine.families.lite.ranking import RANKER_FILE
from engine.fields.document_type.model import WEIGHTS_FILE as CLASSIFIER_FILE
from engine.fields.ranking.scoring import WEIGHTS_FILE as FIELDS_FILE
from engine.fields.splitting.splitter import WEIGHTS_FILE as SPLITS_FILE
from training import document_types, fields, glyphless_font, reading, splits
from training.drawn_sets import SETS, DrawnSet, Package, draw

_ROOT: Final = Path(__file__).resolve().parents[1]
_COLUMNS: Final = ("set", "for", "documents", "seed", "of these alone", "read by OCR")


@dataclass(frozen=True)
class Fit:
    """A command that writes one shipped file.

    Attributes:
        main: of the module; it gets `arguments`, `counts`, "--out" and the folders of `sets`.
        weights: the shipped file.
        sets: names of SETS.
        takes_sets: the option before the folders.
        counts: further options; a trial takes its share of them.
    """

    main: Callable[[Sequence[str]], int]
    weights: Path
    sets: tuple[str, ...] = ()
    takes_sets: str = "--set"
    counts: Mapping[str, int] = field(default_factory=dict)

    def command(self, folders: Sequence[Path], out: Path, share: float = 1.0) -> list[str]:
        """The arguments of `main`."""
        if not self.sets:
            return ["--out", str(out)]
        counts = [
            part
            for option, count in self.counts.items()
            for part in (option, str(max(1, round(count * share))))
        ]
        return ["fit", "--out", str(out), *counts, self.takes_sets, *map(str, folders)]


FITS: Final[Mapping[str, Fit]] = {
    "document_types": Fit(document_types.main, CLASSIFIER_FILE, ("DRAWN", "T4"), "--train"),
    "fields": Fit(fields.main, FIELDS_FILE, ("DRAWN", "T1", "T2", "T3", "T4", "N", "N1", "N2")),
    "splits": Fit(splits.main, SPLITS_FILE, ("DRAWN",), counts={"--count": 700}),
    "reading": Fit(reading.main, RANKER_FILE, ("PAGES", "ARRANGED"), "--train"),
    "glyphless_font": Fit(glyphless_font.main, glyphless_font.PATH),
}


def fit(one: Fit, folders: Sequence[Path], out: Path, share: float = 1.0) -> None:
    """Run one fit; `out` is replaced at its end, and is as it was if the fit fails.

    Args:
        folders: of its sets.
        share: of the fit's counts, 0 to 1.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    try:
        one.main(one.command(folders, part, share))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def trial_file(out: Path, name: str) -> Path:
    """Where a trial writes the file of a fit."""
    return out / "weights" / FITS[name].weights.relative_to(_ROOT)


def run(
    out: Path,
    names: Sequence[str],
    sets: Mapping[str, DrawnSet] = SETS,
    *,
    share: float = 1.0,
    trial: bool,
) -> None:
    """Draw the sets of some fits, then run these.

    Args:
        out: folder of the sets, and of the weights of a trial.
        names: of FITS.
        sets: by the names of SETS.
        share: of the fits' counts, 0 to 1.
        trial: whether the weights go to `trial_file` instead of into the package.
    Raises:
        ValueError: `out` has other sets of these names.
        EngineError: a page cannot be read, see engine.index.builder.build_index.
    """
    wanted = dict.fromkeys(one for name in names for one in FITS[name].sets)
    folders: dict[str, Path] = {}
    for one in wanted:
        began = _cpu_seconds()
        folders[one] = draw(sets[one], out / "sets")
        _say(f"{folders[one]}: {sets[one].documents} documents", began)
    for name in names:
        began = _cpu_seconds()
        target = trial_file(out, name) if trial else FITS[name].weights
        fit(FITS[name], [folders[one] for one in FITS[name].sets], target, share)
        _say(f"{name}: {target}", began)


def table(package: Package) -> str:
    """The sets that a package draws, as Markdown."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    for one in SETS.values():
        if one.package != package:
            continue
        users = [name for name, fitted in FITS.items() if one.name in fitted.sets]
        alone = [*one.types, *one.languages, *one.qualities]
        alone += [f"templates {' '.join(one.templates)}"] if one.templates else []
        read = "yes" if one.ocr else ""
        cells = (one.name, ", ".join(users), one.documents, one.seed, ", ".join(alone), read)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _cpu_seconds() -> float:
    """Of this process and, for Tesseract, of those that it has started."""
    return sum(os.times()[:4])


def _say(what: str, began: float) -> None:
    sys.stdout.write(f"{what}, {_cpu_seconds() - began:.1f} s of CPU\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("data/fit"), help="of the drawn sets")
    parser.add_argument("--only", nargs="+", choices=FITS, default=tuple(FITS), help="these fits")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the documents; a trial")
    parser.add_argument("--no-ocr", action="store_true", help="drawn words alone; a trial")
    parser.add_argument("--markdown", action="store_true", help="print the sets, fit nothing")
    options = parser.parse_args(argv)
    if options.markdown:
        sys.stdout.write("\n".join(map(table, get_args(Package))))
        return 0
    if not 0 < options.scale <= 1:
        parser.error(f"--scale {options.scale}: it is more than 0 and at most 1")
    trial = options.scale < 1 or options.no_ocr
    sets = {name: one.scaled(options.scale, ocr=not options.no_ocr) for name, one in SETS.items()}
    try:
        run(options.out, options.only, sets, share=options.scale, trial=trial)
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
