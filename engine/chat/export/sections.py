"""The common content of all text formats: exchanges in pieces, places, regions and notes.

The formats differ only in markup. This module decides the content and its order.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.chat.citations import CitedText, numbers, pieces
from engine.chat.export.exchange import Exchange
from engine.core.errors import TaskError
from engine.core.i18n import say
from engine.core.prompts import get_task
from engine.core.schema import BBox, Document, PageLayout, Region
from engine.core.transcript import Transcript
from engine.layout.reading import regions_in_order

# Characters that XML and HTML forbid, or that reorder or hide text.
_DECEIVING: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)
_NOT_FOUND: Final = "notice.not_found"


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """A numbered place of an answer.

    Attributes:
        boxes: of its lines, page pixels.
        text: as printed there.
        label: file and page number, in the language of the export.
        crop_label: describes its picture in words.
    """

    number: int
    document_id: str
    page_index: int
    boxes: tuple[BBox, ...]
    text: str
    label: str
    crop_label: str


@dataclass(frozen=True, slots=True)
class RegionsOfPage:
    """The regions of a page in reading order."""

    label: str
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One exchange.

    Attributes:
        number: counted from 1.
        question: the user's words, or the task's title.
        facts: task, files, time: one line each.
        answer: the text in pieces; empty if the regions contain all of it.
        notes: for the reader: notices, a failure, a cut-off.
        figures: model and cost, one line.
        rating: the user's rating in words; "" without one.
    """

    number: int
    question: str
    facts: tuple[str, ...]
    answer: tuple[CitedText, ...]
    places: tuple[CitedPlace, ...]
    regions: tuple[RegionsOfPage, ...]
    notes: tuple[str, ...]
    figures: str
    rating: str


def clean(text: str) -> str:
    """The text without characters that mislead a reader or break a file."""
    return _DECEIVING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def sections_of(
    exchanges: Iterable[Exchange], documents: Sequence[Document], language: str
) -> tuple[Section, ...]:
    """The conversation, oldest exchange first."""
    return tuple(
        _section(number, exchange, documents, language)
        for number, exchange in enumerate(exchanges, start=1)
    )


def _section(
    number: int, exchange: Exchange, documents: Sequence[Document], language: str
) -> Section:
    title, is_layout = _task(exchange.task_id, language)
    answer = exchange.answer
    layouts = answer.layouts(tuple(documents), language)
    # A layout's text is its regions; the answer would only repeat it as markup.
    listed = is_layout and bool(layouts)
    shown = () if listed or not answer.text.strip() else tuple(pieces(answer))
    names = {document.document_id: clean(document.name) for document in documents}
    rating = {True: "conversation.liked", False: "conversation.disliked"}
    return Section(
        number=number,
        question=clean(exchange.question).strip() or title,
        facts=tuple(_facts(exchange, title, language)),
        answer=tuple(CitedText(clean(piece.text), piece.kind, piece.numbers) for piece in shown),
        places=_places(answer, names, language),
        regions=tuple(_regions(layout, names, language) for layout in layouts),
        notes=tuple(clean(note) for note in _notes(answer, language)),
        figures=_figures(answer, language),
        rating="" if exchange.liked is None else say(rating[exchange.liked], language),
    )


def _task(task_id: str, language: str) -> tuple[str, bool]:
    """A task's title, and whether its answer is a layout; the id stands for a removed task."""
    try:
        task = get_task(task_id)
    except TaskError:
        return clean(task_id), False
    return task.title.text(language), task.output == "layout"


def _facts(exchange: Exchange, title: str, language: str) -> Iterable[str]:
    yield say("conversation.task", language, task=title)
    if exchange.files:
        files = ", ".join(clean(name) for name in exchange.files)
        yield say("conversation.files", language, files=files)
    if exchange.asked_at is not None:
        when = exchange.asked_at.isoformat(sep=" ", timespec="minutes")
        yield say("conversation.asked_at", language, when=when)


def _places(answer: Transcript, names: dict[str, str], language: str) -> tuple[CitedPlace, ...]:
    """The places by number; the lines of one place are joined."""
    found: dict[int, CitedPlace] = {}
    for item, number in zip(answer.evidence, numbers(answer.evidence), strict=True):
        before = found.get(number)
        name = names.get(item.document_id)
        page = item.page_index + 1
        key = "conversation.place_gone" if name is None else "conversation.place"
        found[number] = CitedPlace(
            number=number,
            document_id=item.document_id,
            page_index=item.page_index,
            boxes=(*(before.boxes if before else ()), item.bbox),
            text=f"{before.text} {clean(item.text)}" if before else clean(item.text),
            label=say(key, language, name=name or "", page=page),
            crop_label=say("conversation.crop", language, name=name or "", page=page),
        )
    return tuple(found.values())


def _regions(layout: PageLayout, names: dict[str, str], language: str) -> RegionsOfPage:
    name = names.get(layout.document_id, "")
    label = say("conversation.regions", language, name=name, page=layout.page_index + 1)
    return RegionsOfPage(label, tuple(regions_in_order(layout, page_furniture=True)))


def category_title(region: Region, language: str) -> str:
    """A category's name; an unknown one as the model wrote it."""
    try:
        return say(f"overlay.{region.category.lower().replace('-', '_')}", language)
    except KeyError:
        return clean(region.category)


def _notes(answer: Transcript, language: str) -> Iterable[str]:
    yield from (notice.text(language) for notice in answer.notices if notice.key != _NOT_FOUND)
    yield from (notice.text(language) for notice in answer.notices if notice.key == _NOT_FOUND)
    if answer.error is not None:
        reason = answer.error.text(language)
        yield say("conversation.failed", language, reason=reason)
    elif answer.finish_reason is None:
        yield say("conversation.unfinished", language)
    elif answer.finish_reason != "stop":
        yield say(f"conversation.{answer.finish_reason}", language)


def _figures(answer: Transcript, language: str) -> str:
    if answer.model_id is None:
        return ""
    usage = answer.usage
    values = {
        "model_id": clean(answer.model_id),
        "seconds": _decimal(usage.total_seconds, language),
        "tokens": usage.completion_tokens,
    }
    if not usage.tokens_per_second:
        return say("conversation.figures", language, **values)
    rate = _decimal(usage.tokens_per_second, language)
    return say("conversation.figures_rate", language, rate=rate, **values)


def _decimal(value: float, language: str) -> str:
    shown = f"{value:.1f}"
    return shown.replace(".", ",") if language == "ru" else shown
