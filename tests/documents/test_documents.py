"""Files -> pages: every supported type, pixel mode and orientation, and every kind of bad file.

Every file is made here, so the right colours and places are known.
"""

import base64
import gc
import io
import os
import random
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, TiffImagePlugin

from engine.core.errors import DocumentError
from engine.core.schema import Document
from engine.core.settings import LimitSettings
from engine.core.settings_file import load_settings
from engine.documents import open_document, open_document_bytes, shown_name
from engine.documents.source import DecodedPages, Source

# pytest undoes the filter that engine.documents sets for Pillow's remarks on odd metadata.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
ROOT = Path(__file__).resolve().parents[2]
LIMITS = load_settings().limits
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 160, 30), (30, 30, 220), (230, 220, 40)
CORNERS = (RED, GREEN, BLUE, YELLOW)  # top left, top right, bottom left, bottom right
WHITE = (255, 255, 255)


def limits(**changed: float) -> LimitSettings:
    return LIMITS.model_copy(update=changed)


def opened(data: bytes, name: str = "scan.bin", limits: LimitSettings = LIMITS) -> Document:
    return open_document_bytes(data, name=name, limits=limits)


def refusal(data: bytes, name: str = "scan.bin", limits: LimitSettings = LIMITS) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        opened(data, name, limits)
    return caught.value


