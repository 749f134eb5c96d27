"""Image preprocessing before OCR: deskewing, illumination correction, denoising, resizing.

A step is off unless settings.toml turns it on, because each must be measured to help a family. The
displayed page never changes; `PreprocessedImage.to_page` maps boxes back to it. Quarter turns are
not made here (engine.ocr.orientation detects them, engine.core.geometry maps boxes back).

Try it: `python -c "from PIL import Image; from engine.ocr.preprocess import resize_to as r; \
print(r(Image.new('RGB', (4000, 2000)), 1000).to_page((10, 10, 20, 20)))"`
"""

import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.core.geometry import clip
from engine.core.schema import BBox, Size
from engine.core.settings import PreprocessSettings

Grey: TypeAlias = NDArray[np.uint8]  # (H, W)
# (x, y) of the preprocessed image = matrix @ (x, y, 1) of the page; (2, 3).
Affine: TypeAlias = NDArray[np.float64]

_IDENTITY: Final = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
MAX_SKEW_DEGREES: Final = 8.0
# A smaller rotation blurs the page and moves no line by more than a few pixels.
_MIN_SKEW_DEGREES: Final = 0.1
# Longer side in pixels of the image that skew is measured on: a line of print is then ~7 px high.
_SKEW_SIDE: Final = 1400
_COARSE_STEP: Final = 0.2
_FINE_STEP: Final = 0.05
# Minimum ratio of the best angle's score to the mean score; below it the page has no clear lines.
_MIN_PEAK_RATIO: Final = 1.15
# The illumination is what remains after details smaller than this fraction of the page are removed.
_LIGHT_PART: Final = 1 / 40
# Longer sides in pixels at which ink is searched: strokes at the first, and at the others faint
# lines of print that grain hides at the first.
_INK_SIDES: Final = (1200, 600, 300)
# Minimum difference between ink and the paper around it: in grey levels (of 255), and in standard
# deviations of the grain. A scanner's grain is below _MOST_GRAIN; coarser grain may hide pencil.
_LEAST_INK: Final = 3.0
_OVER_GRAIN: Final = 7.0
_MOST_GRAIN: Final = 1.5
# Paper is bright and evenly lit; a photograph without detail is not.
_DARKEST_PAPER: Final = 140.0
_MOST_SHADE: Final = 48.0


