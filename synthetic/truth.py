"""Truth of a synthetic page.

Boxes are x1, y1, x2, y2 in pixels of the upright picture, origin top left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from PIL import Image

Box = tuple[float, float, float, float]

CATEGORIES = (
    "Caption",
    "Footnote",
    "Formula",
    "List-item",
    "Page-footer",
    "Page-header",
    "Picture",
    "Section-header",
    "Table",
    "Text",
    "Title",
)


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all the boxes."""
    x1s, y1s, x2s, y2s = zip(*boxes, strict=True)
    return (min(x1s), min(y1s), max(x2s), max(y2s))


@dataclass
class Word:
    """A word as printed, with its punctuation; `line` and `region` are ids, region -1 for none."""

    text: str
    box: Box
    line: int
    region: int


@dataclass
class Line:
    """Words drawn at once on one baseline; cells of a table row are separate lines."""

    id: int
    text: str
    box: Box
    region: int


@dataclass
class Region:
    """A part of the layout; the category is one of CATEGORIES."""

    id: int
    category: str
    box: Box
    text: str = ""


@dataclass
class Question:
    """A question with every acceptable printed form of its answer, the form on the page first.

    kind: "field", "table", "text", "count" or "none" (the page has no answer: no answers, no
    boxes). evidence_boxes: places of the answer; several if it is printed in several places.
    printed: False if the answer (a count) is not itself on the page; the boxes are then of the
    counted values.
    """

    question: str
    answers: list[str]
    evidence_boxes: list[Box]
    kind: str
    key: str = ""
    printed: bool = True


@dataclass
class SyntheticDocument:
    """A drawn page with its truth.

    Boxes are in the upright frame, that of the picture before `quarter_turn`; with quarter_turn
    0 they are pixels of `image` itself. quarter_turn: degrees (0, 90, 180, 270) by which `image`
    was then turned clockwise. `size` is the upright picture's width and height.
    """

    image: Image.Image
    kind: str
    language: str
    template: str
    split: str
    degradation: str
    seed: int
    words: list[Word]
    lines: list[Line]
    regions: list[Region]
    questions: list[Question]
    fields: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    quarter_turn: int = 0