def four_corners(width: int = 64, height: int = 48) -> Image.Image:
    image = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(image)
    for index, colour in enumerate(CORNERS):
        left, top = (index % 2) * width // 2, (index // 2) * height // 2
        pen.rectangle((left, top, left + width // 2 - 1, top + height // 2 - 1), fill=colour)
    return image


def corners_of(image: Image.Image) -> tuple[tuple[int, int, int], ...]:
    """Which of CORNERS stands in each corner, read an eighth of the page inside."""
    dx, dy = image.width // 8, image.height // 8
    places = [(dx, dy), (-dx, dy), (dx, -dy), (-dx, -dy)]
    found = []
    for x, y in places:
        pixel = np.array(image.getpixel((x % image.width, y % image.height)), dtype=int)
        found.append(min(CORNERS, key=lambda colour: int(abs(pixel - colour).sum())))
    return tuple(found)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def make_pdf(
    text: str = "BT /F1 36 Tf 100 600 Td (Total: 12.50) Tj ET",
    *,
    pages: int = 1,
    rotate: int = 0,
    box: str = "0 0 612 792",
    picture: bytes | None = None,
) -> bytes:
    """A minimal PDF that draws `text` on each page. picture: the body of an image object, /I."""
    kids = " ".join(f"{5 + n} 0 R" for n in range(pages))
    page = (
        f"<< /Type /Page /Parent 2 0 R {box if '/' in box else f'/MediaBox [{box}]'} "
        f"/Rotate {rotate} /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> "
        f"/XObject << /I {5 + pages} 0 R >> >> >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream".encode(),
        *[page.encode()] * pages,
        picture or b"null",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


ENCRYPTED_PDF = make_pdf().replace(
    b"/Root 1 0 R",
    b"/Root 1 0 R /ID [<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>] "
    b"/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <" + b"41" * 32 + b"> /U <"
    b"" + b"42" * 32 + b"> >>",
)
WAYS_TO_SAVE: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda image: saved(image, "JPEG", quality=95),
    "progressive jpeg": lambda image: saved(image, "JPEG", quality=95, progressive=True),
    "png": lambda image: saved(image, "PNG"),
    "bmp": lambda image: saved(image, "BMP"),
    "webp": lambda image: saved(image, "WEBP", lossless=True),
    "gif": lambda image: saved(image, "GIF"),
    "raw tiff": lambda image: saved(image, "TIFF"),
    "lzw tiff": lambda image: saved(image, "TIFF", compression="tiff_lzw"),
    "jpeg tiff": lambda image: saved(image, "TIFF", compression="jpeg", quality=95),
    "big tiff": lambda image: saved(image, "TIFF", big_tiff=True),
    "avif": lambda image: saved(image, "AVIF", quality=95),
    "jpeg 2000": lambda image: saved(image, "JPEG2000"),
    "jpeg 2000 codestream": lambda image: saved(image, "JPEG2000", no_jp2=True),
    "jpeg in pdf": lambda image: saved(image, "PDF", resolution=200),
}


# stored_as(6) with its EXIF tag, saved by pillow-heif 1.8.1: pi-heif has no encoder.
HEIC = zlib.decompress(
    base64.b85decode(
        "c-muNV30{GsVvAy%}izhg51nBLl8SRGck>Uf$>CcYDppk1Sn>t<P<^K3<a6VB@Af5Br_);Y>0~k0}}%yh{gB@LIZ"
        "(4Pz(r|wBaHuKx~njnU@CUfn-I2oK&zfpqh-bWJ3ldK}L`g*NRNAa=wDhl3WI;N=Ej~f}#Q-`&ni|az2nQ1L}2VW"
        "CjUM04tLF!0_kqj~@&S{LBeJ9TE<VJdFSUgA_1>R4{{(+%6`EM4+UW6C)#<%mRf*)@iSvEZez*Bf~%eD8vjR7!;F"
        "$%Gq2P4;CNj1X?1ToS##amz+}p6y;@LYXAy~WEK~sLcQw%#Tv;ui6EC5KpYPi13Kpa2WTL`0z;r6vmz73VdmiA08"
        "*TpMfoK__b^Ci7UaSrg^_`gt&xeDwWSTnk;*JeO@m7CC8rc8gQEdtM|N&XA}GGBH5k`N{1m$Te`f!`lKWrZ$-ED{"
        "cB*!2_8c#<dDc@F@0!)wef*0w+u=V>=N)(c4Y0d&e(TZY&$zhPrlx?L%mxX5Utb0-AdiEAkx>W~LZDE9*a`q27Ir"
        "@"
    )
)
# --- what is read ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS_TO_SAVE)
def test_a_file_is_read_by_its_content_whatever_its_extension(way: str) -> None:
    document = opened(WAYS_TO_SAVE[way](four_corners()), name="scan.txt")
    (page,) = document.pages
    image = page.load_image()
    assert (page.page_index, page.size, image.size, image.mode) == (0, (64, 48), (64, 48), "RGB")
    assert corners_of(image) == CORNERS
    assert page.document_id == document.document_id


def test_a_path_is_read_again_when_a_page_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(four_corners(), "PNG"))
    document = open_document(path, name="C:\\scans\\a.png", limits=LIMITS, document_id="d1")
    assert (document.document_id, document.name) == ("d1", "a.png")
    assert corners_of(document.pages[0].load_image()) == CORNERS


def test_document_ids_are_unguessable() -> None:
    data = saved(four_corners(), "PNG")
    ids = {opened(data).document_id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(document_id) >= 20 for document_id in ids)


# Where each corner of the upright page is stored, for EXIF orientation 1 to 8, from the EXIF
# standard's table and not from Pillow's: orientation -> the corners of the stored picture.
STORED = {
    1: (RED, GREEN, BLUE, YELLOW),
    2: (GREEN, RED, YELLOW, BLUE),
    3: (YELLOW, BLUE, GREEN, RED),
    4: (BLUE, YELLOW, RED, GREEN),
    5: (RED, BLUE, GREEN, YELLOW),
    6: (GREEN, YELLOW, RED, BLUE),
    7: (YELLOW, GREEN, BLUE, RED),
    8: (BLUE, RED, YELLOW, GREEN),
}


def stored_as(orientation: int) -> Image.Image:
    """The picture as a camera would store it: upright it is 64 x 48 with CORNERS."""
    size = (48, 64) if orientation >= 5 else (64, 48)
    image = Image.new("RGB", size)
    for index, colour in enumerate(STORED[orientation]):
        # To the far corner: what lies right of and below it is painted by the colours after it.
        image.paste(colour, ((index % 2) * size[0] // 2, (index // 2) * size[1] // 2, *size))
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(stored_as(orientation), kind, exif=exif.tobytes(), quality=95)
    page = opened(data).pages[0]
    assert page.size == (64, 48)
    assert page.load_image().size == (64, 48)
    assert corners_of(page.load_image()) == CORNERS


def test_broken_exif_does_not_cost_the_picture() -> None:
    data = saved(four_corners(), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff\x00\x09")
    assert corners_of(opened(data).pages[0].load_image()) == CORNERS


def frames_tiff(count: int, **options: object) -> bytes:
    frames = [Image.new("RGB", (40 + n, 30), CORNERS[n % 4]) for n in range(count)]
    return saved(frames[0], "TIFF", save_all=True, append_images=frames[1:], **options)


def test_every_frame_of_a_tiff_is_a_page() -> None:
    document = opened(frames_tiff(6, compression="tiff_lzw"))
    assert [page.size for page in document.pages] == [(40 + n, 30) for n in range(6)]
    for n in (5, 0, 3, 3, 1, 2, 4):  # in any order, and again
        assert document.pages[n].load_image().getpixel((5, 5)) == CORNERS[n % 4]


def test_each_tiff_frame_has_its_own_orientation() -> None:
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as writer:
        for orientation in (1, 6, 3, 8):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[274] = orientation
            stored_as(orientation).save(writer, "TIFF", tiffinfo=tags, compression="tiff_lzw")
            writer.newFrame()
    pages = opened(buffer.getvalue()).pages
    assert [page.size for page in pages] == [(64, 48)] * 4
    assert all(corners_of(page.load_image()) == CORNERS for page in reversed(pages))


def test_thumbnails_in_a_tiff_are_no_pages() -> None:
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as writer:
        for subfile_type, size in ((0, 50), (1, 10), (2, 60)):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254] = subfile_type
            Image.new("L", (size, size)).save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
    pages = opened(buffer.getvalue()).pages
    assert [(page.page_index, page.size) for page in pages] == [(0, (50, 50)), (1, (60, 60))]
    assert pages[1].load_image().size == (60, 60)


def test_a_heic_photo_is_read_upright() -> None:
    page = opened(HEIC, name="IMG_0001.HEIC").pages[0]
    assert page.size == (64, 48)
    assert corners_of(page.load_image()) == CORNERS


def test_a_heic_photo_without_its_decoder_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.documents.find_spec", lambda name: None)
    error = refusal(HEIC)
    assert error.key == "document.phone_format"
    assert "pi-heif" in str(error)
    assert "JPEG" in str(error)


def animation(kind: str, count: int, size: tuple[int, int] = (20, 20)) -> bytes:
    frames = [Image.new("RGB", size, CORNERS[n % 4]) for n in range(count)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], quality=95)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF"])
def test_every_frame_of_an_animation_is_a_page(kind: str) -> None:
    pages = opened(animation(kind, 6)).pages
    assert [page.size for page in pages] == [(20, 20)] * 6
    for n in (5, 0, 3, 3, 1, 2, 4):  # in any order, and again
        colour = pages[n].load_image().getpixel((5, 5))
        assert_close(colour, CORNERS[n % 4], by=25)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF"])
def test_an_animation_is_held_to_the_limits(kind: str) -> None:
    error = refusal(animation(kind, 4), limits=limits(max_pages=3))
    assert error.key == "document.more_pages"
    # A frame is decoded after all frames before it, so their pixels are counted together.
    error = refusal(animation(kind, 15), limits=limits(max_page_megapixels=0.0005))
    assert (error.key, error.values["frames"]) == ("document.long_animation", 15)


def test_a_gif_that_is_cut_between_its_frames_has_the_frames_before() -> None:
    data = animation("GIF", 6)
    assert 1 <= len(opened(data[: len(data) * 2 // 3]).pages) < 6


def colour_at_centre(data: bytes) -> tuple[int, int, int]:
    image = opened(data).pages[0].load_image()
    assert image.mode == "RGB"
    red, green, blue = image.getpixel((image.width // 2, image.height // 2))  # type: ignore[misc]
    return (red, green, blue)


def assert_close(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 12) -> None:
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= by, (found, wanted)


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 95}), ("TIFF", {})])
def test_cmyk_is_not_inverted(kind: str, options: dict[str, int]) -> None:
    # Pillow writes CMYK JPEGs inverted with an Adobe marker, as Photoshop does.
    data = saved(Image.new("CMYK", (40, 40), (0, 255, 255, 30)), kind, **options)
    assert_close(colour_at_centre(data), (225, 0, 0))


def grey16(value: int, *, peak: int = 65535, dtype: str = "<u2") -> Image.Image:
    """16-bit paper of `peak` with a grey patch of `value` in the middle."""
    pixels = np.full((60, 60), peak, dtype=dtype)
    pixels[20:40, 20:40] = value
    return Image.fromarray(pixels)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_greys_are_scaled_and_not_clipped(kind: str) -> None:
    data = saved(grey16(0x4000), kind)
    assert_close(colour_at_centre(data), (64, 64, 64), by=1)
    assert opened(data).pages[0].load_image().getpixel((2, 2)) == WHITE


def test_12_bits_in_a_16_bit_file_are_not_black() -> None:
    data = saved(grey16(0x0800, peak=0x0FFF), "TIFF")
    assert_close(colour_at_centre(data), (128, 128, 128), by=1)


def test_big_endian_16_bit_and_white_is_zero() -> None:
    assert_close(colour_at_centre(saved(grey16(0x4000, dtype=">u2"), "TIFF")), (64, 64, 64), by=1)
    data = saved(grey16(0xC000, peak=0), "TIFF", tiffinfo={262: 0})
    assert_close(colour_at_centre(data), (63, 63, 63), by=1)


@pytest.mark.parametrize(("value", "peak"), [(0.25, 1.0), (64.0, 255.0)])
def test_real_greys_are_scaled(value: float, peak: float) -> None:
    pixels = np.full((60, 60), peak, dtype=np.float32)
    pixels[20:40, 20:40] = value
    pixels[0, 0] = np.nan
    assert_close(colour_at_centre(saved(Image.fromarray(pixels), "TIFF")), (64, 64, 64), by=1)


def test_16_bit_colour_png_is_read() -> None:
    rows = b"".join(b"\x00" + struct.pack(">3H", 0xC000, 0x4000, 0) * 8 for _ in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    assert_close(colour_at_centre(data), (192, 64, 0), by=1)


def transparent(mode: str) -> Image.Image:
    image = Image.new("RGBA", (40, 40), (*BLUE, 0))
    image.paste((*BLUE, 255), (0, 0, 10, 10))
    return image.convert(mode) if mode != "P" else image.quantize(8)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [(kind, mode) for kind in ("PNG", "TIFF", "WEBP") for mode in ("RGBA", "LA")] + [("PNG", "P")],
)
def test_transparency_lies_on_white_paper(kind: str, mode: str) -> None:
    image = opened(saved(transparent(mode), kind)).pages[0].load_image()
    assert_close(image.getpixel((30, 30)), WHITE, by=2)  # type: ignore[arg-type]
    assert sum(image.getpixel((3, 3))) < 400  # type: ignore[arg-type]


def test_a_transparent_colour_of_an_opaque_mode_is_white() -> None:
    data = saved(Image.new("RGB", (20, 20), RED), "PNG", transparency=RED)
    assert colour_at_centre(data) == WHITE


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
def test_palette_colours_are_looked_up(kind: str) -> None:
    data = saved(four_corners().quantize(16), kind)
    assert corners_of(opened(data).pages[0].load_image()) == CORNERS


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "group4"}), ("BMP", {})],
)
def test_one_bit_pages_are_black_on_white(kind: str, options: dict[str, str]) -> None:
    image = Image.new("1", (64, 48), 1)
    image.paste(0, (24, 16, 40, 32))
    data = saved(image, kind, **options)
    assert colour_at_centre(data) == (0, 0, 0)
    assert opened(data).pages[0].load_image().getpixel((2, 2)) == WHITE


