"""Pictures of failures: the page with the true and the predicted places, and captions below.

True boxes are green, predicted ones red. If the boxes are close together, the picture shows only
the part of the page around them. Names of layout categories stand on the edges of the boxes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import font_roboto
from PIL import Image, ImageDraw, ImageFont

from engine.core.errors import EngineError, GeometryError
from engine.core.geometry import area, clip, union
from engine.core.schema import BBox, Size
from engine.core.settings import LimitSettings
from engine.documents import open_document
from engine.evaluation.places import scaled
from engine.evaluation.scoring import Item, true_boxes
from engine.evaluation.truths import ABOUT_FIELDS, TaskName

logger = logging.getLogger(__name__)

Box: TypeAlias = tuple[BBox, str]  # page pixels, label on its edge

TRUE_COLOUR: Final = "#15803d"
PREDICTED_COLOUR: Final = "#dc2626"
_INK: Final = "#111827"
_FAINT: Final = "#4b5563"
_WIDTH: Final = 1000  # pixels of the picture
_MOST_HEIGHT: Final = 1300  # pixels of the page's part
_LARGEST_SCALE: Final = 2.5
_MARGIN: Final = 0.1  # fraction of the page's longer side, around the boxes
_WHOLE_PAGE: Final = 0.6  # a part larger than this fraction becomes the whole page
_LINE: Final = 3  # pixels
_FONT: Final = 20
_SMALL: Final = 14
_PADDING: Final = 16
_MOST_LINES: Final = 8  # in one caption
_MOST_LETTERS: Final = 700


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn failure and the path of its file."""

    item: Item
    path: Path


