"""Scores of one answer against the answers that count as right.

ANLS with threshold 0.5: Biten et al., "Scene Text Visual Question Answering", 2019. Numbers are
the same when only their print differs ("CHF 3'949.75" is "3,949.75"); "9.00" is not "9".

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
# What models say instead of an answer; counts only where they point at no place of the page.
_REFUSALS: Final = re.compile(
    r"(?:(?:\b(?:not|cannot|nowhere)|n't)\b.{0,40}\b(?:find|found|mention|mentioned|stated?|specified"
    r"|provided?|shown|visible|given|present|available|contain|include|determined?|answer(?:able)?"
    r"|say|on the page|in the (?:document|page|image|text))"
    r"|\bno (?:such )?(?:answer|information|mention|text)\b|unanswerable"
    r"|\b(?:не|нет)\b.{0,40}(?:наш|найд|указан|упомина|упомян|сказано|содерж|видно|привед"
    r"|на странице|в документе|ответа|информаци|данных)|\b(?:ответа|информации|данных) нет\b)",
    re.IGNORECASE,
)
_LONGEST_REFUSAL: Final = 240  # characters; an answer of more than that says something


def normalise(text: str) -> str:
    """Lower case, NFKC, one kind of quote and dash, single spaces, no outer punctuation."""
    folded = unicodedata.normalize("NFKC", text).translate(FOLDED).lower()
    closed = re.sub(r"\s+(?=[.,;:!?%)])", "", re.sub(r"\s+", " ", folded))
    return closed.strip(" .,;:!?\"'")


def anls(answer: str, truths: Sequence[str]) -> float:
    """Average normalised Levenshtein similarity of an answer to the best truth, 0 to 1."""
    said = normalise(answer)
    if not truths:  # unanswerable: only saying nothing is right
        return float(not said)
    if exact(answer, truths):
        return 1.0
    best = max(Levenshtein.normalized_similarity(said, normalise(truth)) for truth in truths)
    return best if said and best >= ANLS_THRESHOLD else 0.0


def exact(answer: str, truths: Sequence[str]) -> bool:
    """Whether the answer is one of the truths, after normalising or as a number."""
    said = normalise(answer)
    if not truths or not said:
        return not truths and not said
    number = _digits(said)
    return any(
        said == wanted or (number is not None and number == _digits(wanted))
        for wanted in map(normalise, truths)
    )


def is_refusal(answer: str) -> bool:
    """Whether a free answer says that there is none: "not stated on the page", "нет данных".

    A list of phrases, so it can be wrong; scoring asks it only about answers without evidence.
    """
    said = answer.translate(FOLDED).strip()
    return not said or (len(said) <= _LONGEST_REFUSAL and bool(_REFUSALS.search(said)))


def _digits(normal: str) -> str | None:
    """A normalised text that is one number: its digits and a decimal point; else None.

    A comma is the decimal sign in front of one or two last digits, and groups thousands where
    three digits follow each.
    """
    bare = _AFTER_A_NUMBER.sub("", _BEFORE_A_NUMBER.sub("", normal))
    bare = bare.replace("'", "").replace(" ", "")
    if not re.fullmatch(r"\d[\d.,]*", bare):
        return None
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        return bare.replace(",", "")
    return bare.replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", bare) else bare