def test_lab_is_converted() -> None:
    data = saved(Image.new("LAB", (20, 20), (255, 128, 128)), "TIFF")
    assert_close(colour_at_centre(data), WHITE)


# --- PDF ------------------------------------------------------------------------------------


def ink_box(picture: np.ndarray) -> tuple[float, ...]:
    ys, xs = np.nonzero(picture < 128)
    return (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))


def saved_as_object(picture: Image.Image) -> bytes:
    """A picture as the body of a PDF's image object."""
    data = zlib.compress(picture.tobytes())
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} "
        f"/BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode /Length {len(data)} >>"
    )
    return head.encode() + b"\nstream\n" + data + b"\nendstream"


def test_pdf_pages_have_the_size_of_their_render() -> None:
    document = opened(make_pdf(pages=3), limits=limits(pdf_dpi=150))
    assert [page.size for page in document.pages] == [(1275, 1650)] * 3
    assert document.pages[2].load_image().size == (1275, 1650)


@pytest.mark.parametrize(
    ("points", "limit"),
    [((14400, 14400), 100), ((8424, 8424), 100), ((2384, 3370), 20), ((14400, 72), 0.5)],
)
def test_a_pdf_page_over_the_limit_is_drawn_smaller(points: tuple[int, int], limit: float) -> None:
    """The scale is the largest one within the limit, and the words lie on their ink."""
    width, height = points
    text = f"BT /F1 {height // 12} Tf {width // 3} {height // 3} Td (TOTAL) Tj ET"
    data = make_pdf(text, box=f"0 0 {width} {height}")
    page = opened(data, limits=limits(max_page_megapixels=limit)).pages[0]
    assert 0.95 * limit * 1e6 < page.width * page.height <= limit * 1e6
    assert page.width / page.height == pytest.approx(width / height, rel=0.02)
    if height > 1000 and limit < 100:
        picture = np.asarray(page.load_image().convert("L"))
        assert picture.shape == (page.height, page.width)
        assert page.load_words()[0].bbox == pytest.approx(ink_box(picture), abs=2)


