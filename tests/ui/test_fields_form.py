"""The form of fields: what is read, written, confirmed, checked and saved."""

import asyncio
import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from engine.core.errors import ModelError
from engine.fields import DocumentFields, Field, FieldsPage, load_templates
from ui.actions.fields import FieldsActions
from ui.events.updates import next_updates
from ui.state.change import ScreenChange
from ui.state.sessions import ScreenStates
from ui.state.uploads import open_files

IBAN = "GB82WEST12345698765432"  # the example of ISO 13616's registry


def one_field(name: str, value: str, kind: str = "text") -> Field:
    box = (10.0, 20.0, 110.0, 40.0)
    return Field(name, name, kind, value, value, box, 0, 0.9, boxes=(box,))


class FieldsEngine:
    """Adds `fields` to the fake engine: what a test puts into `found` is what is read."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.found: dict[str, Field] = {}
        self.error: Exception | None = None
        self.calls: list[Mapping[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def fields(self, session_id: str, document_id: str, **options: Any) -> DocumentFields:
        self.calls.append(options)
        if self.error is not None:
            raise self.error
        named = options["document_type"]
        kind = "invoice" if named == "auto" else named
        template = load_templates()[kind]
        return DocumentFields(
            document_id=document_id,
            name="scan.png",
            document_type=kind,
            confidence=0.8 if named == "auto" else 1.0,
            model_id="lite",
            pages=(FieldsPage(0, 900, 600),),
            titles={name: one.title.text("en") for name, one in template.fields.items()},
            fields={name: one for name, one in self.found.items() if name in template.fields},
        )


class Sitting:
    """One session with one open page and its form."""

    def __init__(self, engine: Any, page: Path) -> None:
        self.engine = FieldsEngine(engine)
        screen_states = ScreenStates(self.engine)  # type: ignore[arg-type]
        self.form = FieldsActions(self.engine, screen_states)  # type: ignore[arg-type]
        self.screen_state, _ = screen_states.find(None)
        self.session_id = self.screen_state.session_id
        opened, _ = asyncio.run(
            open_files(self.engine, self.screen_state, [str(page)], turn_to=True)
        )  # type: ignore[arg-type]
        self.document_id = opened[0].document_id

    def read(self, kind: str = "auto", pinned: Sequence[tuple[str, int]] = ()) -> ScreenChange:
        async def every() -> list[ScreenChange]:
            wanted = (self.document_id, kind, "lite", "en", "", pinned)
            run = self.form.read(self.session_id, *wanted)
            return [change async for change in run]

        return asyncio.run(every())[-1]

    def row(self, change: ScreenChange, name: str, part: int = 0) -> dict[str, Any]:
        assert change.form is not None
        rows = change.form["sheets"][self.document_id][part]["fields"]
        found: dict[str, Any] = next(row for row in rows if row["name"] == name)
        return found

    def save(self, kind: str) -> bytes:
        change = asyncio.run(self.form.export(self.session_id, kind, self.document_id, "en"))
        assert change.download is not None
        return Path(change.download).read_bytes()


@pytest.fixture
def sitting(engine: Any, scan: str) -> Sitting:
    return Sitting(engine, Path(scan))


def test_what_was_read_stands_in_the_form_with_its_place(sitting: Sitting) -> None:
    sitting.engine.found = {"total": one_field("total", "42.00", "amount")}
    change = sitting.read()
    assert change.form is not None
    (sheet,) = change.form["sheets"][sitting.document_id]
    assert (sheet["type"], sheet["confidence"], sheet["named"]) == ("invoice", 80, False)
    total = sitting.row(change, "total")
    assert (total["value"], total["confirmed"], total["typed"]) == ("42.00", False, False)
    assert total["place"] == {
        "document": sitting.document_id,
        "page": 0,
        "bbox": [10.0, 20.0, 110.0, 40.0],
    }
    assert sitting.row(change, "seller")["value"] == ""
    json.dumps(change.form)


def test_a_written_value_is_parsed_checked_and_confirmed(sitting: Sitting) -> None:
    sitting.engine.found = {"iban": one_field("iban", "GB00WEST12345698765432", "iban")}
    sitting.read()
    spaced = "GB82 WEST 1234 5698 7654 32"
    change = sitting.form.write(sitting.session_id, sitting.document_id, "iban", spaced)
    iban = sitting.row(change, "iban")
    assert (iban["value"], iban["typed"], iban["confirmed"]) == (IBAN, True, True)
    assert [check["passed"] for check in iban["checks"]] == [True]
    change = sitting.form.write(sitting.session_id, sitting.document_id, "iban", IBAN[:-1] + "3")
    assert [check["passed"] for check in sitting.row(change, "iban")["checks"]] == [False]


def test_a_value_where_nothing_was_read_has_no_place(sitting: Sitting) -> None:
    sitting.read()
    change = sitting.form.write(sitting.session_id, sitting.document_id, "date", "14.03.2026")
    date = sitting.row(change, "date")
    assert (date["value"], date["place"]) == ("2026-03-14", None)


@pytest.mark.parametrize(
    ("name", "kind", "wrong", "right", "value"),
    [
        ("date", "date", "31.02.2024", "29.02.2024", "2024-02-29"),
        ("date", "date", "soon", "2024-02-29", "2024-02-29"),
        ("total", "amount", "12,5O", "12,50", "12.50"),
        ("total", "amount", "NaN", "$1,250.00", "1250.00"),
    ],
)
def test_a_written_value_that_is_no_date_or_amount_stays_with_a_failed_check(
    sitting: Sitting, name: str, kind: str, wrong: str, right: str, value: str
) -> None:
    sitting.read()
    change = sitting.form.write(sitting.session_id, sitting.document_id, name, wrong)
    row = sitting.row(change, name)
    assert row["value"] == wrong
    ((passed, said),) = [(check["passed"], check["text"]) for check in row["checks"]]
    assert (passed, "write it like" in said) == (False, True)
    found = json.loads(sitting.save("json"))["fields"][name]
    assert [check["name"] for check in found["checks"]] == [kind]
    change = sitting.form.write(sitting.session_id, sitting.document_id, name, right)
    row = sitting.row(change, name)
    assert (row["value"], row["checks"]) == (value, [])


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "lots"])
def test_what_is_no_amount_is_not_added_up(sitting: Sitting, wrong: str) -> None:
    sitting.engine.found = {
        name: one_field(name, value, "amount")
        for name, value in (("total", "42.00"), ("subtotal", "40.00"), ("tax", "2.00"))
    }
    added = sitting.row(sitting.read(), "tax")["checks"]
    assert [check["passed"] for check in added] == [True]
    change = sitting.form.write(sitting.session_id, sitting.document_id, "total", wrong)
    assert [check["passed"] for check in sitting.row(change, "total")["checks"]] == [False]
    assert sitting.row(change, "tax")["checks"] == []


def test_a_date_that_was_corrected_is_checked_against_the_other(sitting: Sitting) -> None:
    sitting.engine.found = {
        "date": one_field("date", "2026-05-01", "date"),
        "due_date": one_field("due_date", "2026-04-01", "date"),
    }
    change = sitting.read()
    assert [check["passed"] for check in sitting.row(change, "date")["checks"]] == [False]
    change = sitting.form.write(sitting.session_id, sitting.document_id, "due_date", "2026-06-01")
    assert [check["passed"] for check in sitting.row(change, "date")["checks"]] == [True]


def test_confirmed_values_stay_when_the_document_is_read_again(sitting: Sitting) -> None:
    sitting.engine.found = {
        "total": one_field("total", "42.00", "amount"),
        "buyer": one_field("buyer", "Larkfield Ltd", "name"),
    }
    sitting.read()
    sitting.form.confirm(sitting.session_id, sitting.document_id, "total", yes=True)
    sitting.form.write(sitting.session_id, sitting.document_id, "seller", "Mill & Sons")
    sitting.engine.found = {
        "total": one_field("total", "99.00", "amount"),
        "buyer": one_field("buyer", "Another Ltd", "name"),
    }
    change = sitting.read()
    assert sitting.row(change, "total")["value"] == "42.00"
    assert sitting.row(change, "seller")["value"] == "Mill & Sons"
    assert sitting.row(change, "buyer")["value"] == "Another Ltd"
    change = sitting.read("receipt")
    assert change.form is not None
    assert change.form["sheets"][sitting.document_id][0]["named"] is True
    assert sitting.row(change, "total")["value"] == "42.00"


def test_writing_the_read_value_again_takes_the_change_back(sitting: Sitting) -> None:
    sitting.engine.found = {"buyer": one_field("buyer", "Larkfield Ltd", "name")}
    sitting.read()
    sitting.form.write(sitting.session_id, sitting.document_id, "buyer", "Larkfeld")
    change = sitting.form.write(sitting.session_id, sitting.document_id, "buyer", "Larkfield Ltd")
    assert sitting.row(change, "buyer")["typed"] is False


def test_downloads_carry_the_written_values(sitting: Sitting) -> None:
    sitting.engine.found = {"buyer": one_field("buyer", "=cmd|x", "name")}
    sitting.read()
    sitting.form.write(sitting.session_id, sitting.document_id, "total", "1 250,00")
    found = json.loads(sitting.save("json"))
    assert found["fields"]["total"]["value"] == "1250.00"
    assert found["fields"]["buyer"]["text"] == "=cmd|x"
    header, row = csv.reader(io.StringIO(sitting.save("csv").decode("utf-8-sig")))
    assert row[header.index("total")] == "1250.00"
    assert not row[header.index("buyer")].startswith("="), "a cell must not become a formula"
    assert sitting.save("xlsx")[:2] == b"PK"


def test_a_failure_is_a_sentence_and_the_form_stays(sitting: Sitting) -> None:
    sitting.engine.found = {"total": one_field("total", "42.00", "amount")}
    sitting.read()
    sitting.engine.error = ModelError("model.unknown", model_id="x", known="lite")
    change = sitting.read()
    assert change.status is not None
    assert "lite" in change.status
    assert sitting.row(change, "total")["value"] == "42.00"
    assert sitting.screen_state.reading is None


@pytest.mark.parametrize("name", ["", "__class__", "no_such_field"])
def test_a_field_that_the_form_does_not_have_cannot_be_written(sitting: Sitting, name: str) -> None:
    sitting.read()
    assert sitting.form.write(sitting.session_id, sitting.document_id, name, "x") == ScreenChange()


def test_another_session_cannot_touch_the_form(sitting: Sitting) -> None:
    sitting.read()
    assert sitting.form.write(None, sitting.document_id, "total", "1") == ScreenChange()
    assert sitting.form.write(sitting.session_id, "another", "total", "1") == ScreenChange()


def test_of_a_document_with_chosen_pages_only_those_are_read(sitting: Sitting) -> None:
    sitting.read(pinned=[(sitting.document_id, 3), ("another", 1), (sitting.document_id, 5)])
    sitting.read(pinned=[("another", 1)])
    assert [call["pages"] for call in sitting.engine.calls] == [[3, 5], None]


def test_a_form_that_was_not_read_has_no_download_and_breaks_nothing(sitting: Sitting) -> None:
    export = sitting.form.export(sitting.session_id, "csv", sitting.document_id, "en")
    assert asyncio.run(export) == ScreenChange()
    screen: Any = SimpleNamespace(status=gr.HTML())
    assert list(next_updates(screen, ScreenChange())) == [screen.status]
