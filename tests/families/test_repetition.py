"""What is a loop and what only repeats: blank forms and time sheets are read, loops are ended."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from engine import Engine
from engine.core.schema import Discarded, Finished, Notice, StreamEvent
from engine.families.pages import repetition
from engine.families.pages.repetition import loop_length, without_loop
from tests.families.driving import session_with
from tests.families.scripted import Scripted

MakeEngine = Callable[..., Engine]

# Cut as byte-level vocabularies cut marks and words: an empty `<td></td>` is 4 or 5 tokens, as with
# Qwen's.
_TOKEN = re.compile(r"<\|?|\w+|></|><|[^\w\s]| |\n")
# A long form, a month, a page of equal prices.
ROWS = 43
# Through a tiny model, which writes a byte at a time.
ROWS_WRITTEN = 12


def html(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def otsl(*cells: str) -> str:
    return "".join(f"<fcel>{cell}" if cell else "<ecel>" for cell in cells) + "<nl>"


def markdown(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def latex(*cells: str) -> str:
    return f"{' & '.join(cells)} \\\\\n"


CELLS = {
    "blank3": ("",) * 3,
    "blank5": ("",) * 5,
    "blank8": ("",) * 8,
    "hours": ("8:00", "17:00", "8"),
    "zeros": ("0.00",) * 6,
    "dashes": ("-",) * 6,
    "pieces": ("1", "шт.", "0,00"),
}
FORMS = {form.__name__: form for form in (html, otsl, markdown, latex)}


class Words:
    """Text as ids and back."""

    def __init__(self, text: str) -> None:
        pieces = _TOKEN.findall(text)
        self._names = list(dict.fromkeys(pieces))
        self.ids = [self._names.index(piece) for piece in pieces]

    def text_of(self, ids: Sequence[int]) -> str:
        return "".join(self._names[index] for index in ids)

    def ends_at(self) -> int | None:
        """After how many tokens it is a loop; None where it never is."""
        return next(
            (
                length
                for length in range(8, len(self.ids) + 1, 8)
                if loop_length(self.ids[:length], self.text_of)
            ),
            None,
        )


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_a_table_of_equal_rows_is_no_loop(form: str, cells: str) -> None:
    table = Words("<table>" + FORMS[form](*CELLS[cells]) * ROWS + "</table> Signature")
    assert table.ends_at() is None


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_a_table_that_never_ends_is_a_loop_in_bounded_tokens(form: str, cells: str) -> None:
    row = FORMS[form](*CELLS[cells])
    ended = Words("<table>" + row * 1500).ends_at()
    assert ended is not None and ended <= 4_016


def test_a_row_of_a_month_is_no_loop() -> None:
    days = Words(html(*[""] * 31) * 5)
    assert days.ends_at() is None


@pytest.mark.parametrize("line", ["8:00 17:00 8\n", "0.00\n", "8:00 17:00 8\\n"])
def test_a_column_of_equal_lines_is_no_loop(line: str) -> None:
    assert Words(line * 31).ends_at() is None
    ended = Words(line * 400).ends_at()
    assert ended is not None and ended <= 1_008


@pytest.mark.parametrize("again", ["again ", ", 3", "and so on and so forth, "])
def test_words_that_only_repeat_are_a_loop_soon(again: str) -> None:
    ended = Words("It says: " + again * 200).ends_at()
    assert ended is not None and ended <= 112


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Total: 1 000" + " 000" * 30, "Total: 1 000"),
        ("a" + html("", "", "") * 30 + "<tr><t", "a" + html("", "", "")),
        ("x" + "y" * 900, "xy"),
        ("nothing repeats here", "nothing repeats here"),
    ],
)
def test_what_ended_in_a_loop_is_cut_back_to_its_first_round(text: str, left: str) -> None:
    kept = "".join(map(chr, without_loop(list(map(ord, text)))))
    # Where in a round it began cannot be told.
    assert kept == left or (kept.startswith(left) and len(kept) < len(left) + 20)


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A loop in a table after fewer rounds, so that a tiny model need not write thousands."""
    monkeypatch.setattr(repetition, "_TABLE", repetition._Patience(6, 150, 400))
    yield


