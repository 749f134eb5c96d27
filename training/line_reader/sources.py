"""Fonts and texts for drawn lines, from unpacked Debian packages. Only weights ship, never these.

Fonts are searched under usr/share/fonts (OFL, Apache-2.0, Bitstream Vera, GPL with the font
exception, AGPL with the font exception), words in hunspell's dictionaries, prose in manual pages,
Debian's Russian manuals and WordNet's glosses. `training/line_reader/fetch.sh` lists the packages.
Ten families and the last tenth of every text are reserved for validation.
"""

from __future__ import annotations

import gzip
import html
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from training.line_reader.charset import CYRILLIC, known_part

# Families of every style (sans, serif, slab, narrow, mono) that no training line uses.
VALIDATION_FAMILIES: Final = frozenset(
    {
        "Play",
        "PT Serif Caption",
        "Liberation Sans Narrow",
        "C059",
        "Roboto Slab",
        "JetBrains Mono",
        "Charis SIL",
        "Andika",
        "Old Standard TT",
        "Hack",
    }
)
# Weights of common fonts of office documents; every other family has weight 1.
_COMMON: Final = {
    "Liberation Serif": 14.0,
    "Liberation Sans": 9.0,
    "Tinos": 6.0,
    "Nimbus Roman": 6.0,
    "Carlito": 6.0,
    "FreeSerif": 5.0,
    "DejaVu Sans": 5.0,
    "PT Serif": 4.0,
    "PT Sans": 4.0,
    "Arimo": 4.0,
    "Nimbus Sans": 4.0,
    "Liberation Mono": 4.0,
    "Roboto": 3.0,
    "Open Sans": 3.0,
    "Noto Sans": 3.0,
    "Noto Serif": 3.0,
    "Nimbus Mono PS": 3.0,
    "OCR B": 3.0,
}
# Decorative cuts, and small capitals, which do not show the case of a letter.
_LEFT_OUT: Final = re.compile(r"Z003|D050000L|StandardSymbols|Smallcaps|\bSC\b|Thin|Hairline|Emoji")
# Scripts that the recogniser tells from its own without reading them, with some of their letters.
OTHER_SCRIPTS: Final = {
    "han": "的是了中国人民公司年月日",
    "kana": "あいうえおかきくアイウエオカキクんン",
    "hangul": "가나다라마바사아자차카타파하한국",
    "armenian": "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտ",
    "georgian": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "thai": "กขคงจฉชซญดตถทธนบปผพฟภมยรลวศสหอ",
    "devanagari": "अआइउएकखगघचछजटडतथदधनपफबभमयरलवशसह",
}
_MUST_DRAW: Final = {
    "ru": "АБВЖЁЩЪЫЭЮЯабвжёщъыэюя0123456789",
    "en": "ABCXYZabcxyz0123456789",
    **OTHER_SCRIPTS,
}
_SAME: Final = str.maketrans(
    {"\u00a0": " ", "\u00ad": None, "‐": "-", "‑": "-", "−": "-", "′": "'", "\t": " "}
)
_LONGEST_WORD: Final = 24
_PROSE: Final = (
    "usr/share/man/ru/**/*.gz",
    "usr/share/developers-reference/ru/**/*.html",
    "usr/share/doc/developers-reference-ru/**/*.html",
    "usr/share/doc/maint-guide-ru/**/*.html",
    "usr/share/doc/debian/FAQ/ru/**/*",
    "usr/share/doc/aptitude/**/*.html",
    "usr/share/doublecmd/doc/ru/**/*.html",
)


@dataclass(frozen=True, slots=True)
class Face:
    """One font file. weight: how often its family is drawn, relative to the others."""

    path: str
    family: str
    weight: float
    is_slanted: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """Prose by language ("ru", "en"), and words by language ("ru", "uk", "be")."""

    prose: dict[str, str]
    words: dict[str, list[str]]


