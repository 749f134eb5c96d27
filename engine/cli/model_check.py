"""Checks of `doctor --model`: a model loads, reads, distinguishes pages, and stops generating.

Each check reports its finding or the next step. engine.cli.model_check_pages draws the test pages,
so the right answers are known. engine.cli.doctor prints the results.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.chat.engine import Engine
from engine.cli.model_check_pages import (
    FIRST_TOTAL,
    FORM_TITLE,
    SECOND_NUMBER,
    draw_blank_form,
    draw_test_page,
    draw_two_pages,
    line_boxes,
)
from engine.core.errors import EngineError
from engine.core.geometry import intersection_area, iou, union
from engine.core.i18n import DEFAULT_LANGUAGE, say
from engine.core.schema import Answer, Region, Usage
from engine.core.settings import Settings
from engine.families import family_class
from engine.families.base import Capabilities
from engine.models.manager import ModelInfo

# Minimum IoU of a region and the printed lines of its text; low, to allow for padding.
_SAME_PLACE: Final = 0.3
# Tasks for the test page and for the blank form, by preference: the first that the model supports.
_TASKS: Final = ("question", "ocr", "layout")
_READING_TASKS: Final = ("ocr", "layout", "markdown", "question")
# Two questions about two pages, and texts that the right answers contain.
_QUESTIONS: Final = (
    ("What is the total of the invoice on page 1?", FIRST_TOTAL),
    ("What is the invoice number on page 2?", SECOND_NUMBER),
)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check.

    Attributes:
        name: "loads", "here", "reads", "place", "two_pages", "reuse" or "blank_form".
        ok: whether the check passed.
        key, values: the finding, with the next step on failure; a text of engine/core/texts.
    """

    name: str
    ok: bool
    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        return say(self.key, language, **self.values)


