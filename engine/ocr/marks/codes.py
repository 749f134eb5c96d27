"""QR codes and barcodes with their boxes and content, read by zxing-cpp (PyPI, Apache-2.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import zxingcpp

from engine.core.schema import BBox, Mark

if TYPE_CHECKING:
    from engine.ocr.rapid import Picture

# Formats that carry a check sum, so that print is not taken for one of them.
_FORMATS: Final = (
    zxingcpp.QRCode,
    zxingcpp.MicroQRCode,
    zxingcpp.RMQRCode,
    zxingcpp.DataMatrix,
    zxingcpp.Aztec,
    zxingcpp.PDF417,
    zxingcpp.EANUPC,
    zxingcpp.Code128,
    zxingcpp.Code93,
    zxingcpp.Code39,
    zxingcpp.ITF,
    zxingcpp.DataBar,
)
# A shorter content of a linear code may be misread print.
_LEAST_DIGITS: Final = 6
_LINEAR: Final = frozenset((zxingcpp.Code39, zxingcpp.ITF))
# Codes of at most 10% damage at their sides and all linear ones are found in this size; a longer
# side costs time.
_SIDE: Final = 1800


def find_codes(picture: Picture) -> list[Mark]:
    """Read all codes of a picture.

    Args:
        picture: (height, width, 3), uint8, RGB, at any angle.
    Returns:
        Marks of kind "code" with the content as text; boxes in pixels of the picture.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    marks = []
    for code in zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(_FORMATS)):
        if not code.text or (code.format in _LINEAR and len(code.text) < _LEAST_DIGITS):
            continue
        marks.append(Mark("code", _bounds(code.position, grey.shape), text=code.text))
    return marks


def _bounds(position: zxingcpp.Position, shape: tuple[int, ...]) -> BBox:
    corners = (
        position.top_left,
        position.top_right,
        position.bottom_right,
        position.bottom_left,
    )
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    # A linear code's place may be one of its scan lines.
    high = max(max(ys) - min(ys), 2)
    return (
        float(max(0, min(xs))),
        float(max(0, min(ys))),
        float(min(shape[1], max(xs) + 1)),
        float(min(shape[0], min(ys) + high)),
    )
