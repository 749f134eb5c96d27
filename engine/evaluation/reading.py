"""OCR quality: character and word error rates.

Text is normalised first: NFKC, one kind of quote and dash, hyphenation at line ends undone, bullets
dropped, white space as single spaces. Case counts.
"""

import re
import unicodedata
from collections import Counter

from rapidfuzz.distance import Levenshtein

from engine.evaluation.answers import FOLDED


def clean_text(text: str) -> str:
    """Normalise a page's text for error rates."""
    folded = unicodedata.normalize("NFKC", text).translate(FOLDED)
    joined = re.sub(r"(?<=\w)-[ \t]*\r?\n\s*(?=\w)", "", folded)
    return " ".join(re.sub(r"[●•▪■◦·]\s*", "", joined).split())


def character_edits(text: str, truth: str) -> tuple[int, int]:
    """Return (Levenshtein distance, characters of the truth), both after normalisation."""
    found, wanted = clean_text(text), clean_text(truth)
    return Levenshtein.distance(found, wanted), len(wanted)


def word_edits(text: str, truth: str) -> tuple[int, int]:
    """Return (word insertions, deletions and replacements, words of the truth), normalised."""
    found, wanted = clean_text(text).split(), clean_text(truth).split()
    return Levenshtein.distance(found, wanted), len(wanted)


def character_error_rate(text: str, truth: str) -> float:
    """Return character edits per character of the truth; over 1 if much text was invented."""
    edits, characters = character_edits(text, truth)
    return edits / max(characters, 1)


def word_error_rate(text: str, truth: str) -> float:
    """Return word edits per word of the truth."""
    edits, words = word_edits(text, truth)
    return edits / max(words, 1)


def word_f1(text: str, truth: str) -> float:
    """Return F1 of the words regardless of order; column order does not matter."""
    found = Counter(clean_text(text).lower().split())
    wanted = Counter(clean_text(truth).lower().split())
    total = found.total() + wanted.total()
    return 2 * (found & wanted).total() / total if total else 1.0
