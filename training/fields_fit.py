"""Fit of engine.fields: one linear model per field type, on drawn specimens of the train split.

Input: Choice examples (`choices`). Output: field type -> feature -> weight, which training.fields
writes to engine/fields/ranking/weights.json. Seed: of the labels left out; the fit itself is
deterministic.

The model is a conditional logistic regression: among a field's candidates and "not on the page"
(score 0) the right one should win. A field with several right candidates (printed twice) may take
any. L2 limits the weights. The intercept against "not on the page" is the feature "any".
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation import same_field
from engine.fields.page import prepared
from engine.fields.ranking.features import FEATURES, feature_table
from engine.fields.templates import DocumentTemplate, FieldLabels, load_templates
from training.fields_data import Case

_BY_FORM = ("mrz", "items")
_STEPS = 60
# Share of a template's synonyms that each page is fitted without. Extraction must cope with labels
# that no template knows, and on the train split every label is known.
UNKNOWN_LABELS = 0.25


@dataclass(frozen=True)
class Choice:
    """One field of one specimen.

    Attributes:
        kind: the group of weights that it trains.
        main: these weights also score it, unlike the general ones for fields of unknown templates.
        table: (spans, features).
        right: (spans,), all false if none is.
    """

    group: tuple[str, str, str]
    kind: str
    field: str
    table: NDArray[np.float32]
    right: NDArray[np.bool_]
    main: bool = True


def choices(
    cases: Iterable[Case], *, unknown: float = UNKNOWN_LABELS, seed: int = 17
) -> list[Choice]:
    """Build the examples; fields that no specimen of a type prints are left out.

    Args:
        unknown: share of synonyms left out, page by page.
        seed: of the synonyms left out.
    """
    rng = random.Random(seed)
    found: list[Choice] = []
    printed: set[tuple[str, str]] = set()
    for case in cases:
        template = thinned(load_templates()[case.document_type], unknown, rng)
        page = prepared(case.index, template)
        for name, field in template.fields.items():
            if field.type in _BY_FORM:
                continue
            truth = case.fields.get(name)
            if truth is not None:
                printed.add((template.name, name))
            spans = page.spans(name, field)
            table = feature_table(page.facts, name, field, spans)
            right = np.array(
                [truth is not None and same_field(name, one.piece.text, truth) for one in spans],
                np.bool_,
            )
            if truth is not None and not right.any():
                continue  # no candidate is right: nothing to learn
            found.append(Choice(case.group, field.kind, name, table, right))
            if field.kind not in ("coded", field.type):
                found.append(Choice(case.group, field.type, name, table, right, main=False))
    return [one for one in found if (one.group[0], one.field) in printed]


def thinned(template: DocumentTemplate, share: float, rng: random.Random) -> DocumentTemplate:
    """The template without a share of each field's synonyms."""

    def some(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word in words if rng.random() >= share)

    fields = {
        name: field.model_copy(
            update={"synonyms": FieldLabels(en=some(field.synonyms.en), ru=some(field.synonyms.ru))}
        )
        for name, field in template.fields.items()
    }
    return template.model_copy(update={"fields": fields})


def fit(examples: Sequence[Choice], *, decay: float = 0.02) -> dict[str, dict[str, float]]:
    """field type -> feature -> weight. decay: L2 per example."""
    by_kind: dict[str, list[Choice]] = defaultdict(list)
    for one in examples:
        by_kind[one.kind].append(one)
    return {
        kind: {
            name: round(float(weight), 3)
            for name, weight in zip(FEATURES, _fit_one(own, decay), strict=True)
            if abs(weight) >= 0.01
        }
        for kind, own in sorted(by_kind.items())
    }


def _fit_one(examples: Sequence[Choice], decay: float) -> NDArray[np.float32]:
    """(features,) weights of one type."""
    owner = np.concatenate([np.full(len(one.table), n) for n, one in enumerate(examples)])
    rows = torch.from_numpy(np.concatenate([one.table for one in examples]))
    right = torch.from_numpy(np.concatenate([one.right for one in examples]))
    segment = torch.from_numpy(owner.astype(np.int64))
    absent = torch.tensor([not one.right.any() for one in examples])
    weights = torch.zeros(len(FEATURES), requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], lr=1.0, max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        scores = (rows @ weights).clamp(-30, 30)
        shares = scores.exp()
        every = torch.ones(len(examples)).index_add(0, segment, shares)
        good = absent.float().index_add(0, segment, shares * right)
        value = (every.log() - good.log()).mean() + decay * weights.square().mean()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found: NDArray[np.float32] = weights.detach().numpy()
    return found
