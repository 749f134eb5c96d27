"""Boxes to tick, signature lines, stamps and codes of drawn scans are found with their state."""

from collections.abc import Sequence

import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from engine.core.geometry import iou
from engine.core.schema import BBox, Mark
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from synthetic.degrade import degrade, move_box
from tests.ocr.drawing import SETTINGS, Sheet, font, page_of

CHOICES = ("Cash", "Bank transfer", "Credit card", "Direct debit")
BLUE = (25, 40, 130)


def indexed(image: Image.Image) -> PageIndex:
    return build_index(page_of(image), SETTINGS)


def marks_of(image: Image.Image, *kinds: str) -> list[Mark]:
    return [mark for mark in indexed(image).marks if mark.kind in kinds]


def form(*, ticked: Sequence[int], is_round: bool = False, tick: str = "cross") -> Image.Image:
    """A form with four choices under each other, in boxes of 34 pixels."""
    sheet = Sheet(900, 700)
    sheet.write(80, 60, "How do you want to pay?", size=36, bold=True)
    pen = ImageDraw.Draw(sheet.image)
    for at, label in enumerate(CHOICES):
        box = box_of(at)
        draw = pen.ellipse if is_round else pen.rectangle
        draw(box, outline="black", width=2)
        sheet.write(160, box[1] + 1, label, size=28)
        if at in ticked:
            x0, y0, x1, y1 = box
            if is_round:
                pen.ellipse((x0 + 9, y0 + 9, x1 - 9, y1 - 9), fill="black")
            elif tick == "cross":
                pen.line((x0 + 5, y0 + 5, x1 - 5, y1 - 5), fill=BLUE, width=3)
                pen.line((x1 - 5, y0 + 5, x0 + 5, y1 - 5), fill=BLUE, width=3)
            elif tick == "beyond":  # a check mark that leaves the box
                line = [(x0 + 6, y0 + 16), (x0 + 15, y1 - 5), (x1 + 12, y0 - 10)]
                pen.line(line, fill=BLUE, width=4)
            else:
                pen.rectangle((x0 + 3, y0 + 3, x1 - 3, y1 - 3), fill="black")
    return sheet.image


def box_of(at: int) -> BBox:
    return (90, 150 + 90 * at, 124, 184 + 90 * at)


@pytest.mark.parametrize(
    ("tick", "quality"),
    [
        ("cross", "clean"),
        ("cross", "scan"),
        ("cross", "photo"),
        ("beyond", "scan"),
        ("beyond", "photo"),
        ("filled", "clean"),
        ("filled", "scan"),
    ],
)
def test_a_ticked_box_is_found_at_its_place_with_its_label(tick: str, quality: str) -> None:
    image, matrix = degrade(form(ticked=[1], tick=tick), quality, 3)
    found = marks_of(image, "check_box", "radio_button")
    assert [(mark.text, mark.state) for mark in found] == [
        (label, "checked" if label == "Bank transfer" else "unchecked") for label in CHOICES
    ]
    for at, mark in enumerate(found):
        assert iou(mark.bbox, move_box(matrix, box_of(at))) > 0.6


@pytest.mark.parametrize("seed", [2, 3, 11])
def test_boxes_of_a_leaning_photo_are_all_found(seed: int) -> None:
    image, matrix = degrade(form(ticked=[1], tick="beyond"), "photo", seed)
    found = marks_of(image, "check_box")
    assert [mark.text for mark in found] == list(CHOICES)
    for at, mark in enumerate(found):
        assert iou(mark.bbox, move_box(matrix, box_of(at))) > 0.7


def test_a_radio_button_with_a_dot_is_checked() -> None:
    found = marks_of(form(ticked=[2], is_round=True), "radio_button")
    assert [mark.state for mark in found] == ["unchecked", "unchecked", "checked", "unchecked"]
    assert [mark.text for mark in found] == list(CHOICES)


def test_boxes_of_a_page_on_its_side_are_in_the_frame_of_the_page() -> None:
    upright = form(ticked=[0])
    found = marks_of(upright.transpose(Image.Transpose.ROTATE_90), "check_box")
    assert {mark.text: mark.state for mark in found}["Cash"] == "checked"
    x0, y0, x1, y1 = box_of(0)
    turned = (y0, upright.width - x1, y1, upright.width - x0)
    assert max(iou(mark.bbox, turned) for mark in found) > 0.6


