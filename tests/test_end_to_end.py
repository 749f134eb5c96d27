"""From a drawn file to a streamed answer with its place, by `lite`, with nothing faked."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine import Engine, load_settings
from engine.core.schema import RegionAdded, Step, TextDelta
from engine.evaluation import covered_share as covered
from tests.fakes import draw_page

ROOT = Path(__file__).resolve().parent.parent
INVOICE = [
    ("Larkfield Timber Ltd", 60, 50),
    ("INVOICE", 620, 50),
    ("Invoice number:", 60, 170),
    ("LT-20817", 420, 170),
    ("Invoice date:", 60, 230),
    ("14 March 2026", 420, 230),
    ("Subtotal", 60, 330),
    ("1,040.00", 620, 330),
    ("VAT 20%", 60, 390),
    ("208.00", 620, 390),
    ("Total due", 60, 450),
    ("1,248.00", 620, 450),
]
RUSSIAN = [
    ("Договор поставки", 60, 50),
    ("Номер договора:", 60, 150),
    ("47-П", 480, 150),
    ("Дата договора:", 60, 220),
    ("3 апреля 2025 г.", 480, 220),
    ("Сумма договора:", 60, 290),
    ("86 400,00 руб.", 480, 290),
    ("Поставщик:", 60, 360),
    ("ООО «Каменка»", 480, 360),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(load_settings()) as engine:
        yield engine


def upload(engine: Engine, tmp_path: Path, lines: list[tuple[str, int, int]], turn: int = 0):
    image, drawn = draw_page(lines)
    image.rotate(90 * turn, expand=True).save(tmp_path / "page.png")
    session_id = engine.create_session()
    engine.add_document(session_id, tmp_path / "page.png", name="page.png")
    return session_id, {line.text: line.bbox for line in drawn}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the total due?", "1,248.00"),
        ("What is the invoice number?", "LT-20817"),
        ("When was the invoice issued?", "14 March 2026"),
    ],
)
def test_a_question_is_answered_with_the_words_of_the_page_and_their_place(
    engine: Engine, tmp_path: Path, question: str, answer: str
) -> None:
    session_id, boxes = upload(engine, tmp_path, INVOICE)
    found = engine.ask(session_id, question).answer()
    assert found.text == answer
    assert found.model_id == "lite"
    assert covered(boxes[answer], [item.bbox for item in found.evidence]) > 0.5


def test_a_follow_up_question_is_understood(engine: Engine, tmp_path: Path) -> None:
    session_id, _ = upload(engine, tmp_path, INVOICE)
    assert engine.ask(session_id, "What is the invoice number?").answer().text == "LT-20817"
    assert engine.ask(session_id, "And the date?").answer().text == "14 March 2026"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Какая сумма договора?", "86 400,00 руб."),
        ("Какой номер договора?", "47-П"),
        ("Какая дата договора?", "3 апреля 2025 г."),
    ],
)
def test_a_russian_page_is_read_and_asked(
    engine: Engine, tmp_path: Path, question: str, answer: str
) -> None:
    session_id, boxes = upload(engine, tmp_path, RUSSIAN)
    found = engine.ask(session_id, question, language="ru").answer()
    assert found.text.rstrip(".") == answer.rstrip(".")
    assert covered(boxes[answer], [item.bbox for item in found.evidence]) > 0.5


def test_a_question_that_the_page_does_not_answer_is_said_to_be_unanswered(
    engine: Engine, tmp_path: Path
) -> None:
    session_id, _ = upload(engine, tmp_path, INVOICE)
    found = engine.ask(session_id, "Which river flows through the town?").answer()
    assert found.evidence == ()
    assert not any(character.isdigit() for character in found.text)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_boxes_of_a_page_on_its_side_are_in_the_frame_of_the_page_as_shown(
    engine: Engine, tmp_path: Path, turn: int
) -> None:
    session_id, boxes = upload(engine, tmp_path, INVOICE, turn)
    page = engine.documents(session_id)[0].pages[0]
    found = engine.ask(session_id, "What is the invoice number?").answer()
    assert found.text == "LT-20817"
    mask = Image.new("L", (900, 600))
    mask.paste(255, tuple(round(value) for value in boxes["LT-20817"]))  # type: ignore[arg-type]
    turned = mask.rotate(90 * turn, expand=True)
    assert turned.size == page.size
    assert covered(tuple(map(float, turned.getbbox() or ())), [found.evidence[0].bbox]) > 0.5  # type: ignore[arg-type]


def test_the_layout_holds_every_line_of_the_page_once(engine: Engine, tmp_path: Path) -> None:
    session_id, boxes = upload(engine, tmp_path, INVOICE)
    events = list(engine.ask(session_id, task="layout"))
    regions = [event.region for event in events if isinstance(event, RegionAdded)]
    assert [region.order for region in regions] == list(range(len(regions)))
    text = " ".join(region.text for region in regions)
    for words in boxes:
        assert re.sub(r"\s", "", text).count(re.sub(r"\s", "", words)) == 1, words


def test_steps_come_before_the_text_and_the_text_comes_in_pieces(
    engine: Engine, tmp_path: Path
) -> None:
    session_id, _ = upload(engine, tmp_path, INVOICE)
    events = list(engine.ask(session_id, task="ocr"))
    kinds = [type(event) for event in events]
    assert isinstance(events[0], Step)
    assert kinds.index(Step) < kinds.index(TextDelta)
    assert kinds.count(TextDelta) > 3


def test_the_example_of_the_readme_runs_as_it_is_printed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "INV-49801" in done.stdout
