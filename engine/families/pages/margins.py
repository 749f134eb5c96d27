"""A page made a little smaller within its own size, for another attempt at reading it.

Processors that stretch whatever they get to sizes of their own would undo a plain resize.
"""

from PIL import Image


def with_margin(image: Image.Image, pixel_share: float) -> Image.Image:
    """The page shrunk into the corner of white paper of the same size.

    Args:
        image: the page, any mode.
        pixel_share: of the paper that the page takes, 0 to 1.
    """
    scale = pixel_share**0.5
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    return paper
