"""Multinomial logistic regression from features to type probabilities.

classifier.safetensors contains its coefficients, which `python -m training.document_types fit` fits
on drawn documents; nothing is learned here. Method: Bishop, Pattern Recognition and Machine
Learning (2006), section 4.3.4; temperature: Guo et al., arXiv:1706.04599.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.fields.document_type.features import SIZE
from engine.fields.document_type.names import DOCUMENT_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS_FILE: Final = Path(__file__).parent / "classifier.safetensors"


@dataclass(frozen=True, slots=True)
class Classifier:
    """The fitted coefficients.

    Attributes:
        weight: (SIZE, types).
        bias: (types,).
        temperature: divides the logits before the softmax. It calibrates the confidence: 0.8 is
            right about eight times out of ten.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map (..., SIZE) to (..., types), already divided by the temperature."""
        out = (features @ self.weight + self.bias) / self.temperature
        return np.asarray(out, np.float32)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


@cache
def classifier() -> Classifier:
    """Load the fitted classifier.

    Raises:
        ValueError: classifier.safetensors was fitted for other features or types.
    """
    from safetensors import safe_open

    with safe_open(WEIGHTS_FILE, "numpy") as stored:
        told: dict[str, Any] = json.loads(stored.metadata()["fitted"])
        weight = stored.get_tensor("weight").astype(np.float32)
        bias = stored.get_tensor("bias").astype(np.float32)
    if weight.shape[0] != SIZE or tuple(told["types"]) != DOCUMENT_TYPES:
        raise ValueError(f"{WEIGHTS_FILE.name} was fitted for other features: fit it again")
    return Classifier(weight, bias, float(told["temperature"]))


def store(fitted: Classifier, path: Path, *, told: dict[str, Any]) -> None:
    """Write a classifier in half precision, in the format that `classifier` reads."""
    from safetensors.numpy import save_file

    told = {**told, "types": DOCUMENT_TYPES, "temperature": fitted.temperature}
    arrays = {"weight": fitted.weight.astype(np.float16), "bias": fitted.bias.astype(np.float16)}
    save_file(arrays, path, metadata={"fitted": json.dumps(told)})
