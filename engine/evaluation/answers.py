"""Scores of one answer against the accepted answers.

ANLS with threshold 0.5: Biten et al., "Scene Text Visual Question Answering", 2019. Numbers are
equal if only their format differs ("CHF 3'949.75" is "3,949.75"); "9.00" is not "9".

Try it: `python -c "from engine.evaluation import anls; print(anls('Montgomary', ['Montgomery']))"`
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import Levenshtein

ANLS_THRESHOLD: Final = 0.5

FOLDED: Final = str.maketrans(
    {
        **dict.fromkeys("«»“”„‟″", '"'),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
    | {"ё": "е", "Ё": "Е", "\u00ad": None, "\ufffe": None}
)
_BEFORE_A_NUMBER: Final = re.compile(r"^(?:chf|rm|usd|eur|gbp|rub|[$€£₽№]|no\.?|n)\s*")
_AFTER_A_NUMBER: Final = re.compile(
    r"\s*(?:руб(?:лей|ля|ль)?\.?|р\.?|₽|%|€|usd|eur|gbp|chf|rub|rm)$"
)
# Phrases of models without an answer. They count only for answers without evidence.
_REFUSALS: Final = re.compile(
    r"(?:(?:\b(?:not|cannot|nowhere)|n't)\b.{0,40}\b(?:find|found|mention|mentioned|stated?|specified"
    r"|provided?|shown|visible|given|present|available|contain|include|determined?|answer(?:able)?"
    r"|say|on the page|in the (?:document|page|image|text))"
    r"|\bno (?:such )?(?:answer|information|mention|text)\b|unanswerable"
    r"|\b(?:не|нет)\b.{0,40}(?:наш|найд|указан|упомина|упомян|сказано|содерж|видно|привед"
    r"|на странице|в документе|ответа|информаци|данных)|\b(?:ответа|информации|данных) нет\b)",
    re.IGNORECASE,
)
_LONGEST_REFUSAL: Final = 240  # characters; a longer text contains an answer


def normalise(text: str) -> str:
    """Normalise: lower case, NFKC, one kind of quote and dash, single spaces, no outer marks."""
    folded = unicodedata.normalize("NFKC", text).translate(FOLDED).lower()
    closed = re.sub(r"\s+(?=[.,;:!?%)])", "", re.sub(r"\s+", " ", folded))
    return closed.strip(" .,;:!?\"'")


def anls(answer: str, truths: Sequence[str]) -> float:
    """Return the average normalised Levenshtein similarity to the best truth, 0 to 1."""
    text = normalise(answer)
    if not truths:  # unanswerable: only an empty answer is right
        return float(not text)
    if exact(answer, truths):
        return 1.0
    best = max(Levenshtein.normalized_similarity(text, normalise(truth)) for truth in truths)
    return best if text and best >= ANLS_THRESHOLD else 0.0


def exact(answer: str, truths: Sequence[str]) -> bool:
    """Whether the answer equals one of the truths, after normalisation or as a number."""
    text = normalise(answer)
    if not truths or not text:
        return not truths and not text
    number = _digits(text)
    return any(
        text == wanted or (number is not None and number == _digits(wanted))
        for wanted in map(normalise, truths)
    )


def is_refusal(answer: str) -> bool:
    """Whether a free-form answer says that there is none: "not stated on the page", "нет данных".

    It uses a list of phrases, so it can be wrong. Scoring applies it only to answers without
    evidence.
    """
    text = answer.translate(FOLDED).strip()
    return not text or (len(text) <= _LONGEST_REFUSAL and bool(_REFUSALS.search(text)))


def _digits(normal: str) -> str | None:
    """Return digits and decimal point of a normalised text that is one number, else None.

    A comma before one or two last digits is the decimal sign. Commas each followed by three digits
    group thousands.
    """
    bare = _AFTER_A_NUMBER.sub("", _BEFORE_A_NUMBER.sub("", normal))
    bare = bare.replace("'", "").replace(" ", "")
    if not re.fullmatch(r"\d[\d.,]*", bare):
        return None
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        return bare.replace(",", "")
    return bare.replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", bare) else bare
