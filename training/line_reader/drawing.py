"""Draws a line of text as a detector would crop it from a scan, a photo, a fax or a receipt.

A line is grey, 48 pixels high, at most WIDEST wide, values 0 to 255. It is drawn large, cropped by
a slightly wrong quadrangle, reduced to the size that print has on a page (12 to 48 pixels),
degraded there, and enlarged again as in the recogniser's preprocessing.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.line_reader.model import HEIGHT, STRIDE
from training.line_reader.phrases import Phrases
from training.line_reader.sources import OTHER_SCRIPTS, Face, draws

WIDEST = 672
Grey = NDArray[np.uint8]
Ink = NDArray[np.float32]

_SIZES = (18, 22, 26, 30, 34, 40)
_HAIR = 60  # of 255: the threshold of ink when a line's extent is measured


@lru_cache(maxsize=700)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


class LineDrawer:
    """Draws lines; the same seeds draw the same lines.

    Args:
        faces: by language, "ru" and "en", and other scripts; Russian ones draw Latin, too.
        phrases: the source of the text, with its own random generator.
        seed: of everything else.
    """

    def __init__(self, faces: dict[str, list[Face]], phrases: Phrases, seed: int) -> None:
        cv2.setNumThreads(1)
        self._faces, self._phrases = faces, phrases
        self._rng, self._noise = random.Random(seed), np.random.default_rng(seed)

    def line(self) -> tuple[Grey, str]:
        """(picture (HEIGHT, W), its text)."""
        while True:
            text, language = self._phrases.line()
            written = self._write(text, language)
            if written is None:
                continue
            cut = self._cut(*written, len(text))
            if cut is not None:
                return self._spoil(*cut, len(text)), text

    def _face(self, text: str, language: str) -> Face | None:
        kind = "en" if language == "en" and self._rng.random() < 0.5 else "ru"
        if language in OTHER_SCRIPTS:
            kind = language
        faces = self._faces.get(kind, [])
        if not faces:
            return None
        weights = [face.weight * (0.4 if face.is_slanted else 1.0) for face in faces]
        for face in self._rng.choices(faces, weights, k=8):
            if draws(face.path, text):
                return face
        return None

    def _write(self, text: str, language: str) -> tuple[Ink, tuple[int, int, int, int]] | None:
        """(ink 0 to 1, the box that a detector would find, in pixels)."""
        rng = self._rng
        face = self._face(text, language)
        if face is None:
            return None
        size = rng.choice(_SIZES)
        font = _font(face.path, size)
        ascent, descent = font.getmetrics()
        pad = size // 2
        # Spaced letters, as in headings, or spaced words, as in a justified line.
        apart = rng.choice((-1, 1, 1, 2, 2, 3, 4, 6)) * size / 40 if rng.random() < 0.15 else 0.0
        between = size * rng.uniform(0.1, 0.9) if rng.random() < 0.12 else 0.0
        stroke = 1 if size >= 26 and rng.random() < 0.06 else 0
        pieces = list(text) if apart else text.split(" ") if between else [text]
        space = font.getlength(" ") + between if between and not apart else 0.0
        room = sum(font.getlength(one) + abs(apart) + space for one in pieces) + between * len(text)
        picture = Image.new("L", (int(room) + 2 * pad + 16, ascent + descent + 2 * pad), 0)
        draw = ImageDraw.Draw(picture)
        x = float(pad)
        for one in pieces:
            draw.text((x, pad), one, 255, font=font, stroke_width=stroke)
            x += font.getlength(one) + apart + space
            x += between if apart and one == " " else 0.0
        pixels = np.asarray(picture)
        rows = np.flatnonzero(pixels.max(1) > _HAIR)
        columns = np.flatnonzero(pixels.max(0) > _HAIR)
        if len(rows) == 0:
            return None
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        baseline = pad + ascent
        # A detector's box of small letters alone is rarely as tight as they are.
        if rng.random() < 0.6:
            top = min(top, baseline - int(size * 0.7))
        if rng.random() < 0.5:
            bottom = max(bottom, baseline + int(size * 0.2))
        box = (int(columns[0]), top, int(columns[-1]) + 1, bottom)
        return np.asarray(pixels, np.float32) / np.float32(255), box

    def _cut(
        self, ink: Ink, box: tuple[int, int, int, int], letters: int
    ) -> tuple[Ink, int] | None:
        """(ink at its size on the page, width of the line at HEIGHT); None: too wide or dense."""
        rng = self._rng
        left, top, right, bottom = box
        height = bottom - top
        above, below = (height * rng.triangular(-0.02, 0.45, 0.12) for _ in range(2))
        before, after = (height * rng.triangular(-0.02, 0.7, 0.18) for _ in range(2))
        wide, high = right - left + before + after, height + above + below
        width = max(16, round(wide / high * HEIGHT))
        if width > WIDEST - 16 or width / STRIDE < letters * 1.08 + 1:
            return None
        quad = self._quad(((left - before + right + after) / 2, (top - above + bottom + below) / 2),
                          wide, high)  # fmt: skip
        small = rng.choice((rng.uniform(12, 22), rng.uniform(14, 30), rng.uniform(20, 48), 48.0))
        rows = int(min(HEIGHT, max(12, small)))
        columns = max(6, round(width * rows / HEIGHT))
        if high / rows > 1.2:
            # A scanner's sensor averages before it samples.
            ink = cv2.GaussianBlur(ink, (0, 0), 0.35 * high / rows)
        corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
        matrix = cv2.getPerspectiveTransform(quad, corners)
        small_ink = cv2.warpPerspective(ink, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
        return small_ink.astype(np.float32), width

    def _quad(self, centre: tuple[float, float], wide: float, high: float) -> NDArray[np.float32]:
        """Corners of a line's box: slightly turned, slanted and jittered. (4, 2), pixels."""
        rng = self._rng
        angle = math.radians(rng.gauss(0, 0.5 if rng.random() < 0.7 else 1.2))
        most = 0.25 * high / wide
        angle = max(-most, min(most, angle))
        slant = rng.gauss(0, 0.04) if rng.random() < 0.85 else rng.uniform(0.15, 0.3)
        corners = []
        for across, down in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
            x, y = across * wide, down * high
            x += slant * y + rng.gauss(0, 0.015) * high
            y += rng.gauss(0, 0.025) * high
            corners.append(
                (
                    centre[0] + math.cos(angle) * x - math.sin(angle) * y,
                    centre[1] + math.sin(angle) * x + math.cos(angle) * y,
                )
            )
        return np.array(corners, np.float32)

    def _spoil(self, ink: Ink, width: int, letters: int) -> Grey:
        """Add the page's and the camera's effects: paper, light, blur, noise, compression."""
        rng = self._rng
        for chance, spoil in (
            (0.12, self._wave),
            (0.30, self._neighbours),
            (0.14, self._thickness),
            (0.20, self._patches),
            (0.12, self._rules),
            (0.05, self._stamp),
            (0.06, self._dots),
            (0.10, self._thermal),
            (0.06, self._specks),
        ):
            if rng.random() < chance:
                ink = spoil(ink)
        picture = self._photograph(ink)
        width = max(24, round(width * rng.uniform(0.93, 1.07)), round(letters * 1.08 + 1) * STRIDE)
        how = rng.choice((cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_CUBIC))
        resized = cv2.resize(picture, (min(width, WIDEST), HEIGHT), interpolation=how)
        return np.asarray(resized, np.uint8)

    def _wave(self, ink: Ink) -> Ink:
        """Warp like a curved page."""
        rows, columns = ink.shape
        x = np.arange(columns, dtype=np.float32)
        high = rows * self._rng.uniform(0.01, 0.05)
        shift = high * np.sin(x / columns * self._rng.uniform(2, 9) + self._rng.random() * 6)
        down = np.arange(rows, dtype=np.float32)[:, None] + shift[None].astype(np.float32)
        across = np.repeat(x[None], rows, 0)
        return np.asarray(cv2.remap(ink, across, down, cv2.INTER_LINEAR), np.float32)

    def _neighbours(self, ink: Ink) -> Ink:
        """Add the ends of letters of the lines above and below."""
        rows, columns = ink.shape
        middle = rows // 2
        for side in (0, 1):
            if self._rng.random() < 0.6:
                count = max(1, int(rows * self._rng.uniform(0.03, 0.14)))
                other = np.roll(ink, self._rng.randint(5, max(6, columns // 2)), 1)
                if side == 0:
                    ink[:count] = np.maximum(ink[:count], other[middle : middle + count])
                else:
                    ink[-count:] = np.maximum(ink[-count:], other[middle - count : middle])
        return ink

    def _thickness(self, ink: Ink) -> Ink:
        square = np.ones((2, 2), np.uint8)
        if self._rng.random() < 0.5 or ink.shape[0] <= 20:
            return np.asarray(cv2.erode(ink, square) * 0.6 + ink * 0.4, np.float32)
        return np.asarray(cv2.dilate(ink, square), np.float32)

    def _patches(self, ink: Ink) -> Ink:
        """Fade patches of ink, as on thermal paper."""
        rows, columns = ink.shape
        coarse = self._noise.random((3, max(3, columns // 12)), np.float32)
        fine = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
        return np.asarray(ink * np.clip(0.25 + 1.1 * fine, 0, 1), np.float32)

    def _rules(self, ink: Ink) -> Ink:
        """Add an underline or the border of a table's cell."""
        rng = self._rng
        rows, columns = ink.shape
        thick = max(1, rows // 24)
        below = rows - 1 - rng.randint(0, max(1, rows // 7))
        y = rng.choice((below, rng.randint(0, max(1, rows // 8))))
        ink[y : y + thick] = np.maximum(ink[y : y + thick], rng.uniform(0.4, 1))
        if rng.random() < 0.4:
            ink[:, rng.choice((0, 1, columns - 2, columns - 1))] = rng.uniform(0.4, 1)
        return ink

    def _stamp(self, ink: Ink) -> Ink:
        """Add strokes of a round stamp, in the grey of its ink."""
        rng = self._rng
        rows, columns = ink.shape
        strokes = np.zeros_like(ink)
        for _ in range(rng.randint(1, 3)):
            centre = (rng.randint(0, columns), rng.randint(-rows, 2 * rows))
            axes = (rng.randint(rows, 4 * rows), rng.randint(rows, 3 * rows))
            grey, thick = rng.uniform(0.2, 0.6), rng.randint(1, max(1, rows // 10))
            cv2.ellipse(strokes, centre, axes, rng.randint(0, 180), 0, 360, grey, thick)
        return np.maximum(ink, strokes)

    def _dots(self, ink: Ink) -> Ink:
        """Apply a dot matrix printer's raster."""
        rows, columns = ink.shape
        step = max(2, rows // 12)
        raster = np.full(ink.shape, 0.35, np.float32)
        raster[(np.arange(rows) % step < max(1, step - 1))] += 0.3
        raster[:, np.arange(columns) % step < max(1, step - 1)] += 0.35
        return np.asarray(ink * np.clip(raster, 0, 1), np.float32)

    def _thermal(self, ink: Ink) -> Ink:
        """Apply a worn print head: grey ink, columns that print less, rows that are missed."""
        rng = self._rng
        rows, columns = ink.shape
        strength = np.full(ink.shape, rng.uniform(0.3, 0.9), np.float32)
        for _ in range(rng.randint(0, max(1, columns // 60))):
            at = rng.randrange(columns)
            strength[:, at : at + rng.randint(1, 2)] *= rng.uniform(0, 0.7)
        if rng.random() < 0.5:
            step = rng.randint(2, max(2, rows // 6))
            strength[rng.randrange(step) :: step] *= rng.uniform(0.2, 0.9)
        grain = self._noise.random(ink.shape, np.float32)
        strength *= np.where(grain < rng.uniform(0, 0.25), rng.uniform(0.2, 0.9), 1.0)
        return np.asarray(ink * strength, np.float32)

    def _specks(self, ink: Ink) -> Ink:
        """Add dust: dots of a pixel or two, also above letters, where they resemble accents."""
        rng = self._rng
        rows, columns = ink.shape
        for _ in range(rng.randint(1, 2 + columns // 20)):
            y, x, size = rng.randrange(rows), rng.randrange(columns), rng.randint(1, 2)
            ink[y : y + size, x : x + size] = rng.uniform(0.2, 1)
        return ink

    def _photograph(self, ink: Ink) -> Grey:
        """Convert ink on paper to grey values."""
        rng = self._rng
        rows, columns = ink.shape
        paper = rng.uniform(120, 255) if rng.random() < 0.6 else rng.uniform(225, 255)
        share = rng.uniform(0, 0.55) if rng.random() < 0.8 else rng.uniform(0.4, 0.68)
        light = np.ones((rows, columns), np.float32)
        if rng.random() < 0.6:
            coarse = self._noise.normal(0, 1, (2, max(2, min(6, columns // 40)))).astype(np.float32)
            field = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
            light += field * rng.uniform(0.01, 0.08)
        if rng.random() < 0.05:
            # A fold: its shadow falls to one side.
            x = np.arange(columns) - rng.uniform(0, columns)
            light *= (1 - rng.uniform(0.1, 0.35) * np.exp(-np.abs(x) / 4) * (x < 0))[None]
        picture = (paper * (1 - ink * (1 - share)) * light).astype(np.float32)
        if rng.random() < 0.07:
            picture = 255 - picture
        if rng.random() < 0.55:
            sigma = rng.uniform(0.3, 1.0) * max(1.0, rows / 26)
            picture = cv2.GaussianBlur(picture, (0, 0), sigma)
        if rng.random() < 0.1:
            length = rng.choice((3, 3, 5)) if rows > 16 else 3
            kernel = np.zeros((length, length), np.float32)
            if rng.random() < 0.7:
                kernel[length // 2] = 1 / length
            else:
                kernel[:, length // 2] = 1 / length
            picture = cv2.filter2D(picture, -1, kernel)
        if rng.random() < 0.65:
            sigma = rng.choice((rng.uniform(1, 5), rng.uniform(3, 12), rng.uniform(5, 20)))
            sigma *= 0.4 if paper * (1 - share) < 70 else 1.0
            picture = picture + self._noise.normal(0, sigma, picture.shape).astype(np.float32)
        if rng.random() < 0.1:
            picture = 2 * picture - cv2.GaussianBlur(picture, (0, 0), 1.2)
        pixels = np.clip(picture, 0, 255).astype(np.uint8)
        if rng.random() < 0.5:
            quality = rng.randint(25, 60) if rng.random() < 0.5 else rng.randint(50, 90)
            _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
            pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
        if rng.random() < 0.04:
            # A fax: black or white, by a local threshold.
            around = cv2.GaussianBlur(pixels, (0, 0), rows / 4).astype(np.int16)
            pixels = ((pixels > around - 12) * 255).astype(np.uint8)
        return pixels
