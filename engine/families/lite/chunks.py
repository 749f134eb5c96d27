"""Pieces of a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.index.spans import piece
from engine.text.language import lexicon, stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.index.spans import Candidate
    from engine.index.view import PageView

_LONGEST_CHUNK: Final = 8


def chunks(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Pieces of a sentence that begin and end at a word with a meaning, within its clauses."""
    stop = lexicon().stop
    small = [stem(view.plain[word]) in stop or not view.plain[word] for word in range(first, last)]
    for start in range(first, last):
        if small[start - first] and not any(c.isdigit() for c in view.words[start]):
            continue
        for end in range(start + 1, min(last, start + _LONGEST_CHUNK) + 1):
            word = view.words[end - 1]
            if not small[end - 1 - first] or any(c.isdigit() for c in word):
                text = view.text(start, end)
                length = len(text) - 1 if end == last and text.endswith(".") else len(text)
                found = piece(view, start, end, 0, length, "chunk")
                if found:
                    yield found
            if word[-1:] in ";:.!?" and len(word) > 3:
                break
