"""Coloured stamps: taken off the picture before OCR, so that the print under them is read.

A stamp is a patch of thin strokes of one colour: a frame or a ring with letters in it, or letters
that are not level. Under it the colour is removed: the paper is as bright as the stamp's brightest
channel makes it, the dark print stays dark. Black stamps cannot be told from print by colour.

Try it: `python -m engine ask "What is stamped on it?" --file scan.png`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engine.core.geometry import area, intersection_area, union
from engine.core.schema import BBox, Line
from engine.ocr import rapid, recogniser
from engine.ocr.words import line_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture

    Mask = NDArray[np.uint8]

# Longer side of the copy in which stamps are searched, pixels.
_SIDE: Final = 1000
# Difference of the brightest and darkest channel, of 255, after the paper is made white: of a
# stamp's ink, and of its blurred edge.
_COLOURED: Final = 38
_TINGED: Final = 18
_THIN: Final = 0.28
# Strokes nearer than this fraction of the longer side belong to one stamp.
_NEAR: Final = 0.012
# Sides of a stamp, as fractions of the page's longer side.
_SIDES: Final = (0.025, 0.45)
# Part of its box that is ink: more is a picture or a filled field, less is a thin table.
_INKED: Final = (0.03, 0.6)
# Part of its ink that has its hue (within 20 of 180 steps): pictures have many hues.
_ONE_HUE: Final = 0.85
_HUE_STEPS: Final = 20
# A frame spans this part of the stamp's box; print under a stamp is darker than this in every
# channel, of 255.
_SPAN: Final = 0.9
_PRINT: Final = 110
# Letters without a frame lean at least by so many degrees, with rows so much sharper than level
# ones, and are surely read: handwriting is not.
_SLANT: Final = 4
_CLEARER: Final = 1.15
_LEAST_SCORE: Final = 0.6
_SURE_SCORE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp. bbox: pixels of the picture. ink: (height, width) 0 to 255, its ink in that box."""

    bbox: BBox
    ink: Mask


def separate(picture: Picture) -> tuple[Picture, list[Stamp]]:
    """Find stamps and take them off a picture.

    Args:
        picture: (height, width, 3), uint8, RGB, in any position. It is not changed.
    Returns:
        (the picture without the stamps, the stamps); the same picture if there are none.
    """
    scale = min(1.0, _SIDE / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    chroma, whitened = _chroma(small)
    mask = (chroma > _COLOURED).astype(np.uint8)
    if int(mask.sum()) < 100:  # no colour: the rest is not needed
        return picture, []
    kinds = {box: _kind(mask, whitened, box) for box in _merged(_patches(mask))}
    framed = [box for box, kind in kinds.items() if kind == "framed"]
    slanted = _joined([box for box, kind in kinds.items() if kind == "slanted"])
    cleaned, stamps = picture, []
    for x0, y0, x1, y1 in (*framed, *slanted):
        room = 4
        left, top = max(0, round(x0 / scale) - room), max(0, round(y0 / scale) - room)
        right = min(picture.shape[1], round(x1 / scale) + room)
        bottom = min(picture.shape[0], round(y1 / scale) + room)
        part, ink = _without_colour(cleaned[top:bottom, left:right])
        stamp = Stamp((float(left), float(top), float(right), float(bottom)), ink)
        if (x0, y0, x1, y1) in slanted and not _is_legible(stamp):
            continue
        if cleaned is picture:
            cleaned = picture.copy()
        cleaned[top:bottom, left:right] = part
        stamps.append(stamp)
    return cleaned, stamps


def read(stamp: Stamp, turns: int) -> list[Line]:
    """Read the text of a stamp at any slant.

    Args:
        turns: counter-clockwise quarter turns that make the page readable.
    Returns:
        Its lines from top to bottom; boxes in pixels of the turned stamp.
    """
    paper = np.ascontiguousarray(np.rot90(255 - stamp.ink, turns))
    picture = cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB)
    quads = rapid.detect(picture)
    crops = [rapid.crop(picture, quad) for quad in quads]
    lines = []
    for quad, reading in zip(quads, recogniser.recognise(crops), strict=True):
        plain = reading.without(recogniser.OTHER_LETTER)
        line = line_of(plain, quad)
        if line is not None and plain.score >= _LEAST_SCORE and len(plain.scores) > 1:
            lines.append(line)
    return sorted(lines, key=lambda line: line.bbox[1] + line.bbox[3])


def _chroma(picture: Picture) -> tuple[Mask, Picture]:
    """(difference of the brightest and darkest channel, the picture with white paper)."""
    reach = max(3, round(0.015 * max(picture.shape[:2])) | 1)
    paper = cv2.blur(cv2.dilate(picture, np.ones((reach, reach), np.uint8)), (2 * reach + 1,) * 2)
    whitened = np.asarray(cv2.divide(picture, np.maximum(paper, 1), scale=255), np.uint8)
    high = cv2.max(cv2.max(whitened[..., 0], whitened[..., 1]), whitened[..., 2])
    low = cv2.min(cv2.min(whitened[..., 0], whitened[..., 1]), whitened[..., 2])
    return np.asarray(cv2.subtract(high, low), np.uint8), whitened


def _patches(mask: Mask) -> list[tuple[int, int, int, int]]:
    """Boxes of coloured strokes that stand close together, pixels of the mask."""
    longer = max(mask.shape)
    reach = max(3, round(_NEAR * longer) | 1)
    joined = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    low, high = (side * longer for side in _SIDES)
    found = []
    for label, (x, y, width, height, _) in enumerate(stats.tolist()):
        if label == 0 or min(width, height) < low or max(width, height) > high + reach:
            continue
        own = mask[y : y + height, x : x + width] * (labels[y : y + height, x : x + width] == label)
        rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        x0, x1 = x + int(columns[0]), x + int(columns[-1]) + 1
        y0, y1 = y + int(rows[0]), y + int(rows[-1]) + 1
        if min(x1 - x0, y1 - y0) >= low:
            found.append((x0, y0, x1, y1))
    return found


