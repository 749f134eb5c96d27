"""Font families for the synthetic pages.

Only the three families from PyPI packages are always available. DejaVu and Liberation are added if
the machine has them: real scans contain typewriter-like receipts and Times-like letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import font_roboto  # type: ignore[import-untyped, unused-ignore]
import font_source_sans_pro  # type: ignore[import-untyped, unused-ignore]
import font_source_serif_pro  # type: ignore[import-untyped, unused-ignore]
from PIL import ImageFont

# The characters that a family must draw to be used for a language.
REQUIRED = {
    "en": "ABCXYZabcxyz0123456789.,:;-–—$€£%&/#()'’“”",
    "ru": "АБВЖЁЩЪЫЭЮЯабвжёщъыэюя№«»0123456789.,:;-–—%/()",
}

_SYSTEM = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/truetype/liberation"))


@dataclass(frozen=True)
class Family:
    """One type family; each face is a font file. `look` is "sans", "serif" or "mono"."""

    name: str
    look: str
    regular: str
    bold: str
    italic: str
    bundled: bool

    def face(self, style: str, language: str) -> str:
        """Font file for a style ("", "b", "i"); upright if the italic lacks the script."""
        if "b" in style:
            return self.bold
        if "i" in style and covers(self.italic, REQUIRED[language]):
            return self.italic
        return self.regular


@lru_cache(maxsize=512)
def load(path: str, pixels: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels (cached: opening a file for each word is slow)."""
    return ImageFont.truetype(path, pixels)


@lru_cache(maxsize=4096)
def _has_glyph(path: str, char: str) -> bool:
    font = load(path, 32)
    missing, drawn = font.getmask("\uffff"), font.getmask(char)
    if drawn.size != missing.size:
        return drawn.getbbox() is not None
    return bytes(drawn) != bytes(missing)


def covers(path: str, text: str) -> bool:
    """Whether the font has a glyph for every non-space character of the text.

    A glyph that looks like "missing" does not count.
    """
    return all(_has_glyph(path, char) for char in text if not char.isspace())


def _bundled() -> list[Family]:
    r, a, s = font_roboto, font_source_sans_pro, font_source_serif_pro
    return [
        Family("Roboto", "sans", r.Roboto, r.RobotoBold, r.RobotoItalic, True),
        Family(
            "Source Sans", "sans", a.SourceSansPro, a.SourceSansProBold, a.SourceSansProIt, True
        ),
        Family(
            "Source Serif",
            "serif",
            s.SourceSerifPro,
            s.SourceSerifProBold,
            s.SourceSerifProIt,
            True,
        ),
    ]


def _system() -> list[Family]:
    wanted = [
        ("DejaVu Sans", "sans", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf"),
        (
            "DejaVu Serif",
            "serif",
            "DejaVuSerif.ttf",
            "DejaVuSerif-Bold.ttf",
            "DejaVuSerif-Italic.ttf",
        ),
        (
            "DejaVu Mono",
            "mono",
            "DejaVuSansMono.ttf",
            "DejaVuSansMono-Bold.ttf",
            "DejaVuSansMono-Oblique.ttf",
        ),
        (
            "Liberation Sans",
            "sans",
            "LiberationSans-Regular.ttf",
            "LiberationSans-Bold.ttf",
            "LiberationSans-Italic.ttf",
        ),
        (
            "Liberation Serif",
            "serif",
            "LiberationSerif-Regular.ttf",
            "LiberationSerif-Bold.ttf",
            "LiberationSerif-Italic.ttf",
        ),
        (
            "Liberation Mono",
            "mono",
            "LiberationMono-Regular.ttf",
            "LiberationMono-Bold.ttf",
            "LiberationMono-Italic.ttf",
        ),
    ]
    found = []
    for name, look, *files in wanted:
        for folder in _SYSTEM:
            paths = [folder / file for file in files]
            # The italic is often in a separate package (fonts-dejavu-extra). The family is useful
            # without it.
            if paths[0].is_file() and paths[1].is_file():
                italic = paths[2] if paths[2].is_file() else paths[0]
                found.append(Family(name, look, str(paths[0]), str(paths[1]), str(italic), False))
                break
    return found


@lru_cache(maxsize=4)
def families(language: str, bundled_only: bool = False) -> tuple[Family, ...]:
    """Families for a language ("en", "ru").

    Every required glyph is in the regular and the bold face.
    """
    every = _bundled() + ([] if bundled_only else _system())
    need = REQUIRED[language]
    return tuple(f for f in every if covers(f.regular, need) and covers(f.bold, need))


def fallback(language: str) -> Family:
    """The family for a single character (such as the rouble sign) that the page's family lacks."""
    return families(language, True)[0]
