"""Verbatim answers by a server's constrained decoding: the page's spans as a grammar.

vLLM, SGLang and llama.cpp hold an answer to a grammar in GGML's notation (GBNF; xgrammar reads the
same). Every place of the page where an answer may begin, end or take one of two forms is a rule,
and a rule goes on with the next, so the grammar is as long as the page and not as the square of it.

What a server sends back is checked against the same spans: one that ignores the grammar is found
out before its answer is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.index.page_index import PageIndex
from engine.index.verbatim import PageSpans, Vocabulary

# A model whose tokens are bytes can write every span; ids are the bytes themselves.
BYTES: Final = Vocabulary({byte: bytes([byte]) for byte in range(256)})
# Fields of a request that hold the grammar, by the settings' `api`.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "vllm": ("structured_outputs", "grammar"),
    "sglang": ("ebnf",),
    "llama_cpp": ("grammar",),
}
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def can_constrain(api: str) -> bool:
    """Whether servers of this kind hold an answer to a grammar."""
    return api in _FIELDS


def constraint(api: str, grammar: str) -> dict[str, Any]:
    """The grammar as a field of the request."""
    value: Any = grammar
    for name in reversed(_FIELDS[api]):
        value = {name: value}
    return dict(value)


def page_spans(indexes: Sequence[PageIndex], *, not_there: str) -> PageSpans:
    """What an answer may be made of, byte by byte."""
    return PageSpans(indexes, BYTES, not_there=not_there)


def spans_of(spans: PageSpans, answer: str, *, whole: bool) -> list[tuple[int, int]] | None:
    """Where an answer is printed; None where it is not a span.

    Args:
        whole: it must end where an answer may end; else it may be the beginning of one.
    """
    walk = spans.walk()
    for byte in answer.encode():
        if byte not in walk.allowed:
            return None
        walk.advance(byte)
    return None if whole and not walk.may_end else walk.spans


def grammar_of(spans: PageSpans) -> str:
    """All answers that the spans allow, as GBNF."""
    return _Writer(spans).grammar()


class _Writer:
    """Rules for the places of a page text; a place is a position in it."""

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
        """(byte, the place after it) of all that can go on from a place."""
        return list(self._spans.following(place))

    def _stretch(self, place: int) -> tuple[str, int]:
        """What is written from a place on, and the next place that has a rule."""
        forms = self._next(place)
        written, after = bytes([forms[0][0]]), forms[0][1]
        if len(forms) > 1:
            # Between two lines stands a space or a line break.
            either = " | ".join(_literal(bytes([byte])) for byte, _ in forms)
            return f"({either})", after
        while after not in self._starts and not self._spans.may_end(after):
            forms = self._next(after)
            if len(forms) != 1:
                break
            written, after = written + bytes([forms[0][0]]), forms[0][1]
        return _literal(written), after

    def _tail(self, place: int) -> str:
        """How an answer goes on from a place, where it may also end or must."""
        if not self._next(place):
            return ""
        return f" p{place}?" if self._spans.may_end(place) else f" p{place}"


def _literal(written: bytes) -> str:
    return '"' + "".join(_ESCAPES.get(one, one) for one in written.decode()) + '"'
