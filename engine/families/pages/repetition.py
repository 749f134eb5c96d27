"""Seeing a repetition loop in the tail of what is being generated, while it is generated.

A loop is the same run of tokens over and over, whatever its length. Pages repeat too: a time sheet,
a blank form, a column of zeros. So what a round says decides how long the run must be. Rounds
of a table (HTML, OTSL, Markdown, LaTeX) may be as many as a long form has rows; rounds of lines, as
a page has lines; anything else is a loop after four rounds.

With the tokens of Qwen's vocabulary an empty row of HTML is 16 (3 columns) to 44 (10), an empty
Markdown row 7 to 21, an empty OTSL row 11 to 32, an empty `<td></td>` 4, a line with two times and
a sum 13, a `0.00` 5. Users do have blank tables of 43 rows (rednote-hilab/dots.ocr issue 245).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

# The longest repeated run that is looked for, in tokens.
MAX_PERIOD: Final = 160
# The same in what is cut back when a loop is known to be there, in tokens or characters.
_LONGEST_ROUND: Final = 1_000
# A loop is at least this long in all, and made of at least this many rounds.
MIN_LOOP_TOKENS: Final = 96
MIN_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class _Patience:
    """How many rounds are let pass, in no fewer and no more than so many tokens."""

    rounds: int
    least: int
    most: int

    def tokens(self, period: int) -> int:
        wanted = min(max(self.rounds * period, self.least), self.most)
        return max(wanted, MIN_ROUNDS * period)


_ANYTHING: Final = _Patience(MIN_ROUNDS, MIN_LOOP_TOKENS, MIN_ROUNDS * MAX_PERIOD)
_LINES: Final = _Patience(40, MIN_LOOP_TOKENS, 1_000)
_TABLE: Final = _Patience(60, 1_500, 4_000)
# As many tokens as the longest run is that may have to be looked at.
MOST_TOKENS: Final = _TABLE.most + MAX_PERIOD

# What stands between a table's cells or rows, in every form in which models write one.
_TABLE_MARK: Final = re.compile(
    r"</?t[dhr]\b|<(?:[flxu]cel|ecel|ched|rhed|srow|nl)>|\||&|\\hline", re.IGNORECASE
)


def without_loop(ids: Sequence[int]) -> list[int]:
    """What ended in a loop, up to the end of the loop's first round; all of it where none is seen.

    Args:
        ids: of tokens, or code points of characters.
    """
    best = period = 0
    for candidate in range(1, min(_LONGEST_ROUND, len(ids) // MIN_ROUNDS) + 1):
        if period and candidate % period == 0:
            continue
        total = _repeated(ids, candidate)
        # The longest run, and not the shortest round: "1 000 000" has equal digits at its end.
        if total > best and total >= MIN_ROUNDS * candidate:
            best, period = total, candidate
    return list(ids[: len(ids) - best + period])


def loop_length(ids: Sequence[int], text_of: Callable[[Sequence[int]], str]) -> int:
    """How many tokens at the end of `ids` are a loop, its first round included; 0 without one.

    Args:
        ids: generated ids, oldest first.
        text_of: the text of some of them.
    """
    for period in range(1, min(MAX_PERIOD, len(ids) // MIN_ROUNDS) + 1):
        total = _repeated(ids, period)
        if total >= _ANYTHING.tokens(period):
            # A longer period over the same tokens is a multiple of this one.
            patience = _patience(text_of(ids[-2 * period :]))
            return total if total >= patience.tokens(period) else 0
    return 0


def _patience(rounds: str) -> _Patience:
    """How long such rounds may go on. rounds: two of them, so that no mark is cut in two."""
    if _TABLE_MARK.search(rounds):
        return _TABLE
    # Inside JSON a line break is written as an escape.
    return _LINES if "\n" in rounds or "\\n" in rounds else _ANYTHING


def _repeated(ids: Sequence[int], period: int) -> int:
    """How many ids at the end repeat with this period, the first round included; 0 for none."""
    position = len(ids) - 1
    while position >= period and ids[position] == ids[position - period]:
        position -= 1
    same = len(ids) - 1 - position
    return same + period if same else 0