@dataclass(frozen=True, slots=True)
class Reading:
    """A model's answer about the test page.

    Attributes:
        text_found: whether the answer contains the printed total.
        box_hit: whether the model's boxes lie on the text that they should enclose; None if the
            model returned no boxes.
    """

    answer: Answer
    text_found: bool
    box_hit: bool | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The results of all checks of one model.

    Attributes:
        reading: None if the model could not be loaded, or failed on the test page.
        checks: in the order in which they ran, without those that do not apply to the model.
        facts: how the model ran: attention, dtype, quantization, and the reasons; {} if unknown.
        usage: usage of the first answer.
    """

    model_id: str
    reading: Reading | None
    checks: tuple[Check, ...]
    facts: Mapping[str, str]
    usage: Usage

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


def try_model(settings: Settings, model_id: str, directory: Path) -> Trial:
    """Load a model and check it on the test pages. Missing weights are downloaded.

    Fallback models are disabled, since an answer of another model would hide a fault.

    Args:
        directory: folder for the test pages.
    Raises:
        ModelError: there is no such model or family.
    """
    model = settings.model(model_id).model_copy(update={"fallback": None, "answer_with": None})
    alone = settings.model_copy(update={"models": {**settings.models, model_id: model}})
    adapter = family_class(model.family, model_id=model_id)
    checks: list[Check] = []
    with Engine(alone) as engine:
        can = _info(engine, model_id).capabilities
        reading, why = None, None
        try:
            reading = _read(engine, model_id, can, directory)
        except EngineError as error:
            why = error
        info = _info(engine, model_id)
        loaded = info.loaded or adapter.runs_elsewhere
        if not adapter.runs_elsewhere:
            reason = "" if why is None else why.text()
            named = {"model_id": model_id, "reason": reason}
            checks.append(_check("loads", loaded, "loads", "loads_not", **named))
            if loaded:
                here = adapter.is_available(model)
                checks.append(_check("here", here, "here", "here_not", model_id=model_id))
        if reading is not None:
            checks += _read_right(reading)
            if can.chat and can.multiple_pages and "question" in can.tasks:
                pages = _two_pages(engine, model_id, directory)
                checks += _try(pages, "two_pages", model_id, "both_pages")
            form = _blank_form(engine, model_id, can, directory)
            checks += _try(form, "blank_form", model_id, "blank_form")
        elif why is not None and loaded:
            checks.append(_failed("reads", model_id, "first_page", why))
        usage = reading.answer.usage if reading is not None else Usage()
        return Trial(model_id, reading, tuple(checks), dict(info.facts), usage)


def _info(engine: Engine, model_id: str) -> ModelInfo:
    return next(info for info in engine.models() if info.model_id == model_id)


def _check(name: str, ok: bool, good: str, bad: str, **values: object) -> Check:
    return Check(name, ok, f"doctor.{good if ok else bad}", values)


def _failed(name: str, model_id: str, page: str, error: EngineError) -> Check:
    values = {"model_id": model_id, "page": say(f"doctor.{page}"), "reason": error.text()}
    return Check(name, False, "doctor.fails", values)


def _try(checks: Iterator[Check], name: str, model_id: str, page: str) -> Iterator[Check]:
    """Yield the checks; if a run fails, yield a failed check with the reason as the last one."""
    try:
        yield from checks
    except EngineError as error:
        yield _failed(name, model_id, page, error)


def _read(engine: Engine, model_id: str, can: Capabilities, directory: Path) -> Reading:
    """Ask the model about the test page. Raises EngineError."""
    total_box = draw_test_page(directory / "doctor.png")
    session_id = engine.create_session()
    engine.add_document(session_id, directory / "doctor.png", name="doctor.png")
    task = next(task for task in _TASKS if task in can.tasks)
    answer = engine.ask(session_id, "What is the total?", model_id=model_id, task=task).answer()
    box_hit: bool | None = None
    if can.boxes and "layout" in can.tasks:
        # The boxes of a free answer come from grounding; only those of a layout are the model's.
        stream = engine.ask(session_id, model_id=model_id, task="layout")
        try:
            stream.answer()
        except EngineError as error:
            if error.key != "layout.no_cells":
                raise
        layouts = stream.transcript.layouts(engine.documents(session_id))
        box_hit = right_place([each for layout in layouts for each in layout.regions])
    elif can.boxes:
        boxes = [found.bbox for found in answer.evidence]
        hit = any(intersection_area(box, total_box) > 0 for box in boxes if box is not None)
        box_hit = hit if boxes else None
    return Reading(answer, text_found=_holds(answer.text, FIRST_TOTAL), box_hit=box_hit)


def _read_right(reading: Reading) -> Iterator[Check]:
    values = {"model_id": reading.answer.model_id, "answer": reading.answer.text}
    yield _check("reads", reading.text_found, "reads", "reads_not", **values)
    if reading.box_hit is not None:
        yield _check("place", reading.box_hit, "box_right", "box_wrong")


def _two_pages(engine: Engine, model_id: str, directory: Path) -> Iterator[Check]:
    """Ask two questions in one conversation, each about another page. Raises EngineError."""
    draw_two_pages(directory / "doctor.tiff")
    session_id = engine.create_session()
    engine.add_document(session_id, directory / "doctor.tiff", name="doctor.tiff")
    answers = [
        engine.ask(session_id, question, model_id=model_id).answer() for question, _ in _QUESTIONS
    ]
    pairs = zip(answers, _QUESTIONS, strict=True)
    right = sum(_holds(answer.text, truth) for answer, (_, truth) in pairs)
    texts = " / ".join(answer.text for answer in answers)
    values = {"right": right, "answers": texts}
    yield _check("two_pages", right == len(answers), "pages_told_apart", "pages_mixed", **values)
    first, second = (answer.usage for answer in answers)
    if second.reused_tokens is not None:
        figures = {
            "reused": second.reused_tokens,
            "computed": second.prompt_tokens - second.reused_tokens,
            "first": f"{first.ttft_seconds:.2f}",
            "second": f"{second.ttft_seconds:.2f}",
        }
        yield _check("reuse", second.reused_tokens > 0, "reuses", "reuses_not", **figures)


def _blank_form(
    engine: Engine, model_id: str, can: Capabilities, directory: Path
) -> Iterator[Check]:
    """Let the model read rows of empty cells, which can cause endless repetition.

    Raises EngineError.
    """
    draw_blank_form(directory / "form.png")
    session_id = engine.create_session()
    engine.add_document(session_id, directory / "form.png", name="form.png")
    task = next(task for task in _READING_TASKS if task in can.tasks)
    question = "What is the title of this form?"
    answer = engine.ask(session_id, question, model_id=model_id, task=task).answer()
    ended = answer.finish_reason == "stop"
    values = {"finish_reason": answer.finish_reason, "answer": answer.text}
    bad = "blank_unread" if ended else "blank_ends_not"
    read = _letters(FORM_TITLE) in _letters(answer.text)
    yield _check("blank_form", ended and read, "blank_ends", bad, **values)


def right_place(regions: Sequence[Region]) -> bool:
    """Whether the region with the total overlaps the printed lines that its text contains."""
    printed = line_boxes()
    for region in regions:
        letters = _letters(region.text)
        held = [box for text, box in printed.items() if _letters(text) in letters]
        # A region may hold the amount without its label.
        held = held or [printed[text] for text in printed if FIRST_TOTAL in text]
        if _letters(FIRST_TOTAL) in letters and iou(region.bbox, union(held)) >= _SAME_PLACE:
            return True
    return False


def _holds(text: str, truth: str) -> bool:
    return truth in text.replace(",", ".")


def _letters(text: str) -> str:
    """Letters and digits only, since models differ in punctuation and markup."""
    return "".join(char for char in text.lower() if char.isalnum())
