"""Constrained decoding: answers that are spans of the page. Computes the allowed next tokens.

The words of a page form one byte string: a space between words, a join between the lines of a
region, a separator between regions. An answer is one span of it, from the beginning of a word to
the end of a word. The string holds bytes, because a token may end inside a Cyrillic letter. Every
tokenization of a span is allowed, so the model writes it as it would without constraints.

One sentence that says that there is no answer is always allowed.

This module uses no tensors; engine/families/decoding/verbatim.py turns it into a LogitsProcessor.

Try it: `.venv/bin/python -m pytest tests/index/test_verbatim.py`
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.core.geometry import union
from engine.core.schema import Evidence
from engine.index.grounding import PrintedPlace, most_akin
from engine.index.page_index import PageIndex

_WALL: Final = b"\x00"
# Between two lines of a region the model may write a space or a line break.
_JOINS: Final = (b" ", b"\n")
# Marks at the edges of a word that an answer may leave out: "(2026)", "$42.00", "Total:".
_EDGE: Final = frozenset("\"'«»“”„‘’()[]{}<>:;,.!?№#=*|/\\$€£¥₽+-–—")
# Marks between a label and its value without a space.
_PARTS: Final = frozenset(":=№#")
# Longer tokens are runs of spaces or dashes.
_LONGEST_TOKEN: Final = 48


class Vocabulary:
    """Bytes of each token id of a model.

    Args:
        tokens: token id -> the bytes that it adds to a text. Ids without text are left out.
    """

    def __init__(self, tokens: Mapping[int, bytes]) -> None:
        self._bytes = dict(tokens)
        self._ids: dict[bytes, list[int]] = {}
        for index, written in tokens.items():
            if written and len(written) <= _LONGEST_TOKEN:
                self._ids.setdefault(written, []).append(index)
        self.longest = max(map(len, self._ids), default=0)

    def ids(self, written: bytes) -> Sequence[int]:
        """Return the ids whose bytes are exactly `written`."""
        return self._ids.get(written, ())

    def written(self, index: int) -> bytes:
        """Return the bytes of an id; empty for an id without text."""
        return self._bytes.get(index, b"")

    def __contains__(self, written: bytes) -> bool:
        return written in self._ids


@dataclass(frozen=True, slots=True)
class _PrintedWord:
    """A printed word; its bytes are [start, end) of the text."""

    start: int
    end: int
    page: PageIndex
    line: int
    word: int


class PageSpans:
    """All spans of the words of some pages, for one vocabulary.

    Args:
        indexes: indexes of the pages, in the order of the request.
        vocabulary: vocabulary of the answering model.
        not_there: the sentence that says that the answer is not on the page.
    """

    def __init__(
        self, indexes: Sequence[PageIndex], vocabulary: Vocabulary, *, not_there: str
    ) -> None:
        self.vocabulary = vocabulary
        self._words: list[_PrintedWord] = []
        self._starts: set[int] = set()
        self._ends: set[int] = set()
        self._joins: set[int] = set()
        self._text = b"".join(self._laid_out(indexes, not_there))
        broken = bytearray(self._text)
        for join in self._joins:
            broken[join] = _JOINS[1][0]
        # The text with every join as a space, and with every join as a line break.
        self._forms = (self._text, bytes(broken)) if self._joins else (self._text,)
        self._word_starts = [word.start for word in self._words]
        self._reaches = self._reachable()
        self._bare = self._beginnings()
        self._first = self._with_blanks()

    def walk(self) -> SpanWalk:
        """Begin a new answer."""
        return SpanWalk(self)

    def first(self, *, after_blank: bool = False) -> Mapping[int, Sequence[tuple[int, int]]]:
        """Return token id -> (start, position) of the spans that the token may begin.

        Args:
            after_blank: the model already wrote a token that is only a space, as some tokenizers
                require.
        """
        return self._bare if after_blank else self._first

    def following(self, position: int) -> Iterator[tuple[int, int]]:
        """Yield (token id, new position) of each token that can lead on to the end of a word."""
        for written, after in self._pieces(position):
            for index in self.vocabulary.ids(written):
                yield index, after

    def may_end(self, position: int) -> bool:
        return position in self._ends

    def evidence(self, spans: Sequence[tuple[int, int]], question: str) -> tuple[Evidence, ...]:
        """Return the place of an answer; among equal prints the one that fits the question best.

        Args:
            spans: (start, end) of the answer, one for each time that it is printed.
            question: the user's question.
        Returns:
            One Evidence per line of the answer; none for an answer that is not printed.
        """
        places = [place for span in spans if (place := self._place(*span)) is not None]
        if not places:
            return ()
        best = most_akin(places, question)
        return tuple(
            Evidence(best.index.document_id, best.index.page_index, bbox, text, 1.0)
            for text, bbox in best.parts
        )

    def _laid_out(self, indexes: Sequence[PageIndex], not_there: str) -> Iterator[bytes]:
        """Yield the pieces of the text and record the positions of its words."""
        sentence = not_there.encode()
        self._starts.add(0)
        self._ends.add(len(sentence))
        yield sentence
        at = len(sentence)
        for index in indexes:
            for lines in _blocks(index):
                before = _WALL
                for line in lines:
                    for number, word in enumerate(index.lines[line].words):
                        text = word.text.strip()
                        if not text:
                            continue
                        if before == _JOINS[0] and number == 0:
                            self._joins.add(at)
                        yield before
                        at += len(before)
                        self._note(text, at)
                        written = text.encode()
                        self._words.append(_PrintedWord(at, at + len(written), index, line, number))
                        yield written
                        at += len(written)
                        before = b" "

    def _note(self, word: str, at: int) -> None:
        """Record the positions in a word where an answer may begin and end."""
        left, right = 0, len(word)
        while left < right and word[left] in _EDGE:
            left += 1
        while right > left and word[right - 1] in _EDGE:
            right -= 1
        only_marks = left == right
        starts, ends = ({0}, {len(word)}) if only_marks else ({0, left}, {right, len(word)})
        for place in range(left + 1, right - 1):
            # "Total:42" is a label and its value without a space; "14:30" is one value.
            if word[place] in _PARTS and not word[place - 1].isdigit():
                starts.add(place + 1)
                ends.add(place)
        self._starts |= {at + len(word[:cut].encode()) for cut in starts}
        self._ends |= {at + len(word[:cut].encode()) for cut in ends}

    def _pieces(self, position: int) -> Iterator[tuple[bytes, int]]:
        """Yield (bytes, position after them) of each step that can still reach a word's end."""
        limit = min(position + self.vocabulary.longest, len(self._text))
        wall = self._text.find(_WALL, position, limit)
        limit = limit if wall < 0 else wall
        for after in range(position + 1, limit + 1):
            if not self._reaches[after]:
                continue
            written = self._text[position:after]
            yield written, after
            for form in self._forms[1:]:
                if (other := form[position:after]) != written:
                    yield other, after

    def _reachable(self) -> list[bool]:
        """Return for each position whether tokens lead from it to the end of a word."""
        self._reaches = [False] * (len(self._text) + 1)
        for position in range(len(self._text), -1, -1):
            self._reaches[position] = position in self._ends or any(
                written in self.vocabulary for written, _ in self._pieces(position)
            )
        return self._reaches

    def _beginnings(self) -> dict[int, list[tuple[int, int]]]:
        first: dict[int, list[tuple[int, int]]] = {}
        for start in sorted(self._starts):
            for written, after in self._pieces(start):
                for index in self.vocabulary.ids(written):
                    first.setdefault(index, []).append((start, after))
        return first

    def _with_blanks(self) -> dict[int, list[tuple[int, int]]]:
        """Allow a space before the first word, in its token or alone, as many tokenizers write."""
        first = dict(self._bare)
        for index, spans in self._bare.items():
            for spaced in self.vocabulary.ids(b" " + self.vocabulary.written(index)):
                first.setdefault(spaced, []).extend(spans)
        for blank in self.vocabulary.ids(b" "):
            first.setdefault(blank, [])
        return first

    def _place(self, start: int, end: int) -> PrintedPlace | None:
        words = []
        for word in self._words[max(0, bisect_right(self._word_starts, start) - 1) :]:
            if word.start >= end:
                break
            if word.end > start:
                words.append(word)
        if not words:
            return None
        parts = []
        for line in dict.fromkeys(word.line for word in words):
            printed = [
                word.page.lines[line].words[word.word] for word in words if word.line == line
            ]
            text = " ".join(word.text.strip() for word in printed)
            parts.append((text, union(word.bbox for word in printed)))
        return PrintedPlace(words[0].page, words[0].line, tuple(parts), 1.0)