def test_a_photo_saved_with_one_point_a_pixel_keeps_its_pixels() -> None:
    photo = four_corners(1500, 1000)
    document = opened(saved(photo, "PDF", resolution=72), limits=limits(max_page_megapixels=4))
    page = document.pages[0]
    assert page.size == (1500, 1000)
    assert corners_of(page.load_image()) == CORNERS


def test_a_small_picture_on_a_huge_page_does_not_shrink_the_page() -> None:
    picture = saved_as_object(four_corners(30, 30))
    data = make_pdf("q 30 0 0 30 0 0 cm /I Do Q", box="0 0 3000 2000", picture=picture)
    page = opened(data, limits=limits(max_page_megapixels=4)).pages[0]
    assert page.width * page.height >= 3000 * 2000 / 2


@pytest.mark.parametrize("box", ["0 0 612 792", "-50 20 562 812", "/MediaBox [0 0 900 900] "
                                 "/CropBox [40 60 600.5 800.3]"])  # fmt: skip
@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
def test_text_layer_boxes_lie_on_the_ink(rotate: int, box: str) -> None:
    text = "BT /F1 36 Tf 100 600 Td (Total: 12.50) Tj 60 -200 Td (Invoice) Tj ET"
    page = opened(make_pdf(text, rotate=rotate, box=box)).pages[0]
    ink = np.asarray(page.load_image().convert("L")) < 128
    assert ink.shape == (page.height, page.width)
    assert (page.width > page.height) == (rotate % 180 != 0)
    words = page.load_words()
    assert sorted(word.text for word in words) == ["12.50", "Invoice", "Total:"]
    for word in words:
        left, top, right, bottom = (round(side) for side in word.bbox)
        margin = 8
        around = ink[top - margin : bottom + margin, left - margin : right + margin]
        ys, xs = np.nonzero(around)
        found = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        wanted = (margin, margin, margin + right - left, margin + bottom - top)
        assert_close(found, wanted, by=2)
        ink[top - 2 : bottom + 2, left - 2 : right + 2] = False
    assert not ink.any(), "there is ink outside of all words"


