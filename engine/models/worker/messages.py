"""What the app and a model's worker process say to each other, pickled over pipes.

A run is one question; the app numbers it. Pages are sent without their pictures. The worker
requests a picture, a text layer or an index when the family reads it, so a page whose keys and
values are cached costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NoReturn, TypeAlias

from engine.core.errors import EngineError
from engine.core.schema import Document, Page, StreamEvent
from engine.core.settings import Settings
from engine.families.base import ModelRequest

# The error after which a worker exits.
FAULT_KEY: Final = "model.device_fault"

What: TypeAlias = Literal["image", "words", "annotations", "index"]


@dataclass(frozen=True, slots=True)
class Started:
    """The worker's first message: it has imported what it needs."""


@dataclass(frozen=True, slots=True)
class Load:
    """The app's first message.

    entry: "module:Class" of the family, which tests may have registered.
    """

    model_id: str
    family: str
    entry: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is in memory. facts: describe() of its family."""

    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LoadFailed:
    error: EngineError


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    run: int
    request: ModelRequest


@dataclass(frozen=True, slots=True)
class PrepareDone:
    run: int


@dataclass(frozen=True, slots=True)
class PrepareFailed:
    """error: the reason, shown to the user; None if the run was stopped."""

    run: int
    error: EngineError | None


@dataclass(frozen=True, slots=True)
class Submit:
    """started_at, load_seconds: as in engine.models.inference.Job. The processes share a clock."""

    run: int
    started_at: float
    load_seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    run: int


@dataclass(frozen=True, slots=True)
class Event:
    run: int
    event: StreamEvent


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A token was generated; sent at intervals between events."""

    run: int


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The worker requests a part of a page."""

    ask: int
    run: int
    what: What
    document_id: str
    page_index: int


@dataclass(frozen=True, slots=True)
class PageReply:
    """The reply to a PageRequest: the value or the error. stopped: the run was stopped instead."""

    ask: int
    value: Any = None
    error: EngineError | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class DropCaches:
    """Free caches, which only save time."""


@dataclass(frozen=True, slots=True)
class Forget:
    """A conversation was deleted: delete its caches."""

    conversation: str


def without_pictures(request: ModelRequest) -> ModelRequest:
    """The request in a form that can be pickled: its pages cannot load their contents."""
    return _with_pages(
        request,
        lambda page: replace(
            page, load_image=_not_here, load_words=_not_here, load_annotations=_not_here
        ),
    )


def with_pictures(request: ModelRequest, ask: Callable[[What, Page], Any]) -> ModelRequest:
    """The request in the worker: its pages request their contents from the app."""

    def bound(page: Page) -> Page:
        return replace(
            page,
            load_image=lambda: ask("image", page),
            load_words=lambda: ask("words", page),
            load_annotations=lambda: ask("annotations", page),
        )

    return _with_pages(request, bound)


def _with_pages(request: ModelRequest, change: Callable[[Page], Page]) -> ModelRequest:
    return replace(
        request,
        pages=tuple(change(page) for page in request.pages),
        documents=tuple(
            Document(one.document_id, one.name, tuple(change(page) for page in one.pages))
            for one in request.documents
        ),
    )


def _not_here() -> NoReturn:
    raise LookupError("a page's content was read before the worker bound it")
