"""How well a page was read: character and word error rates.

Before comparing: NFKC, one kind of quote and dash, words that are hyphenated over a line end are
joined, bullets are dropped, white space becomes single spaces. Case counts.
"""

import re
import unicodedata
from collections import Counter

from rapidfuzz.distance import Levenshtein

from engine.evaluation.answers import FOLDED


def clean_text(text: str) -> str:
    """The form of a page's text that error rates compare."""
    folded = unicodedata.normalize("NFKC", text).translate(FOLDED)
    joined = re.sub(r"(?<=\w)-[ \t]*\r?\n\s*(?=\w)", "", folded)
    return " ".join(re.sub(r"[●•▪■◦·]\s*", "", joined).split())


def character_edits(text: str, truth: str) -> tuple[int, int]:
    """(Levenshtein distance, characters of the truth), both after cleaning."""
    said, wanted = clean_text(text), clean_text(truth)
    return Levenshtein.distance(said, wanted), len(wanted)


def word_edits(text: str, truth: str) -> tuple[int, int]:
    """(words to insert, delete or replace, words of the truth), both after cleaning."""
    said, wanted = clean_text(text).split(), clean_text(truth).split()
    return Levenshtein.distance(said, wanted), len(wanted)


def character_error_rate(text: str, truth: str) -> float:
    """Character edits per character of the truth; over 1 where much was invented."""
    edits, characters = character_edits(text, truth)
    return edits / max(characters, 1)


def word_error_rate(text: str, truth: str) -> float:
    """Word edits per word of the truth."""
    edits, words = word_edits(text, truth)
    return edits / max(words, 1)


def word_f1(text: str, truth: str) -> float:
    """F1 of the words without their order: 1 where columns were only read in another order."""
    said = Counter(clean_text(text).lower().split())
    wanted = Counter(clean_text(truth).lower().split())
    total = said.total() + wanted.total()
    return 2 * (said & wanted).total() / total if total else 1.0
