"""Receipts that lie beside each other on one scan are documents of their own."""

from pathlib import Path

import numpy as np
import pytest

from engine import Engine
from engine.fields import parts_of
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from tests.fields.drawn import specimen_of
from tests.ocr.drawing import SETTINGS, Sheet, page_of

SHOPS = (
    ("HARBOUR BAKERY", "12.03.2026 08:40", (("Rye bread", "4.20"), ("Bun x3", "3.60")), "7.80"),
    ("STATION KIOSK", "12.03.2026 09:15", (("Newspaper", "2.50"), ("Water", "1.40")), "3.90"),
    ("TOWN TAXI", "12.03.2026 10:02", (("Trip 14 km", "18.00"), ("Luggage", "2.00")), "20.00"),
)


def scan(count: int, *, below: bool = False) -> Sheet:
    """So many receipts beside or below each other."""
    sheet = Sheet(720 * count + 100, 700) if not below else Sheet(820, 700 * count)
    for place, (shop, when, goods, total) in enumerate(SHOPS[:count]):
        x, y = (80, 60 + 700 * place) if below else (80 + 720 * place, 60)
        sheet.write(x + 60, y, shop, size=34, bold=True)
        sheet.write(x, y + 60, when, size=26)
        for row, (name, price) in enumerate(goods):
            sheet.write(x, y + 130 + 42 * row, name, size=26)
            sheet.write(x + 460, y + 130 + 42 * row, price, size=26)
        sheet.rule(x, y + 225, x + 560, y + 225)
        sheet.write(x, y + 240, "TOTAL", size=32, bold=True)
        sheet.write(x + 450, y + 240, total, size=32, bold=True)
    return sheet


def index_of(sheet: Sheet) -> PageIndex:
    return build_index(page_of(sheet.image), SETTINGS)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_receipts_side_by_side_are_parts(count: int) -> None:
    index = index_of(scan(count))
    parts = parts_of(index)
    assert len(parts) == count
    for part, (shop, _, _, total) in zip(parts, SHOPS, strict=False):
        assert shop in part.text
        assert total in part.text
        assert sorted(i for own in part.region_lines for i in own) == list(range(len(part.lines)))
    assert sorted(line.text for part in parts for line in part.lines) == sorted(
        line.text for line in index.lines
    )


@pytest.mark.parametrize("kind", ["invoice", "receipt", "passport"])
def test_one_document_has_one_part(kind: str) -> None:
    image = specimen_of(kind, "en", 4).image
    assert len(parts_of(build_index(page_of(image), SETTINGS))) == 1


def test_each_receipt_on_a_scan_has_its_own_fields(tmp_path: Path) -> None:
    path = tmp_path / "two.png"
    scan(2).image.save(path)
    with Engine() as engine:
        session_id = engine.create_session()
        document = engine.add_document(session_id, path, name="two.png")
        found = engine.all_fields(session_id, document.document_id)
    assert [one.document_type for one in found] == ["receipt", "receipt"]
    assert [one.fields["total"].value for one in found] == ["7.80", "3.90"]
    boxes = [one.fields["total"].bbox for one in found]
    assert np.all(np.array(boxes)[:, 0] > [400, 1200])
