"""Conversion of any pixel mode that Pillow decodes to RGB, as it would look on white paper."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

# Full-scale values of images with more than 8 bits per pixel, ascending: bytes, 12-bit scanners,
# 16 bits, 31 bits, 32 bits. (Floats up to 1 are handled in _full_scale.)
_FULL_SCALES: Final = (255.0, 4095.0, 65535.0, 2.0**31 - 1, 2.0**32 - 1)
_PHOTOMETRIC: Final = 262
_WHITE_IS_ZERO: Final = 0


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to an RGB copy: transparency on white; 16-bit and float greys scaled, not clipped.

    Raises:
        ValueError, OSError: the mode cannot be converted.
    """
    match image.mode:
        case "RGB" if "transparency" not in image.info:
            return image.copy()
        case "I" | "F" | "I;16" | "I;16B" | "I;16L" | "I;16N":
            return _from_deep_grey(image)
        case "LAB":
            return _from_lab(image)
        case "LA" | "La" | "PA" | "RGBA" | "RGBa":
            return _on_white(image)
        case _ if "transparency" in image.info:
            return _on_white(image)
        case _:
            return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    # La and RGBa (premultiplied alpha) convert to RGB only through LA and RGBA.
    via = {"La": "LA", "PA": "RGBA"}.get(image.mode)
    rgba = image.convert(via) if via else image
    if rgba.mode != "RGBA":
        rgba = rgba.convert("RGBA")
    # paste instead of alpha_composite, which would allocate three more images of the page's size.
    white = Image.new("RGB", rgba.size, "white")
    white.paste(rgba, mask=rgba)
    return white


def _from_deep_grey(image: Image.Image) -> Image.Image:
    values: NDArray[np.float32] = np.asarray(image).astype(np.float32)  # (H, W)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0:  # signed: the black level is unknown, so use the darkest value
        values, high = values - low, high - low
    full = _full_scale(image.mode, high)
    # Pillow applies TIFF's WhiteIsZero only up to 8 bits.
    tags = getattr(image, "tag_v2", {})
    if image.mode != "F" and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        values = full - values
    grey = np.clip(values * (255.0 / full) + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _full_scale(mode: str, high: float) -> float:
    """The value of white: the smallest usual full scale that holds the brightest value."""
    if mode == "F" and high <= 1:
        return 1.0
    # 16-bit files hold 12 or 16 bits; no page is so dark that its values would fit in 8 bits.
    scales = _FULL_SCALES[1:] if mode.startswith("I;") else _FULL_SCALES
    return next((scale for scale in scales if high <= scale), high)


def _from_lab(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if converted is None:
        raise ValueError("LAB picture could not be converted")
    return converted
