"""Image files -> pages: JPEG, JPEG 2000, PNG, BMP, HEIC, and every frame of TIFF, WebP, GIF, AVIF.

Sizes come from the header and are checked before decoding. The first page is decoded when the file
is opened, so a truncated file is rejected at once. Further TIFF frames are checked for truncation
by their strip table and decoded on demand. HEIC is read by pi-heif, which bundles the decoders
libheif and libde265 (LGPL) without the encoder x265 of pillow-heif (GPL).
"""

import contextlib
import ctypes
import io
import logging
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
    _imaging,
)

from engine.core.errors import DocumentError
from engine.core.schema import Page, Size
from engine.documents.gif_frames import count_frames
from engine.documents.pixels import to_rgb
from engine.documents.source import DECODED_PAGES, Source

_JPEG_2000_START: Final = b"\xff\x4f\xff\x51"
_JPEG_2000_END: Final = b"\xff\xd9"
SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (_JPEG_2000_START, "JPEG 2000"),
)


def _heif_reader(file: io.BytesIO) -> ImageFile.ImageFile:
    from pi_heif import HeifImageFile

    image: ImageFile.ImageFile = HeifImageFile(file)
    return image


# The plugins are called directly. Image.open would apply its process-wide limit on decompression
# bombs, with a warning or an error, before our own limit and error text.
_READERS: Final[Mapping[str, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "JPEG 2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "HEIC": _heif_reader,
}
# A frame of these can only be decoded after all frames before it.
_ANIMATIONS: Final = ("GIF", "WebP", "AVIF")
# All frames of an animation together may have as many pixels as this many of the largest pages.
_ANIMATION_PAGES: Final = 10
# What Pillow's plugins raise on corrupt data: the documented OSError and SyntaxError, and whatever
# Python raises when a header's numbers are out of range (tests/documents/test_documents.py mutates
# files).
FAILURES: Final = (
    OSError,
    SyntaxError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = (5, 6, 7, 8)
_NEW_SUBFILE_TYPE: Final = 254
_REDUCED_RESOLUTION: Final = 1
# (offsets, byte counts) of a TIFF frame's strips and tiles.
_TIFF_TABLES: Final = ((273, 279), (324, 325))

# The libraries' messages on stderr about a corrupt file do not help a user, and Pillow raises an
# exception anyway. Pillow's log records still reach a handler that the program sets.
logging.getLogger("PIL").addHandler(logging.NullHandler())
# A filter that is set once is thread-safe; warnings.catch_warnings is not.
warnings.filterwarnings("ignore", module=r"PIL\.")
# libtiff writes to stderr itself. On Windows it is linked privately, so its messages remain.
with contextlib.suppress(OSError, AttributeError):
    ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


def open_pages(source: Source, data: bytes) -> tuple[Page, ...]:
    """Open the pages of an image file; the first page is decoded to check that the file is intact.

    Raises:
        DocumentError: the file is corrupt, truncated, or over the limit of pages or pixels.
    """
    try:
        if source.kind == "TIFF":
            frames = tuple(_tiff_frames(source, data))
        else:
            _check_is_whole(source, data)
            with _reader(source, data) as image:
                source.check_pixels(image.size, 0)
                count = _count_frames(source, data, image)
                frames = tuple((frame, _upright_size(image)) for frame in range(count))
    except FAILURES as error:
        raise DocumentError("document.broken", name=source.name, kind=source.kind) from error
    pages = tuple(
        Page(
            document_id=source.document_id,
            page_index=page_index,
            width=size[0],
            height=size[1],
            load_image=_Loader(source, page_index, frame, size),
        )
        for page_index, (frame, size) in enumerate(frames)
    )
    try:
        DECODED_PAGES.put(source, 0, _decode(source, data, frames[0][0], frames[0][1]))
    except FAILURES as error:
        key = "document.truncated" if _says_truncated(error) else "document.broken"
        raise DocumentError(key, name=source.name, kind=source.kind) from error
    return pages


class _Loader:
    """Loads one page from the cache of decoded pages, else from the file."""

    def __init__(self, source: Source, page_index: int, frame: int, size: Size) -> None:
        self._source = source
        self._page_index = page_index
        self._frame = frame
        self._size = size

    def __call__(self) -> Image.Image:
        cached = DECODED_PAGES.get(self._source, self._page_index)
        if cached is not None:
            return cached
        data = self._source.read()
        try:
            image = _decode(self._source, data, self._frame, self._size)
        except FAILURES as error:
            raise self._source.broken_page(self._page_index) from error
        DECODED_PAGES.put(self._source, self._page_index, image)
        return image


def _reader(source: Source, data: bytes) -> ImageFile.ImageFile:
    return _READERS[source.kind](io.BytesIO(data))


def _decode(source: Source, data: bytes, frame: int, size: Size) -> Image.Image:
    """Decode one frame as upright RGB.

    Raises:
        FAILURES: the frame is corrupt or truncated, or its size differs from the header's at open.
    """
    with _reader(source, data) as image:
        if frame:
            image.seek(frame)
        image.load()
        rgb = to_rgb(image)
        turn = _TURNS.get(_orientation(image))
        upright = rgb if turn is None else rgb.transpose(turn)
    if upright.size != size:
        raise ValueError(f"decoded to {upright.size}, announced {size}")
    return upright


def _upright_size(image: ImageFile.ImageFile) -> Size:
    width, height = image.size
    return (height, width) if _orientation(image) in _SIDEWAYS else (width, height)


def _orientation(image: ImageFile.ImageFile) -> int:
    """EXIF orientation, 1 to 8. Pillow already applies a TIFF's to its size and pixels."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return 1
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except FAILURES:
        return 1  # an image with corrupt EXIF is still usable
    return value if value in _TURNS else 1


def _tiff_frames(source: Source, data: bytes) -> Iterator[tuple[int, Size]]:
    """(frame number, upright size) of every full-resolution frame.

    Raises:
        DocumentError: too many pages, a page is too large, or its data ends beyond the file.
        FAILURES: a frame's header is corrupt.
    """
    found = 0
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    with image:
        frame = 0
        while True:
            # Scanners and Photoshop store thumbnails as further frames.
            is_thumbnail = image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_RESOLUTION
            if not is_thumbnail or frame == 0:
                if found == source.limits.max_pages:
                    raise DocumentError(
                        "document.more_pages", name=source.name, limit=source.limits.max_pages
                    )
                source.check_pixels(image.size, found)
                _check_strips_are_there(source, image, len(data))
                yield frame, (image.width, image.height)
                found += 1
            frame += 1
            try:
                image.seek(frame)
            except EOFError:
                return


def _count_frames(source: Source, data: bytes, image: ImageFile.ImageFile) -> int:
    """The number of pages of an image file that is no TIFF.

    Raises:
        DocumentError: too many frames, or too many pixels in all frames together.
    """
    if source.kind not in _ANIMATIONS:
        return 1
    limits = source.limits
    if source.kind == "GIF":
        count = max(1, count_frames(data, limits.max_pages + 1))
    else:
        count = int(getattr(image, "n_frames", 1))
    if count > limits.max_pages:
        raise DocumentError("document.more_pages", name=source.name, limit=limits.max_pages)
    pixels, limit = count * image.width * image.height, _ANIMATION_PAGES * source.max_pixels
    if count > 1 and pixels > limit:
        raise DocumentError(
            "document.long_animation",
            name=source.name,
            frames=count,
            pixels=f"{pixels / 1e6:.0f}",
            limit=f"{limit / 1e6:g}",
        )
    return count


def _check_strips_are_there(
    source: Source, image: TiffImagePlugin.TiffImageFile, file_bytes: int
) -> None:
    for offsets, counts in _TIFF_TABLES:
        ends = zip(image.tag_v2.get(offsets, ()), image.tag_v2.get(counts, ()), strict=False)
        if any(offset + count > file_bytes for offset, count in ends):
            raise DocumentError("document.truncated", name=source.name, kind=source.kind)


def _check_is_whole(source: Source, data: bytes) -> None:
    """Reject truncated PNG, WebP and JPEG 2000 files, which Pillow accepts or calls corrupt."""
    whole = True
    if source.kind == "PNG":
        position = len(b"\x89PNG\r\n\x1a\n")
        while whole and data[position + 4 : position + 8] != b"IEND":
            position += 12 + int.from_bytes(data[position : position + 4])
            whole = position + 12 <= len(data)
    elif source.kind == "WebP":
        whole = 8 + int.from_bytes(data[4:8], "little") <= len(data)
    elif source.kind == "JPEG 2000":
        # The codestream ends with a marker (ISO/IEC 15444-1, A.4.4); other boxes may follow it.
        start = data.find(_JPEG_2000_START)
        whole = start >= 0 and data.rfind(_JPEG_2000_END) > start
    if not whole:
        raise DocumentError("document.truncated", name=source.name, kind=source.kind)


def _says_truncated(error: BaseException) -> bool:
    return "truncated" in str(error).lower()
