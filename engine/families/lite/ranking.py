"""Features of candidates -> scores, and how sure the reader may be of the best one.

The coefficients are in ranker.json, fitted by `python -m bench.reading fit` on synthetic documents;
nothing is learned here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.families.lite.features import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANKER_FILE: Final = Path(__file__).parent / "ranker.json"


@dataclass(frozen=True, slots=True)
class Ranker:
    """score = features @ weight + relu(features @ hidden + hidden_bias) @ out."""

    weight: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    out: NDArray[np.float32]

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(candidates,) higher is better; only differences mean something."""
        scores = features @ self.weight
        if self.out.size:
            scores = scores + np.maximum(features @ self.hidden + self.hidden_bias, 0) @ self.out
        return np.asarray(scores, np.float32)


@cache
def ranker() -> Ranker:
    """The fitted ranker. Raises ValueError when ranker.json was fitted for other features."""
    stored: dict[str, Any] = json.loads(RANKER_FILE.read_text(encoding="utf-8"))
    if tuple(stored["features"]) != FEATURES:
        raise ValueError(f"{RANKER_FILE.name} was fitted for other features: fit it again")
    return Ranker(
        weight=np.array(stored["weight"], np.float32),
        hidden=np.array(stored["hidden"], np.float32).reshape(len(FEATURES), -1),
        hidden_bias=np.array(stored["hidden_bias"], np.float32),
        out=np.array(stored["out"], np.float32),
    )