class SpanWalk:
    """State of one answer: the spans that it can still become."""

    def __init__(self, spans: PageSpans) -> None:
        self._spans = spans
        # token id -> the (start, position) pairs that it leads to
        self._next: Mapping[int, Sequence[tuple[int, int]]] = spans.first()
        self._alive: Sequence[tuple[int, int]] = ()
        self._blank = False

    def again(self) -> SpanWalk:
        """Begin a new answer over the same pages."""
        return self._spans.walk()

    @property
    def allowed(self) -> Sequence[int]:
        """Ids that may come next. Empty only where the answer must end."""
        return list(self._next)

    @property
    def may_end(self) -> bool:
        return any(self._spans.may_end(position) for _, position in self._alive)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """(start, end) of each print of the text so far; only complete spans if there are any."""
        whole = [span for span in self._alive if self._spans.may_end(span[1])]
        return whole or list(self._alive)

    def advance(self, index: int) -> None:
        """Take the next token. A token that was not allowed ends the walk: nothing may follow."""
        begins = not self._alive and not self._blank
        self._alive = self._next.get(index, ())
        if begins and not self._alive and index in self._next:
            self._blank = True
            self._next = self._spans.first(after_blank=True)
            return
        following: dict[int, list[tuple[int, int]]] = {}
        for start, position in self._alive:
            for token, after in self._spans.following(position):
                following.setdefault(token, []).append((start, after))
        self._next = following


def _blocks(index: PageIndex) -> list[list[int]]:
    """Group the positions of lines by region; a line without a region is its own group."""
    blocks = [list(lines) for lines in index.region_lines if lines]
    held = {line for block in blocks for line in block}
    return blocks + [[line] for line in range(len(index.lines)) if line not in held]
