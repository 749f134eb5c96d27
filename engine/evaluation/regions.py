"""Layout F1: predicted regions matched to true ones, one to one, at IoU 0.5, by category."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.core.geometry import contains_centre, iou, union
from engine.core.schema import BBox, Region

# PubLayNet's classes for our categories; None: PubLayNet does not mark the category.
_PUBLAYNET: Final = {
    "Caption": "Text",
    "Footnote": "Text",
    "Formula": "Text",
    "Title": "Section-header",
    "Page-footer": None,
    "Page-header": None,
}
SCHEMES: Final = ("doclaynet", "publaynet")


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


def fold_to_publaynet(
    predicted: Sequence[Region], true: Sequence[tuple[BBox, str]]
) -> list[Region]:
    """Convert predictions to PubLayNet's annotation: five classes, one box around each whole list.

    Args:
        predicted, true: boxes in the same frame.
    Returns:
        Captions, footnotes and formulas as Text, titles as Section-header, without page headers
        and footers. List items whose centre lies in a true list are joined to one box.
    """
    renamed = [
        replace(region, category=category)
        for region in predicted
        if (category := _PUBLAYNET.get(region.category, region.category)) is not None
    ]
    items = [region for region in renamed if region.category == "List-item"]
    folded = [region for region in renamed if region.category != "List-item"]
    for bbox, category in true:
        inside = [
            item for item in items if category == "List-item" and contains_centre(bbox, item.bbox)
        ]
        if inside:
            items = [item for item in items if item not in inside]
            folded.append(replace(inside[0], bbox=union(item.bbox for item in inside)))
    return folded + items
