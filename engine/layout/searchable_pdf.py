"""Pages with their text -> a PDF that looks like the scan and can be searched and copied from.

Each page is its picture (JPEG) with the text over it in the invisible rendering mode, every piece
stretched over its box. Written by hand (ISO 32000-1: 7.3 objects, 9.3.6 text rendering mode, 9.10.3
ToUnicode): the font is named and not embedded, because nothing is ever drawn with it, and its codes
are UTF-16 units, so that every script can be searched.
"""

import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from engine.schema import BBox, Page, PageLayout

# Points of the PDF in an inch, and pixels in it where a page's own resolution is not known.
_POINTS: Final = 72.0
# Width of every glyph of the font, in thousandths of its size.
_GLYPH: Final = 500
_QUALITY: Final = 85
_TO_UNICODE: Final = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end"""

Placed = tuple[str, BBox]


def lines_of(layout: PageLayout) -> list[Placed]:
    """The text of a layout line by line, each region's lines shared out over its height."""
    placed = []
    for region in layout.regions:
        lines = [line.replace("\t", "  ") for line in region.text.splitlines() if line.strip()]
        x0, y0, x1, y1 = region.bbox
        height = (y1 - y0) / max(1, len(lines))
        for number, line in enumerate(lines):
            placed.append((line, (x0, y0 + number * height, x1, y0 + (number + 1) * height)))
    return placed


def to_searchable_pdf(
    pages: Sequence[Page], placed: Callable[[Page], Iterable[Placed]], *, dpi: int
) -> bytes:
    """One PDF page for each page, of the size that `dpi` gives its pixels.

    Args:
        placed: a page -> its words or lines with boxes in page pixels.
        dpi: pixels of the page image in an inch.
    Raises:
        DocumentError: a page cannot be loaded any more.
    """
    objects: list[bytes] = [b"", b""]  # the catalogue and the page tree come last
    font = _font(objects)
    kids = [_page(objects, page, list(placed(page)), font, _POINTS / dpi) for page in pages]
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listed, len(kids))
    return _file(objects)


def _add(objects: list[bytes], content: bytes) -> int:
    """Append an object; its number."""
    objects.append(content)
    return len(objects)


def _stream(objects: list[bytes], entries: bytes, content: bytes) -> int:
    head = b"<< %s /Length %d >>\nstream\n" % (entries, len(content))
    return _add(objects, head + content + b"\nendstream")


def _font(objects: list[bytes]) -> int:
    unicode_map = _stream(objects, b"/Filter /FlateDecode", zlib.compress(_TO_UNICODE))
    descriptor = _add(
        objects,
        b"<< /Type /FontDescriptor /FontName /Invisible /Flags 4 /FontBBox [0 0 500 1000] "
        b"/ItalicAngle 0 /Ascent 1000 /Descent 0 /CapHeight 1000 /StemV 80 >>",
    )
    glyphs = _add(
        objects,
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Invisible /CIDToGIDMap /Identity "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        b"/FontDescriptor %d 0 R /DW %d >>" % (descriptor, _GLYPH),
    )
    return _add(
        objects,
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Invisible /Encoding /Identity-H "
        b"/DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>" % (glyphs, unicode_map),
    )


def _page(objects: list[bytes], page: Page, placed: list[Placed], font: int, scale: float) -> int:
    picture = io.BytesIO()
    page.load_image().convert("RGB").save(picture, "JPEG", quality=_QUALITY)
    image = _stream(
        objects,
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB "
        b"/BitsPerComponent 8 /Filter /DCTDecode" % page.size,
        picture.getvalue(),
    )
    width, height = page.width * scale, page.height * scale
    drawn = b"q %.3f 0 0 %.3f 0 0 cm /Page Do Q\nBT 3 Tr\n" % (width, height)
    drawn += b"".join(_text(text, box, page.height, scale) for text, box in placed) + b"ET"
    content = _stream(objects, b"/Filter /FlateDecode", zlib.compress(drawn))
    return _add(
        objects,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.3f %.3f] /Contents %d 0 R "
        b"/Resources << /XObject << /Page %d 0 R >> /Font << /F %d 0 R >> >> >>"
        % (width, height, content, image, font),
    )


def _text(text: str, box: BBox, page_height: int, scale: float) -> bytes:
    """One piece of text over its box; PDF's y axis goes up."""
    units = " ".join(text.split()).encode("utf-16-be", "replace")
    if not units:
        return b""
    size = max(0.1, (box[3] - box[1]) * scale)
    natural = len(units) / 2 * _GLYPH / 1000 * size
    stretch = 100 * (box[2] - box[0]) * scale / natural
    place = (box[0] * scale, (page_height - box[3]) * scale)
    return b"/F %.3f Tf %.3f Tz 1 0 0 1 %.3f %.3f Tm <%s> Tj\n" % (
        size,
        stretch,
        *place,
        units.hex().encode(),
    )


def _file(objects: list[bytes]) -> bytes:
    """Header, objects, cross-reference table."""
    parts = list(_numbered(objects))
    body = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for part in parts:
        offsets.append(len(body))
        body += part
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    )


def _numbered(objects: list[bytes]) -> Iterator[bytes]:
    for number, content in enumerate(objects, start=1):
        yield b"%d 0 obj\n%s\nendobj\n" % (number, content)
