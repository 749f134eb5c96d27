"""How good answers, text and layout are, against known truth.

Definitions: ANLS with threshold 0.5 (Biten et al., "Scene Text Visual Question Answering", 2019),
character error rate = Levenshtein distance / characters of the truth, layout F1 at IoU 0.5 per
category. An evidence hit: one predicted box, or all of up to five together, covers at least half
of a true box and no more than 15% of the page. This module compares; it runs no model.
"""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from engine.geometry import area, intersection_area, iou
from engine.schema import BBox, Region, Size

ANLS_THRESHOLD = 0.5
MAX_EVIDENCE_BOXES = 5
MAX_EVIDENCE_SHARE = 0.15
MIN_EVIDENCE_COVER = 0.5

_FOLDED = str.maketrans(
    {
        **dict.fromkeys("«»“”„‟″", '"'),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
    | {"ё": "е", "Ё": "Е", "\u00ad": None}
)


def normalise(text: str) -> str:
    """Lower case, NFKC, one kind of quote and dash, single spaces, no outer punctuation."""
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDED).lower()
    return re.sub(r"\s+", " ", folded).strip(" .,;:!?\"'")


def anls(answer: str, truths: Sequence[str]) -> float:
    """Average normalised Levenshtein similarity of an answer to the best truth, 0 to 1."""
    said = normalise(answer)
    if not truths:  # unanswerable: only saying nothing is right
        return float(not said)
    best = max(Levenshtein.normalized_similarity(said, normalise(truth)) for truth in truths)
    return best if said and best >= ANLS_THRESHOLD else 0.0


def exact(answer: str, truths: Sequence[str]) -> bool:
    """Whether the answer is one of the truths, after normalising."""
    said = normalise(answer)
    return said in {normalise(truth) for truth in truths} if truths else not said


def covered_share(target: BBox, boxes: Sequence[BBox]) -> float:
    """The share of a box that the union of other boxes covers, 0 to 1."""
    if area(target) == 0:
        return 0.0
    xs = sorted({target[0], target[2], *(x for box in boxes for x in (box[0], box[2]))})
    ys = sorted({target[1], target[3], *(y for box in boxes for y in (box[1], box[3]))})
    # The grid that all edges make: a cell is covered wholly or not at all.
    covered = sum(
        intersection_area(target, cell)
        for x0, x1 in itertools.pairwise(xs)
        for y0, y1 in itertools.pairwise(ys)
        if any(intersection_area(cell := (x0, y0, x1, y1), box) > 0 for box in boxes)
    )
    return covered / area(target)


def evidence_hit(
    boxes: Sequence[BBox], truths: Sequence[BBox], *, boxes_size: Size, truths_size: Size
) -> bool:
    """Whether predicted boxes point at one of the true ones.

    Args:
        boxes: pixels of a page of boxes_size (width, height).
        truths: pixels of the same page at truths_size.
    """
    scale_x, scale_y = truths_size[0] / boxes_size[0], truths_size[1] / boxes_size[1]
    scaled: list[BBox] = [
        (x0 * scale_x, y0 * scale_y, x1 * scale_x, y1 * scale_y)
        for x0, y0, x1, y1 in boxes[:MAX_EVIDENCE_BOXES]
    ]
    most = MAX_EVIDENCE_SHARE * truths_size[0] * truths_size[1]
    small = [box for box in scaled if 0 < area(box) <= most]
    together = small if sum(map(area, small)) <= most else []
    return any(
        any(covered_share(truth, [box]) >= MIN_EVIDENCE_COVER for box in small)
        or covered_share(truth, together) >= MIN_EVIDENCE_COVER
        for truth in truths
    )


def character_error_rate(text: str, truth: str) -> float:
    """Levenshtein distance per character of the truth, white space and quotes made alike."""
    said, wanted = (re.sub(r"\s+", " ", part.translate(_FOLDED)).strip() for part in (text, truth))
    return Levenshtein.distance(said, wanted) / max(len(wanted), 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, predictions and truths of one category."""

    matched: int
    predicted: int
    true: int

    @property
    def f1(self) -> float:
        total = self.predicted + self.true
        return 2 * self.matched / total if total else 0.0


def match_regions(
    predicted: Sequence[Region], true: Sequence[tuple[BBox, str]], *, threshold: float = 0.5
) -> dict[str, Counts]:
    """Match regions of one page one to one, best IoU first, within each category.

    Args:
        predicted, true: boxes in the same frame; true as (bbox, category).
        threshold: least IoU of a match.
    """
    pairs = sorted(
        (
            (iou(region.bbox, bbox), i, j)
            for i, region in enumerate(predicted)
            for j, (bbox, category) in enumerate(true)
            if region.category == category
        ),
        reverse=True,
    )
    used_predicted: set[int] = set()
    used_true: set[int] = set()
    for overlap, i, j in pairs:
        if overlap >= threshold and i not in used_predicted and j not in used_true:
            used_predicted.add(i)
            used_true.add(j)
    matched = Counter(true[j][1] for j in used_true)
    counted_predicted = Counter(region.category for region in predicted)
    counted_true = Counter(category for _, category in true)
    return {
        category: Counts(matched[category], counted_predicted[category], counted_true[category])
        for category in sorted({*counted_predicted, *counted_true})
    }
