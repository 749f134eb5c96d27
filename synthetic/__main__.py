"""Command line: python -m synthetic --out DIR --split train --documents 200 --seed 1 [--ocr]"""

from __future__ import annotations

import argparse
import sys

from .degrade import LEVELS
from .documents import SPLITS, kinds
from .registry import LANGUAGES
from .writing import write_set


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m synthetic", description="Write synthetic scanned documents."
    )
    parser.add_argument("--out", required=True, help="folder to write to (made when missing)")
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--kinds", nargs="+", choices=kinds(), default=[], help="only these kinds")
    parser.add_argument("--templates", nargs="+", default=[], help="only templates of these names")
    parser.add_argument(
        "--degradations", nargs="+", choices=LEVELS, default=[], help="only these levels"
    )
    parser.add_argument("--ocr", action="store_true", help="read each page too (seconds a page)")
    options = parser.parse_args(arguments)
    questions = write_set(
        options.out,
        options.documents,
        options.split,
        options.seed,
        languages=options.languages,
        only=options.kinds,
        degradations=options.degradations,
        named=options.templates,
        ocr=options.ocr,
    )
    sys.stdout.write(f"{options.documents} documents, {questions} questions in {options.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