def faces(folder: Path, language: str, *, validation: bool) -> list[Face]:
    """The font files that draw a language's letters.

    Args:
        folder: where packages were unpacked.
        language: "ru", "en" or a key of OTHER_SCRIPTS.
        validation: those of VALIDATION_FAMILIES, else all others; all for other scripts.
    """
    found = []
    for path in sorted((folder / "usr/share/fonts").rglob("*")):
        # Collections hold Chinese, Japanese and Korean fonts, whose Latin nobody prints.
        kinds = (".ttf", ".otf", ".ttc") if language in OTHER_SCRIPTS else (".ttf", ".otf")
        if path.suffix.lower() not in kinds or _LEFT_OUT.search(path.stem):
            continue
        font = ImageFont.truetype(str(path), 24)
        family, style = (str(name or "") for name in font.getname())
        if _LEFT_OUT.search(f"{family} {style}"):
            continue
        if language not in OTHER_SCRIPTS and (family in VALIDATION_FAMILIES) != validation:
            continue
        if draws(str(path), _MUST_DRAW[language]):
            slanted = bool(re.search(r"Ital|Obl|Slant", style))
            found.append(Face(str(path), family, _COMMON.get(family, 1.0), slanted))
    # A family counts once, whatever the number of its files.
    files: dict[str, int] = {}
    for face in found:
        files[face.family] = files.get(face.family, 0) + 1
    return [
        Face(face.path, face.family, face.weight / files[face.family], face.is_slanted)
        for face in found
    ]


def all_faces(folder: Path, *, validation: bool) -> dict[str, list[Face]]:
    """`faces` of every language and script that has a font."""
    found = {name: faces(folder, name, validation=validation) for name in _MUST_DRAW}
    return {name: fonts for name, fonts in found.items() if fonts}


def draws(path: str, text: str) -> bool:
    """Whether a font has its own glyph for every character of `text`."""
    return all(_has_glyph(path, character) for character in set(text) if character != " ")


@cache
def _has_glyph(path: str, character: str) -> bool:
    font = ImageFont.truetype(path, 24)
    drawn, missing = font.getmask(character), font.getmask("\u0378")
    return drawn.getbbox() is not None and (
        drawn.size != missing.size or bytes(drawn) != bytes(missing)
    )


def texts(folder: Path, extra: Iterable[Path] = (), *, seed: int = 0) -> Texts:
    """All prose and words under `folder`.

    Args:
        extra: further UTF-8 text files; a file with more Cyrillic than Latin letters is Russian.
        seed: of the order of the files, so that the validation tenth is a mixture.
    """
    prose: dict[str, list[str]] = {"ru": [], "en": []}
    for pattern in _PROSE:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and (text := _prose_of(path)):
                prose[_language_of(text)].append(text)
    for path in sorted((folder / "usr/share/wordnet").glob("data.*")):
        prose["en"] += _glosses(path)
    for path in extra:
        text = _clean(path.read_text(encoding="utf-8"))
        # A small file of the project's vocabulary counts as much as a long manual.
        prose[_language_of(text)] += [text] * max(1, 200_000 // max(1, len(text)))
    shuffled = random.Random(seed)
    for parts in prose.values():
        shuffled.shuffle(parts)
    words = {
        language: _dictionary(folder / f"usr/share/hunspell/{name}.dic")
        for language, name in (("ru", "ru_RU"), ("uk", "uk_UA"), ("be", "be_BY"))
    }
    return Texts({language: "\n".join(parts) for language, parts in prose.items()}, words)


def _prose_of(path: Path) -> str:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = _decoded(raw)
    if "/man/" in path.as_posix():
        text = re.sub(r"(?m)^\.\\\".*$|^\.[A-Za-z]+\s?", "", text)
        text = re.sub(r"\\f[A-Z]|\\\(..|\\[&.]", "", text).replace("\\-", "-")
    elif "<" in text[:3000]:
        text = re.sub(r"(?is)<(script|style).*?</\1>|<[^>]+>", " ", text)
        text = html.unescape(text)
    return _clean(text)


def _glosses(path: Path) -> Iterator[str]:
    """WordNet's definitions, in pieces of a thousand lines."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    glosses = [line.split("| ", 1)[1].strip() for line in lines if "| " in line]
    for start in range(0, len(glosses), 1000):
        yield _clean(" ".join(glosses[start : start + 1000]))


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "koi8-r", "cp1251"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _clean(text: str) -> str:
    words = text.translate(_SAME).split()
    return " ".join(word for word in words if len(word) <= _LONGEST_WORD and _is_written(word))


def _is_written(word: str) -> bool:
    return known_part(word) == word


def _language_of(text: str) -> str:
    sample = text[:20_000]
    cyrillic = sum(character in CYRILLIC for character in sample)
    return "ru" if cyrillic > 0.35 * len(sample) else "en"


def _dictionary(path: Path) -> list[str]:
    if not path.is_file():
        return []
    lines = _decoded(path.read_bytes()).splitlines()[1:]
    words = (line.split("/")[0].strip() for line in lines)
    return [word for word in words if 0 < len(word) < 22 and _is_written(word)]