def _merged(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The boxes, those that lie mostly in others joined with them: letters in a frame."""
    done: list[tuple[int, int, int, int]] = []
    for box in sorted(boxes, key=area, reverse=True):
        for at, other in enumerate(done):
            if intersection_area(box, other) > 0.5 * area(box):
                x0, y0, x1, y1 = union((box, other))
                done[at] = (int(x0), int(y0), int(x1), int(y1))
                break
        else:
            done.append(box)
    return done


def _joined(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The boxes, those of rows under each other joined."""
    done: list[tuple[int, int, int, int]] = []
    for box in sorted(boxes, key=lambda box: box[1]):
        for at, other in enumerate(done):
            gap = box[1] - other[3]
            shared = min(box[2], other[2]) - max(box[0], other[0])
            if gap < 0.6 * (box[3] - box[1]) and shared > 0.4 * min(
                box[2] - box[0], other[2] - other[0]
            ):
                x0, y0, x1, y1 = union((box, other))
                done[at] = (int(x0), int(y0), int(x1), int(y1))
                break
        else:
            done.append(box)
    return done


def _is_legible(stamp: Stamp) -> bool:
    words = [word for line in read(stamp, 0) for word in line.words]
    letters = sum(len(word.text) for word in words)
    sure = sum(len(word.text) * word.confidence for word in words)
    return letters >= 4 and sure >= _SURE_SCORE * letters


def _kind(mask: Mask, whitened: Picture, box: tuple[int, int, int, int]) -> str:
    """Whether a patch of strokes of one hue is a stamp: "framed" or "slanted", else ""."""
    x0, y0, x1, y1 = box
    part, colours = mask[y0:y1, x0:x1], whitened[y0:y1, x0:x1]
    if not _INKED[0] <= float(part.mean()) <= _INKED[1]:
        return ""
    hues = cv2.cvtColor(colours, cv2.COLOR_RGB2HSV)[..., 0][part > 0].astype(np.int16)
    usual = int(np.bincount(hues, minlength=180).argmax())
    apart = np.abs(hues - usual)
    if float((np.minimum(apart, 180 - apart) <= _HUE_STEPS).mean()) < _ONE_HUE:
        return ""
    # Print that crosses a stroke parts it, so the strokes are joined through dark pixels.
    dark = (colours.max(axis=2) < _PRINT).astype(np.uint8)
    near = cv2.dilate(part, np.ones((3, 3), np.uint8))
    joined = part | (dark & near)
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    height, width = part.shape
    pieces = [
        (label, w, h, size) for label, (_, _, w, h, size) in enumerate(stats.tolist()) if label
    ]
    frames = [one for one in pieces if one[1] >= _SPAN * width and one[2] >= _SPAN * height]
    letters = [
        one
        for one in pieces
        if one not in frames and one[3] >= 8 and one[2] >= 0.06 * height and one[1] <= 0.9 * width
    ]
    if frames:
        # A frame is thin: it is empty where its letters are.
        hollow = frames[0][3] <= 0.5 * width * height
        return "framed" if hollow and len(letters) >= 3 else ""
    count, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    tall = int((stats[1:, cv2.CC_STAT_HEIGHT] >= 0.2 * height).sum()) if count > 1 else 0
    return "slanted" if tall >= 3 and abs(_slant(part)) >= _SLANT else ""


def _slant(part: Mask) -> int:
    """Degrees by which the rows of a patch lean; 0 if another angle is not clearly better."""
    ys, xs = np.nonzero(part)
    sharpness = {}
    for degrees in range(-30, 31, 2):
        rows = np.rint(ys - xs * np.tan(np.radians(degrees))).astype(np.int64)
        counts = np.bincount(rows - rows.min()).astype(np.float64)
        sharpness[degrees] = float(np.square(counts).sum())
    best = max(sharpness, key=sharpness.__getitem__)
    return best if sharpness[best] > _CLEARER * sharpness[0] else 0


def _without_colour(part: Picture) -> tuple[Picture, Mask]:
    """(the part without its coloured ink, that ink from 0 to 255).

    The ink's brightest channel says how bright the paper is under it; print is dark in it, too.
    """
    paper = np.percentile(part.reshape(-1, 3), 90, axis=0).clip(1, 255)
    white = np.clip(part / paper * 255.0, 0, 255).astype(np.float32)
    high, low = white.max(axis=2), white.min(axis=2)
    chroma = high - low
    strong = chroma[chroma > _COLOURED]
    if not strong.size:
        return part.copy(), np.zeros(part.shape[:2], np.uint8)
    # Thin strokes are paler than thick ones.
    core = cv2.blur(chroma, (3, 3)) > max(_TINGED, _THIN * float(np.percentile(strong, 80)))
    bright = float(np.percentile(high[core], 40))
    near = cv2.dilate(core.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    tinged = near & (chroma > _TINGED / 2)
    # Full colour becomes paper; a blurred edge is between the ink and the paper anyway.
    level = np.clip(high / max(bright, 1.0), 0.0, 1.0) ** 1.5
    cleaned = part.copy()
    cleaned[tinged] = (level[tinged][:, None] * paper).astype(np.uint8)
    ink = np.clip(chroma * (255.0 / max(float(np.percentile(chroma[core], 50)), 1.0)), 0, 255)
    ink = np.where(near, ink, 0).astype(np.uint8)
    # Where print crosses a letter there is a gap in its colour.
    return cleaned, np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
