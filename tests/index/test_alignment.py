"""A model's text laid over the places that OCR found."""

from engine.core.schema import BBox, Line, Region, Word
from engine.index.alignment import index_of_regions, index_of_text
from engine.index.page_index import PageIndex
from tests.fakes import draw_page


def own_index() -> PageIndex:
    """OCR of three lines, one of them badly read."""
    _, lines = draw_page(
        [("Invoice LT-2O8l7", 40, 40), ("Date", 40, 120), ("T0tal 42.00", 40, 300)]
    )
    return PageIndex("d", 0, 900, 600, tuple(lines), source="rapidocr")


def inside(inner: BBox, outer: BBox) -> bool:
    return all(inner[i] >= outer[i] - 1 for i in (0, 1)) and all(
        inner[i] <= outer[i] + 1 for i in (2, 3)
    )


def test_a_line_takes_the_place_of_the_line_it_is_like() -> None:
    own = own_index()
    index = index_of_text("Invoice LT-20817\nDate\nTotal 42.00", own)
    assert index.text == "Invoice LT-20817\nDate\nTotal 42.00"
    assert [line.bbox for line in index.lines] == [line.bbox for line in own.lines]
    assert index.source == "model"


def test_words_share_their_line_from_left_to_right() -> None:
    own = own_index()
    words = index_of_text("Invoice LT-20817", own).words
    assert [word.text for word in words] == ["Invoice", "LT-20817"]
    assert words[0].bbox[2] < words[1].bbox[0]
    for drawn, word in zip(own.lines[0].words, words, strict=True):
        centre = (word.bbox[0] + word.bbox[2]) / 2
        assert drawn.bbox[0] < centre < drawn.bbox[2]


def test_a_line_that_ocr_missed_lies_between_its_neighbours_and_says_so() -> None:
    own = own_index()
    index = index_of_text("Invoice LT-20817\nDate\nEntirely handwritten note\nTotal 42.00", own)
    note = index.lines[2]
    assert note.bbox == (0.0, own.lines[1].bbox[3], 900.0, own.lines[2].bbox[1])
    assert all(word.confidence < 0.5 for word in note.words)


def test_lines_that_ocr_missed_share_the_gap_and_lie_over_no_line_that_it_read() -> None:
    own = own_index()
    text = "by hand, above\nInvoice LT-20817\nDate\nzzzz\nqqqq qqqq\nwww\nTotal 42.00\nxyz below"
    index = index_of_text(text, own)
    assert [line.text for line in index.lines] == text.splitlines()
    tops = [line.bbox[1] for line in index.lines]
    assert tops == sorted(tops)
    for one, other in zip(index.lines, index.lines[1:], strict=False):
        assert one.bbox[3] <= other.bbox[1]
    heights = {round(line.bbox[3] - line.bbox[1], 3) for line in index.lines[3:6]}
    assert len(heights) == 1
    assert index.lines[0].bbox[1] == 0.0 and index.lines[-1].bbox[3] == 600.0


def test_a_cell_that_ocr_missed_lies_between_its_neighbours_of_the_row() -> None:
    left, right = (100.0, 50.0, 200.0, 70.0), (500.0, 52.0, 600.0, 72.0)
    lines = (Line((Word("Bolts", left),), left), Line((Word("4.20", right),), right))
    index = index_of_text("Bolts\tM6 zinc\t4.20", PageIndex("d", 0, 900, 600, lines))
    assert index.lines[1].bbox == (200.0, 50.0, 500.0, 72.0)


def test_a_line_between_lines_without_room_is_a_thin_strip_where_they_meet() -> None:
    upper, lower = (100.0, 50.0, 200.0, 70.0), (100.0, 68.0, 200.0, 88.0)
    lines = (Line((Word("Bolts", upper),), upper), Line((Word("4.20", lower),), lower))
    index = index_of_text("Bolts\nzzzzzz\n4.20", PageIndex("d", 0, 900, 600, lines))
    assert index.lines[1].bbox == (0.0, 68.0, 900.0, 70.0)


def test_a_line_at_the_end_of_a_column_lies_below_it_and_not_up_to_the_next_one() -> None:
    foot, head = (100.0, 500.0, 400.0, 520.0), (500.0, 50.0, 800.0, 70.0)
    lines = (Line((Word("Bolts", foot),), foot), Line((Word("4.20", head),), head))
    index = index_of_text("Bolts\nzzzzzz\n4.20", PageIndex("d", 0, 900, 600, lines))
    assert index.lines[1].bbox == (100.0, 520.0, 400.0, 600.0)


def test_without_ocr_the_lines_share_the_page_in_order() -> None:
    index = index_of_text("one\ntwo", PageIndex("d", 0, 100, 200, ()))
    assert [line.bbox for line in index.lines] == [(0, 0, 100, 100), (0, 100, 100, 200)]


def test_regions_keep_their_order_category_and_place() -> None:
    regions = [
        Region((30.0, 280.0, 400.0, 340.0), "Table", "Total\t42.00", 1),
        Region((30.0, 30.0, 400.0, 80.0), "Title", "Invoice LT-20817", 0),
    ]
    index = index_of_regions(regions, own_index())
    assert [region.category for region in index.regions] == ["Title", "Table"]
    assert [line.text for line in index.lines] == ["Invoice LT-20817", "Total", "42.00"]
    assert index.region_lines == ((0,), (1, 2))
    for line in index.lines[1:]:
        assert inside(line.bbox, regions[0].bbox)


def test_an_empty_text_gives_an_empty_index() -> None:
    index = index_of_text(" \n", own_index())
    assert index.lines == () and index.regions == ()


def test_a_word_of_a_line_is_found_at_its_place_by_its_box() -> None:
    own = PageIndex("d", 0, 100, 100, (Line((Word("a", (0, 0, 10, 10)),), (0, 0, 10, 10)),))
    assert index_of_text("a", own).words == (Word("a", (0.0, 0.0, 10.0, 10.0), 1.0),)
