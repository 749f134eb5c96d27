"""Degrade a clean picture like a scan, a photograph or a fax.

Geometry is a 3x3 matrix from pixels of the clean picture to pixels of the degraded one, so that
boxes follow the pixels: `move_box` gives the axis-aligned box of the moved corners.
"""

from __future__ import annotations

import io
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .truth import Box

LEVELS = ("clean", "scan", "photo", "fax")
Array = NDArray[np.float64]


def move_box(matrix: Array, box: Box) -> Box:
    """The axis-aligned box around the box's four moved corners."""
    x1, y1, x2, y2 = box
    corners = np.array([[x1, y1, 1.0], [x2, y1, 1.0], [x2, y2, 1.0], [x1, y2, 1.0]]).T
    moved = matrix @ corners
    xs, ys = moved[0] / moved[2], moved[1] / moved[2]
    return (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))


def _homography(source: list[tuple[float, float]], target: list[tuple[float, float]]) -> Array:
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        right += [u, v]
    solved = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(right, dtype=np.float64))
    return np.append(solved, 1.0).reshape(3, 3)


def _warp(
    image: Image.Image, matrix: Array, size: tuple[int, int], fill: tuple[int, int, int]
) -> Image.Image:
    # Pillow takes the inverse: from a pixel of the result to one of the source.
    back = np.linalg.inv(matrix)
    back = (back / back[2, 2]).flatten()[:8]
    return image.transform(
        size,
        Image.Transform.PERSPECTIVE,
        [float(b) for b in back],
        Image.Resampling.BICUBIC,
        fillcolor=fill,
    )


def _rotation(size: tuple[int, int], degrees: float) -> Array:
    w, h = size
    a = np.deg2rad(degrees)
    c, s = np.cos(a), np.sin(a)
    cx, cy = w / 2, h / 2
    return np.array([[c, -s, cx - c * cx + s * cy], [s, c, cy - s * cx - c * cy], [0, 0, 1]])


def _smooth_field(
    rng: np.random.Generator, size: tuple[int, int], cells: int, strength: float
) -> Array:
    """A slowly varying factor around 1, as of uneven light."""
    coarse = rng.uniform(-1, 1, (cells, cells)) * 127 + 127
    small = Image.fromarray(coarse.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return 1.0 + (np.asarray(small, dtype=np.float64) / 127.0 - 1.0) * strength


def _speckles(rng: np.random.Generator, pixels: Array, number: int) -> None:
    h, w = pixels.shape[:2]
    for _ in range(number):
        y, x = int(rng.integers(0, h)), int(rng.integers(0, w))
        r = int(rng.integers(1, 3))
        pixels[y : y + r, x : x + r] = rng.uniform(60, 190)


def _bleed(image: Image.Image, strength: float) -> Image.Image:
    """Show-through of the other side: a faint mirrored copy."""
    back = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(2.2))
    return Image.fromarray(
        np.minimum(
            np.asarray(image, dtype=np.float64),
            255 - (255 - np.asarray(back, dtype=np.float64)) * strength,
        ).astype(np.uint8)
    )


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


def _scan(
    image: Image.Image, rng: random.Random, noise: np.random.Generator
) -> tuple[Image.Image, Array]:
    if rng.random() < 0.35:
        image = _bleed(image, rng.uniform(0.03, 0.09))
    warmth = rng.uniform(0, 10)
    paper = np.array([rng.uniform(243, 254), 0.0, 0.0])
    paper[1], paper[2] = paper[0] - warmth * 0.3, paper[0] - warmth
    matrix = _rotation(image.size, rng.uniform(-2.0, 2.0))
    image = _warp(image, matrix, image.size, (255, 255, 255))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.25, 0.75) * image.width / 1240))
    pixels = np.asarray(image, dtype=np.float64)
    ink = rng.uniform(10, 55)  # black is not fully black on a scan
    pixels = ink + pixels / 255.0 * (paper - ink)
    pixels = pixels + noise.normal(0, rng.uniform(1.5, 5.0), pixels.shape[:2])[..., None]
    _speckles(noise, pixels, rng.randint(5, 60))
    if rng.random() < 0.3:  # the shadow of the lid or of the fold along one edge
        side = np.linspace(0, 1, pixels.shape[1])
        side = side if rng.random() < 0.5 else side[::-1]
        pixels *= (1 - rng.uniform(0.1, 0.35) * np.clip((side - 0.96) / 0.04, 0, 1))[None, :, None]
    out = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if rng.random() < 0.4:
        out = out.convert("L").convert("RGB")
    return _jpeg(out, rng.randint(55, 90)), matrix


def _photo(
    image: Image.Image, rng: random.Random, noise: np.random.Generator
) -> tuple[Image.Image, Array]:
    w, h = image.size
    pad = round(w * rng.uniform(0.02, 0.07))
    size = (w + 2 * pad, h + 2 * pad)

    def shake() -> float:
        return rng.uniform(-0.9, 0.9) * pad

    source = [(0.0, 0.0), (float(w), 0.0), (float(w), float(h)), (0.0, float(h))]
    target = [(x + pad + shake(), y + pad + shake()) for x, y in source]
    matrix = _rotation(size, rng.uniform(-2.5, 2.5)) @ _homography(source, target)
    table = rng.choice([(96, 72, 50), (60, 62, 66), (140, 132, 120), (40, 36, 34), (172, 160, 140)])
    image = _warp(image, matrix, size, table)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.1) * w / 1240))
    pixels = np.asarray(image, dtype=np.float64)
    pixels = 30 + pixels * rng.uniform(0.72, 0.86)
    pixels = (
        pixels * _smooth_field(noise, size, rng.randint(3, 4), rng.uniform(0.06, 0.2))[..., None]
    )
    tint = np.array([rng.uniform(0.97, 1.04), 1.0, rng.uniform(0.9, 1.02)])
    pixels = pixels * tint + noise.normal(0, rng.uniform(3, 8), pixels.shape)
    return _jpeg(
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), rng.randint(45, 80)
    ), matrix


def _fax(
    image: Image.Image, rng: random.Random, noise: np.random.Generator
) -> tuple[Image.Image, Array]:
    matrix = _rotation(image.size, rng.uniform(-1.0, 1.0))
    image = _warp(image, matrix, image.size, (255, 255, 255)).convert("L")
    w, h = image.size
    # A fax has about 100-130 lines per inch. The picture keeps its size, so boxes need no
    # rescaling.
    share = min(1.0, rng.uniform(950, 1150) / w)
    low = image.resize((round(w * share), round(h * share)), Image.Resampling.BOX)
    pixels = np.asarray(low, dtype=np.float64) + noise.normal(
        0, rng.uniform(8, 20), (low.height, low.width)
    )
    black = pixels < rng.uniform(150, 185)
    dirt = noise.random(black.shape) < rng.uniform(0.0002, 0.0015)
    out = Image.fromarray(np.where(black ^ dirt, 0, 255).astype(np.uint8))
    return out.resize((w, h), Image.Resampling.NEAREST).convert("RGB"), matrix


def degrade(image: Image.Image, level: str, seed: int) -> tuple[Image.Image, Array]:
    """Degrade a picture at one of LEVELS; returns it with the matrix that moves its points."""
    rng, noise = random.Random(f"degrade-{level}-{seed}"), np.random.default_rng(seed)
    if level == "clean":
        return image, np.eye(3)
    if level == "scan":
        return _scan(image, rng, noise)
    if level == "photo":
        return _photo(image, rng, noise)
    if level == "fax":
        return _fax(image, rng, noise)
    raise ValueError(f"unknown degradation {level!r}: one of {', '.join(LEVELS)}")
