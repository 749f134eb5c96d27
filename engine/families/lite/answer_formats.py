"""Format check of answers: a question about an IBAN accepts nothing of another format.

The format follows from the question's own words, so it applies only if the question names the
value. Letters that OCR confuses with digits are allowed. Check digits are not verified: a number
that is misread or invented is still what the page says.

Try it:
`python -c "from engine.families.lite.answer_formats import formats_wanted as wanted;
print(wanted('What is the IBAN?'))"`
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.text.answer_types import ANSWER_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.families.lite.question import ParsedQuestion
    from engine.index.spans import Candidate

_LIKELY: Final = 0.5
# Types with a format of their own: nothing else answers a question about them.
_STRICT: Final = ("phone", "email", "url")
# A date has many forms ("on Mondays"): all candidates pass if one of them resembles a date.
_DATE_NAMED: Final = re.compile(r"\bdate\b|\bдат[аыуе]\b|\bкакого числа\b")
_LIKE_A_DATE: Final = 0.3
# Digits, and letters that OCR confuses with digits.
_DIGIT: Final = "[0-9OОЗIBS]"
_MARKS: Final = re.compile(r"\W+")
# Pattern of the lower-case question -> pattern of the answer's letters and digits, in capitals.
_FORMATS: Final = tuple(
    (re.compile(asked), re.compile(printed))
    for asked, printed in (
        (r"\biban\b", rf"[A-Z]{{2}}{_DIGIT}{{2}}[A-Z0-9]{{11,30}}"),
        (r"\bswift\b", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"),
        (r"\bинн\b|\binn\b", rf"{_DIGIT}{{10,12}}"),
        (r"\bкпп\b|\bkpp\b", r"[0-9A-ZОЗ]{8,10}"),
        (r"\bбик\b", rf"{_DIGIT}{{8,10}}"),
        (r"\bогрн(?:ип)?\b|\bogrn\b", rf"{_DIGIT}{{12,16}}"),
        (r"\bснилс\b", rf"{_DIGIT}{{10,12}}"),
        (r"\bdoi\b", r"(?:HTTPS?)?(?:DX)?(?:DOI)?(?:ORG)?10\d{4}.*"),
        (r"\bisbn\b", rf"{_DIGIT}{{9,13}}X?"),
        (r"\bissn\b", rf"{_DIGIT}{{7}}[\dX]"),
    )
)


def formats_wanted(question: str) -> tuple[re.Pattern[str], ...]:
    """Return the formats that a question names. An answer must have one of them."""
    plain = question.casefold().replace("ё", "е")
    return tuple(printed for asked, printed in _FORMATS if asked.search(plain))


def of_format(
    question: ParsedQuestion, candidates: Sequence[Candidate], kinds: NDArray[np.float32]
) -> list[int]:
    """Return the indices of candidates with the format that a question demands; all if none.

    Args:
        kinds: (candidates, ANSWER_TYPES), likeness of each candidate to each answer type.
    """
    kept = list(range(len(candidates)))
    strict = [kind for kind in _STRICT if question.wants.get(kind, 0.0) >= 1.0]
    if strict:
        likely = kinds[:, [ANSWER_TYPES.index(kind) for kind in strict]].max(axis=1) >= _LIKELY
        kept = [at for at in kept if likely[at]]
    formats = formats_wanted(question.text)
    if formats:
        # "12.03.2024" has eight digits, too.
        others = kinds[:, [ANSWER_TYPES.index(kind) for kind in ("date", "amount")]].max(axis=1)
        kept = [at for at in kept if others[at] < 1 and _has_one(formats, candidates[at].text)]
    if kept and _DATE_NAMED.search(question.text.casefold()):
        dates = kinds[kept][:, [ANSWER_TYPES.index(kind) for kind in ("date", "year")]]
        kept = kept if dates.max() >= _LIKE_A_DATE else []
    return kept


def _has_one(formats: Sequence[re.Pattern[str]], text: str) -> bool:
    bare = _MARKS.sub("", text).upper()
    return any(pattern.fullmatch(bare) for pattern in formats)
