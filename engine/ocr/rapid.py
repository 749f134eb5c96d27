"""Text detection and recognition with RapidOCR (PP-OCR models of its wheel, onnxruntime, CPU).

Detection and recognition are called separately instead of through `RapidOCR.__call__`. Latin and
Cyrillic lines are recognised by engine.ocr.recogniser; RapidOCR's own recogniser knows Chinese,
Japanese and Greek, and no Cyrillic. Each character retains its column. This module does not order
lines.

Try it: `python -m engine parse examples/invoice.png --task ocr --format md`
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.ocr.print_size import SmallPrint, small_print
from engine.ocr.recognised_text import RecognisedText, blank_columns
from engine.ocr.tiles import merged, tiles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]  # (height, width, 3), RGB
    Quads = NDArray[np.float32]  # (N, 4, 2): x, y of the corners, clockwise from top left

# Batch size of the recogniser; crops are sorted by width, so padding stays small.
_REC_BATCH = 6
# Most pixels of the longer side of the copy in which lines are found (docs/ocr.md).
_SIDE = 1280
# Pictures whose shorter side has fewer pixels are enlarged, unless they are strips.
_LEAST_SIDE = 736
_LONGEST_SHAPE = 8.0
_MOST_LINES = 20_000
# Pictures with a longer side may have print that is lost in that copy: a line is found again unless
# its median letter, small or capital, has this height there. In tiles it has _TILE_LETTER.
_LARGE_SIDE = 2600
_SURE_LETTER = 4.0
_TILE_LETTER = 8.0
# Pixels that neighbouring tiles share, four lines of such letters; and the room around the letters
# of a tile, in heights of them.
_OVERLAP = 96
_ROOM = 4.0
_engine_lock = threading.Lock()
_engine: Any = None


def detect(picture: Picture, check: Callable[[], None] = lambda: None) -> Quads:
    """Detect the text lines of an image.

    Lines are found in one shrunk copy. Small print of a large image, which is lost in that copy, is
    found in overlapping tiles at the scale that it needs.

    Args:
        picture: (height, width, 3), uint8, RGB.
        check: called before each tile; an exception that it raises ends the detection.
    Returns:
        (N, 4, 2) float32 corners in pixels of the image, clockwise from the top left; N may be 0.
    """
    height, width = picture.shape[:2]
    longer, shorter = max(height, width), min(height, width)
    scale = min(_SIDE / longer, max(1.0, _LEAST_SIDE / shorter))
    quads = _detect_at(scale, picture)
    small = small_print(picture) if longer > _LARGE_SIDE else None
    if small is None:
        return quads
    return _detect_in_tiles(picture, small, quads, _SURE_LETTER / scale, check)


def _detect_in_tiles(
    picture: Picture, small: SmallPrint, quads: Quads, least: float, check: Callable[[], None]
) -> Quads:
    """The lines of large print as they are, and the lines of all other letters from tiles.

    A tile is cropped to the letters in it: on mostly blank pictures the detector misses lines.

    Args:
        small: the letters of the picture.
        quads: lines that were found in a copy of the whole picture.
        least: lines of lower letters, in pixels, are found again.
    """
    scale = min(1.0, _TILE_LETTER / small.height)
    size = (picture.shape[1], picture.shape[0])
    left, top, right, bottom = small.letters.T
    x, y = (left + right) / 2, (top + bottom) / 2
    is_new = np.ones(len(x), bool)
    known = []
    for quad in quads:
        (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
        own = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
        if not own.any() or np.median(bottom[own] - top[own]) >= least:
            known.append(quad)
            is_new &= ~own
    found = [((0, 0, *size), np.array(known, np.float32).reshape(-1, 4, 2))]
    for tile in tiles_of(size, round(_SIDE / scale), round(_OVERLAP / scale)):
        own = is_new & (x >= tile[0]) & (x < tile[2]) & (y >= tile[1]) & (y < tile[3])
        if not own.any():
            continue
        check()
        room = round(_ROOM * small.height)
        part = (
            max(tile[0], int(left[own].min()) - room),
            max(tile[1], int(top[own].min()) - room),
            min(tile[2], int(right[own].max()) + room),
            min(tile[3], int(bottom[own].max()) + room),
        )
        quads = _detect_at(scale, picture[part[1] : part[3], part[0] : part[2]])
        found.append((part, quads + np.array(part[:2], np.float32)))
    return merged(found, size)


def _detect_at(scale: float, picture: Picture) -> Quads:
    """The lines of a picture, found in a copy of it at this scale; in pixels of the picture."""
    import cv2

    copy = picture[:, :, ::-1]
    if scale != 1.0:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        size = [max(1, round(side * scale)) for side in (picture.shape[1], picture.shape[0])]
        copy = np.asarray(cv2.resize(copy, size, interpolation=how), np.uint8)
    # The network needs some room: strips are padded at their lower or right edge.
    least = math.ceil(max(copy.shape[:2]) / _LONGEST_SHAPE)
    down, right = (max(0, least - side) for side in copy.shape[:2])
    if down or right:
        copy = cv2.copyMakeBorder(copy, 0, down, 0, right, cv2.BORDER_REPLICATE)
    engine = _shared_engine()
    with _engine_lock:
        found = engine.text_det(np.ascontiguousarray(copy))
    if found.boxes is None:
        return np.zeros((0, 4, 2), np.float32)
    limits = np.array([picture.shape[1], picture.shape[0]], np.float32)
    quads = np.asarray(found.boxes, np.float32).reshape(-1, 4, 2) / np.float32(scale)
    return np.asarray(np.clip(quads, 0, limits), np.float32)


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
        scores = (float(score),) * len(places)
        gaps = blank_columns(picture)
        readings.append(RecognisedText(text, places, scores, aspect, gaps))
    return readings


def _shared_engine() -> Any:
    """The RapidOCR instance of this process; its two models are loaded on first use."""
    global _engine
    with _engine_lock:
        if _engine is None:
            from rapidocr import RapidOCR

            engine = RapidOCR(
                params={
                    "Global.log_level": "error",
                    "Rec.rec_batch_num": _REC_BATCH,
                    # `detect` chooses the size itself.
                    "Det.limit_type": "max",
                    "Det.limit_side_len": 1_000_000,
                    # A page of a dense table has more than the usual 1,000 cells.
                    "Det.max_candidates": _MOST_LINES,
                }
            )
            engine._load_det_model()
            engine._load_rec_model()
            for part in (engine.text_det, engine.text_rec):
                part.session.session = without_spinning(part.session.session)
            _engine = engine
        return _engine


def without_spinning(session: Any) -> Any:
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