def test_a_label_may_stand_left_of_its_box() -> None:
    sheet = Sheet(900, 500)
    sheet.write(80, 60, "Questions about your journey", size=32, bold=True)
    pen = ImageDraw.Draw(sheet.image)
    for at, label in enumerate(("Smoker", "Married")):
        sheet.write(80, 160 + 80 * at, label, size=28)
        pen.rectangle((230, 160 + 80 * at, 262, 192 + 80 * at), outline="black", width=2)
    pen.line((236, 166, 256, 186), fill=BLUE, width=3)
    pen.line((256, 166, 236, 186), fill=BLUE, width=3)
    found = {mark.text: mark.state for mark in marks_of(sheet.image, "check_box")}
    assert found == {"Smoker": "checked", "Married": "unchecked"}


def test_letters_cells_combs_and_codes_are_no_boxes() -> None:
    sheet = Sheet(1000, 1000)
    sheet.write(80, 50, "Order D O B 0", size=44, bold=True)
    for at, text in enumerate(("O D 0 Q 8 B DODO 100", "Blood group: O", "Grade: D", "Points: 0")):
        sheet.write(80, 140 + 50 * at, text, size=28)
    pen = ImageDraw.Draw(sheet.image)
    for row in range(3):  # a table of square cells
        for column in range(5):
            left, top = 80 + 44 * column, 380 + 44 * row
            pen.rectangle((left, top, left + 44, top + 44), outline="black")
            if column % 2:
                sheet.write(left + 12, top + 8, str(column), size=26)
    for at in range(7):  # a comb, one digit in each
        pen.rectangle((500 + 42 * at, 380, 538 + 42 * at, 418), outline="black")
        sheet.write(510 + 42 * at, 384, str(at), size=26)
    sheet.image.paste(barcode("INV-2026-0815", zxingcpp.QRCode, 5), (500, 600))
    assert marks_of(sheet.image, "check_box", "radio_button") == []


def signature_page(
    *, ink: str, label: str = "Signature of the tenant", below: bool = True
) -> Image.Image:
    """A page with a signature line; its label stands below the line or left of it."""
    sheet = Sheet(1000, 700)
    sheet.write(80, 60, "Consent", size=36, bold=True)
    sheet.write(80, 150, "I agree to the publication of the photographs.", size=26)
    left = 80 if below else 380
    sheet.rule(left, 480, left + 420, 480)
    sheet.write(80, 490 if below else 455, label, size=22)
    pen = ImageDraw.Draw(sheet.image)
    if ink == "strokes":
        heights = (470, 400, 465, 420, 472, 395, 468, 440, 462, 410, 466, 450)
        points = [(left + 30 + 28 * at, y) for at, y in enumerate(heights)]
        pen.line(points, fill=BLUE, width=4, joint="curve")
    elif ink == "blot":
        pen.ellipse((left + 150, 452, left + 168, 468), fill=(60, 60, 60))
    elif ink == "print":
        sheet.write(left + 30, 446, "Adelaide Wexford", size=26)
    return sheet.image


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize(
    ("ink", "state"), [("strokes", "signed"), ("none", "empty"), ("blot", "unclear")]
)
def test_a_signature_line_is_signed_empty_or_unclear(ink: str, state: str, below: bool) -> None:
    (found,) = marks_of(signature_page(ink=ink, below=below), "signature")
    assert found.state == state
    assert "Signature" in found.text
    if ink == "strokes":
        left = 80 if below else 380
        assert iou(found.bbox, (left + 30, 395, left + 338, 472)) > 0.7


def test_a_printed_name_on_the_line_is_no_signature() -> None:
    (found,) = marks_of(signature_page(ink="print"), "signature")
    assert found.state == "empty"


@pytest.mark.parametrize("quality", ["scan", "photo"])
def test_a_russian_signature_is_found_on_a_bad_page(quality: str) -> None:
    for ink, state in (("strokes", "signed"), ("none", "empty")):
        page = signature_page(ink=ink, label="Подпись заявителя")
        (found,) = marks_of(degrade(page, quality, 5)[0], "signature")
        assert (found.state, found.text) == (state, "Подпись заявителя")


def test_a_sentence_about_a_signature_is_no_signature_line() -> None:
    sheet = Sheet(1000, 500)
    sheet.write(80, 60, "The agreement is valid after the signature of both parties.", size=26)
    sheet.rule(80, 100, 900, 100)
    assert marks_of(sheet.image, "signature") == []