def test_words_off_the_page_are_left_out() -> None:
    text = "BT /F1 20 Tf 100 600 Td (seen) Tj 2000 0 Td (beyond) Tj ET"
    assert [word.text for word in opened(make_pdf(text)).pages[0].load_words()] == ["seen"]


def test_a_wide_gap_separates_words_without_a_space() -> None:
    text = "BT /F1 20 Tf 100 600 Td (left) Tj 300 0 Td (right) Tj ET"
    words = opened(make_pdf(text)).pages[0].load_words()
    assert [word.text for word in words] == ["left", "right"]


def test_invisible_text_over_a_scan_is_read() -> None:
    text = "BT 3 Tr /F1 20 Tf 100 600 Td (hidden layer) Tj ET"
    page = opened(make_pdf(text)).pages[0]
    assert [word.text for word in page.load_words()] == ["hidden", "layer"]
    assert np.asarray(page.load_image()).min() == 255


def test_images_carry_no_words() -> None:
    assert opened(saved(four_corners(), "PNG")).pages[0].load_words() == ()
    assert opened(saved(four_corners(), "PDF")).pages[0].load_words() == ()


def test_bytes_before_a_pdf_header_are_allowed() -> None:
    assert len(opened(b"\n\n" + make_pdf()).pages) == 1


def test_pdf_pages_load_from_many_threads() -> None:
    document = opened(make_pdf(pages=8), limits=limits(pdf_dpi=40))
    failures: list[Exception] = []

    def load(number: int) -> None:
        try:
            for page in document.pages[number % 2 :: 2]:
                assert page.load_image().size == page.size
                assert len(page.load_words()) == 2
        except (AssertionError, DocumentError) as error:  # carried to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=load, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# --- what is refused ------------------------------------------------------------------------

