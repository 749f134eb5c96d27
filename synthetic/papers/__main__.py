"""Command line: python -m synthetic.papers draw --out DIR --count 260 --split test [--ocr]"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from engine.fields.document_type import DOCUMENT_TYPES
from synthetic import LANGUAGES
from synthetic.papers.truth import QUALITIES, Split
from synthetic.papers.writing import SET_QUALITIES, some_specimens, write_specimens


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m synthetic.papers", description="Draw specimen documents with their fields."
    )
    parser.add_argument("what", choices=("draw",))
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=int, default=len(DOCUMENT_TYPES) * 20)
    parser.add_argument("--split", choices=get_args(Split), default="train")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--types", nargs="+", choices=DOCUMENT_TYPES, default=DOCUMENT_TYPES)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--qualities", nargs="+", choices=QUALITIES, default=SET_QUALITIES)
    parser.add_argument("--templates", nargs="+", default=(), help="of these templates alone")
    parser.add_argument("--ocr", action="store_true", help="read each page too (seconds a page)")
    options = parser.parse_args(arguments)
    drawn = some_specimens(
        options.count,
        options.split,
        options.seed,
        types=options.types,
        languages=options.languages,
        qualities=options.qualities,
        templates=options.templates,
    )
    number = write_specimens(options.out, drawn, ocr=options.ocr)
    sys.stdout.write(f"{number} specimens in {options.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
