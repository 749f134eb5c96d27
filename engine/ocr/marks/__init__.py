"""Marks on a page that are no print: boxes to tick, signatures, codes. Stamps: `stamps`.

Classical image processing on the level picture; it costs about 0.05 s a page (docs/ocr.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.core.schema import Line, Mark

if TYPE_CHECKING:
    from engine.ocr.rapid import Picture

__all__ = ["find_marks"]


def find_marks(picture: Picture, lines: Sequence[Line]) -> list[Mark]:
    """Find check boxes, radio buttons, signature lines and codes.

    Args:
        picture: (height, width, 3), uint8, RGB, its lines level.
        lines: the page's lines, boxes in pixels of the picture.
    Returns:
        Marks with boxes in pixels of the picture.
    """
    from engine.ocr.marks.check_boxes import find_boxes
    from engine.ocr.marks.codes import find_codes
    from engine.ocr.marks.ink import ink_of
    from engine.ocr.marks.signatures import find_signatures

    codes = find_codes(picture)
    ink = ink_of(picture, lines)
    if ink is None:
        return codes
    taken = [code.bbox for code in codes]
    return [*codes, *find_boxes(ink, lines, taken), *find_signatures(ink, lines, taken)]