PNG = saved(four_corners(), "PNG")
NOISE = Image.fromarray(np.random.default_rng(7).integers(0, 255, (60, 80, 3), dtype=np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header promises this size and whose data hold nothing of it."""
    bomb = bytearray(PNG)
    bomb[16:24] = struct.pack(">II", width, height)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    return bytes(bomb)


REFUSED: dict[str, tuple[bytes, str, tuple[str, ...]]] = {
    # what: (the file, the sentence's key, what the sentence must hold)
    "nothing": (b"", "document.empty", ("0 bytes", "again")),
    "text": (b"Hello, I am a letter.", "document.unknown_kind", ("PDF", "JPEG")),
    "a program": (b"\x7fELF\x02\x01\x01" + bytes(100), "document.unknown_kind", ("PNG",)),
    "an archive": (b"PK\x03\x04" + bytes(100), "document.unknown_kind", ("PNG",)),
    "another image": (saved(NOISE, "PPM"), "document.unknown_kind", ("TIFF",)),
    "svg": (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "document.vector", ("Export", "PNG")),
    "bare svg": (b"\xef\xbb\xbf  <SVG>", "document.vector", ("Export",)),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0", "document.vector", ("Export",)),
    "broken heic": (b"\0\0\0\x18ftypheic" + bytes(50), "document.broken", ("HEIC", "again")),
    "broken avif": (b"\0\0\0\x18ftypavif" + bytes(50), "document.broken", ("AVIF", "again")),
    "a film": (b"\0\0\0\x18ftypisom" + bytes(50), "document.unknown_kind", ("HEIC", "AVIF")),
    "image header alone": (PNG[:20], "document.truncated", ("cut off",)),
    "encrypted pdf": (ENCRYPTED_PDF, "document.encrypted", ("password",)),
    "broken pdf": (b"%PDF-1.7\nnothing of the kind", "document.broken", ("PDF", "again")),
    "pdf without pages": (make_pdf(pages=0), "document.no_pages", ("PDF", "without pages")),
    "png bomb": (png_header(50_000, 50_000), "document.too_many_pixels", ("50000 x 50000", "100")),
    "png over pillow's own limit": (png_header(10_000, 10_001), "document.too_many_pixels", ()),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_file_is_refused_with_one_sentence(what: str) -> None:
    data, key, said = REFUSED[what]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow's bomb warning must not leak either
        error = refusal(data, name="/home/someone/my scan.png")
    assert error.key == key
    for language in ("en", "ru"):
        sentence = error.text(language)
        assert "my scan.png" in sentence
        assert "/home" not in sentence
        assert "\n" not in sentence
        assert sentence.endswith(".")
    assert all(part in str(error) for part in said), str(error)


@pytest.mark.parametrize("way", [way for way in WAYS_TO_SAVE if way != "jpeg in pdf"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.999])
def test_a_truncated_image_is_refused_when_it_is_opened(way: str, keep: float) -> None:
    data = WAYS_TO_SAVE[way](NOISE)
    error = refusal(data[: int(len(data) * keep)])
    assert error.key in ("document.truncated", "document.broken")
    if way in ("jpeg", "png", "webp") and keep > 0.5:
        assert error.key == "document.truncated"


@pytest.mark.parametrize("missing", range(1, 21))
@pytest.mark.parametrize("way", ["jpeg", "progressive jpeg", "png"])
def test_not_even_the_last_bytes_may_be_missing(way: str, missing: int) -> None:
    refusal(WAYS_TO_SAVE[way](NOISE)[:-missing])


def test_a_tiff_whose_last_frame_is_cut_is_refused() -> None:
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as writer:
        for _ in range(3):
            NOISE.save(writer, "TIFF")
            writer.newFrame()
    data = buffer.getvalue()
    assert len(opened(data).pages) == 3
    assert refusal(data[:-3000]).key in ("document.truncated", "document.broken")


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.pdf"
    with path.open("wb") as file:
        file.truncate(51 * 1024 * 1024)
    with pytest.raises(DocumentError, match=r"big\.pdf is 51 MB; the limit is 50 MB"):
        open_document(path, name="big.pdf", limits=LIMITS)
    error = refusal(bytes(50 * 1024 * 1024 + 1))
    assert (error.key, error.values["size"]) == ("document.too_large", 50.1)
    assert refusal(b"x" * (50 * 1024 * 1024)).key == "document.unknown_kind"


def test_more_pages_than_the_limit_are_refused() -> None:
    few = limits(max_pages=3)
    assert len(opened(make_pdf(pages=3), limits=few).pages) == 3
    assert len(opened(frames_tiff(3), limits=few).pages) == 3
    error = refusal(make_pdf(pages=4), limits=few)
    assert (error.key, error.values["pages"]) == ("document.too_many_pages", 4)
    assert "limits.max_pages" in str(error)
    error = refusal(frames_tiff(4), limits=few)
    assert error.key == "document.more_pages"
    assert "more than 3 pages" in str(error)


def test_each_page_is_held_to_the_pixel_limit() -> None:
    small = limits(max_page_megapixels=0.0012)
    assert refusal(frames_tiff(2), limits=small).values["page"] == 2  # 40 x 30 passes, 41 x 30 not
    bomb = bytearray(saved(NOISE, "BMP"))
    bomb[18:26] = struct.pack("<ii", 50_000, 50_000)
    assert refusal(bytes(bomb)).key == "document.too_many_pixels"


def test_a_setting_above_what_pillow_decodes_gives_our_sentence() -> None:
    error = refusal(png_header(50_000, 50_000), limits=limits(max_page_megapixels=10_000))
    assert error.key == "document.too_many_pixels"


def test_a_picture_bomb_inside_a_pdf_is_refused_before_it_is_decoded() -> None:
    picture = (
        b"<< /Type /XObject /Subtype /Image /Width 50000 /Height 50000 /BitsPerComponent 8 "
        b"/ColorSpace /DeviceGray /Filter /FlateDecode /Length 8 >>\nstream\n"
        + zlib.compress(b"")
        + b"\nendstream"
    )
    page = opened(make_pdf("q 100 0 0 100 0 0 cm /I Do Q", picture=picture)).pages[0]
    with pytest.raises(DocumentError, match="50000 x 50000"):
        page.load_image()


def test_what_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    def key_of(path: Path) -> str:
        with pytest.raises(DocumentError) as caught:
            open_document(path, name=path.name, limits=LIMITS)
        return caught.value.key

    assert key_of(tmp_path / "none.png") == "document.missing"
    assert key_of(tmp_path) == "document.directory"
    assert key_of(Path("a\0b.png")) == "document.unreadable"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert key_of(tmp_path / "pipe.png") == "document.unreadable"


def test_a_file_that_may_not_be_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)  # the tests may run as root, who may open anything
    with pytest.raises(DocumentError, match="permissions"):
        open_document(path, name="a.png", limits=LIMITS)


@pytest.mark.parametrize("data", [frames_tiff(3), make_pdf(pages=3)], ids=["tiff", "pdf"])
def test_a_file_that_goes_away_or_changes_later_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    document = open_document(path, name="a.bin", limits=LIMITS)
    path.write_bytes(data[: len(data) // 3])
    with pytest.raises(DocumentError, match=r"a\.bin"):
        document.pages[2].load_image()
    path.unlink()
    with pytest.raises(DocumentError, match="does not exist, or not any more"):
        document.pages[1].load_image()


# --- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("scan.pdf", "scan.pdf"),
        ("/etc/../home/me/скан №1.pdf", "скан №1.pdf"),
        ("C:\\Users\\me\\scan.pdf", "scan.pdf"),
        ("a\x00b\n\r\tc\x1b[31m.png", "ab c[31m.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\u200b\u2066b\ud800.png", "ab.png"),
        ("", "file"),
        ("../..", ".."),
        ("\u202e\x07", "file"),
    ],
)
def test_names_are_cleaned(given_name: str, shown: str) -> None:
    assert shown_name(given_name) == shown


def test_a_long_name_keeps_its_extension() -> None:
    shown = shown_name("x" * 300 + ".pdf")
    assert len(shown) == 80
    assert shown.endswith("xx.pdf")
    assert "…" in shown


@given(st.text(max_size=300))
def test_a_shown_name_is_one_short_visible_line(name: str) -> None:
    shown = shown_name(name)
    assert 0 < len(shown) <= 80
    assert shown.isprintable()
    assert not set(shown) & set("/\\")


# --- pages in memory ------------------------------------------------------------------------


def test_a_loaded_page_may_be_painted_on() -> None:
    page = opened(PNG).pages[0]
    page.load_image().paste((0, 0, 0), (0, 0, 64, 48))
    assert corners_of(page.load_image()) == CORNERS


def source() -> Source:
    return Source(document_id="d", name="n", kind="PNG", limits=LIMITS, read=lambda: b"")


def test_decoded_pages_stay_under_their_budget() -> None:
    pages = DecodedPages(max_bytes=3 * 100 * 3)
    owner = source()
    for index in range(4):
        pages.put(owner, index, Image.new("RGB", (10, 10), (index, 0, 0)))
        if index == 2:
            assert pages.get(owner, 0) is not None  # used again, so the next one out is page 1
    assert [index for index in range(4) if pages.get(owner, index) is not None] == [0, 2, 3]
    pages.put(owner, 9, Image.new("RGB", (100, 100)))  # exceeds the budget alone
    assert pages.get(owner, 9) is None


def test_decoded_pages_go_with_their_document() -> None:
    pages = DecodedPages(max_bytes=10_000)
    owner = source()
    pages.put(owner, 0, Image.new("RGB", (10, 10)))
    key = id(owner)
    del owner
    gc.collect()
    assert not [kept for kept in pages._pages if kept[0] == key]
    assert pages._bytes == 0


# --- no foreign error leaks -----------------------------------------------------------------


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to eight bytes changed, a part cut out or doubled, mostly near the start: the header."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if not changed:
            break
        reach = len(changed) if rng.random() < 0.4 else min(len(changed), 200)
        place = rng.randrange(8 if reach > 8 else 0, reach)
        match rng.randrange(4):
            case 0:
                changed[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
            case 1:
                changed[place] ^= 1 << rng.randrange(8)
            case 2:
                del changed[place : place + rng.randint(1, 16)]
            case _:
                changed[place:place] = changed[place : place + rng.randint(1, 16)]
    return bytes(changed)


FUZZED = {
    **{way: save(NOISE.resize((40, 30))) for way, save in WAYS_TO_SAVE.items()},
    "frames": frames_tiff(3, compression="tiff_lzw"),
    "group4": saved(NOISE.resize((64, 64)).convert("1"), "TIFF", compression="group4"),
    "palette png": saved(NOISE.resize((40, 30)).quantize(16), "PNG"),
    "grey 16": saved(grey16(1000), "PNG"),
    "cmyk jpeg": saved(NOISE.convert("CMYK").resize((40, 30)), "JPEG"),
    "exif jpeg": saved(four_corners(), "JPEG", exif=b"Exif\0\0" + saved(NOISE, "TIFF")[:400]),
    "pdf": make_pdf(pages=2),
}


@pytest.mark.parametrize("what", FUZZED)
def test_only_engine_errors_leave_a_mutated_file(
    what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(f"scanchat {what}")
    few = limits(max_pages=5, max_page_megapixels=4, pdf_dpi=36)
    for _ in range(300):
        data = mutated(FUZZED[what], rng)
        try:
            for page in opened(data, limits=few).pages:
                page.load_words()
                assert page.load_image().size == page.size
        except DocumentError as error:
            assert "scan.bin" in str(error)
    assert capfd.readouterr().err == ""


def test_nothing_is_written_to_stderr_about_a_broken_file(tmp_path: Path) -> None:
    """In a program of its own, since pytest takes over logging and warnings."""
    rng = random.Random("stderr")
    for number in range(120):
        kind = ("lzw tiff", "raw tiff", "frames", "exif jpeg")[number % 4]
        (tmp_path / f"{number}.bin").write_bytes(mutated(FUZZED[kind], rng))
    program = (
        "import sys, pathlib\n"
        "from engine.documents import open_document\n"
        "from engine.core.errors import DocumentError\n"
        "from engine.core.settings_file import load_settings\n"
        "limits = load_settings().limits\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try:\n"
        "        for page in open_document(path, name=path.name, limits=limits).pages:\n"
        "            page.load_image()\n"
        "    except DocumentError:\n"
        "        pass\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    lines = done.stderr.splitlines()
    # On Windows Pillow's own libtiff cannot be reached.
    assert not lines or sys.platform == "win32", lines[:5]


@given(st.binary(max_size=300), st.sampled_from([b"", b"BM", b"%PDF-1.7\n", b"II*\0", b"GIF89a",
                                                 b"\xff\xd8\xff", PNG[:33]]))  # fmt: skip
def test_only_engine_errors_leave_arbitrary_bytes(data: bytes, start: bytes) -> None:
    try:
        for page in opened(start + data, limits=limits(pdf_dpi=36)).pages:
            page.load_image()
    except DocumentError:
        pass


def test_pillows_global_limit_is_left_alone() -> None:
    assert Image.MAX_IMAGE_PIXELS == 89_478_485
