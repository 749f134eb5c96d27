"""Positions in a letter: the signer below the text, the addressee and the date above it."""

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
    from engine.index.view import PageView

_LIKELY: Final = 0.5
# Minimum words of a line of running text; addresses and job titles have fewer.
_RUNNING_WORDS: Final = 7
_PLAIN_WORDS: Final = 3
_SALUTATION: Final = re.compile(
    r"^(?:dear|уважаем\w+|дорог(?:ой|ая|ие)|многоуважаем\w+|глубокоуважаем\w+)\b", re.IGNORECASE
)
_OF_DATE: Final = frozenset(("letter", "date", "quantity"))
_SENT: Final = re.compile(r"(?:sent|dated|отправл|составл|датир)")
# "На № 780-п от 05.02.2014": number and date of the letter that this one replies to.
_REPLY: Final = re.compile(r"^(?:на\s*(?:№|N|исх)|your\s+(?:ref|letter))", re.IGNORECASE)
_CLOSING: Final = re.compile(
    r"^(?:(?:yours|very truly|truly|sincerely|faithfully|respectfully|kind regards|best regards"
    r"|with (?:kind|best) |regards|с (?:глубоким |искренним )?уважением|искренне|с почтением"
    r"|signature|signed|подпись)\b|_{3,})",
    re.IGNORECASE,
)


def in_their_place(
    question: ParsedQuestion,
    view: PageView,
    candidates: Sequence[Candidate],
    kinds: NDArray[np.float32],
) -> list[int]:
    """Return the indices of candidates in the right place for a letter's signer, addressee or date.

    A signer is below the salutation and the closing, or below the running text of a letter that has
    neither. Addressee and date are above the salutation, or above the text. The date beside the
    number of the letter that this one replies to is excluded.

    All candidates are allowed if the question asks for something else. A place without a likely
    name (or date) is ignored.

    Args:
        kinds: (candidates, ANSWER_TYPES), likeness of each candidate to each answer type.
    """
    every = list(range(len(candidates)))
    groups = {group for term in question.terms for group in term.groups}
    if "signatory" in groups and question.wants.get("person", 0.0) >= _LIKELY:
        below, kind = True, "person"
    elif "letter" in groups and "recipient" in groups and _wants(question, "person", "org"):
        below, kind = False, "person"
    elif _dates_letter(question):
        below, kind = False, "date"
    else:
        return every
    column = kinds[:, ANSWER_TYPES.index(kind)]
    kept = [at for at in every if kind != "date" or not _is_of_reply(view, candidates[at])]
    for border in _borders(view, below):
        own = [at for at in kept if (_middle(candidates[at]) >= border) == below]
        if any(column[at] >= _LIKELY for at in own):
            kept = own
    return kept


def _dates_letter(question: ParsedQuestion) -> bool:
    """Whether a question asks for the date of a letter, and not for another date in it."""
    groups = {group for term in question.terms for group in term.groups}
    plain = all(term.groups or _SENT.match(term.word) for term in question.terms)
    return plain and "letter" in groups <= _OF_DATE and _wants(question, "date")


def _wants(question: ParsedQuestion, *kinds: str) -> bool:
    return any(question.wants.get(kind, 0.0) >= _LIKELY for kind in kinds)


def _borders(view: PageView, below: bool) -> list[float]:
    """Return the y limits, in page pixels: a signer is below them, addressee and date above."""
    if not below:
        tops = [_border(view, _SALUTATION, False), _text(view)[0]]
        return [top for top in tops if top is not None][:1]
    found = [_border(view, _SALUTATION, True), _border(view, _CLOSING, False)]
    if found == [None, None]:
        found = [_text(view)[1]]
    return [border for border in found if border is not None]


def _border(view: PageView, pattern: re.Pattern[str], from_foot: bool) -> float | None:
    """Return the bottom, or the top with a margin, of the first cell that matches; page pixels."""
    for cell in view.cells:
        if pattern.match(view.text(cell.first, cell.last)):
            # Signature line, job title and name are side by side, not quite level.
            height = cell.bbox[3] - cell.bbox[1]
            return cell.bbox[3] if from_foot else cell.bbox[1] - height
    return None


def _text(view: PageView) -> tuple[float | None, float | None]:
    """Return top of the first and bottom of the last line of running text, y in page pixels."""
    long = [
        cell.bbox
        for cell in view.cells
        if cell.last - cell.first >= _RUNNING_WORDS
        and sum(map(_is_plain, view.words[cell.first : cell.last])) >= _PLAIN_WORDS
    ]
    if not long:
        return None, None
    return min(box[1] for box in long), max(box[3] for box in long)


def _is_of_reply(view: PageView, candidate: Candidate) -> bool:
    cell = view.cells[view.cell_of[candidate.ranges[0][0]]]
    return _REPLY.match(view.text(cell.first, cell.last)) is not None


def _is_plain(word: str) -> bool:
    """Whether a word belongs to a sentence and not to an address ("ул. Садовая, д. 102")."""
    return len(word) >= 3 and word[0].islower()


def _middle(candidate: Candidate) -> float:
    box = candidate.boxes()[0]
    return (box[1] + box[3]) / 2
