"""Conversion of boxes between a model's frame and the page frame: the only place for models' boxes.

Page frame: pixels of the upright page image, origin top left (engine.core.schema). This module also
maps boxes of a sideways page back from the image that was rotated for OCR.

Try it: `python -c "from engine.core.geometry import iou; print(iou((0, 0, 2, 2), (1, 0, 3, 2)))"`
"""

import math
from collections.abc import Iterable

from engine.core.errors import GeometryError
from engine.core.schema import BBox, Size


def to_page_frame(bbox: BBox, *, model_size: Size, page_size: Size) -> BBox:
    """Map a box from the model's input image to the upright page.

    Args:
        bbox: (x_min, y_min, x_max, y_max) in the model's frame; corners in any order.
        model_size: (width, height) of the model's frame: pixels after the processor's resize, or
            (1000, 1000) for models whose coordinates are thousandths of the page.
        page_size: (width, height) in pixels of the page image.
    Returns:
        The box in page pixels, clipped to the page.
    Raises:
        GeometryError: nothing of the box is left after clipping.
    """
    scale_x = page_size[0] / model_size[0]
    scale_y = page_size[1] / model_size[1]
    x0, y0, x1, y1 = bbox
    scaled = (x0 * scale_x, y0 * scale_y, x1 * scale_x, y1 * scale_y)
    return clip(scaled, page_size=page_size)


def to_model_frame(bbox: BBox, *, model_size: Size, page_size: Size) -> BBox:
    """Map a box from the page to the model's frame, for boxes that a user draws.

    The inverse of to_page_frame, with the same arguments and the same error.
    """
    return to_page_frame(bbox, model_size=page_size, page_size=model_size)


def contains_centre(outer: BBox, inner: BBox) -> bool:
    """Whether the centre of the inner box lies in the outer one, or on its edge."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def clip(bbox: BBox, *, page_size: Size) -> BBox:
    """The part of a box that lies on the page, corners in order.

    Raises:
        GeometryError: the box lies outside the page, has no area, or has a coordinate that is not
            finite.
    """
    width, height = page_size
    x0, x1 = sorted((bbox[0], bbox[2]))
    y0, y1 = sorted((bbox[1], bbox[3]))
    clipped = (max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1))
    # Models can generate NaN and infinity, which max and min let through.
    finite = all(math.isfinite(value) for value in bbox)
    if not (finite and clipped[0] < clipped[2] and clipped[1] < clipped[3]):
        raise GeometryError("geometry.empty_box", bbox=bbox, width=width, height=height)
    return clipped


def undo_quarter_turns(bbox: BBox, *, turns: int, page_size: Size) -> BBox:
    """Map a box from an image that was rotated for OCR back to the upright page frame.

    Args:
        bbox: pixels of the rotated image.
        turns: number of quarter turns counter-clockwise (PIL's ROTATE_90) from the page image to
            the rotated image.
        page_size: (width, height) of the page image before the rotation.
    Returns:
        The box in pixels of the page image.
    """
    width, height = page_size
    x0, y0, x1, y1 = bbox
    match turns % 4:
        case 1:
            return (width - y1, x0, width - y0, x1)
        case 2:
            return (width - x1, height - y1, width - x0, height - y0)
        case 3:
            return (y0, height - x1, y1, height - x0)
        case _:
            return bbox


def union(boxes: Iterable[BBox]) -> BBox:
    """The smallest box around all boxes.

    Raises:
        ValueError: there are no boxes.
    """
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    return (min(x0s), min(y0s), max(x1s), max(y1s))


def area(bbox: BBox) -> float:
    """Square pixels; 0 for an empty or inverted box."""
    return max(0.0, bbox[2] - bbox[0]) * max(0.0, bbox[3] - bbox[1])


def intersection_area(first: BBox, second: BBox) -> float:
    """Area of the intersection of two boxes in square pixels."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, width) * max(0.0, height)


def iou(first: BBox, second: BBox) -> float:
    """Intersection over union, 0 to 1."""
    shared = intersection_area(first, second)
    total = area(first) + area(second) - shared
    return shared / total if total > 0 else 0.0
