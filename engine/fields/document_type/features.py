"""Features of a page index: hashed words, word pairs and character n-grams, anchors, layout.

Words count twice: once on the whole page, and once more in large print or near its top, where a
document names its type. Digits become "0", so "12.05.2024" and "30.11.2019" are equal: the shapes
of dates, sums and account numbers distinguish types.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.document_type.names import DOCUMENT_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.schema import Line
    from engine.index.page_index import PageIndex

# Each kind of hashed feature has a separate block of this size.
BLOCK: Final = 2048
KINDS: Final = ("word", "pair", "piece", "title_word", "title_piece")
LAYOUT: Final = (
    "words",
    "lines",
    "words_a_line",
    "long_lines",
    "short_lines",
    "digits",
    "capitals",
    "tall",
    "ink_tall",
    "ink_wide",
    "large_print",
    "tables",
    "pictures",
    "columns",
    "sums",
    "dates",
    "colons",
    "numbered",
    "mrz",
    "mrz_passport",
    "mrz_card",
    "iban",
    "long_numbers",
)
ANCHORS_FILE: Final = Path(__file__).parent / "anchors.toml"
_WORD: Final = re.compile(r"[^\W_]+(?:[-./:,][^\W_]+)*|№|<{2,}")
_SUM: Final = re.compile(r"(?<!\d)\d[\d  ,.']*[.,-]\d\d(?!\d)")
_DATE: Final = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:\d\d){1,2}|\d{4}-\d\d-\d\d)(?!\d)")
_MRZ: Final = re.compile(r"^[A-Z0-9<«‹ ]*(?:<|«|‹){2}[A-Z0-9<«‹ ]*$")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}")
_NUMBERED: Final = re.compile(r"^\(?\d{1,2}[a-cа-в]?[.)]|^\d[a-cа-в]? [A-ZА-ЯЁ]")


@lru_cache(maxsize=65536)
def folded(word: str) -> str:
    """Return the word in lower case with every digit as 0."""
    return re.sub(r"\d", "0", word.lower().replace("ё", "е"))


@lru_cache(maxsize=262144)
def _place(kind: int, text: str) -> int:
    return kind * BLOCK + zlib.crc32(text.encode()) % BLOCK


def _pieces(word: str) -> Iterator[str]:
    """Yield the character 4-grams of a word with marked ends; they survive one OCR error."""
    marked = f"^{word}$"
    if len(marked) < 4:
        yield marked
    for at in range(len(marked) - 3):
        yield marked[at : at + 4]


def words_of(line: Line) -> list[str]:
    """The folded words of a line."""
    return [folded(word) for word in _WORD.findall(line.text)]


def places_of(words: Sequence[str], *, is_title: bool) -> Counter[int]:
    """Count the hashed features of one line's words, by position in the hashed part."""
    out: Counter[int] = Counter()
    for word in words:
        out[_place(0, word)] += 1
        for piece in _pieces(word):
            out[_place(2, piece)] += 1
        if is_title:
            out[_place(3, word)] += 1
            for piece in _pieces(word):
                out[_place(4, piece)] += 1
    for first, second in pairwise(words):
        out[_place(1, f"{first} {second}")] += 1
    return out