def dots(table: str) -> str:
    cells = [
        {"bbox": [0, 0, 100, 40], "category": "Title", "text": "Time sheet"},
        {"bbox": [0, 40, 100, 80], "category": "Table", "text": f"<table>{table}</table>"},
        {"bbox": [0, 90, 100, 120], "category": "Text", "text": "Signature"},
    ]
    return json.dumps(cells)


def qwen(table: str) -> str:
    cells = [
        {"bbox_2d": [0, 0, 500, 200], "label": "Title", "text_content": "Time sheet"},
        {"bbox_2d": [0, 200, 900, 400], "label": "Table", "text_content": f"<table>{table}"},
        {"bbox_2d": [0, 500, 900, 600], "label": "Text", "text_content": "Signature"},
    ]
    return json.dumps(cells)


def doctags(table: str) -> str:
    return (
        "<doctag><title><loc_0><loc_0><loc_250><loc_100>Time sheet</title>"
        f"<otsl><loc_0><loc_100><loc_500><loc_250>{table}</otsl>"
        "<text><loc_0><loc_300><loc_500><loc_400>Signature</text></doctag>"
    )


LAYOUTS = {
    "dots_ocr": (dots, html("", "8:00", "")),
    "qwen3_vl": (qwen, html("", "8:00", "")),
    "granite_docling": (doctags, otsl("", "8:00", "")),
}
# Families that write a table as text, and how.
TEXTS = {
    "qwen2_vl": ("table", markdown("", "8:00", "")),
    "paddleocr_vl": ("table", otsl("", "8:00", "")),
    "glm_ocr": ("table", html("", "8:00", "")),
    "phi3_vision": ("table", markdown("", "8:00", "")),
}


def engine_of(tiny_engine: MakeEngine, name: str) -> Engine:
    return tiny_engine(name, generation={"max_new_tokens": 2500})


def keys(events: list[StreamEvent]) -> list[str]:
    return [event.key for event in events if isinstance(event, Discarded | Notice)]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_time_sheet_is_one_table_and_what_stands_below_it_is_read(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = engine_of(tiny_engine, name)
    write, row = LAYOUTS[name]
    Scripted(engine, lambda *_: write(row * ROWS_WRITTEN))
    stream = engine.ask(session_with(engine, tmp_path, "x"), task="layout")
    events = list(stream)
    assert events[-1] == Finished("stop", "tiny")
    assert "discarded.repetition" not in keys(events)
    (regions,) = stream.transcript.regions.values()
    assert [region.category for region in regions] == ["Title", "Table", "Text"]
    assert regions[1].text.count("8:00") == ROWS_WRITTEN


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_table_that_never_ends_is_kept_up_to_where_the_loop_began(
    tiny_engine: MakeEngine, name: str, tmp_path: Path, short_patience: None
) -> None:
    engine = engine_of(tiny_engine, name)
    write, row = LAYOUTS[name]
    head = row.replace("8:00", "Begin")
    Scripted(engine, lambda *_: write(head + row * 60))
    stream = engine.ask(session_with(engine, tmp_path, "x"), task="layout")
    events = list(stream)
    assert events[-1] == Finished("repetition", "tiny")
    (regions,) = stream.transcript.regions.values()
    assert [region.category for region in regions] == ["Title", "Table"]
    assert "Begin" in regions[1].text
    assert 1 <= regions[1].text.count("8:00") <= 2


@pytest.mark.parametrize("name", TEXTS)
def test_a_time_sheet_as_text_is_read_to_its_end(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = engine_of(tiny_engine, name)
    task, row = TEXTS[name]
    Scripted(engine, lambda *_: row * ROWS_WRITTEN + "\nSignature")
    stream = engine.ask(session_with(engine, tmp_path, "x"), task=task)
    events = list(stream)
    assert events[-1] == Finished("stop", "tiny")
    assert "discarded.repetition" not in keys(events)
    assert stream.transcript.text.count("8:00") == ROWS_WRITTEN
    assert stream.transcript.text.endswith("Signature")
