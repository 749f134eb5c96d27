"""Who signed a letter: its signer stands at the foot, its addressee above "Dear ..."."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.families.lite.question import ANSWER_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.families.lite.pieces import Candidate
    from engine.families.lite.question import Question
    from engine.families.lite.view import PageView

_LIKELY: Final = 0.5
# Words of a line of running text; addresses and posts have fewer.
_RUNNING_WORDS: Final = 7
_SALUTATION: Final = re.compile(
    r"^(?:dear|уважаем\w+|дорог(?:ой|ая|ие)|многоуважаем\w+|глубокоуважаем\w+)\b", re.IGNORECASE
)
_CLOSING: Final = re.compile(
    r"^(?:(?:yours|very truly|truly|sincerely|faithfully|respectfully|kind regards|best regards"
    r"|with (?:kind|best) |regards|с (?:глубоким |искренним )?уважением|искренне|с почтением"
    r"|signature|signed|подпись)\b|_{3,})",
    re.IGNORECASE,
)


def at_the_foot(
    question: Question,
    view: PageView,
    candidates: Sequence[Candidate],
    kinds: NDArray[np.float32],
) -> list[int]:
    """Which candidates may answer who signed: those below the salutation and the closing,
    or below the running text of a letter that has neither.

    All of them where the question asks something else, the page has no such places, or nothing
    under them is like a name.

    Args:
        kinds: (candidates, ANSWER_TYPES) how much each looks like each type of answer.
    """
    every = list(range(len(candidates)))
    groups = {group for term in question.terms for group in term.groups}
    if "signatory" not in groups or question.wants.get("person", 0.0) < _LIKELY:
        return every
    person = kinds[:, ANSWER_TYPES.index("person")]
    kept = every
    borders = [_border(view, _SALUTATION, True), _border(view, _CLOSING, False)]
    if borders == [None, None]:
        borders = [_foot_of_text(view)]
    for border in borders:
        if border is None:
            continue
        below = [at for at in kept if _middle(candidates[at]) >= border]
        if any(person[at] >= _LIKELY for at in below):
            kept = below
    return kept


def _border(view: PageView, pattern: re.Pattern[str], from_foot: bool) -> float | None:
    """Foot of the first cell that begins so, or its head; y in page pixels."""
    for cell in view.cells:
        if pattern.match(view.text(cell.first, cell.last)):
            # A signature's line, its post and its name stand side by side, not quite level.
            height = cell.bbox[3] - cell.bbox[1]
            return cell.bbox[3] if from_foot else cell.bbox[1] - height
    return None


def _foot_of_text(view: PageView) -> float | None:
    """Foot of the last line of running text: a letter without a closing is signed below it."""
    long = [cell.bbox[3] for cell in view.cells if cell.last - cell.first >= _RUNNING_WORDS]
    return max(long, default=None)


def _middle(candidate: Candidate) -> float:
    box = candidate.boxes()[0]
    return (box[1] + box[3]) / 2