def draw_worst(
    items: Sequence[Item], task: TaskName, documents: Path, folder: Path, limits: LimitSettings
) -> Iterator[Picture]:
    """Write one PNG per item to the folder; an item without its document is skipped.

    Args:
        documents: folder of the truths' files.
        folder: is created; pictures of an earlier report in it are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("worst_[0-9][0-9]_*.png"):
        old.unlink()
    for number, item in enumerate(items, start=1):
        try:
            page = _page(item, documents, limits)
        except EngineError as error:
            logger.warning("no picture of %s: %s", item.key, error)
            continue
        name = re.sub(r"[^\w-]+", "_", item.key)[:60].strip("_")
        path = folder / f"worst_{number:02}_{name}.png"
        draw_item(page, item, task).save(path, optimize=True)
        yield Picture(item, path)


def draw_item(page: Image.Image, item: Item, task: TaskName) -> Image.Image:
    """Draw one item over its page.

    Args:
        page: the upright page image.
    """
    true, predicted = _boxes(item, task, page.size)
    shown = _part([box for box, _ in true + predicted], page.size)
    scale = min(
        _WIDTH / (shown[2] - shown[0]), _MOST_HEIGHT / (shown[3] - shown[1]), _LARGEST_SCALE
    )
    size = (
        max(1, round((shown[2] - shown[0]) * scale)),
        max(1, round((shown[3] - shown[1]) * scale)),
    )
    part = page.convert("RGB").crop(shown).resize(size, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(part)
    # The truth is drawn last and inset, so both stay visible where they coincide.
    for boxes, colour, inset in ((predicted, PREDICTED_COLOUR, 0), (true, TRUE_COLOUR, _LINE)):
        for bbox, text in boxes:
            _draw_box(pen, _moved(bbox, shown, scale), colour, inset, text)
    captions = _captions(item, task)
    return _with_captions(part, captions)


def part_scale(page_size: Size, boxes: Sequence[BBox]) -> tuple[tuple[int, int, int, int], float]:
    """Return the part of a page that a picture shows (page pixels), and its magnification."""
    shown = _part(boxes, page_size)
    width, height = shown[2] - shown[0], shown[3] - shown[1]
    return shown, min(_WIDTH / width, _MOST_HEIGHT / height, _LARGEST_SCALE)


def _page(item: Item, documents: Path, limits: LimitSettings) -> Image.Image:
    path = documents / str(item.truth["file"])
    document = open_document(path, name=path.name, limits=limits)
    return document.pages[int(item.truth.get("page", 1)) - 1].load_image()


def _boxes(item: Item, task: TaskName, size: Size) -> tuple[list[Box], list[Box]]:
    """Return the true and the predicted boxes in page pixels at `size`; without those off it."""
    truth, prediction = item.truth, item.prediction
    true: list[tuple[Sequence[float], str]] = []
    predicted: list[tuple[Sequence[float], str]] = []
    match task:
        case "qa":
            true = [(box, "") for box in true_boxes(truth)]
            predicted = [(box, "") for box in prediction.get("boxes") or ()]
        case "layout":
            true = [(row["bbox"], row["category"]) for row in truth["regions"]]
            predicted = [(row["bbox"], row["category"]) for row in prediction.get("regions") or ()]
        case "receipts":
            predicted = [(box, name) for name, box in (prediction.get("boxes") or {}).items()]
    return (
        _placed(true, truth.get("page_size"), size),
        _placed(predicted, prediction.get("page_size"), size),
    )


def _placed(
    boxes: Sequence[tuple[Sequence[float], str]], own: Sequence[int] | None, size: Size
) -> list[Box]:
    from_size = (own[0], own[1]) if own else size
    placed = []
    for (x0, y0, x1, y1), text in boxes:
        try:
            bbox = scaled((x0, y0, x1, y1), from_size=from_size, to_size=size)
            placed.append((clip(bbox, page_size=size), text))
        except GeometryError:
            continue
    return placed


def _part(boxes: Sequence[BBox], size: Size) -> tuple[int, int, int, int]:
    """Return the area around the boxes in whole pixels; the whole page if they are far apart."""
    whole = (0, 0, size[0], size[1])
    if not boxes:
        return whole
    x0, y0, x1, y1 = union(boxes)
    margin = _MARGIN * max(size)
    near = clip((x0 - 2 * margin, y0 - margin, x1 + 2 * margin, y1 + margin), page_size=size)
    if area(near) > _WHOLE_PAGE * size[0] * size[1]:
        return whole
    return (int(near[0]), int(near[1]), round(near[2]), round(near[3]))


def _moved(bbox: BBox, shown: tuple[int, int, int, int], scale: float) -> BBox:
    x, y = shown[0], shown[1]
    x0, y0, x1, y1 = bbox
    return ((x0 - x) * scale, (y0 - y) * scale, (x1 - x) * scale, (y1 - y) * scale)


def _draw_box(pen: ImageDraw.ImageDraw, bbox: BBox, colour: str, inset: int, text: str) -> None:
    """Draw a frame around the box, outside of it, so that small print stays legible."""
    x0, y0, x1, y1 = bbox
    out = 2 * _LINE - inset
    pen.rectangle((x0 - out, y0 - out, x1 + out, y1 + out), outline=colour, width=_LINE)
    if text:
        font = _font(_SMALL)
        # The true name is at the top left, the predicted one at the bottom right of its box.
        width = font.getlength(text)
        at = (x0, y0) if inset else (x1 - width, y1 - 1.3 * _SMALL)
        pen.rectangle((at[0] - 2, at[1], at[0] + width + 2, at[1] + 1.3 * _SMALL), fill=colour)
        pen.text(at, text, font=font, fill="white")


def _captions(item: Item, task: TaskName) -> list[tuple[str, str]]:
    """Return the (text, colour) captions below the page."""
    truth, prediction = item.truth, item.prediction
    lines: list[tuple[str, str]] = []
    match task:
        case "qa":
            wanted = " | ".join(truth["answers"]) or "(the page does not say)"
            lines = [
                (str(truth["question"]), _INK),
                (f"truth: {wanted}", TRUE_COLOUR),
                (f"answer: {prediction.get('answer') or '(none)'}", PREDICTED_COLOUR),
            ]
        case "receipts":
            for name in (name for name in truth if name not in ABOUT_FIELDS):
                mark = "right" if item.scores[name][0] else "wrong"
                lines.append((f"{name} ({mark}): {truth[name]}", TRUE_COLOUR))
                if mark == "wrong":
                    lines.append((f"    {prediction.get(name) or '(none)'}", PREDICTED_COLOUR))
        case "text":
            lines = [
                (f"truth: {truth['text']}", TRUE_COLOUR),
                (f"read: {prediction.get('text') or '(nothing)'}", PREDICTED_COLOUR),
            ]
        case "layout":
            lines = [("true regions", TRUE_COLOUR), ("predicted regions", PREDICTED_COLOUR)]
    if prediction.get("error"):
        lines.append((f"failed: {prediction['error']}", PREDICTED_COLOUR))
    return [*lines, (f"{item.key}:  {_scores(item)}", _FAINT)]


def _scores(item: Item) -> str:
    return ", ".join(
        f"{metric} {earned / possible:.2f}"
        for metric, (earned, possible) in item.scores.items()
        if possible
    )


def _with_captions(part: Image.Image, captions: Sequence[tuple[str, str]]) -> Image.Image:
    font = _font(_FONT)
    width = max(part.width, _WIDTH)
    lines = [
        (line, colour)
        for text, colour in captions
        for line in wrapped(text, font, width - 2 * _PADDING)
    ]
    line_height = round(_FONT * 1.35)
    height = part.height + len(lines) * line_height + 2 * _PADDING
    picture = Image.new("RGB", (width, height), "white")
    picture.paste(part, (0, 0))
    pen = ImageDraw.Draw(picture)
    pen.line((0, part.height, width, part.height), fill=_FAINT)
    for number, (line, colour) in enumerate(lines):
        at = (_PADDING, part.height + _PADDING + number * line_height)
        pen.text(at, line, font=font, fill=colour)
    return picture


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Wrap a text into lines of at most `width` pixels; the excess is cut and ends in "…"."""
    words = [
        word[start : start + 60]
        for word in text[:_MOST_LETTERS].split()
        for start in range(0, len(word), 60)
    ]
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > _MOST_LINES or len(text) > _MOST_LETTERS:
        lines = lines[:_MOST_LINES]
        lines[-1] += " …"
    return lines


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Roboto has Latin, Greek and Cyrillic letters.
    return ImageFont.truetype(font_roboto.RobotoMedium, size)
