"""Draw the four scans under examples/: python -m synthetic.examples

Only fonts from PyPI are used, so that every machine draws the same pictures.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from .documents import draw_document
from .truth import SyntheticDocument

FOLDER = Path(__file__).resolve().parents[1] / "examples"
SIZE_LIMIT = 600_000


@dataclass(frozen=True)
class Example:
    """One file under examples/ and its contents."""

    file: str
    kind: str
    language: str
    template: str
    seed: int

    def document(self) -> SyntheticDocument:
        return draw_document(
            self.kind,
            self.language,
            self.template,
            self.seed,
            "scan",
            bundled_fonts=True,
        )


EXAMPLES = (
    Example("invoice.png", "invoice", "en", "classic", 0),
    Example("receipt.jpg", "receipt", "en", "till", 11),
    Example("letter_ru.png", "letter", "ru", "form", 24),
    Example("table.png", "ledger", "en", "grid", 35),
)


def save(document: SyntheticDocument, path: Path) -> None:
    """Save under SIZE_LIMIT bytes. A PNG of a noisy scan is large, so it gets fewer tones."""
    if path.suffix == ".jpg":
        document.image.save(path, quality=80)
        return
    for tones in (32, 24, 16, 12, 8):
        step = 255 / (tones - 1)
        table = [round(round(value / step) * step) for value in range(256)]
        document.image.convert("L").point(table).save(path, optimize=True)
        if path.stat().st_size < SIZE_LIMIT:
            return
    raise ValueError(f"{path} does not get under {SIZE_LIMIT} bytes")


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for example in EXAMPLES:
        path = FOLDER / example.file
        save(example.document(), path)
        sys.stdout.write(f"{path}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