def stamped(text: Sequence[str], *, colour: tuple[int, int, int], frame: str) -> Image.Image:
    """An invoice with a slanted, half transparent stamp over its amount."""
    sheet = Sheet(1100, 900)
    sheet.write(80, 60, "Ostfeld Electrical", size=40, bold=True)
    sheet.write(80, 180, "Invoice number: OE-7719", size=28)
    sheet.write(80, 420, "Amount due:", size=30)
    sheet.write(340, 420, "2,764.90 EUR", size=30)
    layer = Image.new("RGBA", (460, 240), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    ink = (*colour, 190)
    if frame == "rectangle":
        pen.rounded_rectangle((10, 10, 450, 230), radius=14, outline=ink, width=7)
    elif frame == "ring":
        pen.ellipse((10, 4, 450, 236), outline=ink, width=7)
    for at, line in enumerate(text):
        pen.text((230, 90 + 70 * at), line, font=font(52, bold=True), fill=ink, anchor="mm")
    layer = layer.rotate(9, expand=True, resample=Image.Resampling.BICUBIC)
    sheet.image.paste(layer, (300, 330), layer)
    return sheet.image


@pytest.mark.parametrize("quality", ["clean", "photo"])
@pytest.mark.parametrize(
    ("text", "colour", "frame"),
    [
        (("RECEIVED", "24 JUN"), (205, 50, 60), "rectangle"),
        (("ОПЛАЧЕНО",), (50, 60, 180), "ring"),
    ],
)
def test_print_under_a_stamp_is_read_and_the_stamp_apart(
    text: Sequence[str], colour: tuple[int, int, int], frame: str, quality: str
) -> None:
    image, _ = degrade(stamped(text, colour=colour, frame=frame), quality, 1)
    index = indexed(image)
    assert "2,764.90 EUR" in [line.text for line in index.lines]
    (mark,) = [mark for mark in index.marks if mark.kind == "stamp"]
    assert mark.text == " ".join(text)
    region = index.regions[-1]
    assert (region.category, region.bbox) == ("Picture", mark.bbox)
    assert [index.lines[at].text for at in index.region_lines[-1]] == list(text)


def test_coloured_headings_and_signatures_are_no_stamps() -> None:
    sheet = Sheet(1000, 600)
    pen = ImageDraw.Draw(sheet.image)
    pen.text((80, 60), "Harbour Supplies", font=font(44, bold=True), fill=(30, 60, 160))
    pen.text((80, 140), "The blue line of print", font=font(30), fill=(30, 60, 160))
    sheet.write(80, 250, "Total: 40.00", size=30)
    image = sheet.image
    index = indexed(image)
    assert [mark for mark in index.marks if mark.kind == "stamp"] == []
    assert "Harbour Supplies" in index.text


def barcode(text: str, kind: zxingcpp.BarcodeFormat, scale: int) -> Image.Image:
    drawn = zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind), scale=scale)
    return Image.fromarray(np.array(drawn)).convert("RGB")


@pytest.mark.parametrize("quality", ["clean", "scan", "photo"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [("https://example.org/pay/7", zxingcpp.QRCode), ("4006381333931", zxingcpp.EAN13)],
)
def test_a_code_is_read_with_its_place(
    text: str, kind: zxingcpp.BarcodeFormat, quality: str
) -> None:
    sheet = Sheet(1000, 800)
    sheet.write(80, 60, "Scan this code to pay the invoice", size=30)
    code = barcode(text, kind, 5)
    sheet.image.paste(code, (300, 250))
    image, matrix = degrade(sheet.image, quality, 2)
    index = indexed(image)
    (mark,) = [mark for mark in index.marks if mark.kind == "code"]
    assert mark.text == text
    whole = move_box(matrix, (300, 250, 300 + code.width, 250 + code.height))
    assert iou(mark.bbox, whole) > 0.4
    assert index.lines[0].text == "Scan this code to pay the invoice"


def test_a_page_of_print_has_no_marks() -> None:
    sheet = Sheet()
    for at in range(12):
        sheet.write(80, 60 + 60 * at, "Own goods and bolts of DODO OOO 0 box B8", size=26)
    assert indexed(sheet.image).marks == ()
