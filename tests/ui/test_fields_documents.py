"""The forms of a file of several documents: each with its pages, edits and confirmations."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.fields import DocumentFields, Field, FieldsPage, load_templates
from tests.ui.conftest import draw
from ui.actions.fields import FieldsActions
from ui.state import serialization
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.state.uploads import open_files
from ui.views.fields_view import DocumentFieldsView, sheet_of, with_read

BOX = (10.0, 20.0, 110.0, 40.0)
KINDS = {0: "contract", 2: "invoice", 3: "receipt"}


def total(page: int) -> Field:
    said = f"{page + 1}00.00"
    return Field("total", "Total", "amount", said, said, BOX, page, 0.9, boxes=(BOX,))


class ScannedEngine:
    """Of every file: a contract of two pages, an invoice, a receipt; the total says the page."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.read: list[tuple[str, list[int] | None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def split(self, session_id: str, document_id: str) -> tuple[tuple[int, ...], ...]:
        return ((0, 1), (2,), (3,))

    def fields(self, session_id: str, document_id: str, **options: Any) -> DocumentFields:
        self.read.append((options["document_type"], options["pages"]))
        pages = options["pages"] or [0, 1, 2, 3]
        named = options["document_type"]
        kind = KINDS.get(pages[0], "other") if named == "auto" else named
        return DocumentFields(
            document_id=document_id,
            name="scans.pdf",
            document_type=kind,
            confidence=0.9,
            model_id="lite",
            pages=tuple(FieldsPage(page, 800, 1100) for page in pages),
            titles={name: name for name in load_templates()[kind].fields},
            fields={"total": total(pages[0])} if "total" in load_templates()[kind].fields else {},
        )


class Sitting:
    """One session with the file open."""

    def __init__(self, engine: Any, path: Path) -> None:
        self.engine = ScannedEngine(engine)
        screen_states = ScreenStates(self.engine)  # type: ignore[arg-type]
        self.form = FieldsActions(self.engine, screen_states)  # type: ignore[arg-type]
        self.screen_state, _ = screen_states.find(None)
        opened, _ = asyncio.run(
            open_files(self.engine, self.screen_state, [str(path)], turn_to=True)
        )  # type: ignore[arg-type]
        self.document_id = opened[0].document_id

    def read(self, kind: str = "auto", **request: Any) -> ScreenChange:
        async def every() -> list[ScreenChange]:
            run = self.form.read(
                self.screen_state.session_id, self.document_id, kind, "lite", "en", **request
            )
            return [change async for change in run]

        return asyncio.run(every())[-1]

    def sheets(self, change: ScreenChange) -> list[dict[str, Any]]:
        assert change.form is not None
        found: list[dict[str, Any]] = change.form["sheets"][self.document_id]
        return found

    def totals(self, change: ScreenChange) -> list[str]:
        return [
            row["value"]
            for sheet in self.sheets(change)
            for row in sheet["fields"]
            if row["name"] == "total"
        ]

    def write(self, value: str, page: int) -> ScreenChange:
        place = (self.screen_state.session_id, self.document_id, "total")
        return self.form.write(*place, value, page)

    def save(self, kind: str) -> bytes:
        request = (self.screen_state.session_id, kind, self.document_id, "en")
        change = asyncio.run(self.form.export(*request))
        assert change.download is not None
        return Path(change.download).read_bytes()


@pytest.fixture
def sitting(engine: Any, tmp_path: Path) -> Sitting:
    return Sitting(engine, Path(draw(tmp_path / "scans.png")))


def test_each_document_of_a_file_has_a_form_with_its_pages_and_type(sitting: Sitting) -> None:
    change = sitting.read()
    assert [(one["type"], one["pages"], one["numbers"]) for one in sitting.sheets(change)] == [
        ("contract", [0, 1], "1\u20132"),
        ("invoice", [2], "3"),
        ("receipt", [3], "4"),
    ]
    assert sitting.totals(change) == ["100.00", "300.00", "400.00"]
    assert change.status is not None
    assert "3" in change.status


def test_a_value_is_written_and_confirmed_in_the_document_of_its_page_alone(
    sitting: Sitting,
) -> None:
    sitting.read()
    change = sitting.write("55.00", 2)
    assert sitting.totals(change) == ["100.00", "55.00", "400.00"]
    place = (sitting.screen_state.session_id, sitting.document_id, "total")
    change = sitting.form.confirm(*place, 3, yes=True)
    confirmed = [
        row["confirmed"]
        for one in sitting.sheets(change)
        for row in one["fields"]
        if row["name"] == "total"
    ]
    assert confirmed == [False, True, True]


def test_reading_one_document_again_leaves_the_others_as_they_are(sitting: Sitting) -> None:
    sitting.read()
    sitting.write("55.00", 2)
    sitting.engine.read.clear()
    change = sitting.read("invoice", pages=[3, 3])
    assert sitting.engine.read == [("invoice", [3])]
    assert [one["type"] for one in sitting.sheets(change)] == ["contract", "invoice", "invoice"]
    assert [one["named"] for one in sitting.sheets(change)] == [False, False, True]
    assert sitting.totals(change) == ["100.00", "55.00", "400.00"]


