"""Small files with a large cost: decompression bombs, loops, and pages without end.

Each is under the app's limit of a file's size. The reader must only stay within its time and
memory. It may read such a file or refuse it.
"""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Final

from PIL import Image

from bench.soak.specimens import assembled, pdf

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# The largest page that the default settings allow, in pixels of either side.
_ALLOWED: Final = 9_400


def _deflated(byte: bytes, length: int, times: int = 1) -> bytes:
    """One byte repeated `length` times, deflated, without holding all in memory."""
    press = zlib.compressobj(9)
    block = byte * (1 << 20)
    parts = [press.compress(block) for _ in range(length >> 20)]
    parts += [press.compress(byte * (length & ((1 << 20) - 1))), press.flush()]
    made = b"".join(parts)
    for _ in range(times - 1):
        made = zlib.compress(made, 9)
    return made


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, bits: int, colour: int, *before: bytes) -> bytes:
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * bits * channels + 7) // 8
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    data = _chunk(b"IDAT", _deflated(b"\0", row * height))
    return _PNG_SIGNATURE + header + b"".join(before) + data + _chunk(b"IEND", b"")


def _tiff(entries: list[tuple[int, int, int, int]], following: int, tail: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory. entries: tag, type, count, value."""
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", following) + tail


def _tiff_tags(width: int, height: int, compression: int, size: int) -> list[tuple[int, ...]]:
    at = 8 + 2 + 9 * 12 + 4
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression),
            (262, 3, 1, 1), (273, 4, 1, at), (277, 3, 1, 1), (278, 4, 1, height),
            (279, 4, 1, size)]  # fmt: skip


def _tiff_bomb(width: int, height: int) -> bytes:
    data = _deflated(b"\0", width * height)
    tags = [(a, b, c, d) for a, b, c, d in _tiff_tags(width, height, 8, len(data))]
    return _tiff(tags, 0, data)


def _tiff_loop() -> bytes:
    tags = [(a, b, c, d) for a, b, c, d in _tiff_tags(8, 8, 1, 64)]
    return _tiff(tags, 8, bytes(64))


def _many_frames(kind: str, count: int) -> bytes:
    frames = [Image.new("L", (16, 16), number % 255) for number in range(count)]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _stream(words: str, data: bytes) -> bytes:
    head = f"<< {words} /Length {len(data)} >>\nstream\n".encode("latin-1")
    return head + data + b"\nendstream"


def _page(content: bytes, *more: bytes, resources: str = "", page: str = "") -> bytes:
    """A PDF of one page; further objects are numbered from 5. content: a whole stream object."""
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R {page} "
            f"/Resources << {resources} >> >>".encode("latin-1"),
            content,
            *more,
        ]
    )


def _picture_bomb(words: str = "", side: int = 30_000) -> bytes:
    return _stream(
        f"/Type /XObject /Subtype /Image /Width {side} /Height {side} /BitsPerComponent 8 "
        f"/ColorSpace /DeviceGray /Filter /FlateDecode {words}",
        _deflated(b"\0", side * side),
    )


_DRAW_X5: Final = _stream("", b"q 300 0 0 300 0 0 cm /X5 Do Q")
_X5: Final = "/XObject << /X5 5 0 R >>"


def _nested_forms(depth: int, fan: int) -> bytes:
    """Forms that draw the next one `fan` times: fan ** depth drawings."""
    more = []
    for level in range(depth):
        following = 6 + level
        content = b"/X Do " * fan if level < depth - 1 else b"0 0 9 9 re f"
        more.append(
            _stream(
                "/Type /XObject /Subtype /Form /BBox [0 0 300 300] /Resources << /XObject << /X "
                f"{following} 0 R >> >>",
                content,
            )
        )
    return _page(_stream("", b"/X5 Do"), *more, resources=_X5)


def _pattern(step: str, matrix: str = "1 0 0 1 0 0") -> bytes:
    tile = _stream(
        f"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 {step} {step}] "
        f"/XStep {step} /YStep {step} /Matrix [{matrix}] /Resources << >>",
        b"1 0 0 rg 0 0 4 4 re f",
    )
    content = _stream("", b"/Pattern cs /P5 scn 0 0 300 300 re f")
    return _page(content, tile, resources="/Pattern << /P5 5 0 R >>")


def _many_pages(count: int, *, told: int | None = None) -> bytes:
    kids = " ".join(f"{4 + number} 0 R" for number in range(count))
    pages = f"<< /Type /Pages /Kids [{kids}] /Count {count if told is None else told} >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 3 0 R >>"
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            pages.encode(),
            _stream("", b"0 0 9 9 re f"),
            *[page] * count,
        ]
    )


def _xref_loop() -> bytes:
    made = pdf("BT /F1 12 Tf (loop) Tj ET")
    at = int(made.rsplit(b"startxref\n", 1)[1].split()[0])
    return made.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % at)


def _xref_stream_loop() -> bytes:
    body = b"%PDF-1.5\n"
    words = f"/Type /XRef /Size 3 /W [1 4 1] /Root 1 0 R /Prev {len(body)}"
    return body + b"1 0 obj\n" + _stream(words, bytes(18)) + b"\nendobj\nstartxref\n9\n%%EOF"


def _tree_loop() -> bytes:
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 50 /Parent 3 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 50 /Parent 2 0 R >>",
        ]
    )


def _deep_page_tree(depth: int) -> bytes:
    nodes = [
        f"<< /Type /Pages /Kids [{3 + number} 0 R] /Count 1 >>".encode() for number in range(depth)
    ]
    last = b"<< /Type /Page /MediaBox [0 0 100 100] >>"
    return assembled([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, last])


def _annotated(appearance: bytes) -> bytes:
    annotation = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 300 300] /F 4 /AP << /N 5 0 R >> >>"
    return _page(_stream("", b" "), appearance, annotation, page="/Annots [6 0 R]")


BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "PNG, 88 megapixels of grey in 86 kB": lambda: _png(_ALLOWED, _ALLOWED, 8, 0),
    "PNG, 88 megapixels of RGBA": lambda: _png(_ALLOWED, _ALLOWED, 8, 6),
    "PNG, 88 megapixels of RGBA with 16 bits": lambda: _png(_ALLOWED, _ALLOWED, 16, 6),
    "PNG, 2.5 gigapixels of one bit": lambda: _png(50_000, 50_000, 1, 0),
    "PNG, one row of 88 million pixels": lambda: _png(_ALLOWED * _ALLOWED, 1, 8, 0),
    "PNG, a gigabyte of text": lambda: _png(
        8, 8, 8, 0, _chunk(b"zTXt", b"a\0\0" + _deflated(b"x", 1 << 30))
    ),
    "PNG, a gigabyte of colour profile": lambda: _png(
        8, 8, 8, 2, _chunk(b"iCCP", b"a\0\0" + _deflated(b"\0", 1 << 30))
    ),
    "TIFF, 88 megapixels": lambda: _tiff_bomb(_ALLOWED, _ALLOWED),
    "TIFF, a directory that follows itself": _tiff_loop,
    "TIFF, 3,000 frames": lambda: _many_frames("TIFF", 3_000),
    "GIF, 3,000 frames": lambda: _many_frames("GIF", 3_000),
    "PDF, a picture of 900 megapixels": lambda: _page(_DRAW_X5, _picture_bomb(), resources=_X5),
    "PDF, such a picture as a mask": lambda: _page(
        _DRAW_X5,
        _stream(
            "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 "
            "/ColorSpace /DeviceGray /SMask 6 0 R",
            b"\0",
        ),
        _picture_bomb(),
        resources=_X5,
    ),
    "PDF, such a picture in a form": lambda: _page(
        _DRAW_X5,
        _stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /XObject << /X 6 0 R >> "
            ">>",
            b"/X Do",
        ),
        _picture_bomb(),
        resources=_X5,
    ),
    "PDF, such a picture in a pattern": lambda: _page(
        _stream("", b"/Pattern cs /P5 scn 0 0 300 300 re f"),
        _stream(
            "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 300 300] /XStep "
            "300 /YStep 300 /Resources << /XObject << /X 6 0 R >> >>",
            b"300 0 0 300 0 0 cm /X Do",
        ),
        _picture_bomb(),
        resources="/Pattern << /P5 5 0 R >>",
    ),
    "PDF, such a picture in an annotation": lambda: _annotated(
        _stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 300 300] /Resources << /XObject << /X 7 0 R "
            ">> >>",
            b"300 0 0 300 0 0 cm /X Do",
        )
    ).replace(b"trailer", b"7 0 obj\n" + _picture_bomb() + b"\nendobj\ntrailer"),
    "PDF, an allowed picture a thousand times": lambda: _page(
        _stream("", b"q 300 0 0 300 0 0 cm /X5 Do Q " * 1_000),
        _picture_bomb(side=_ALLOWED),
        resources=_X5,
    ),
    "PDF, a gigabyte of drawing orders": lambda: _page(
        _stream("/Filter /FlateDecode", _deflated(b" ", 1 << 30))
    ),
    "PDF, orders deflated three times": lambda: _page(
        _stream(
            "/Filter [/FlateDecode /FlateDecode /FlateDecode]", _deflated(b" ", 1 << 30, times=3)
        )
    ),
    "PDF, ten million lines": lambda: _page(
        _stream(
            "/Filter /FlateDecode",
            zlib.compress(b"0 0 m 300 300 l S\n" * 2_000_000 + b"1 1 m 9 9 l S\n" * 8_000_000, 9),
        )
    ),
    "PDF, forms in forms: ten billion drawings": lambda: _nested_forms(11, 10),
    "PDF, a form that draws itself": lambda: _page(
        _stream("", b"/X5 Do"),
        _stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /XObject << /X 5 0 R >> "
            ">>",
            b"/X Do /X Do",
        ),
        resources=_X5,
    ),
    "PDF, a pattern of tiny tiles": lambda: _pattern("0.001"),
    "PDF, a pattern made tiny": lambda: _pattern("1", "0.0001 0 0 0.0001 0 0"),
    "PDF, 10,000 pages": lambda: _many_pages(10_000),
    "PDF, one page that says 100": lambda: _many_pages(1, told=100),
    "PDF, one page that says two billion": lambda: _many_pages(1, told=2_000_000_000),
    "PDF, a table of objects that follows itself": _xref_loop,
    "PDF, a stream of objects that follows itself": _xref_stream_loop,
    "PDF, pages that are their own parents": _tree_loop,
    "PDF, pages 50,000 levels deep": lambda: _deep_page_tree(50_000),
    "PDF, brackets 1,000,000 levels deep": lambda: _page(_stream("", b"[" * 1_000_000)),
    "PDF, dictionaries 500,000 levels deep": lambda: assembled(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<</A" * 500_000 + b">>" * 500_000]
    ),
}
