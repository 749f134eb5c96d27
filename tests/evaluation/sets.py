"""Drawn pages with questions whose answers are known, and families that answer from a list."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from engine.core.schema import Line, Page, Region, RegionAdded
from engine.core.settings import PreprocessSettings, Settings
from engine.families.base import Capabilities, ModelRequest, Outcome, Run
from engine.index.page_index import PageIndex
from tests.fakes import FakeFamily, draw_page

ROWS = (("Total", "42.00"), ("Date", "14 March 2026"), ("Город", "Казань"), ("Seller", "Birch Ltd"))
QUESTIONS = {
    "Total": "What is the total?",
    "Date": "What is the date?",
    "Город": "Какой город указан?",
    "Seller": "Who is the seller?",
}
UNANSWERABLE = "When was it delivered?"
RIGHT = {QUESTIONS[label]: value for label, value in ROWS}


class ScriptedFamily(FakeFamily):
    """Says what `answers` has for the question; an Exception there is raised."""

    answers: ClassVar[Mapping[str, str | Exception]] = {}

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        said = self.answers.get(inputs.question, "It is not stated.")
        type(self).script = [said]
        return super().generate(inputs, run)


class OtherScriptedFamily(ScriptedFamily):
    answers: ClassVar[Mapping[str, str | Exception]] = {}


class LayoutFamily(FakeFamily):
    """Finds one region: the upper half of the page."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout"}), chat=False, multiple_pages=False, boxes=True
    )

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        page = inputs.pages[0]
        region = Region((0.0, 0.0, page.width, page.height / 2), "Text", "Total", 0)
        run.emit(RegionAdded(page.document_id, page.page_index, region))
        return super().generate(inputs, run)


class AbsentFamily(FakeFamily):
    """A model that is not on this machine."""

    @classmethod
    def is_available(cls, model: Any) -> bool:
        return False


def draw_set(folder: Path, *, pages: int = 2) -> tuple[Path, dict[str, list[Line]]]:
    """qa.jsonl with docs/ beside it, and the drawn lines of each file."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    drawn: dict[str, list[Line]] = {}
    for number in range(pages):
        name = f"page{number}.png"
        lines = [
            (text, x, 60 + 90 * row)
            for row, pair in enumerate(ROWS)
            for text, x in zip(pair, (60, 400), strict=True)
        ]
        image, drawn[name] = draw_page(lines)
        image.save(docs / name)
        for row, (label, value) in enumerate(ROWS):
            rows.append(
                {
                    "id": f"p{number}_{row}",
                    "file": name,
                    "page": 1,
                    # The truth may be at another scale than the page.
                    "page_size": [450, 300],
                    "question": QUESTIONS[label],
                    "answers": [value],
                    "evidence_box": [side / 2 for side in drawn[name][2 * row + 1].bbox],
                    "kind": "field",
                    "lang": "ru" if label == "Город" else "en",
                }
            )
        rows.append(
            {"file": name, "question": UNANSWERABLE, "answers": [], "lang": "en", "kind": "none"}
        )
    path = folder / "qa.jsonl"
    write_lines(path, rows)
    return path, drawn


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def drawn_index(
    page: Page, settings: Settings, *, preprocess: PreprocessSettings | None = None
) -> PageIndex:
    """What was drawn, in place of OCR: every page of a set is drawn alike."""
    lines = [
        (text, x, 60 + 90 * row)
        for row, pair in enumerate(ROWS)
        for text, x in zip(pair, (60, 400), strict=True)
    ]
    return PageIndex(
        page.document_id, page.page_index, page.width, page.height, tuple(draw_page(lines)[1])
    )
