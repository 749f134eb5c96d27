"""Marks of drawn forms: boxes found and their state, by the quality of the page and the style.

The styles of `held_out` (fonts, outlines, ticks) are not those of `tuned`, on which the limits of
engine.ocr.marks were chosen. Pages hold what must not be found, too: letters O and D, numbers,
table cells, combs for single digits, a code. Runs on the CPU, about two seconds a page.

    python -m bench.marks [--pages N] [--styles tuned held_out]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import zxingcpp
from font_roboto import Roboto, RobotoBold
from PIL import Image, ImageDraw, ImageFont

from engine.core.geometry import iou
from engine.core.schema import BBox, Mark
from engine.core.schema import Page as EnginePage
from engine.core.settings_file import load_settings
from engine.index.builder import build_index
from engine.ocr import marks
from synthetic.degrade import degrade, move_box
from synthetic.fonts import families

QUALITIES = ("clean", "scan", "photo", "fax")
_LABELS = (
    "Bank transfer", "Cash", "Credit card", "Direct debit", "Yes", "No", "I agree to the terms",
    "Newsletter", "Option A", "Single", "Married", "Да", "Нет", "Наличные", "Банковская карта",
    "Согласен с условиями", "Оплата по счёту", "Other", "Male", "Female", "Delivery by post",
)  # fmt: skip
_SAME = 0.5


@dataclass(frozen=True, slots=True)
class Truth:
    """A drawn box: its outline on the degraded page, and whether it is ticked."""

    bbox: BBox
    ticked: bool
    label: str


@dataclass
class Scores:
    found: int = 0
    drawn: int = 0
    right: int = 0
    state: int = 0
    label: int = 0
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def draw_form(seed: int, style: str) -> tuple[Image.Image, list[Truth]]:
    """Draw a form of A4 at 150 dpi with boxes in groups, among print that is none."""
    rng = random.Random(f"{style}-{seed}")
    held_out = style == "held_out"
    image = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(image)
    size = rng.choice((19, 23, 27) if held_out else (18, 22, 26, 30))
    face = _face(rng, held_out, size)
    truths: list[Truth] = []
    y = 90.0
    pen.text(
        (100, y),
        rng.choice(("Application form", "Анкета", "Order")),
        "black",
        _face(rng, held_out, 40),
    )
    y += 90
    ink = rng.choice(("black", (40, 40, 40), (30, 50, 110)))
    for _ in range(rng.randint(3, 5)):
        is_round = rng.random() < 0.35
        side = round(size * rng.uniform(0.85, 1.45))
        stroke = rng.choice((1, 2, 2, 3)) if side > 20 else rng.choice((1, 2))
        inline = rng.random() < 0.4
        before = rng.random() < 0.15
        x = 110.0
        for label in rng.sample(_LABELS, rng.randint(2, 5)):
            wide = face.getlength(label)
            if inline and x + side + wide > 1150:
                x, y = 110.0, y + size * 2
            left = x + wide + size * 0.8 if before else x
            top = y + size * 0.6 - side / 2
            box = (left, top, left + side, top + side)
            ticked = rng.random() < 0.4
            _outline(pen, box, is_round, stroke, ink, rng, held_out)
            if ticked:
                _tick(pen, box, is_round, rng, held_out)
            pen.text(
                (x if before else x + side + size * rng.uniform(0.3, 1.0), y), label, "black", face
            )
            truths.append(Truth((box[0], box[1], box[2] + 1, box[3] + 1), ticked, label))
            if inline:
                x += side + wide + size * (3 if not before else 4)
            else:
                y += max(side * 1.3, size * 1.7)
        y += size * 2.6
    y = _distract(image, pen, y, size, face, rng)
    return image, truths


def _face(rng: random.Random, held_out: bool, size: int) -> ImageFont.FreeTypeFont:
    if not held_out:
        return ImageFont.truetype(rng.choice((Roboto, RobotoBold)), size)
    others = [one for one in families("ru") if one.name != "Roboto"]
    return ImageFont.truetype(rng.choice(others).regular, size)


def _outline(
    pen: ImageDraw.ImageDraw,
    box: BBox,
    is_round: bool,
    stroke: int,
    ink: object,
    rng: random.Random,
    held_out: bool,
) -> None:
    if is_round:
        pen.ellipse(box, outline=ink, width=stroke)  # type: ignore[arg-type]
    elif held_out and rng.random() < 0.4:
        pen.rounded_rectangle(box, radius=(box[2] - box[0]) * 0.15, outline=ink, width=stroke)  # type: ignore[arg-type]
    elif held_out and rng.random() < 0.3:
        pen.rectangle(box, outline=(110, 110, 110), fill=(245, 245, 245), width=stroke)
    else:
        pen.rectangle(box, outline=ink, width=stroke)  # type: ignore[arg-type]


def _tick(
    pen: ImageDraw.ImageDraw, box: BBox, is_round: bool, rng: random.Random, held_out: bool
) -> None:
    x0, y0, x1, y1 = box
    side = x1 - x0
    ink = rng.choice(("black", (25, 40, 120), (20, 20, 20), (40, 60, 160)))
    wide = max(2, round(side * rng.uniform(0.06, 0.13)))

    def at(x: float, y: float) -> tuple[float, float]:
        jitter = rng.uniform(-0.04, 0.04)
        return (x0 + (x + jitter) * side, y0 + (y + jitter) * side)

    if is_round and rng.random() < 0.6:
        room = side * (0.25 if not held_out else 0.3)
        pen.ellipse((x0 + room, y0 + room, x1 - room, y1 - room), fill=ink)
        return
    kinds = (
        ("loop", "v", "dot", "printed")
        if held_out
        else ("cross", "big_cross", "v", "fill", "slash")
    )
    match rng.choice(kinds):
        case "cross":
            pen.line([at(0.15, 0.15), at(0.85, 0.85)], fill=ink, width=wide)
            pen.line([at(0.85, 0.15), at(0.15, 0.85)], fill=ink, width=wide)
        case "big_cross":
            pen.line([at(-0.1, -0.15), at(1.1, 1.1)], fill=ink, width=wide)
            pen.line([at(1.1, -0.1), at(-0.1, 1.15)], fill=ink, width=wide)
        case "v":
            over = rng.choice((0.0, 0.3))
            pen.line(
                [at(0.2, 0.5), at(0.45, 0.85), at(0.85 + over, 0.15 - over)],
                fill=ink,
                width=wide,
                joint="curve",
            )
        case "fill":
            pen.rectangle((x0 + 3, y0 + 3, x1 - 3, y1 - 3), fill=ink)
        case "slash":
            pen.line([at(0.1, 0.9), at(0.9, 0.1)], fill=ink, width=wide)
        case "loop":
            points = [at(0.1 + 0.8 * k / 14, 0.5 + (0.38 if k % 2 else -0.38)) for k in range(15)]
            pen.line(points, fill=ink, width=max(1, wide - 1), joint="curve")
        case "dot":
            pen.ellipse((*at(0.3, 0.3), *at(0.72, 0.72)), fill=ink)
        case _:
            pen.line(
                [at(0.2, 0.55), at(0.4, 0.75), at(0.8, 0.28)],
                fill="black",
                width=max(2, wide),
                joint="curve",
            )


def _distract(
    image: Image.Image,
    pen: ImageDraw.ImageDraw,
    y: float,
    size: int,
    face: ImageFont.FreeTypeFont,
    rng: random.Random,
) -> float:
    """Print, a table of small cells, a comb and a code: no boxes to tick."""
    for text in ("D O B 0 8 Q  O  0 0  № 100 OOO DODO", "Blood group: O   Grade: D   Points: 0"):
        pen.text((100, y), text, "black", face)
        y += size * 1.8
    cell = round(size * 1.6)
    for row in range(4):
        for column in range(7):
            box = (
                100 + column * cell,
                y + row * cell,
                100 + (column + 1) * cell,
                y + (row + 1) * cell,
            )
            pen.rectangle(box, outline="black", width=1)
            if row == 0 or rng.random() < 0.5:
                pen.text((box[0] + 5, box[1] + 3), str(rng.randint(0, 31)), "black", face)
    for at in range(8):
        left = 600 + at * (cell + 3)
        pen.rectangle((left, y, left + cell, y + cell), outline="black", width=1)
        pen.text((left + 6, y + 3), str(rng.randint(0, 9)), "black", face)
    code = zxingcpp.create_barcode(f"https://example.org/{rng.random()}", zxingcpp.QRCode)
    picture = Image.fromarray(
        np.array(zxingcpp.write_barcode_to_image(code, scale=rng.randint(3, 6)))
    )
    image.paste(picture.convert("RGB"), (900, round(min(y + 80, 1500))))
    return y + 5 * cell


def measure(seed: int, style: str, quality: str, scores: Scores) -> None:
    """Draw a page, find its marks and add what was right."""
    image, truths = draw_form(seed, style)
    shown, matrix = degrade(image, quality, seed)
    page = EnginePage("drawn", 0, *shown.size, load_image=lambda: shown)
    spent: list[float] = []
    found = _timed(page, spent)
    boxes = [mark for mark in found if mark.kind in ("check_box", "radio_button")]
    scores.seconds += spent
    scores.drawn += len(truths)
    scores.found += len(boxes)
    for truth in truths:
        box = move_box(matrix, truth.bbox)
        hit = next((mark for mark in boxes if iou(mark.bbox, box) >= _SAME), None)
        if hit is None:
            scores.errors.append(f"{style} {quality} {seed}: missed {truth.label!r} {_at(box)}")
            continue
        boxes.remove(hit)
        scores.right += 1
        is_right = hit.state == ("checked" if truth.ticked else "unchecked")
        scores.state += is_right
        scores.label += hit.text == truth.label
        if not is_right:
            scores.errors.append(
                f"{style} {quality} {seed}: {truth.ticked} is {hit.state} {_at(box)}"
            )
        if hit.text != truth.label:
            scores.errors.append(f"{style} {quality} {seed}: {truth.label!r} is {hit.text!r}")
    scores.errors += [
        f"{style} {quality} {seed}: no box {mark.kind} {mark.text!r} {_at(mark.bbox)}"
        for mark in boxes
    ]


def _timed(page: EnginePage, spent: list[float]) -> tuple[Mark, ...]:
    """The marks of a page; adds the processor seconds that finding them took."""
    find = marks.find_marks

    def timed(*arguments: object, **named: object) -> object:
        started = time.process_time()
        try:
            return find(*arguments, **named)  # type: ignore[arg-type]
        finally:
            spent.append(time.process_time() - started)

    marks.find_marks = timed  # type: ignore[assignment]
    try:
        return build_index(page, load_settings()).marks
    finally:
        marks.find_marks = find


def _at(box: BBox) -> tuple[int, ...]:
    return tuple(round(value) for value in box)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.marks", description=__doc__)
    parser.add_argument("--pages", type=int, default=4, help="pages of each style and quality")
    parser.add_argument("--styles", nargs="+", default=["tuned", "held_out"])
    parser.add_argument("--qualities", nargs="+", default=list(QUALITIES))
    parser.add_argument("--errors", action="store_true", help="list what was wrong")
    options = parser.parse_args(arguments)
    print("| pages | n | boxes | precision | recall | state | label | seconds a page |")
    print("|---|---|---|---|---|---|---|---|")
    for style in options.styles:
        for quality in options.qualities:
            scores = Scores()
            for seed in range(options.pages):
                measure(seed, style, quality, scores)
            right = max(1, scores.right)
            print(
                f"| {style}, {quality} | {options.pages} | {scores.drawn} "
                f"| {scores.right / max(1, scores.found):.3f} | {scores.right / scores.drawn:.3f} "
                f"| {scores.state / right:.3f} | {scores.label / right:.3f} "
                f"| {sum(scores.seconds) / options.pages:.3f} |"
            )
            if options.errors:
                print("\n".join(scores.errors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
