"""Pieces that are names: runs of capitalised words, and what stands in quotation marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.index.spans import piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.index.spans import Candidate
    from engine.index.view import PageView

_LONGEST_NAME: Final = 7
_JOINS: Final = frozenset(["of", "the", "and", "de", "la", "du", "van", "von", "der", "&", "и"])


def names(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Runs of capitalised words, and what stands in quotation marks (with the word before it)."""
    word = first
    while word < last:
        if not _is_capital(view.words[word]):
            word += 1
            continue
        end = word + 1
        while end < last and end - word < _LONGEST_NAME:
            before = view.words[end - 1]
            if before[-1:] in ",;:)" or (before.endswith(".") and len(before) > 4):
                break
            if _is_capital(view.words[end]):
                end += 1
            elif view.plain[end] in _JOINS and end + 1 < last and _is_capital(view.words[end + 1]):
                end += 2
            else:
                break
        for start in range(word, min(end, word + 3)):
            text = view.text(start, end)
            found = piece(view, start, end, 0, len(text), "name")
            if found:
                yield found
            if text.endswith(".") and not re.search(r"\b\w{1,3}\.$", text):
                cut = piece(view, start, end, 0, len(text) - 1, "name")
                if cut:
                    yield cut
        word = end
    text = view.text(first, last)
    for match in re.finditer(r"(?:\b[^\W\d_]+\s)?([«“\"][^«»“”\"]{2,80}[»”\"])", text):
        for start, end in (
            (match.start(), match.end()),
            match.span(1),
            (match.start(1) + 1, match.end() - 1),
        ):
            found = piece(view, first, last, start, end, "name")
            if found:
                yield found


def _is_capital(word: str) -> bool:
    bare = word.lstrip("(«“\"'")
    return bare[:1].isupper() and (len(bare) > 1 or bare == "I") and not bare.isdigit()
