"""Whole files of every supported format, as scanners, phones and office programs save them.

The project's own examples are saved with the encoders' many options. A folder of other real files
can be added.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, TiffImagePlugin

ROOT: Final = Path(__file__).resolve().parents[2]
FORMATS: Final = ("png", "jpeg", "tiff", "pdf", "webp", "bmp", "gif")
_SUFFIXES: Final = {".jpg": "jpeg", ".tif": "tiff"}
# Pages are small: the test is of the reader, not of the time that pixels take.
_SIDE: Final = 160


def specimens(kind: str, folder: Path | None = None) -> list[bytes]:
    """The files of a format that are mutated, always in the same order.

    Args:
        kind: one of FORMATS.
        folder: further real files, selected by their suffix, the smallest forty.
    """
    made = list(_MADE[kind](list(_pictures())))
    examples = [path for path in sorted((ROOT / "examples").iterdir()) if _kind(path) == kind]
    if folder is not None:
        real = sorted(
            (path for path in folder.rglob("*") if path.is_file() and _kind(path) == kind),
            key=lambda path: (path.stat().st_size, path.name),
        )
        examples += real[:40]
    return made + [path.read_bytes() for path in examples]


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return _SUFFIXES.get(suffix, suffix.removeprefix("."))


def _pictures() -> Iterator[Image.Image]:
    """The examples, reduced, and a drawn page with thin lines."""
    for path in sorted((ROOT / "examples").iterdir()):
        with Image.open(path) as image:
            yield image.convert("RGB").resize((_SIDE, _SIDE))
    drawn = Image.new("RGB", (_SIDE, _SIDE), "white")
    pen = ImageDraw.Draw(drawn)
    for at in range(0, _SIDE, 9):
        pen.line((at, 0, _SIDE - at, _SIDE), fill=(at, 255 - at, 90))
    yield drawn


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "camera"
    return exif.tobytes()


def _png(pictures: list[Image.Image]) -> Iterator[bytes]:
    for image in pictures:
        yield _saved(image, "PNG")
    first = pictures[0]
    yield _saved(first.convert("L"), "PNG", dpi=(300, 300))
    yield _saved(first.convert("1"), "PNG", optimize=True)
    yield _saved(first.quantize(16), "PNG", transparency=3)
    yield _saved(first.convert("RGBA"), "PNG", exif=_exif(6))
    yield _saved(first.convert("I;16"), "PNG")
    yield _saved(first, "PNG", save_all=True, append_images=pictures[1:3])


def _jpeg(pictures: list[Image.Image]) -> Iterator[bytes]:
    for number, image in enumerate(pictures):
        yield _saved(image, "JPEG", quality=60 + 8 * number, progressive=number % 2 == 1)
    first = pictures[0]
    yield _saved(first.convert("L"), "JPEG", exif=_exif(8))
    yield _saved(first.convert("CMYK"), "JPEG", subsampling=0)
    yield _saved(first, "JPEG", icc_profile=b"\0" * 128, comment=b"scan")
    yield _saved(first, "JPEG", restart_marker_rows=1)


def _tiff(pictures: list[Image.Image]) -> Iterator[bytes]:
    first = pictures[0]
    for compression in ("raw", "tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"):
        yield _saved(first, "TIFF", compression=compression)
    for compression in ("group3", "group4", "tiff_ccitt"):
        yield _saved(first.convert("1"), "TIFF", compression=compression)
    yield _saved(first.convert("I;16"), "TIFF")
    yield _saved(first, "TIFF", big_tiff=True)
    yield _saved(first, "TIFF", compression="tiff_lzw", save_all=True, append_images=pictures[1:4])
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as writer:
        for orientation, image in zip((6, 3, 1), pictures, strict=False):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[274] = orientation
            image.save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
    yield buffer.getvalue()


def _webp(pictures: list[Image.Image]) -> Iterator[bytes]:
    for number, image in enumerate(pictures):
        yield _saved(image, "WEBP", lossless=number % 2 == 0)
    yield _saved(pictures[0].convert("RGBA"), "WEBP", exif=_exif(5))
    yield _saved(pictures[0], "WEBP", save_all=True, append_images=pictures[1:3])


def _bmp(pictures: list[Image.Image]) -> Iterator[bytes]:
    first = pictures[0]
    for mode in ("RGB", "L", "1", "RGBA"):
        yield _saved(first.convert(mode), "BMP")
    yield _saved(first.quantize(16), "BMP")


def _gif(pictures: list[Image.Image]) -> Iterator[bytes]:
    for image in pictures:
        yield _saved(image, "GIF")
    yield _saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:3], interlace=1)
    yield _saved(pictures[0].quantize(8), "GIF", transparency=0, comment=b"scan")


def _pdf(pictures: list[Image.Image]) -> Iterator[bytes]:
    yield _saved(pictures[0], "PDF", resolution=72)
    yield _saved(pictures[0], "PDF", resolution=72, save_all=True, append_images=pictures[1:3])
    yield _saved(pictures[0].convert("1"), "PDF", resolution=72)
    yield pdf("BT /F1 12 Tf 20 160 Td (Total: 12.50) Tj 0 -30 Td (Invoice 7) Tj ET", pages=3)
    yield pdf("q 80 0 0 80 10 10 cm /X1 Do Q", extra=(_FORM,))
    yield pdf("/Pattern cs /P1 scn 0 0 200 200 re f", extra=(_FORM, _PATTERN))
    yield pdf("BT /F1 12 Tf 20 100 Td (Field:) Tj ET", extra=(_FORM, _PATTERN, _WIDGET))


_FORM: Final = (
    "<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << >> /Length 26 >>\n"
    "stream\n0 0 1 rg 0 0 0.5 0.5 re f \nendstream"
)
_PATTERN: Final = (
    "<< /Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 "
    "/YStep 9 /Resources << >> /Length 21 >>\nstream\n1 0 0 rg 0 0 4 4 re f\nendstream"
)
_WIDGET: Final = (
    "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (value) /Rect [60 90 160 110] "
    "/DA (/F1 10 Tf 0 g) /F 4 >>"
)


def pdf(
    content: str, *, pages: int = 1, extra: tuple[str, ...] = (), box: str = "0 0 200 200"
) -> bytes:
    """A small PDF without compression, so that mutations reach its content.

    Args:
        content: drawn on each page; /F1 is a font.
        extra: bodies of further objects: a form or picture as /X1, a pattern as /P1, an annotation.
        box: the MediaBox, in points.
    """
    kids = " ".join(f"{5 + number} 0 R" for number in range(pages))
    further = 5 + pages
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R /Annots [{further + 2} "
        f"0 R] /Resources << /Font << /F1 3 0 R >> /XObject << /X1 {further} 0 R >> /Pattern << "
        f"/P1 {further + 1} 0 R >> >> >>"
    )
    bodies = [
        f"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{further + 2} 0 R] >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        *[page] * pages,
        *extra,
    ]
    return assembled([body.encode("latin-1") for body in bodies])


def assembled(bodies: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    made, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(made))
    return bytes(made) + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + tail


_MADE: Final = {
    "png": _png, "jpeg": _jpeg, "tiff": _tiff, "pdf": _pdf, "webp": _webp, "bmp": _bmp, "gif": _gif
}  # fmt: skip