@dataclass(frozen=True, slots=True)
class PreprocessedImage:
    """A preprocessed image and its transform to the page.

    Attributes:
        image: RGB.
        page_size: (width, height) of the original upright page in pixels.
        matrix: two rows of three; (x, y) of `image` = matrix @ (x, y, 1) of the page.
    """

    image: Image.Image
    page_size: Size
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]] = _IDENTITY

    def to_page(self, bbox: BBox) -> BBox:
        """Map a box of `image` to the page: the bounding box of its four mapped corners.

        Raises:
            GeometryError: the mapped box lies outside the page.
        """
        if self.matrix == _IDENTITY:
            return clip(bbox, page_size=self.page_size)
        back = cv2.invertAffineTransform(np.array(self.matrix))
        corners = np.array([[bbox[i], bbox[j], 1.0] for i in (0, 2) for j in (1, 3)])  # (4, 3)
        xs, ys = back @ corners.T
        box = (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
        return clip(box, page_size=self.page_size)


def apply_steps(image: Image.Image, steps: PreprocessSettings) -> PreprocessedImage:
    """Apply the enabled steps to a page image: denoise, contrast, deskew, in this order.

    Args:
        image: the upright page; it is not modified.
    """
    rgb = image.convert("RGB")
    if steps.denoise:
        rgb = _denoised(rgb)
    if steps.contrast:
        rgb = _evened(rgb)
    prepared = PreprocessedImage(rgb, image.size)
    return _deskewed(prepared) if steps.deskew else prepared


def resize_to(image: Image.Image, max_side: int) -> PreprocessedImage:
    """Shrink an image to a longer side of at most max_side pixels; a smaller one is unchanged."""
    longer = max(image.size)
    if longer <= max_side:
        return PreprocessedImage(image, image.size)
    size = (
        max(1, round(image.width * max_side / longer)),
        max(1, round(image.height * max_side / longer)),
    )
    resized = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    # Rounding gives the two sides slightly different scales.
    scale_x, scale_y = size[0] / image.width, size[1] / image.height
    return PreprocessedImage(resized, image.size, ((scale_x, 0.0, 0.0), (0.0, scale_y, 0.0)))


def is_blank(image: Image.Image) -> bool:
    """Whether a page is certainly blank: bright, evenly lit paper with nothing on it.

    Doubtful marks count as ink: faint print, pencil, show-through from the back, dust, the edge of
    a sheet, a photograph, coarse grain.

    Args:
        image: the upright page, of any size and mode.
    """
    rgb: NDArray[Any] = np.asarray(image.convert("RGB"))  # (H, W, 3)
    for side in _INK_SIDES:
        scale = min(1.0, side / max(rgb.shape[:2]))
        size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        window = max(9, round(max(size) * _LIGHT_PART) | 1)
        light = cv2.blur(rgb, (window, window))
        low, high = light.min(axis=(0, 1)), light.max(axis=(0, 1))  # per colour channel
        if low.min() < _DARKEST_PAPER or (high - low).max() > _MOST_SHADE:
            return False
        differences = np.abs(rgb - light)
        # Robust standard deviation (1.4826 * median absolute deviation): ink covers too little of
        # the page to change the median.
        grain = 1.4826 * float(np.median(differences))
        if grain > _MOST_GRAIN or differences.max() > max(_LEAST_INK, _OVER_GRAIN * grain):
            return False
    return True


def estimate_skew(image: Image.Image) -> float:
    """Estimate the skew of the lines of print in degrees; positive: they fall to the right.

    The result is the angle whose projection profile of the ink has the sharpest edges, within
    ±MAX_SKEW_DEGREES; 0.0 if no angle stands out (pictures, empty pages).
    """
    ink = _ink(resize_to(image.convert("L"), _SKEW_SIDE).image)
    ys, xs = np.nonzero(ink)
    if len(ys) == 0:
        return 0.0
    coarse = np.arange(-MAX_SKEW_DEGREES, MAX_SKEW_DEGREES + _COARSE_STEP / 2, _COARSE_STEP)
    scores = [_sharpness(xs, ys, angle) for angle in coarse]
    best = coarse[int(np.argmax(scores))]
    if max(scores) < _MIN_PEAK_RATIO * float(np.mean(scores)):
        return 0.0
    fine = np.arange(best - _COARSE_STEP, best + _COARSE_STEP + _FINE_STEP / 2, _FINE_STEP)
    scores = [_sharpness(xs, ys, angle) for angle in fine]
    return float(np.clip(fine[int(np.argmax(scores))], -MAX_SKEW_DEGREES, MAX_SKEW_DEGREES))


def _ink(grey_image: Image.Image) -> Grey:
    """Mask with 1 for ink: pixels darker than their neighbourhood, so shadows do not count."""
    grey = np.asarray(grey_image)
    block = max(15, (max(grey.shape) // 40) | 1)
    ink = cv2.adaptiveThreshold(
        grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 15
    )
    return np.asarray(ink, dtype=np.uint8)


def _sharpness(xs: NDArray[np.int64], ys: NDArray[np.int64], degrees: float) -> float:
    """Sum of squared steps of the ink's projection profile for lines skewed by `degrees`."""
    rows = ys - xs * math.tan(math.radians(degrees))
    profile = np.bincount((rows - rows.min()).astype(np.int64))
    return float(np.square(np.diff(profile.astype(np.float64))).sum())


def _deskewed(prepared: PreprocessedImage) -> PreprocessedImage:
    """Rotate the image so that lines are horizontal, on a canvas that holds every corner."""
    image = prepared.image
    degrees = estimate_skew(image)
    if abs(degrees) < _MIN_SKEW_DEGREES:
        return prepared
    width, height = image.size
    matrix: Affine = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_size = (math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos))
    matrix[0, 2] += (new_size[0] - width) / 2
    matrix[1, 2] += (new_size[1] - height) / 2
    pixels = np.asarray(image)
    # The new corners replicate the page's edge; black corners would look like ink.
    turned = cv2.warpAffine(
        pixels, matrix, new_size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    first, second = matrix.tolist()
    return PreprocessedImage(
        Image.fromarray(turned), prepared.page_size, (tuple(first), tuple(second))
    )


def _evened(image: Image.Image) -> Image.Image:
    """Remove shadows and uneven light: each pixel is divided by the paper around it."""
    pixels = np.asarray(image)
    side = max(3, round(min(image.size) * _LIGHT_PART) | 1)
    # Measured on a small copy: illumination changes slowly, and this is 10 times cheaper.
    scale = min(1.0, 800 / max(image.size))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.blur(small, (3, 3))  # else the grain's brightest specks count as paper
    kernel = max(3, round(side * scale) | 1)
    # Dilation removes the ink; the median removes the blocks that dilation leaves.
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((kernel, kernel), np.uint8)), 2 * kernel + 1)
    paper = cv2.resize(paper, image.size, interpolation=cv2.INTER_LINEAR)
    evened = cv2.divide(pixels, np.maximum(paper, 1), scale=255)
    return Image.fromarray(evened)


def _denoised(image: Image.Image) -> Image.Image:
    """Remove specks of a pixel or two; strokes of print remain."""
    return Image.fromarray(cv2.medianBlur(np.asarray(image), 3))
