"""Text detection and recognition with RapidOCR (PP-OCR models of its wheel, onnxruntime, CPU).

Detection and recognition are called separately instead of through `RapidOCR.__call__`. A few lines
can then be recognised first (for script and orientation), and each character retains its column.
This module does not order lines. It does not recognise Cyrillic: the bundled models omit such
glyphs (see engine.ocr.script).

Try it: `python -m engine parse examples/invoice.png --task ocr --format md`
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]  # (height, width, 3), RGB
    Quads = NDArray[np.float32]  # (N, 4, 2): x, y of the corners, clockwise from top left

# Batch size of the recogniser; crops are sorted by width, so padding stays small.
_REC_BATCH = 6
# A column has ink if it is darker than the paper by this fraction of the paper-to-ink difference.
_INK_SHARE = 0.45
_engine_lock = threading.Lock()
_engine: Any = None


@dataclass(frozen=True, slots=True)
class RecognisedText:
    """The recogniser's result for one crop.

    Attributes:
        text: as recognised, with its spaces.
        score: 0 to 1, mean over the characters; 0 if nothing was recognised.
        places: for each character of `text` that is not a space, the position of its centre in the
            crop, 0 (left edge) to 1 (right edge).
        aspect: width / height of the crop.
        gaps: (start, end) of the columns without ink, in fractions of the crop's width.
    """

    text: str
    score: float
    places: tuple[float, ...]
    aspect: float
    gaps: tuple[tuple[float, float], ...] = ()

    @property
    def coverage(self) -> float:
        """Characters per crop height of width: about 2 for recognised print, near 0 otherwise.

        Full-width characters (Chinese) are twice as wide as letters and count twice.
        """
        wide = sum(unicodedata.east_asian_width(character) in "WF" for character in self.text)
        return (len(self.places) + wide) / self.aspect if self.aspect > 0 else 0.0


def detect(picture: Picture) -> Quads:
    """Detect the text lines of an image.

    Args:
        picture: (height, width, 3), uint8, RGB.
    Returns:
        (N, 4, 2) float32 corners in pixels of the image, clockwise from the top left; N may be 0.
    """
    engine = _shared_engine()
    with _engine_lock:
        found = engine.text_det(np.ascontiguousarray(picture[:, :, ::-1]))
    if found.boxes is None:
        return np.zeros((0, 4, 2), np.float32)
    return np.asarray(found.boxes, np.float32).reshape(-1, 4, 2)


def crop(picture: Picture, quad: NDArray[np.float32]) -> Picture:
    """Rectify one quad to an upright image (height, width, 3), at least one pixel each way."""
    import cv2

    width, height = quad_size(quad)
    size = (max(1, round(width)), max(1, round(height)))
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    flat = cv2.warpPerspective(
        picture, matrix, size, borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC
    )
    return np.asarray(flat, np.uint8)


def quad_size(quad: NDArray[np.float32]) -> tuple[float, float]:
    """(width, height) of a quad in pixels, along its own edges."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    left, right = quad[3] - quad[0], quad[2] - quad[1]
    width = max(float(np.hypot(*top)), float(np.hypot(*bottom)))
    height = max(float(np.hypot(*left)), float(np.hypot(*right)))
    return width, height


def recognise(crops: Sequence[Picture]) -> list[RecognisedText]:
    """Recognise upright crops of one line each (RGB); the results are in the order of the crops."""
    if not crops:
        return []
    from rapidocr.ch_ppocr_rec import TextRecInput

    pictures = [np.ascontiguousarray(one[:, :, ::-1]) for one in crops]
    engine = _shared_engine()
    with _engine_lock:
        result = engine.text_rec(TextRecInput(img=pictures, return_word_box=True))
    readings = []
    for picture, text, score, info in zip(
        pictures, result.txts, result.scores, result.word_results, strict=True
    ):
        columns = [column for word in info.word_cols for column in word]
        total = float(info.line_txt_len) or 1.0
        places = tuple(min(1.0, (column + 0.5) / total) for column in columns)
        aspect = picture.shape[1] / picture.shape[0]
        gaps = _blank_columns(picture)
        readings.append(RecognisedText(text, float(score) if text else 0.0, places, aspect, gaps))
    return readings


def _blank_columns(picture: Picture) -> tuple[tuple[float, float], ...]:
    """(start, end) of each run of columns without ink, in fractions of the width."""
    grey = picture.mean(axis=2, dtype=np.float32)
    # The crop's top and bottom margins may hold parts of the neighbouring lines.
    margin = round(0.12 * grey.shape[0])
    body = grey[margin : grey.shape[0] - margin] if grey.shape[0] > 12 else grey
    ink, paper = np.percentile(body, (2, 75))
    # Vertical means of three pixels, so that a speck of noise does not count as ink.
    if body.shape[0] > 3:
        body = (body[:-2] + body[1:-1] + body[2:]) / 3
    dark = body.min(axis=0) < paper - _INK_SHARE * (paper - ink)
    blank = np.concatenate(([False], ~dark, [False]))
    edges = np.flatnonzero(np.diff(blank)).reshape(-1, 2) / grey.shape[1]
    return tuple((float(start), float(end)) for start, end in edges)


def _shared_engine() -> Any:
    """The RapidOCR instance of this process; its two models are loaded on first use."""
    global _engine
    with _engine_lock:
        if _engine is None:
            from rapidocr import RapidOCR

            engine = RapidOCR(params={"Global.log_level": "error", "Rec.rec_batch_num": _REC_BATCH})
            engine._load_det_model()
            engine._load_rec_model()
            for part in (engine.text_det, engine.text_rec):
                part.session.session = _without_spinning(part.session.session)
            _engine = engine
        return _engine


def _without_spinning(session: Any) -> Any:
    """Recreate an onnxruntime session with threads that sleep instead of spinning while they wait.

    Spinning costs nothing on an idle machine, but with a language model or a second user beside it,
    it took 40% more CPU time. RapidOCR has no setting for it.
    """
    import onnxruntime

    path = getattr(session, "_model_path", None)
    if path is None:
        return session
    options = session.get_session_options()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        path, sess_options=options, providers=session.get_providers()
    )
