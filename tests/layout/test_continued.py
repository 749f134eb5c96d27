from engine.core.schema import PageLayout, Region
from engine.layout import tables_of

HEAD = "Item\tQty\tSum"
WIDE = (100.0, 900.0)


def page(number: int, *texts: str, sides: tuple[float, float] = WIDE) -> PageLayout:
    regions = tuple(
        Region(
            (sides[0], 100.0 * at, sides[1], 100.0 * at + 90),
            "Table" if "\t" in text else "Page-footer" if text.isdigit() else "Text",
            text,
            at,
        )
        for at, text in enumerate(texts)
    )
    return PageLayout("d", number, 1000, 1400, regions)


def rows(layouts: list[PageLayout]) -> list[tuple[str, list[list[str]]]]:
    return [(name, table.rows()) for name, table in tables_of(layouts)]


def test_a_table_with_its_head_repeated_on_the_next_page_is_one_table() -> None:
    found = rows([page(0, f"{HEAD}\nTea\t1\t2.50", "1"), page(1, f"{HEAD}\nCup\t2\t9.00", "2")])
    body = [["Tea", "1", "2.50"], ["Cup", "2", "9.00"]]
    assert found == [("pages 1-2 table 1", [HEAD.split("\t"), *body])]


def test_a_table_whose_rest_has_no_head_is_one_table() -> None:
    pages = [
        page(0, "Bill", f"{HEAD}\nTea\t1\t2.50"),
        page(1, "Cup\t2\t9.00"),
        page(2, "Pot\t1\t7"),
    ]
    (found,) = rows(pages)
    assert found[0] == "pages 1-3 table 1"
    assert [row[0] for row in found[1]] == ["Item", "Tea", "Cup", "Pot"]


def test_another_table_stays_one_of_its_own() -> None:
    first = page(0, f"{HEAD}\nTea\t1\t2.50")
    for second in (
        page(1, "Name\tTown\tStreet\nAnn\tRye\tHigh"),
        page(1, "Cup\t2\t9.00\t1"),
        page(1, "Thank you.", "Cup\t2\t9.00"),
        page(1, "Cup\t2\t9.00", sides=(400.0, 600.0)),
        page(2, "Cup\t2\t9.00"),
    ):
        assert len(rows([first, second])) == 2
    assert len(rows([page(0, f"{HEAD}\nTea\t1\t2.50", "Note."), page(1, "Cup\t2\t9.00")])) == 2
