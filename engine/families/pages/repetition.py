"""Detects a repetition loop at the end of the generated ids, during generation.

A loop is a sequence of tokens of any length that repeats. Pages repeat, too: a time sheet, a blank
form, a column of zeros. So the content of a round, one repetition, decides how many rounds are
allowed: in a table (HTML, OTSL, Markdown, LaTeX) as many as a long form has rows; with lines of
text, as many as a page has lines; anything else is a loop after four rounds.

In tokens of Qwen's vocabulary, an empty HTML row is 16 (3 columns) to 44 (10 columns), an empty
Markdown row 7 to 21, an empty OTSL row 11 to 32, an empty `<td></td>` 4, a line with two times and
a sum 13, a `0.00` 5. Blank tables of 43 rows occur (rednote-hilab/dots.ocr issue 245).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

# The longest round that is searched for, in tokens.
MAX_PERIOD: Final = 160
# The longest round when a known loop is cut off, in tokens or characters.
_LONGEST_ROUND: Final = 1_000
# A loop has at least this many tokens in total, and at least this many rounds.
MIN_LOOP_TOKENS: Final = 96
MIN_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class _Patience:
    """How many rounds are allowed, with a minimum and a maximum in tokens."""

    rounds: int
    least: int
    most: int

    def tokens(self, period: int) -> int:
        wanted = min(max(self.rounds * period, self.least), self.most)
        return max(wanted, MIN_ROUNDS * period)


_ANYTHING: Final = _Patience(MIN_ROUNDS, MIN_LOOP_TOKENS, MIN_ROUNDS * MAX_PERIOD)
_LINES: Final = _Patience(40, MIN_LOOP_TOKENS, 1_000)
_TABLE: Final = _Patience(60, 1_500, 4_000)
# The most tokens that a search for a loop needs.
MOST_TOKENS: Final = _TABLE.most + MAX_PERIOD

# Separators of a table's cells or rows, in every format that models write.
_TABLE_MARK: Final = re.compile(
    r"</?t[dhr]\b|<(?:[flxu]cel|ecel|ched|rhed|srow|nl)>|(?<!<)\|(?!>)|&|\\hline", re.IGNORECASE
)


def without_loop(ids: Sequence[int]) -> list[int]:
    """Cut off a loop at the end after its first round; return all ids if there is no loop.

    Args:
        ids: token ids, or code points of characters.
    """
    best = period = 0
    for candidate in range(1, min(_LONGEST_ROUND, len(ids) // MIN_ROUNDS) + 1):
        if period and candidate % period == 0:
            continue
        total = _repeated(ids, candidate)
        # The longest loop, not the shortest round: "1 000 000" ends with equal digits.
        if total > best and total >= MIN_ROUNDS * candidate:
            best, period = total, candidate
    return list(ids[: len(ids) - best + period])


def loop_length(ids: Sequence[int], text_of: Callable[[Sequence[int]], str]) -> int:
    """Return how many tokens at the end are a loop, its first round included; 0 for no loop.

    Args:
        ids: generated ids, oldest first.
        text_of: ids -> text.
    """
    for period in range(1, min(MAX_PERIOD, len(ids) // MIN_ROUNDS) + 1):
        total = _repeated(ids, period)
        if total >= _ANYTHING.tokens(period):
            # A longer period over the same tokens is a multiple of this one.
            patience = _patience(text_of(ids[-2 * period :]))
            return total if total >= patience.tokens(period) else 0
    return 0


def _patience(rounds: str) -> _Patience:
    """Return how many rounds of this text are allowed.

    Args:
        rounds: text of two rounds, so that no separator is split.
    """
    if _TABLE_MARK.search(rounds):
        return _TABLE
    # Inside JSON a line break is written as an escape.
    return _LINES if "\n" in rounds or "\\n" in rounds else _ANYTHING


def _repeated(ids: Sequence[int], period: int) -> int:
    """Return how many ids at the end repeat with this period, the first round included; or 0."""
    position = len(ids) - 1
    while position >= period and ids[position] == ids[position - period]:
        position -= 1
    same = len(ids) - 1 - position
    return same + period if same else 0
