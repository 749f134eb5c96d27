"""CTC decoding of a line's probabilities; the letters of a word come from one alphabet and case.

Latin and Cyrillic share many shapes (A, В, е, о), and so do capital and small letters (К, О, С). A
greedy decoding may mix them in one word. A run of letters with both alphabets is decoded again with
each alphabet alone, and the more probable result is taken. A run of mixed case is decoded again in
small letters, in capitals, and with a first capital; a result that is hardly less probable is taken
("кОды" becomes "коды"; "кВт" stays). The same holds for digits among letters: "О00" becomes "ООО",
and "7Б" stays.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.text.alphabets import is_cyrillic_letter, is_latin_letter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLANK: Final = 0
_FLOOR: Final = 1e-6  # of a probability, before its logarithm
# A word in a regular case may be less probable by this logarithm.
_CASE_COST: Final = 3.0
# A run of digits alone or letters alone may be less probable by this logarithm.
_KIND_COST: Final = 3.0


@dataclass(frozen=True, slots=True)
class DecodedLine:
    """A decoded line.

    Attributes:
        text: with spaces; none at its ends.
        steps: for each character that is not a space, its middle step.
        scores: for each of these characters, its probability, 0 to 1.
    """

    text: str
    steps: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Character:
    text: str
    first: int
    last: int
    score: float


class Decoder:
    """Decodes probabilities over `characters` (label 1 first; label 0 is CTC's blank)."""

    def __init__(self, characters: Sequence[str]) -> None:
        self._characters = ["", *characters]
        latin = np.array([is_latin_letter(one) for one in self._characters])
        cyrillic = np.array([is_cyrillic_letter(one) for one in self._characters])
        self._of_alphabet = {"latin": ~cyrillic, "cyrillic": ~latin}
        self._no_letter = np.array([not one.isalpha() for one in self._characters])
        self._no_digit = np.array([not one.isdigit() for one in self._characters])
        upper = np.array([one.isupper() for one in self._characters])
        lower = np.array([one.islower() for one in self._characters])
        self._of_case = {"upper": ~lower, "lower": ~upper}

    def decode(self, probabilities: NDArray[np.float32]) -> DecodedLine:
        """Decode one line. probabilities: (steps, classes), 0 to 1, each step sums to 1."""
        found = self._greedy(probabilities, 0)
        found = self._each(found, str.isalnum, self._of_one_kind, probabilities)
        characters = self._each(found, str.isalpha, self._regular, probabilities)
        text = "".join(one.text for one in characters)
        printed = [one for one in characters if one.text != " "]
        return DecodedLine(
            # The sign for "number" has the shape of "No" in some fonts.
            re.sub("№(?=[oо])", "N", " ".join(text.split())),
            tuple((one.first + one.last) / 2 for one in printed),
            tuple(one.score for one in printed),
        )

    def _each(
        self,
        characters: list[_Character],
        belongs: Callable[[str], bool],
        settle: Callable[[list[_Character], NDArray[np.float32]], list[_Character]],
        probabilities: NDArray[np.float32],
    ) -> list[_Character]:
        """Settle every run of characters that belong together, and leave the others."""
        settled: list[_Character] = []
        for is_run, group in itertools.groupby(characters, key=lambda one: belongs(one.text)):
            run = list(group)
            settled += settle(run, probabilities) if is_run else run
        return settled

    def _of_one_kind(
        self, run: list[_Character], probabilities: NDArray[np.float32]
    ) -> list[_Character]:
        """A run of digits and letters as only one of them, if that is nearly as probable."""
        if all(one.text.isdigit() for one in run) or all(one.text.isalpha() for one in run):
            return run
        start, end = run[0].first, run[-1].last + 1
        part = probabilities[start:end]
        best = max((part * kind for kind in (self._no_letter, self._no_digit)), key=_likelihood)
        return (
            run if _likelihood(part) - _likelihood(best) > _KIND_COST else self._greedy(best, start)
        )

    def _greedy(self, probabilities: NDArray[np.float32], start: int) -> list[_Character]:
        """The most probable label of each step, without blanks and repetitions."""
        labels = probabilities.argmax(axis=1)
        best = probabilities[np.arange(len(labels)), labels]
        edges = np.flatnonzero(np.diff(labels)) + 1
        found = []
        for first, end in itertools.pairwise([0, *edges.tolist(), len(labels)]):
            if end > first and labels[first] != _BLANK:
                name = self._characters[labels[first]]
                score = float(best[first:end].max())
                found.append(_Character(name, start + first, start + end - 1, score))
        return found

    def _regular(
        self, run: list[_Character], probabilities: NDArray[np.float32]
    ) -> list[_Character]:
        """A run of letters in one alphabet, and in a regular case if that is nearly as probable."""
        start, end = run[0].first, run[-1].last + 1
        part = probabilities[start:end]
        letters = [one.text for one in run]
        if any(map(is_latin_letter, letters)) and any(map(is_cyrillic_letter, letters)):
            part = max((part * allowed for allowed in self._of_alphabet.values()), key=_likelihood)
            run = self._greedy(part, start)
        if _has_regular_case("".join(one.text for one in run)):
            return run
        first = run[0].last + 1 - start
        lower, upper = (part * self._of_case[name] for name in ("lower", "upper"))
        title = np.concatenate((upper[:first], lower[first:]))
        best = max((lower, upper, title), key=_likelihood)
        return (
            run if _likelihood(part) - _likelihood(best) > _CASE_COST else self._greedy(best, start)
        )


def _likelihood(probabilities: NDArray[np.float32]) -> float:
    """The logarithm of the probability of the greedy path. probabilities: (steps, classes)."""
    return float(np.log(np.maximum(probabilities.max(axis=1), _FLOOR)).sum())


def _has_regular_case(word: str) -> bool:
    return word.islower() or word.isupper() or word[1:].islower() or not word.isalpha()