def test_a_file_can_be_read_as_one_document_and_apart_again(sitting: Sitting) -> None:
    sitting.read()
    sitting.write("55.00", 2)
    change = sitting.read(whole=True)
    (sheet,) = sitting.sheets(change)
    assert (sheet["pages"], sheet["whole"]) == ([0, 1, 2, 3], True)
    assert sitting.engine.read[-1] == ("auto", None)
    assert sitting.totals(change) == ["55.00"], "what was written is kept"
    change = sitting.read()
    assert [one["whole"] for one in sitting.sheets(change)] == [False] * 3
    assert sitting.totals(change) == ["100.00", "55.00", "400.00"]


def test_pinned_pages_are_one_document_in_the_place_of_those_they_belonged_to(
    sitting: Sitting,
) -> None:
    sitting.read()
    change = sitting.read(pinned=[(sitting.document_id, 2), (sitting.document_id, 3)])
    assert sitting.engine.read[-1] == ("auto", [2, 3])
    assert [one["pages"] for one in sitting.sheets(change)] == [[0, 1], [2, 3]]


def test_downloads_hold_every_document_of_the_file(sitting: Sitting) -> None:
    sitting.read()
    sitting.write("55.00", 2)
    saved = json.loads(sitting.save("json"))
    assert saved["document_type"] == "contract"
    assert [one["fields"]["total"]["value"] for one in saved["documents"]] == [
        "100.00",
        "55.00",
        "400.00",
    ]
    head, *rows = csv.reader(io.StringIO(sitting.save("csv").decode("utf-8-sig")))
    assert [row[head.index("pages")] for row in rows] == ["1\u20132", "3", "4"]
    assert [row[head.index("total")] for row in rows] == ["100.00", "55.00", "400.00"]
    assert sitting.save("xlsx")[:2] == b"PK"


def test_forms_come_back_after_a_restart_and_those_of_before_files_were_split_too(
    sitting: Sitting,
) -> None:
    sitting.read()
    text = serialization.record(sitting.screen_state)
    again = ScreenState("session")
    serialization.restore(again, text)
    assert again.sheets == sitting.screen_state.sheets
    old = json.loads(text)
    old["sheets"] = {name: own[1] for name, own in old["sheets"].items()}
    for one in old["sheets"].values():
        del one["whole"]
    before = ScreenState("session")
    serialization.restore(before, json.dumps(old))
    assert [sheet.pages for sheet in before.sheets[sitting.document_id]] == [(2,)]


def test_a_page_that_was_not_read_belongs_to_the_document_before_it(sitting: Sitting) -> None:
    sitting.read()
    sheets: list[DocumentFieldsView] = sitting.screen_state.sheets[sitting.document_id][1:]
    assert [sheet_of(sheets, page) for page in (0, 2, 3, 7)] == [*sheets[:1], *sheets, sheets[1]]
    assert sheet_of([], 0) is None


def sheet(pages: tuple[int, ...], fields: dict[str, Field], **edits: Any) -> DocumentFieldsView:
    frames = tuple(FieldsPage(page, 800, 1100) for page in pages)
    titles = {"total": "Total", "tax": "Tax"}
    found = DocumentFields("d", "scans.pdf", "invoice", 0.9, "lite", frames, titles, fields)
    return DocumentFieldsView(found, **edits)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_what_was_confirmed_stays_when_one_page_is_read_again(page: int) -> None:
    before = sheet((0, 1, 2), {"total": total(2)}, typed={"tax": "7"}, confirmed={"total", "tax"})
    (after,) = with_read([before], [sheet((page,), {})])
    assert after.typed == {"tax": "7"}
    assert after.confirmed == {"total", "tax"}
    assert after.found.fields["total"].value == "300.00"


def test_what_was_confirmed_goes_with_its_page_when_a_file_is_read_apart() -> None:
    before = sheet((0, 1, 2), {"total": total(2)}, typed={"tax": "7"}, confirmed={"total", "tax"})
    first, last = with_read([before], [sheet((0, 1), {}), sheet((2,), {"total": total(2)})])
    assert (first.confirmed, first.typed) == ({"tax"}, {"tax": "7"})
    assert (last.confirmed, last.typed) == ({"total"}, {})


def test_a_value_that_was_only_written_names_no_page_and_no_place() -> None:
    typed = {"total": "120.00", "tax": "7"}
    shown = sheet((4, 5), {"total": total(5)}, typed=typed).result(None).to_json()
    assert [page["page_index"] for page in shown["pages"]] == [4, 5]
    written, corrected = shown["fields"]["tax"], shown["fields"]["total"]
    assert (written["value"], written["page_index"], written["bbox"]) == ("7", None, None)
    # A correction stays where the value that it corrects was read.
    assert (corrected["value"], corrected["page_index"]) == ("120.00", 5)
    assert len(corrected["bbox"]) == 4


def test_of_two_documents_read_as_one_the_first_confirmed_value_counts_alone() -> None:
    one = sheet((0,), {"total": total(0)}, confirmed={"total"})
    two = sheet((1,), {"total": total(1)}, typed={"total": "250"}, confirmed={"total"})
    (after,) = with_read([one, two], [sheet((0, 1), {"total": total(1)}, whole=True)])
    assert after.result(None).fields["total"].value == "100.00"
    assert after.whole


def test_pinned_pages_of_another_document_are_not_what_is_read_again(sitting: Sitting) -> None:
    sitting.read()
    sitting.engine.read.clear()
    sitting.read("invoice", pages=[2], pinned=[(sitting.document_id, 0)])
    assert sitting.engine.read == [("invoice", [2])]
