"""Fit of document boundaries: prepared files, joints, weights, held-out types.

Input: specimens of the train split, as drawn words. Output: (SIGNS,) weights, which training.splits
writes. Seed: 5 (files and classifiers of types), 6 for the second level of noise.

During the fit, a page's type comes from a classifier that was fitted without the page's template,
as users' pages are new to the engine's classifier. Thresholds and features are judged on documents
of a type that the weights were not fitted on (`unseen_types`). The later pages that
synthetic.papers.continued draws for that type are new to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.fields.document_type import DOCUMENT_TYPES
from engine.fields.document_type.features import features
from engine.fields.document_type.model import softmax
from engine.fields.splitting.boundary_features import SIGNS, joint
from engine.fields.splitting.page_features import PageFeatures, signs_of, type_shares
from engine.index.page_index import PageIndex
from training.document_types_fit import fit as fit_types
from training.fields_data import Case, Words, read_cases
from training.splits_data import SplitFile, draw_files

_SEED: Final = 5
_NOISES: Final = (0.02, 0.1)
_FOLDS: Final = 3
_PENALTY: Final = 1.0
_STEPS: Final = 60

Floats = NDArray[np.float64]
Shares = Callable[[PageIndex], NDArray[np.float32]]
Group = tuple[str, str, str]


@dataclass(frozen=True)
class Joint:
    """A page beside its document so far.

    Attributes:
        types: of the documents on both sides.
        document: number of the page's document among all files.
    """

    signs: NDArray[np.float32]
    begins: bool
    types: frozenset[str]
    document: tuple[int, int]


@dataclass(frozen=True)
class Prepared:
    """A file with the features of its pages."""

    file: SplitFile
    pages: tuple[PageFeatures, ...]


def joints_of(files: Sequence[Prepared]) -> list[Joint]:
    """All pages of all files with their truth, except first and empty pages."""
    out = []
    for number, one in enumerate(files):
        so_far: list[PageFeatures] = []
        document, before = -1, -1
        for at, page in enumerate(one.pages):
            begins = at in one.file.starts
            document += begins
            if so_far and not page.is_empty:
                types = frozenset((one.file.types[document], one.file.types[before]))
                out.append(Joint(joint(so_far, page), begins, types, (number, document)))
            if begins:
                so_far = []
            if not page.is_empty:
                so_far.append(page)
                before = document
    return out


def fit(joints: Sequence[Joint], left_out: str | None = None) -> Floats:
    """Fit (SIGNS,) weights by iteratively reweighted least squares (Bishop 2006, section 4.3.3).

    An L2 penalty applies to all but the bias.

    Args:
        left_out: a feature that is not used.
    """
    used = np.array([name != left_out for name in SIGNS])
    x = np.stack([one.signs for one in joints]).astype(np.float64) * used
    y = np.array([one.begins for one in joints], np.float64)
    w = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], _PENALTY)
    penalty[SIGNS.index("bias")] = 1e-3
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - y) + penalty * w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        change = np.linalg.solve(hessian, gradient)
        w -= change
        if np.abs(change).max() < 1e-7:
            break
    return np.asarray(w * used, np.float64)


@dataclass(frozen=True)
class Unseen:
    """Joints inside one type, with the probabilities from weights fitted without that type."""

    probabilities: Floats
    begins: NDArray[np.bool_]
    documents: tuple[tuple[int, int], ...]

    def figures(self, threshold: float) -> dict[str, float]:
        """precision and recall of beginnings; torn: share of multi-page documents split."""
        said = self.probabilities > threshold
        torn: dict[tuple[int, int], bool] = {}
        for document, begins, wrong in zip(self.documents, self.begins, said, strict=True):
            if not begins:
                torn[document] = torn.get(document, False) or bool(wrong)
        return {
            "precision": float(self.begins[said].mean()) if said.any() else 1.0,
            "recall": float(said[self.begins].mean()),
            "torn": float(np.mean(list(torn.values()))),
        }


def unseen_types(joints: Sequence[Joint], left_out: str | None = None) -> Unseen:
    """Leave out and judge each type in turn."""
    told: list[float] = []
    kept: list[Joint] = []
    for kind in sorted({name for one in joints for name in one.types}):
        own = [one for one in joints if one.types == {kind}]
        if own:
            weights = fit([one for one in joints if kind not in one.types], left_out)
            told += [float(1.0 / (1.0 + np.exp(-(one.signs @ weights)))) for one in own]
            kept += own
    return Unseen(
        np.array(told),
        np.array([one.begins for one in kept]),
        tuple(one.document for one in kept),
    )


def prepared_train(folders: Sequence[Path], count: int) -> list[Prepared]:
    """Files of the train split; types from classifiers fitted without their templates."""
    out: list[Prepared] = []
    for number, noise in enumerate(_NOISES):
        cases = [case for folder in folders for case in read_cases(folder, "drawn", noise=noise)]
        folds = _fold_of([case.group for case in cases])
        types = _types_without(cases, folds)
        for file in draw_files(cases, count, "train", _SEED + number, noise=noise):
            pages = []
            document = -1
            for at, page in enumerate(file.pages):
                document += at in file.starts
                pages.append(signs_of(page, types[folds[file.groups[document]]]))
            out.append(Prepared(file, tuple(pages)))
    return out


def prepared_as_is(
    folders: Sequence[Path],
    words: Words,
    count: int,
    split: str,
    seed: int,
    *,
    read_later: bool = False,
) -> list[Prepared]:
    """Files with the engine's own types. read_later: see draw_files, noise None."""
    noise = 0.02
    cases = [case for folder in folders for case in read_cases(folder, words, noise=noise)]
    return [
        Prepared(file, tuple(signs_of(page) for page in file.pages))
        for file in draw_files(cases, count, split, seed, noise=None if read_later else noise)
    ]


def _fold_of(groups: Sequence[Group]) -> dict[Group, int]:
    """The fold of each template: those of a type and language take turns."""
    out: dict[Group, int] = {}
    seen: dict[tuple[str, str], int] = {}
    for group in sorted(set(groups)):
        turn = seen.get(group[:2], 0)
        out[group] = turn % _FOLDS
        seen[group[:2]] = turn + 1
    return out


def _types_without(cases: Sequence[Case], folds: Mapping[Group, int]) -> list[Shares]:
    """For each fold, the type probabilities from a classifier fitted on the other folds."""
    x = np.stack([features(case.index) for case in cases])
    y = np.array([DOCUMENT_TYPES.index(case.document_type) for case in cases], np.int64)
    own = np.array([folds[case.group] for case in cases])
    out: list[Shares] = []
    for fold in range(_FOLDS):
        weight, bias = fit_types(x[own != fold], y[own != fold], len(DOCUMENT_TYPES), seed=_SEED)

        def shares(
            index: PageIndex, weight: NDArray[np.float32] = weight, bias: NDArray[np.float32] = bias
        ) -> NDArray[np.float32]:
            if not index.lines:
                return type_shares(index)
            return softmax(features(index) @ weight + bias)

        out.append(shares)
    return out
