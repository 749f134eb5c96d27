"""Graphic elements of documents: emblems, signatures, seals, photographs, barcodes, tick boxes."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageDraw

from . import fonts
from .canvas import BLACK, Canvas, Color

BLUE: Color = (40, 60, 150)


class Artwork(Canvas):
    """A canvas that can draw graphics; `rng` varies their appearance."""

    rng: random.Random

    def logo(self, x: float, y: float, w: float) -> None:
        """A made-up emblem."""
        r = self.rng
        color = (r.randint(20, 120), r.randint(30, 110), r.randint(60, 160))
        with self.region("Picture"):
            shape = r.randrange(4)
            box = self.px(x, y, x + w, y + w)
            if shape == 0:
                self.pen.ellipse(box, fill=color)
                self.pen.ellipse(
                    self.px(x + w * 0.25, y + w * 0.1, x + w * 0.9, y + w * 0.75), fill="white"
                )
            elif shape == 1:
                self.pen.polygon(self.px(x, y + w, x + w / 2, y, x + w, y + w), fill=color)
                self.pen.polygon(
                    self.px(x + w * 0.3, y + w, x + w / 2, y + w / 2, x + w * 0.7, y + w),
                    fill="white",
                )
            elif shape == 2:
                for k in range(4):
                    self.pen.rectangle(
                        self.px(
                            x + k * w / 4, y + w * (0.7 - 0.2 * k), x + k * w / 4 + w / 6, y + w
                        ),
                        fill=color,
                    )
            else:
                self.pen.rectangle(box, outline=color, width=max(2, round(w * self.scale / 10)))
                self.pen.line(
                    self.px(x, y + w, x + w, y), fill=color, width=max(2, round(w * self.scale / 8))
                )
            self.touch(x, y, x + w, y + w)

    def signature(self, x: float, y: float, w: float, color: Color = BLUE) -> None:
        """A scrawl about w wide and w/3 high."""
        r = self.rng
        h, points = w / 3, []
        f1, f2, ph = r.uniform(2, 4), r.uniform(5, 8), r.uniform(0, 6)
        for k in range(90):
            s = k / 89
            px = x + w * s + w * 0.06 * math.sin(f2 * 6 * s + ph)
            py = y + h / 2 + h * 0.45 * (1 - s * 0.6) * math.sin(f1 * 6 * s + ph) * math.cos(f2 * s)
            points += self.px(px, py)
        with self.region("Picture"):
            self.pen.line(points, fill=color, width=max(1, round(1.8 * self.scale)), joint="curve")
            self.touch(x, y, x + w, y + h)

    def stamp(self, x: float, y: float, radius: float, color: Color = (60, 80, 170)) -> None:
        """A round seal, half transparent, centred at x, y; its letters are not in the truth."""
        size = round(radius * 2 * self.scale)
        big = Image.new("L", (size, size), 0)
        pen = ImageDraw.Draw(big)
        wide = max(1, round(size / 60))
        pen.ellipse((1, 1, size - 2, size - 2), outline=170, width=wide * 2)
        pen.ellipse((size * 0.28, size * 0.28, size * 0.72, size * 0.72), outline=150, width=wide)
        font = fonts.load(self.family.regular, max(7, round(size * 0.1)))
        english = self.language == "en"
        text = "* APPROVED * REGISTRY OFFICE " if english else "* ДЛЯ ДОКУМЕНТОВ * КАНЦЕЛЯРИЯ "
        for k, char in enumerate(text):
            tile = Image.new("L", (size, size), 0)
            ImageDraw.Draw(tile).text(
                (size / 2, size * 0.15), char, font=font, fill=160, anchor="mm"
            )
            big.paste(160, (0, 0), tile.rotate(-360 * k / len(text)))
        big = big.rotate(self.rng.uniform(-25, 25))
        left, top = round((x - radius) * self.scale), round((y - radius) * self.scale)
        with self.region("Picture"):
            self.image.paste(color, (left, top), big)
            self.touch(x - radius, y - radius, x + radius, y + radius)

    def photograph(self, x: float, y: float, w: float, h: float) -> None:
        """A picture of hills under a sky, for any page with an illustration."""
        r = self.rng
        with self.region("Picture"):
            for k in range(24):
                tone = 225 - k * 3
                self.pen.rectangle(
                    self.px(x, y + h * k / 24, x + w, y + h * (k + 1) / 24),
                    fill=(tone, tone, tone + 8),
                )
            for layer in range(3):
                base, tone = y + h * (0.45 + 0.17 * layer), 165 - 45 * layer
                line = [x, y + h]
                for k in range(9):
                    line += [x + w * k / 8, base + r.uniform(-0.14, 0.1) * h]
                self.pen.polygon(self.px(*line, x + w, y + h), fill=(tone, tone + 6, tone))
            self.box(x, y, w, h, 1)
            self.touch(x, y, x + w, y + h)

    def barcode(self, x: float, y: float, w: float, h: float) -> None:
        """Bars of random widths."""
        with self.region("Picture"):
            at = x
            while at < x + w - 8:
                bar = self.rng.choice([2.0, 2.0, 4.0, 6.0])
                self.box(at, y, bar, h, 0, fill=BLACK)
                at += bar + self.rng.choice([2.0, 4.0, 5.0])
            self.touch(x, y, x + w, y + h)

    def checkbox(self, x: float, y: float, size: float, ticked: bool) -> None:
        """A box of `size`, crossed or ticked if `ticked`."""
        self.box(x, y, size, size, 1.2)
        if not ticked:
            return
        if self.rng.random() < 0.5:
            self.rule(x + 2, y + 2, x + size - 2, y + size - 2, 2)
            self.rule(x + 2, y + size - 2, x + size - 2, y + 2, 2)
        else:
            self.rule(x + 2, y + size * 0.5, x + size * 0.4, y + size - 2, 2)
            self.rule(x + size * 0.4, y + size - 2, x + size + 3, y - 3, 2)
