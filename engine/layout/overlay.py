"""Overlay of regions and evidence on a page, as a picture (Pillow) and as SVG.

This module holds the only table of category colours; the screen uses it too. Labels show the
category and the reading order counted from 1; data attributes use the 0-based order.

Try it:
`python -c "from engine.layout.overlay import category_colour; print(category_colour('Table'))"`
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Final, TypeAlias

import font_roboto
from PIL import Image, ImageChops, ImageDraw, ImageFont

from engine.core.errors import GeometryError
from engine.core.geometry import clip
from engine.core.i18n import DEFAULT_LANGUAGE, say
from engine.core.schema import BBox, Evidence, PageLayout, Size

Box: TypeAlias = tuple[int, int, int, int]  # whole pixels, right and bottom exclusive

# White text has a contrast of at least 4.5 on each colour (WCAG AA).
CATEGORY_COLOURS: Final = {
    "Caption": "#be185d",
    "Footnote": "#4d7c0f",
    "Formula": "#92400e",
    "List-item": "#0e7490",
    "Page-footer": "#44403c",
    "Page-header": "#475569",
    "Picture": "#7e22ce",
    "Section-header": "#c2410c",
    "Table": "#15803d",
    "Text": "#1d4ed8",
    "Title": "#b91c1c",
}
OTHER_COLOUR: Final = "#334155"
EVIDENCE_COLOUR: Final = "#facc15"
EVIDENCE_EDGE: Final = "#b45309"
_LABEL_TEXT: Final = "#ffffff"
# Fractions of the page's longer side.
_LABEL_HEIGHT: Final = 1 / 75
_LINE_WIDTH: Final = 1 / 800
_MIN_FONT_PIXELS: Final = 6
_MIN_LABEL_PIXELS: Final = 11
# Opacity of a colour over the paper; the print under it stays as dark as before.
_REGION_TINT: Final = 0.12
_EVIDENCE_TINT: Final = 0.55


def category_colour(category: str) -> str:
    """Return the "#rrggbb" of a layout category; one neutral colour for an unknown one."""
    return CATEGORY_COLOURS.get(category, OTHER_COLOUR)


def draw_layout(
    image: Image.Image, layout: PageLayout, *, language: str = DEFAULT_LANGUAGE
) -> Image.Image:
    """Draw a coloured, labelled box around each region of a page.

    Args:
        image: the upright page of (layout.width, layout.height); never changed.
        language: language of the category names.
    Returns:
        A new RGB picture of the same size. Regions outside the page are left out.
    """
    drawn = image.convert("RGB")
    drawn = drawn.copy() if drawn is image else drawn
    placed = [
        (box, region)
        for region in layout.regions
        if (box := _whole_box(region.bbox, drawn.size)) is not None
    ]
    for box, region in placed:
        _tint(drawn, box, category_colour(region.category), _REGION_TINT)
    pen = ImageDraw.Draw(drawn)
    for box, region in placed:
        _outline(pen, box, category_colour(region.category), _line_width(drawn.size))
    # Labels last, so that no neighbour's box covers them.
    for box, region in placed:
        text = _label(region.order, region.category, language)
        _draw_label(pen, box, text, category_colour(region.category), drawn.size)
    return drawn


def draw_evidence(image: Image.Image, evidence: Iterable[Evidence]) -> Image.Image:
    """Highlight each place of evidence on a page, as with a text marker.

    Args:
        image: the upright page; never changed.
        evidence: places on this page. Places outside the page are left out.
    Returns:
        A new RGB picture of the same size.
    """
    drawn = image.convert("RGB")
    drawn = drawn.copy() if drawn is image else drawn
    boxes = [box for item in evidence if (box := _whole_box(item.bbox, drawn.size)) is not None]
    for box in boxes:
        _tint(drawn, box, EVIDENCE_COLOUR, _EVIDENCE_TINT)
    pen = ImageDraw.Draw(drawn)
    for box in boxes:
        _outline(pen, box, EVIDENCE_EDGE, _line_width(drawn.size))
    return drawn


def to_svg(
    size: Size,
    *,
    layout: PageLayout | None = None,
    evidence: Sequence[Evidence] = (),
    language: str = DEFAULT_LANGUAGE,
) -> str:
    """Return regions and evidence as an SVG overlay for the page; all text is escaped.

    Args:
        size: (width, height) of the page in pixels; becomes the viewBox.
        evidence: places on this page.
        language: language of the category names.
    """
    width, height = size
    line = _line_width(size)
    font_height = max(_MIN_LABEL_PIXELS, round(max(size) * _LABEL_HEIGHT))
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">']
    for region in layout.regions if layout else ():
        box = _clipped(region.bbox, size)
        if box is None:
            continue
        colour = category_colour(region.category)
        label = _label(region.order, region.category, language)
        parts.append(
            f'<rect data-region="{region.order}" data-category="{_escaped(region.category)}" '
            f'data-order="{region.order}" {_geometry(box)} fill="{colour}" '
            f'fill-opacity="{_REGION_TINT}" stroke="{colour}" stroke-width="{line}">'
            f"<title>{_escaped(region.text)}</title></rect>"
        )
        # An estimate, because only the viewer knows its font: a letter is about 0.6 of its height.
        label_width = min(width, round((len(label) + 1) * 0.6 * font_height))
        label_height = min(height, round(font_height * 1.4))
        left, top = _label_place(box, (label_width, label_height), size)
        parts.append(
            f'<rect x="{left:g}" y="{top:g}" width="{label_width}" height="{label_height}" '
            f'fill="{colour}"/><text x="{left + 0.3 * font_height:g}" '
            f'y="{top + 1.05 * font_height:g}" font-family="Roboto, Arial, sans-serif" '
            f'font-size="{font_height}" textLength="{label_width - 0.6 * font_height:g}" '
            f'lengthAdjust="spacingAndGlyphs" fill="{_LABEL_TEXT}">{_escaped(label)}</text>'
        )
    for number, item in enumerate(evidence):
        box = _clipped(item.bbox, size)
        if box is not None:
            parts.append(
                f'<rect data-evidence="{number}" data-page="{item.page_index}" '
                f'data-bbox="{",".join(f"{side:g}" for side in box)}" {_geometry(box)} '
                f'fill="{EVIDENCE_COLOUR}" fill-opacity="{_EVIDENCE_TINT}" '
                f'stroke="{EVIDENCE_EDGE}" stroke-width="{line}">'
                f"<title>{_escaped(item.text)}</title></rect>"
            )
    return "".join([*parts, "</svg>"])


def _label(order: int, category: str, language: str) -> str:
    """Return the label's text: the order counted from 1 and the category's name."""
    if category in CATEGORY_COLOURS:
        category = say(f"overlay.{category.lower().replace('-', '_')}", language)
    return f"{order + 1} {category}"


def _clipped(bbox: BBox, size: Size) -> BBox | None:
    try:
        return clip(bbox, page_size=size)
    except GeometryError:
        return None


def _whole_box(bbox: BBox, size: Size) -> Box | None:
    """Return the box in whole pixels, at least one wide and high; None outside the page."""
    clipped = _clipped(bbox, size)
    if clipped is None:
        return None
    left, top = min(int(clipped[0]), size[0] - 1), min(int(clipped[1]), size[1] - 1)
    return (
        left,
        top,
        min(size[0], max(left + 1, round(clipped[2]))),
        min(size[1], max(top + 1, round(clipped[3]))),
    )


def _line_width(size: Size) -> int:
    return max(1, round(max(size) * _LINE_WIDTH))


def _outline(pen: ImageDraw.ImageDraw, box: Box, colour: str, width: int) -> None:
    # Pillow would draw a line thicker than its box outside of the box.
    width = min(width, max(1, (box[2] - box[0]) // 2), max(1, (box[3] - box[1]) // 2))
    # Pillow's rectangles include the last pixel; a Box does not.
    pen.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), outline=colour, width=width)


def _tint(image: Image.Image, box: Box, colour: str, share: float) -> None:
    """Multiply part of the picture by a colour: paper takes the colour, dark print stays dark."""
    red, green, blue = (
        round(255 - share * (255 - channel))
        for channel in Image.new("RGB", (1, 1), colour).tobytes()
    )
    part = image.crop(box)
    image.paste(ImageChops.multiply(part, Image.new("RGB", part.size, (red, green, blue))), box)


def _draw_label(
    pen: ImageDraw.ImageDraw, box: Box, text: str, colour: str, page_size: Size
) -> None:
    height = max(_MIN_LABEL_PIXELS, round(max(page_size) * _LABEL_HEIGHT))
    font, width = _fitting_font(text, height, page_size)
    ascent, descent = font.getmetrics()
    padding = max(1, round(font.size * 0.25))
    label_size = (
        min(page_size[0], width + 2 * padding),
        min(page_size[1], ascent + descent),
    )
    left, top = (int(side) for side in _label_place(box, label_size, page_size))
    right, bottom = left + label_size[0], top + label_size[1]
    pen.rectangle((left, top, right - 1, bottom - 1), fill=colour)
    pen.text((left + padding, top), text, font=font, fill=_LABEL_TEXT)


def _label_place(
    box: tuple[float, float, float, float], label_size: Size, page_size: Size
) -> tuple[float, float]:
    """Return a label's top left corner: above the box, or inside it where there is no room."""
    left = min(max(0, box[0]), page_size[0] - label_size[0])
    above = box[1] - label_size[1]
    top = above if above >= 0 else min(box[1], page_size[1] - label_size[1])
    return (left, max(0, top))


def _fitting_font(text: str, height: int, page_size: Size) -> tuple[ImageFont.FreeTypeFont, int]:
    """Return the largest font whose label fits the page, and the text's width in pixels."""
    size = height
    while True:
        font = _font(size)
        width = round(font.getlength(text))
        fits = width + size <= page_size[0] and size * 1.5 <= page_size[1]
        if fits or size <= _MIN_FONT_PIXELS:
            return font, width
        size -= 1


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Roboto has Latin, Greek and Cyrillic letters.
    return ImageFont.truetype(font_roboto.RobotoMedium, size)


def _geometry(box: BBox) -> str:
    left, top, right, bottom = box
    return f'x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}"'


def _escaped(text: str) -> str:
    """Escape text for markup and attributes, and replace the characters that XML forbids."""
    return escape("".join(char if _in_xml(char) else "\ufffd" for char in text), quote=True)


def _in_xml(char: str) -> bool:
    return char in "\t\n\r" or (
        char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
    )