def titles_of(index: PageIndex) -> list[bool]:
    """For each line, whether its print is large or it is among the first lines of the page."""
    if not index.lines:
        return []
    heights = [line.bbox[3] - line.bbox[1] for line in index.lines]
    large = 1.35 * median(heights)
    top = sorted(line.bbox[1] for line in index.lines)[: max(2, len(index.lines) // 10)][-1]
    return [
        height >= large or line.bbox[1] <= top
        for line, height in zip(index.lines, heights, strict=True)
    ]


def features(index: PageIndex) -> NDArray[np.float32]:
    """Return (SIZE,) features of a page. Hashed blocks have unit length (0 for an empty page)."""
    hits: Counter[int] = Counter()
    for line, is_title in zip(index.lines, titles_of(index), strict=True):
        hits.update(places_of(words_of(line), is_title=is_title))
    hashed = np.zeros(len(KINDS) * BLOCK, np.float32)
    if hits:
        hashed[list(hits)] = np.log1p(np.fromiter(hits.values(), np.float32, len(hits)))
    blocks = hashed.reshape(len(KINDS), BLOCK)
    blocks /= np.maximum(np.linalg.norm(blocks, axis=1, keepdims=True), 1e-6)
    return np.concatenate([hashed, anchors(index), layout(index)])


SIZE: Final = len(KINDS) * BLOCK + 2 * len(DOCUMENT_TYPES) + len(LAYOUT)


@cache
def anchor_words() -> dict[str, tuple[str, ...]]:
    """Load anchors.toml: type -> folded words and phrases that name the type."""
    with ANCHORS_FILE.open("rb") as file:
        table = tomllib.load(file)
    return {
        name: tuple(" ".join(_WORD.findall(folded(phrase))) for phrase in table[name]["words"])
        for name in DOCUMENT_TYPES
    }


def anchors(index: PageIndex) -> NDArray[np.float32]:
    """Count each type's anchors in titles, and anywhere: (2 * types,), at most 3 each."""
    titles = titles_of(index)
    spoken = [" ".join(words_of(line)) for line in index.lines]
    every = f" {' | '.join(spoken)} "
    large = f" {' | '.join(text for text, own in zip(spoken, titles, strict=True) if own)} "
    out = np.zeros((2, len(DOCUMENT_TYPES)), np.float32)
    for number, name in enumerate(DOCUMENT_TYPES):
        for phrase in anchor_words()[name]:
            out[0, number] += f" {phrase} " in large
            out[1, number] += f" {phrase} " in every
    return np.asarray(np.minimum(out, 3.0).ravel() / 3.0, np.float32)


def layout(index: PageIndex) -> NDArray[np.float32]:
    """Return (LAYOUT,) layout features, about 0 to 1 each; zeros for a page without lines."""
    lines = index.lines
    if not lines:
        return np.zeros(len(LAYOUT), np.float32)
    texts = [line.text for line in lines]
    every = "\n".join(texts)
    letters = [c for c in every if c.isalpha()]
    counts = [len(line.words) for line in lines]
    x1 = min(line.bbox[0] for line in lines)
    y1 = min(line.bbox[1] for line in lines)
    wide = max(max(line.bbox[2] for line in lines) - x1, 1.0)
    tall = max(max(line.bbox[3] for line in lines) - y1, 1.0)
    heights = sorted(line.bbox[3] - line.bbox[1] for line in lines)
    spans = [(line.bbox[2] - line.bbox[0]) / wide for line in lines]
    area = index.width * index.height

    def covered(category: str) -> float:
        boxes = [r.bbox for r in index.regions if r.category == category]
        return sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes) / area

    number = len(lines)
    zone = [text for text in texts if len(text) > 15 and _MRZ.match(text)]
    told = {
        "words": np.log1p(sum(counts)) / 7,
        "lines": np.log1p(number) / 6,
        "words_a_line": min(1.0, sum(counts) / number / 12),
        "long_lines": sum(count >= 8 for count in counts) / number,
        "short_lines": sum(span < 0.3 for span in spans) / number,
        "digits": sum(c.isdigit() for c in every) / max(1, len(every)),
        "capitals": sum(c.isupper() for c in letters) / max(1, len(letters)),
        "tall": min(2.0, index.height / index.width) / 2,
        "ink_tall": min(3.0, tall / wide) / 3,
        "ink_wide": min(1.0, wide / index.width),
        "large_print": min(1.0, 12 * median(heights) / wide),
        "tables": min(1.0, covered("Table")),
        "pictures": min(1.0, covered("Picture")),
        "columns": float(np.std([line.bbox[0] for line in lines])) / wide,
        "sums": min(1.0, len(_SUM.findall(every)) / number),
        "dates": min(1.0, len(_DATE.findall(every)) / number),
        "colons": min(1.0, every.count(":") / number),
        "numbered": sum(bool(_NUMBERED.match(text)) for text in texts) / number,
        "mrz": min(3, len(zone)) / 3,
        "mrz_passport": float(any(text[0] == "P" for text in zone)),
        "mrz_card": float(any(text[0] in "IAC" for text in zone)),
        "iban": min(2, len(_IBAN.findall(every))) / 2,
        "long_numbers": min(4, len(re.findall(r"(?<!\d)\d{20}(?!\d)", every))) / 4,
    }
    return np.array([told[name] for name in LAYOUT], np.float32)
