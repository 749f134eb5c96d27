"""Fit of the multinomial logistic regression over document types, and of its temperature.

Input: features and types of pages. Output: weights, biases and the temperature, which
training.document_types writes. Seed: an argument, of batches and dropped features.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

# Chosen on unseen templates of the train split (docs/fields.md).
PENALTY = 1e-3
DROPPED = 0.3
STEPS = 300
_BATCH, _RATE = 128, 0.03

Floats = NDArray[np.float32]


def fit(
    x: Floats,
    y: NDArray[np.int64],
    types: int,
    *,
    seed: int,
    penalty: float = PENALTY,
    dropped: float = DROPPED,
) -> tuple[Floats, Floats]:
    """Fit the weights (features, types) and biases (types,).

    Each batch drops a random share of the features: a page of an unseen template lacks most of the
    words that identify the type.

    Args:
        x: (pages, features).
        y: (pages,) numbers of the types; every type has equal weight, whatever its number of pages.
        seed: of batches and dropped features.
        penalty: L2, on the weights.
        dropped: the share of the features that a batch drops.
    """
    generator = torch.Generator().manual_seed(seed)
    pages, labels = torch.from_numpy(np.ascontiguousarray(x, np.float32)), torch.from_numpy(y)
    counts = torch.bincount(labels, minlength=types).clamp(min=1).float()
    chances = (1.0 / counts)[labels]
    weight = torch.zeros(x.shape[1], types, requires_grad=True)
    bias = torch.zeros(types, requires_grad=True)
    optimiser = torch.optim.Adam([weight, bias], lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        picked = torch.multinomial(chances, _BATCH, replacement=True, generator=generator)
        kept = torch.rand((x.shape[1], 1), generator=generator) >= dropped
        logits = pages[picked] @ (weight * kept / (1 - dropped)) + bias
        loss = torch.nn.functional.cross_entropy(logits, labels[picked])
        loss = loss + penalty * weight.square().sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return weight.detach().numpy(), bias.detach().numpy()


def fit_temperature(logits: Floats, y: NDArray[np.int64]) -> float:
    """The temperature with the least cross entropy on pages whose templates were not fitted on."""
    best, least = 1.0, np.inf
    for temperature in np.geomspace(0.2, 5.0, 60):
        scaled = torch.from_numpy(logits / np.float32(temperature))
        loss = float(torch.nn.functional.cross_entropy(scaled, torch.from_numpy(y)))
        if loss < least:
            best, least = float(temperature), loss
    return best
