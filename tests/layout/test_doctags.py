"""DocTags in pieces of any size, broken, cut, nested."""

import pytest

from engine.layout.cells import Cell
from engine.layout.doctags import DocTagsParser, otsl_text

PAGE = (
    "<doctag><page_header><loc_15><loc_101><loc_30><loc_354>arXiv</page_header>\n"
    "<section_header_level_1><loc_79><loc_68><loc_408><loc_76>Results</section_header_level_1>\n"
    "<unordered_list><list_item><loc_1><loc_2><loc_3><loc_4>one</list_item>\n"
    "<list_item><loc_1><loc_5><loc_3><loc_8>two</list_item></unordered_list>\n"
    "<formula><loc_1><loc_10><loc_99><loc_20>a < b</formula>\n"
    "<code><loc_1><loc_30><loc_99><loc_40><_Python_>print(1)</code>\n"
    "<picture><loc_100><loc_200><loc_300><loc_400><line_chart>"
    "<caption><loc_100><loc_410><loc_300><loc_420>Figure 1</caption></picture></doctag>"
)
CELLS = [
    Cell((15, 101, 30, 354), "Page-header", "arXiv"),
    Cell((79, 68, 408, 76), "Section-header", "Results"),
    Cell((1, 2, 3, 4), "List-item", "one"),
    Cell((1, 5, 3, 8), "List-item", "two"),
    Cell((1, 10, 99, 20), "Formula", "a < b"),
    Cell((1, 30, 99, 40), "Text", "print(1)"),
    Cell((100, 200, 300, 400), "Picture", ""),
    Cell((100, 410, 300, 420), "Caption", "Figure 1"),
]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_pieces_of_any_size_give_the_same_cells(size: int) -> None:
    parser = DocTagsParser()
    found: list[Cell] = []
    for start in range(0, len(PAGE), size):
        found += parser.feed(PAGE[start : start + size])
    assert found + parser.close() == CELLS
    assert parser.warnings == []


def test_a_cell_comes_as_soon_as_it_ends() -> None:
    parser = DocTagsParser()
    assert parser.feed("<doctag><text><loc_1><loc_2><loc_3><loc_4>half") == []
    assert [cell.text for cell in parser.feed(" whole</text><te")] == ["half whole"]


def test_a_cut_page_keeps_what_is_whole() -> None:
    text = "<text><loc_1><loc_2><loc_3><loc_4>a</text><text><loc_1><loc_5><loc_3><loc_8>b"
    cut, ended = DocTagsParser(), DocTagsParser()
    assert [cell.text for cell in cut.feed(text) + cut.close(cut=True)] == ["a"]
    assert [cell.text for cell in ended.feed(text) + ended.close()] == ["a", "b"]


def test_a_block_that_was_not_closed_ends_where_the_next_begins() -> None:
    parser = DocTagsParser()
    text = "<text><loc_1><loc_2><loc_3><loc_4>a<text><loc_1><loc_5><loc_3><loc_8>b</text>"
    assert [cell.text for cell in parser.feed(text)] == ["a", "b"]


@pytest.mark.parametrize("place", ["", "<loc_1><loc_2>", "<loc_1><loc_2><loc_1><loc_2>"])
def test_a_block_without_a_place_is_counted(place: str) -> None:
    parser = DocTagsParser()
    assert parser.feed(f"<text>{place}words</text>") == []
    assert [notice.key for notice in parser.warnings] == ["layout.bad_box"]


def test_cells_that_go_on_are_empty() -> None:
    table = "<ched>Model<lcel><nl><rhed>A <fcel>a\nb<nl><ucel><ecel><nl>"
    assert otsl_text(table) == "Model\t\nA\ta b\n\t"


def test_a_loop_of_cells_ends() -> None:
    rows = otsl_text("<fcel>1" * 5000 + "<nl>" + "<fcel>1<nl>" * 5000).split("\n")
    assert len(rows) == 2000 and rows[0].count("\t") == 199
