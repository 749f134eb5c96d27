"""Pages drawn with Pillow, so their words and boxes are known."""

from dataclasses import dataclass, field

from font_roboto import Roboto, RobotoBold
from PIL import Image, ImageDraw, ImageFont

from engine.core.schema import BBox, Page, Word
from engine.core.settings_file import load_settings

SETTINGS = load_settings()


def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Roboto, which has Cyrillic, from the wheel font-roboto."""
    return ImageFont.truetype(RobotoBold if bold else Roboto, size)


@dataclass
class Sheet:
    """A white page of this size and the words written on it, with their ink boxes."""

    width: int = 900
    height: int = 1100
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width, self.height), "white")
        self._pen = ImageDraw.Draw(self.image)

    def write(self, x: float, y: float, text: str, *, size: int = 24, bold: bool = False) -> None:
        """Write words in one row from x, with y as the top of the row."""
        face = font(size, bold=bold)
        for token in text.split():
            self._pen.text((x, y), token, fill="black", font=face)
            self.words.append(Word(token, self._pen.textbbox((x, y), token, font=face)))
            x += face.getlength(token + " ")

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self._pen.line((x0, y0, x1, y1), fill="black", width=2)


def page_of(image: Image.Image, words: tuple[Word, ...] = ()) -> Page:
    """An uploaded page with this picture, and this text layer."""
    return Page(
        document_id="drawn",
        page_index=0,
        width=image.width,
        height=image.height,
        load_image=lambda: image,
        load_words=lambda: words,
    )


def covered(truth: BBox, box: BBox) -> float:
    """The fraction of a true box that a found box covers."""
    width = min(truth[2], box[2]) - max(truth[0], box[0])
    height = min(truth[3], box[3]) - max(truth[1], box[1])
    size = (truth[2] - truth[0]) * (truth[3] - truth[1])
    return max(0.0, width) * max(0.0, height) / size
