"""English and Russian words: normal form, light stems, similarity under OCR noise, synonym groups.

Stemming is rule-based and needs no dictionary, so every word gets a stem: Russian words by Snowball
(snowballstem.org/algorithms/russian/stemmer.html), English ones by a list of endings. Synonym
groups ("invoice" - "bill") are data in lexicon.toml.

Try it: `python -c "from engine.text.language import stem; print(stem('invoices'))"`
"""

from __future__ import annotations

import re
import threading
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import snowballstemmer

_TOKEN: Final = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*|№|#|%|[$€£₽]")
_RUSSIAN: Final = re.compile("[а-яё]")
# The stemmer stores its current word, so it is not thread-safe: _stemming guards it.
_russian_stemmer: Final = snowballstemmer.stemmer("russian")
_stemming: Final = threading.Lock()
_ENGLISH_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ies", "ers", "ed", "es", "er", "s")
_SHORTEST_STEM: Final = 3
# Bigram similarity from which two words differ only by OCR noise ("subtotal" - "total" is 0.67).
_LIKE: Final = 0.72
# Letters that look alike in both alphabets (homoglyphs).
_TWINS: Final = str.maketrans("авекмнорстухё", "abekmhopctyxe")


def normal(word: str) -> str:
    """Normal form of a word: casefolded, ё as е, no marks at its ends; "" for punctuation alone."""
    folded = unicodedata.normalize("NFKC", word).casefold().replace("ё", "е").replace("’", "'")
    return folded.strip(".,;:!?\"'«»“”„()[]{}<>|*_—–-/\\")


def tokens(text: str) -> list[str]:
    """Split a text into words in normal form; №, # and currency signs are words too."""
    return [word for raw in _TOKEN.findall(text) if (word := normal(raw))]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Stem of a word in normal form; a word with digits stays unchanged."""
    if any(character.isdigit() for character in word):
        return word
    if _RUSSIAN.search(word):
        with _stemming:
            return str(_russian_stemmer.stemWord(word))
    word = word.removesuffix("'s")
    for ending in _ENGLISH_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            cut = word[: -len(ending)]
            if ending == "s" and cut.endswith("s"):
                return word
            return cut + "y" if ending == "ies" else cut.removesuffix("e")
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


@lru_cache(maxsize=65_536)
def _bigrams(word: str) -> frozenset[str]:
    padded = f"<{word}>"
    return frozenset(padded[at : at + 2] for at in range(len(padded) - 1))


@lru_cache(maxsize=262_144)
def likeness(first: str, second: str) -> float:
    """Similarity of two words in normal form, 0 to 1.

    1 for the same word, 0.95 for the same stem or homoglyphs, 0.8 for a common prefix, else the
    Dice coefficient of their bigrams; 0 if that is below the threshold.
    """
    if first == second:
        return 1.0
    stem_a, stem_b = stem(first), stem(second)
    if stem_a == stem_b or first.translate(_TWINS) == second.translate(_TWINS):
        return 0.95
    if first.isdigit() or second.isdigit():
        return 0.0
    short, long = sorted((stem_a, stem_b), key=len)
    if len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 4:
        return 0.8
    if len(short) < 4:
        return 0.0
    a, b = _bigrams(first), _bigrams(second)
    dice = 2 * len(a & b) / (len(a) + len(b))
    return dice if dice >= _LIKE else 0.0


@dataclass(frozen=True, slots=True)
class Lexicon:
    """lexicon.toml, its phrases as tuples of stems.

    Attributes:
        phrases: stems of a phrase -> the synonym groups it belongs to.
        longest: words in the longest phrase.
        stop: stems of stop words.
        wants: (answer type, weight, pattern over the lower-case question).
        heads: (pattern, answer types that remain possible).
        implied: group -> answer types that a question about it implies.
        follow_up: patterns of questions that depend on the previous one.
        marks: name -> pattern of marks in lower-case text (org, address, person_title, place).
    """

    phrases: Mapping[tuple[str, ...], frozenset[str]]
    longest: int
    stop: frozenset[str]
    wants: tuple[tuple[str, float, re.Pattern[str]], ...]
    heads: tuple[tuple[re.Pattern[str], frozenset[str]], ...]
    implied: Mapping[str, frozenset[str]]
    follow_up: tuple[re.Pattern[str], ...]
    marks: Mapping[str, re.Pattern[str]]


@cache
def lexicon() -> Lexicon:
    """The shared lexicon, loaded on first use."""
    with (Path(__file__).parent / "lexicon.toml").open("rb") as file:
        tables: dict[str, Any] = tomllib.load(file)
    phrases: dict[tuple[str, ...], set[str]] = {}
    implied: dict[str, frozenset[str]] = {}
    for group, entry in tables["groups"].items():
        for phrase in (*entry.get("en", ()), *entry.get("ru", ())):
            key = tuple(stem(word) for word in tokens(phrase))
            phrases.setdefault(key, set()).add(group)
        implied[group] = frozenset(entry.get("type", ()))
    stop = frozenset(stem(word) for words in tables["stop"].values() for word in words.split())
    wants = tuple(
        (kind, float(weight), re.compile(pattern))
        for kind, rows in tables["wants"].items()
        for weight, pattern in rows
    )
    return Lexicon(
        phrases={key: frozenset(groups) for key, groups in phrases.items()},
        longest=max(len(key) for key in phrases),
        stop=stop,
        wants=wants,
        heads=tuple(
            (re.compile(pattern), frozenset(kinds.split()))
            for pattern, kinds in tables["heads"]["rows"]
        ),
        implied=implied,
        follow_up=tuple(re.compile(pattern) for pattern in tables["follow_up"]["patterns"]),
        marks={name: re.compile(pattern) for name, pattern in tables["marks"].items()},
    )


def groups_in(words: Sequence[str]) -> list[frozenset[str]]:
    """For each word in normal form, the synonym groups of the longest phrases that contain it."""
    book = lexicon()
    stems = [stem(word) for word in words]
    found: list[frozenset[str]] = [frozenset()] * len(words)
    taken = [0] * len(words)
    for length in range(min(book.longest, len(words)), 0, -1):
        for at in range(len(words) - length + 1):
            groups = book.phrases.get(tuple(stems[at : at + length]))
            if not groups:
                continue
            # "to" or "by" denotes a role only if it is the whole label.
            if length == 1 and stems[at] in book.stop and len(words) > 1:
                continue
            for place in range(at, at + length):
                if taken[place] <= length:
                    found[place] |= groups
                    taken[place] = length
    return found
