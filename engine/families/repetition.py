"""Seeing a repetition loop in the tail of what is being generated, while it is generated.

A loop is the same run of tokens over and over, whatever its length. Tables and dotted lines repeat
too, so short periods need a long run before they count as a loop.
"""

from collections.abc import Sequence
from typing import Final

# The longest repeated run that is looked for, in tokens.
MAX_PERIOD: Final = 160
# A loop is at least this long in all, and made of at least this many rounds.
MIN_LOOP_TOKENS: Final = 96
MIN_ROUNDS: Final = 4


def without_loop(ids: Sequence[int]) -> list[int]:
    """`ids` up to the end of the first round of the loop that they end with."""
    total, period = _loop(ids)
    return list(ids[: len(ids) - total + period])


def loop_length(ids: Sequence[int]) -> int:
    """How many tokens at the end of `ids` are a loop, its first round included; 0 without one.

    Args:
        ids: generated ids, oldest first.
    """
    return _loop(ids)[0]


def _loop(ids: Sequence[int]) -> tuple[int, int]:
    """(tokens of the loop at the end, tokens of one round); (0, 0) without one."""
    longest = min(MAX_PERIOD, len(ids) // MIN_ROUNDS)
    for period in range(1, longest + 1):
        same = 0
        position = len(ids) - 1
        while position >= period and ids[position] == ids[position - period]:
            same += 1
            position -= 1
        total = same + period
        if total >= max(MIN_LOOP_TOKENS, MIN_ROUNDS * period) and same:
            return total, period
    return 0, 0
