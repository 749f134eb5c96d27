"""The contracts that every later module builds on. Changing one needs a line in architecture.md."""

import dataclasses
import typing

import pytest

from engine.core import schema
from engine.core.errors import EngineError
from engine.core.prompts import load_tasks
from engine.families.base import Capabilities, ModelFamily
from engine.index.page_index import PageIndex

EVENTS = {
    "Step": ("key", "values", "page_index"),
    "TextDelta": ("text",),
    "RegionAdded": ("document_id", "page_index", "region"),
    "EvidenceFound": ("evidence",),
    "CertaintyJudged": ("certainty", "suggestions"),
    "Discarded": ("key", "values"),
    "Notice": ("key", "values"),
    "UsageReport": ("usage",),
    "Finished": ("finish_reason", "model_id"),
    "Failed": ("error",),
}
VALUES = {
    "Word": ("text", "bbox", "confidence", "source"),
    "Line": ("words", "bbox"),
    "Region": ("bbox", "category", "text", "order", "confidence", "html"),
    "Mark": ("kind", "bbox", "state", "text", "confidence"),
    "Evidence": ("document_id", "page_index", "bbox", "text", "score", "answer_span"),
    "Document": ("document_id", "name", "pages"),
    "Message": ("role", "parts", "evidence"),
}


def fields(value_type: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(value_type))


def test_stream_events_are_exactly_the_ten_of_the_design() -> None:
    names = {event.__name__ for event in typing.get_args(schema.StreamEvent)}
    assert names == set(EVENTS)


@pytest.mark.parametrize(("name", "expected"), [*EVENTS.items(), *VALUES.items()])
def test_values_have_their_agreed_fields_and_cannot_be_changed(
    name: str, expected: tuple[str, ...]
) -> None:
    value_type = getattr(schema, name)
    assert fields(value_type) == expected
    assert value_type.__dataclass_params__.frozen


def test_finish_reasons_are_the_four_of_the_design() -> None:
    assert typing.get_args(schema.FinishReason) == schema.FINISH_REASONS
    assert set(schema.FINISH_REASONS) == {"stop", "length", "cancelled", "repetition"}


def test_region_categories_are_the_eleven_of_dots_ocr() -> None:
    assert len(schema.CATEGORIES) == len(set(schema.CATEGORIES)) == 11
    assert {"Title", "Section-header", "Page-footer", "List-item"} <= set(schema.CATEGORIES)


def test_page_index_has_its_agreed_fields() -> None:
    assert fields(PageIndex) == (
        "document_id",
        "page_index",
        "width",
        "height",
        "lines",
        "regions",
        "region_lines",
        "script",
        "source",
        "quarter_turns",
        "notices",
        "marks",
        "tables",
    )


def test_capabilities_and_family_interface_are_as_agreed() -> None:
    assert fields(Capabilities) == ("tasks", "chat", "multiple_pages", "boxes")
    assert ModelFamily.__abstractmethods__ == {"load", "tokenizer", "prepare", "generate"}


def test_the_first_tasks_exist_and_are_titled_in_both_languages() -> None:
    tasks = load_tasks()
    assert {"question", "ocr", "layout"} <= set(tasks)
    for task in tasks.values():
        assert task.title.text("en") != task.title.text("ru")


def test_events_with_a_key_speak_english_and_russian() -> None:
    step = schema.Step("step.reading_page", {"page": 2, "pages": 5}, page_index=1)
    assert step.text() == "Reading page 2 of 5"
    assert step.text("ru") == "Чтение страницы 2 из 5"
    assert schema.Failed(EngineError("session.no_pages")).error.text("ru").startswith("Не о чем")
