"""Write the font of searchable PDFs: one empty glyph, half as wide as the font's size.

    python -m training.glyphless_font        as `make fit` does

Input: none. Output: engine/layout/glyphless.ttf (or --out), the same bytes each time. Seed: none.
engine/layout/pdf_writer.py documents its use. fonttools comes with tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph

PATH: Final = Path(__file__).parents[1] / "engine/layout/glyphless.ttf"
# Font units per em.
_UNITS: Final = 1000
_ADVANCE: Final = 500


def glyphless() -> bytes:
    """A TrueType font whose glyphs 0 and 1 are empty."""
    glyphs = [".notdef", "blank"]
    builder = FontBuilder(_UNITS, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({0x20: "blank"})
    builder.setupGlyf({name: Glyph() for name in glyphs})
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (_ADVANCE, 0)))
    builder.setupHorizontalHeader(ascent=_UNITS, descent=0)
    names = {"familyName": "Glyphless", "styleName": "Regular", "psName": "Glyphless"}
    builder.setupNameTable(names)
    builder.setupOS2(sTypoAscender=_UNITS, sTypoDescender=0, usWinAscent=_UNITS, usWinDescent=0)
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    buffer = io.BytesIO()
    builder.font.save(buffer)
    return buffer.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.glyphless_font", description=__doc__)
    parser.add_argument("--out", type=Path, default=PATH, help="where the font is written")
    parser.parse_args(argv).out.write_bytes(glyphless())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
