"""Verbatim answers by a server's constrained decoding: the page's spans as a grammar.

vLLM, SGLang and llama.cpp constrain an answer by a grammar in GGML's notation (GBNF; xgrammar reads
the same). Every position of the page where an answer may begin, end or branch is a rule that refers
to the next rule. So the grammar's length is linear in the page's length, not quadratic.

The server's answer is checked against the same spans, so a server that ignores the grammar is
detected before its answer is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.index.page_index import PageIndex
from engine.index.verbatim import PageSpans, Vocabulary

# A byte vocabulary: it can write every span, and ids are the bytes themselves.
BYTES: Final = Vocabulary({byte: bytes([byte]) for byte in range(256)})
# Path of the grammar in a request, by the settings' `api`.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "vllm": ("structured_outputs", "grammar"),
    "sglang": ("ebnf",),
    "llama_cpp": ("grammar",),
}
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def can_constrain(api: str) -> bool:
    """Whether servers of this kind support grammars."""
    return api in _FIELDS


def constraint(api: str, grammar: str) -> dict[str, Any]:
    """Return the grammar as a field of the request."""
    value: Any = grammar
    for name in reversed(_FIELDS[api]):
        value = {name: value}
    return dict(value)


def page_spans(indexes: Sequence[PageIndex], *, not_there: str) -> PageSpans:
    """Return the spans that an answer may consist of, byte by byte."""
    return PageSpans(indexes, BYTES, not_there=not_there)


def spans_of(spans: PageSpans, answer: str, *, whole: bool) -> list[tuple[int, int]] | None:
    """Return the spans of an answer on the pages; None if it is not on them.

    Args:
        whole: the answer must end where an answer may end; otherwise it may be truncated.
    """
    walk = spans.walk()
    for byte in answer.encode():
        if byte not in walk.allowed:
            return None
        walk.advance(byte)
    return None if whole and not walk.may_end else walk.spans


def grammar_of(spans: PageSpans) -> str:
    """Return a GBNF grammar of all answers that the spans allow."""
    return _Writer(spans).grammar()


class _Writer:
    """Writes one rule for each place, a position in the page's text."""

    def __init__(self, spans: PageSpans) -> None:
        self._spans = spans
        found = spans.first(after_blank=True).values()
        self._starts = {start for places in found for start, _ in places}

    def grammar(self) -> str:
        starts = sorted(self._starts)
        # Some tokenizers begin every text with a space.
        rules = [f'root ::= " "? ({" | ".join(f"p{start}" for start in starts)})']
        known, waiting = set(starts), starts
        while waiting:
            place = waiting.pop()
            written, following = self._stretch(place)
            rules.append(f"p{place} ::= {written}{self._tail(following)}")
            if following not in known and self._next(following):
                known.add(following)
                waiting.append(following)
        return "\n".join(rules) + "\n"

    def _next(self, place: int) -> list[tuple[int, int]]:
        """Return (byte, the place after it) of all continuations from a place."""
        return list(self._spans.following(place))

    def _stretch(self, place: int) -> tuple[str, int]:
        """Return the literal from a place on, and the next place that has a rule."""
        forms = self._next(place)
        written, after = bytes([forms[0][0]]), forms[0][1]
        if len(forms) > 1:
            # Two lines are separated by a space or a line break.
            either = " | ".join(_literal(bytes([byte])) for byte, _ in forms)
            return f"({either})", after
        while after not in self._starts and not self._spans.may_end(after):
            forms = self._next(after)
            if len(forms) != 1:
                break
            written, after = written + bytes([forms[0][0]]), forms[0][1]
        return _literal(written), after

    def _tail(self, place: int) -> str:
        """Return the reference to a place's rule: optional if the answer may end there, and empty
        at the end of the text."""
        if not self._next(place):
            return ""
        return f" p{place}?" if self._spans.may_end(place) else f" p{place}"


def _literal(written: bytes) -> str:
    return '"' + "".join(_ESCAPES.get(one, one) for one in written.decode()) + '"'
