"""Scores of candidates from their features: one linear model per field type.

weights.json contains the weights, which `python -m training.fields fit` fits on drawn specimens of
the train split; nothing is learned here. "Not on the page" has score 0, so a candidate with a lower
score is not chosen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.ranking.features import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.fields.ranking.spans import Span
    from engine.fields.templates import FieldTemplate

WEIGHTS_FILE: Final = Path(__file__).parent / "weights.json"


_MOST_TRIED: Final = 8
_BEAM: Final = 48


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """A candidate of a field. score: logit; probability: against all others and "absent"."""

    field: str
    span: Span
    score: float
    probability: float


@cache
def load_weights(path: Path = WEIGHTS_FILE) -> Mapping[str, NDArray[np.float32]]:
    """Load field type -> (features,) weights."""
    table: Mapping[str, Mapping[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    return {
        kind: np.array([weights.get(name, 0.0) for name in FEATURES], np.float32)
        for kind, weights in table.items()
    }


def weights_of(template: FieldTemplate) -> NDArray[np.float32]:
    """Return (features,) weights of a field's kind, or of its type.

    No drawn field is a plain number; plain numbers use the weights of ids.
    """
    known = load_weights()
    return next(known[kind] for kind in (template.kind, template.type, "id") if kind in known)


def scored(
    field: str, spans: Sequence[Span], table: NDArray[np.float32], weights: NDArray[np.float32]
) -> list[ScoredSpan]:
    """Score the candidates of one field over all pages, best first, each span once.

    Args:
        table: (spans, features).
    """
    if not spans:
        return []
    scores = table @ weights
    top = max(0.0, float(scores.max()))
    shares = np.exp(scores - top)
    total = float(shares.sum()) + float(np.exp(-top))
    best: dict[object, ScoredSpan] = {}
    for span, score, share in zip(spans, scores, shares, strict=True):
        key = (span.piece.view.index.page_index, span.piece.key)
        known = best.get(key)
        probability = float(share) / total + (known.probability if known else 0.0)
        best_span = span if known is None or score > known.score else known.span
        highest = max(float(score), known.score if known else float(score))
        best[key] = ScoredSpan(field, best_span, highest, probability)
    return sorted(best.values(), key=lambda one: -one.score)


def assigned(candidates: Mapping[str, Sequence[ScoredSpan]]) -> dict[str, ScoredSpan]:
    """Assign at most one candidate to each field, with the highest total score.

    No two candidates share words. Beam search; the field with the surest candidate comes first.
    """
    order = sorted(
        (name for name, own in candidates.items() if own),
        key=lambda name: -max(one.probability for one in candidates[name]),
    )
    beam: list[tuple[float, frozenset[tuple[int, int]], dict[str, ScoredSpan]]] = [
        (0.0, frozenset(), {})
    ]
    for name in order:
        likely = sorted(candidates[name], key=lambda one: -one.score)[:_MOST_TRIED]
        longer = list(beam)
        for one in likely:
            if one.score <= 0:
                continue
            words = frozenset(_words(one.span))
            longer += [
                (score + one.score, taken | words, {**found, name: one})
                for score, taken, found in beam
                if not words & taken
            ]
        beam = sorted(longer, key=lambda state: -state[0])[:_BEAM]
    return beam[0][2]


def _words(span: Span) -> list[tuple[int, int]]:
    page = span.piece.view.index.page_index
    return [(page, word) for first, last in span.piece.ranges for word in range(first, last)]
