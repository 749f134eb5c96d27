"""Shrinks a page inside an image of the same size, for a retry with fewer pixels.

Processors that stretch every image to a fixed size would undo a plain resize.
"""

from PIL import Image


def with_margin(image: Image.Image, pixel_share: float) -> Image.Image:
    """Shrink a page into the top left corner of a white image of the same size.

    Args:
        image: the page, any mode.
        pixel_share: share of the image's area that the page takes, 0 to 1.
    """
    scale = pixel_share**0.5
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    return paper
