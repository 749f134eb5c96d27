"""Ranker: features of candidates -> scores, and the confidence in the best candidate.

A network with one hidden layer scores each candidate. Its coefficients are in ranker.safetensors,
fitted by `python -m training.reading fit` on synthetic documents. Nothing is trained here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.families.lite.features import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.families.lite.matching import QuestionCoverage

RANKER_FILE: Final = Path(__file__).parent / "ranker.safetensors"
# Features of the best candidate that its confidence is computed from.
_FEATURE_SIGNS: Final = ("type", "type_gap", "context", "label", "near")
SIGNS: Final = ("share", "lead", "known_terms", "known_exact", *_FEATURE_SIGNS)


@dataclass(frozen=True, slots=True)
class Ranker:
    """The fitted coefficients.

    Attributes:
        hidden: (FEATURES, units) and (units,): weights and biases of the hidden layer.
        output: (units,) weights of the score over the hidden layer.
        sign_weight, sign_bias: logistic model over SIGNS, for the confidence.
        threshold: below this confidence there is no answer.
    """

    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    sign_weight: NDArray[np.float32]
    sign_bias: float
    threshold: float

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scores, (candidates,). Higher is better; only differences have a meaning."""
        units = np.maximum(features @ self.hidden + self.hidden_bias, 0.0)
        return np.asarray(units @ self.output, np.float32)

    def confidence(self, signs: NDArray[np.float32]) -> float:
        """Return the probability that the best candidate is correct, 0 to 1."""
        return float(1 / (1 + np.exp(-(signs @ self.sign_weight + self.sign_bias))))


def signs_of(
    scores: NDArray[np.float32],
    features: NDArray[np.float32],
    texts: Sequence[str],
    known: QuestionCoverage,
) -> NDArray[np.float32]:
    """Return the inputs of the confidence model for the best candidate, (SIGNS,).

    Args:
        scores: (candidates,).
        features: (candidates, FEATURES).
        texts: texts of the candidates; a candidate with the same text is not a rival.
        known: how much of the question occurs on the pages.
    """
    best = int(np.argmax(scores))
    shares = np.exp(scores - scores[best])
    same = np.array([text == texts[best] for text in texts])
    rivals = scores[~same]
    lead = float(scores[best] - rivals.max()) if rivals.size else 3.0
    row = features[best]
    return np.array(
        [
            float(shares[same].sum() / shares.sum()),
            min(3.0, lead) / 3.0,
            known.terms,
            known.exact,
            *(row[FEATURES.index(name)] for name in _FEATURE_SIGNS),
        ],
        np.float32,
    )


@cache
def ranker() -> Ranker:
    """Load the fitted ranker.

    Raises:
        ValueError: ranker.safetensors was fitted for other features.
    """
    from safetensors import safe_open

    with safe_open(RANKER_FILE, "numpy") as stored:
        told: dict[str, Any] = json.loads(stored.metadata()["fitted"])
        arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    if tuple(told["features"]) != FEATURES or tuple(told["signs"]) != SIGNS:
        raise ValueError(f"{RANKER_FILE.name} was fitted for other features: fit it again")
    return Ranker(**arrays, sign_bias=float(told["sign_bias"]), threshold=float(told["threshold"]))


def store(fitted: Ranker, path: Path) -> None:
    """Write a ranker in the format that `ranker` reads."""
    from safetensors.numpy import save_file

    told = {
        "features": FEATURES,
        "signs": SIGNS,
        "sign_bias": fitted.sign_bias,
        "threshold": fitted.threshold,
    }
    arrays = {
        "hidden": fitted.hidden,
        "hidden_bias": fitted.hidden_bias,
        "output": fitted.output,
        "sign_weight": fitted.sign_weight,
    }
    whole = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    save_file(whole, path, metadata={"fitted": json.dumps(told)})
