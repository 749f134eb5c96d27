"""The interface between the engine and every model family.

A family is one adapter. Its capabilities are class attributes, so the UI can show them without
loading a model. `load` loads the weights. `prepare` turns a request into model inputs, off the
inference thread. `generate` runs on an inference thread only: it pushes token ids through the
streamer and emits events as it finds things.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from engine.core.errors import ModelError, RunCancelled
from engine.core.schema import (
    BBox,
    Document,
    FinishReason,
    Message,
    Page,
    Step,
    StreamEvent,
    Values,
)
from engine.core.stop_event import StopEvent

if TYPE_CHECKING:
    from engine.core.prompts import Prompt
    from engine.core.settings import ModelSettings, Settings
    from engine.index.page_index import PageIndex


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a family can do. The UI offers nothing else.

    Attributes:
        tasks: ids of the tasks (prompts/*.toml) that it runs.
        chat: it understands follow-up questions.
        multiple_pages: one question may cover several pages.
        boxes: its own output contains bounding boxes on the page.
    """

    tasks: frozenset[str]
    chat: bool
    multiple_pages: bool
    boxes: bool


class Streamer(Protocol):
    """The part of transformers' streamer interface that a family may use."""

    def put(self, value: Any) -> None: ...

    def end(self) -> None: ...


class IndexSource(Protocol):
    """Returns the index of a page. An index is built once and shared by all its readers."""

    def __call__(self, page: Page) -> PageIndex: ...


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to one model.

    Attributes:
        conversation: id of the conversation, the same for all its turns; the key of KV caches.
        task: a task id.
        question: the user's words; empty for tasks that need none.
        history: earlier turns of the conversation, oldest first, without this question.
        documents: every document that `pages` or the history refer to.
        pages: the pages in question, in the order in which the model gets them.
        prompt: the task's prompt for this family.
        verbatim: the answer may contain only words that are printed on the page.
        pixel_share: share of the model's max_pixels that a page may have; below 1 after a run that
            ran out of memory.
        max_new_tokens: upper bound for the answer.
        language: "en" or "ru", the language of the UI.
        bbox: the box that the user drew on the (only) page, in page pixels.
        is_part: the (only) page is the crop of a box that the user drew.
        resume: continue the truncated answer to the same request.
        so_far: ids of that answer; the prompt ends with them. Set by the family itself.
        thinking_max_new_tokens: upper bound for a page's second try, if a thought used up
            max_new_tokens; None for no second try.
    """

    conversation: str
    task: str
    question: str
    history: tuple[Message, ...]
    documents: tuple[Document, ...]
    pages: tuple[Page, ...]
    prompt: Prompt
    verbatim: bool
    pixel_share: float
    max_new_tokens: int
    language: str
    bbox: BBox | None = None
    is_part: bool = False
    resume: bool = False
    so_far: tuple[int, ...] = ()
    thinking_max_new_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class PromptSize:
    """How much of a model's context a question takes when nothing is shortened.

    Attributes:
        prompt_tokens: tokens of the whole prompt, earlier turns and images included.
        image_tokens: (document_id, page_index) -> tokens, for every page in the prompt.
        context_tokens: limit of prompt and answer together; None if it is unknown.
        fits: whether the prompt and the tokens reserved for the answer fit.
    """

    prompt_tokens: int
    image_tokens: Mapping[tuple[str, int], int]
    context_tokens: int | None
    fits: bool


class PromptCounter(Protocol):
    """Counts the tokens of prompts without the model's weights."""

    def size_of(self, request: ModelRequest) -> PromptSize: ...


@dataclass(frozen=True, slots=True)
class ServerState:
    """Result of a health check of a model's server.

    Attributes:
        works: the server accepts questions.
        lines: (key in engine/core/texts, values), in display order.
    """

    works: bool
    lines: tuple[tuple[str, Mapping[str, object]], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What `generate` gets for one run beside its inputs.

    Attributes:
        streamer: takes generated token ids, 1-D tensors of shape (n,), without the prompt.
        emit: sends a StreamEvent other than TextDelta, UsageReport, Finished or Failed.
        stop: set when this run should end; check it at least once per token or page.
    """

    streamer: Streamer
    emit: Callable[[StreamEvent], None]
    stop: threading.Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. Token counts are in this model's own tokens.

    Attributes:
        counts_ids: the streamed ids are the model's own tokens, so their rate is its speed.
        reused_tokens: prompt tokens whose keys and values came from a cache; None for a family
            without a KV cache.
    """

    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    counts_ids: bool = True
    reused_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What `prepare` gets beside the request: page indexes, progress events, the stop event."""

    index: IndexSource
    emit: Callable[[StreamEvent], None]
    stop: StopEvent

    def indexes(self, pages: Sequence[Page]) -> list[PageIndex]:
        """Return the indexes of pages, and emit a step before each.

        Raises:
            RunCancelled: the user pressed Stop.
        """
        indexes = []
        for number, page in enumerate(pages, start=1):
            values: Values = {"page": number, "pages": len(pages)}
            self.emit(Step("step.reading_page", values, page.page_index))
            if self.stop.is_set():
                raise RunCancelled
            indexes.append(self.index(page))
        return indexes


class ModelFamily(ABC):
    """One loaded model. The module's docstring says which method runs on which thread."""

    capabilities: ClassVar[Capabilities]
    # True for a family whose models do not count as resident: they are small, or run elsewhere.
    stays_beside_others: ClassVar[bool] = False
    # Modules, by their names in transformers, that int8 and int4 leave in the settings' dtype: the
    # vision tower and the projector to the language model. Published measurements: 4-bit weights
    # there break small models (unsloth.ai/blog/dynamic-4bit: Qwen2-VL-2B describes a train as a
    # coast), and bitsandbytes' int8 product rounds activations to float16, in which vision towers
    # overflow (huggingface/transformers issue 33294, vllm-project/vllm issue 13817).
    unquantised: ClassVar[tuple[str, ...]] = ()
    # Accepted values of the settings' `mode`.
    modes: ClassVar[tuple[str, ...]] = ()

    # True for a family whose models another program runs: nothing to download, load or place.
    runs_elsewhere: ClassVar[bool] = False
    # True for a family that can decode with a static KV cache.
    has_static_cache: ClassVar[bool] = False
    # True for a family that resizes pages to the settings' reading_max_pixels when it reads them.
    has_reading_pixels: ClassVar[bool] = False
    # True for a family whose answers are spans of the page, with their evidence.
    is_verbatim: ClassVar[bool] = False
    # True for a family that takes a drawn box itself; others get that part of the page as a crop.
    reads_boxes: ClassVar[bool] = False
    # True for a family that reads a page region by region, by the regions of its index.
    reads_regions: ClassVar[bool] = False

    def __init__(self, model_id: str, settings: ModelSettings) -> None:
        self.check_mode(model_id, settings)
        self.model_id = model_id
        self.settings = settings

    @classmethod
    @abstractmethod
    def load(cls, model_id: str, settings: Settings) -> ModelFamily:
        """Load the model of [models.model_id].

        Raises:
            ModelError: it cannot be loaded; the message says what to do.
        """

    @classmethod
    def check_mode(cls, model_id: str, settings: ModelSettings) -> None:
        """Reject settings that this family does not support, instead of ignoring them.

        Raises:
            ModelError: [models.model_id] has a mode that is not in `modes`, static_cache without
                `has_static_cache`, or reading_max_pixels without `has_reading_pixels`.
        """
        if settings.static_cache and not cls.has_static_cache:
            raise ModelError("model.no_static_cache", model_id=model_id, family=settings.family)
        if settings.reading_max_pixels is not None and not cls.has_reading_pixels:
            raise ModelError("model.no_reading_pixels", model_id=model_id, family=settings.family)
        if settings.mode is not None and settings.mode not in cls.modes:
            raise ModelError(
                "model.unknown_mode",
                model_id=model_id,
                mode=settings.mode,
                family=settings.family,
                known=", ".join(cls.modes) or "-",
            )

    @classmethod
    def counter(cls, model_id: str, settings: Settings) -> PromptCounter | None:
        """Return a counter of prompt tokens, built from local files without the weights.

        None for a family that cannot count. Called only if the model `is_available`.

        Raises:
            ModelError: the checkpoint's files cannot be read.
        """
        return None

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        """Whether the model can be loaded without a download."""
        return False

    @classmethod
    def capabilities_of(cls, model_id: str, model: ModelSettings) -> Capabilities:
        """Return what one model can do: the family's capabilities, changed by its settings.

        Raises:
            ModelError: the settings name something that it cannot do.
        """
        return cls.capabilities

    @classmethod
    def prompts_of(cls, model: ModelSettings) -> str:
        """Return the family whose prompts (prompts/*.toml) a model gets."""
        return model.family

    @classmethod
    def server_state(
        cls, model_id: str, model: ModelSettings, *, wait_seconds: float
    ) -> ServerState | None:
        """Return the state of a model's server; None for a model that this program runs itself.

        Args:
            wait_seconds: how long to wait for a running health check; after that the state of
                the server counts as not known yet.
        """
        return None

    @property
    def parallel_runs(self) -> int:
        """How many runs `generate` can do at once."""
        return 1

    @property
    @abstractmethod
    def tokenizer(self) -> Any:
        """Tokenizer that turns streamed ids into text."""

    @abstractmethod
    def prepare(self, request: ModelRequest, preparation: Preparation) -> Any:
        """Build the model inputs for a request. Runs off the inference thread.

        Raises:
            RunCancelled: the user pressed Stop.
            EngineError: the pages cannot be read.
        """

    def needs_index(self, request: ModelRequest) -> bool:
        """Whether `prepare` and `generate` may ask for the indexes of the request's pages.

        A verbatim answer consists of their words. Pages of earlier turns may have to be sent as
        text, to fit the model's context.
        """
        return request.verbatim or bool(request.history)

    @abstractmethod
    def generate(self, inputs: Any, run: Run) -> Outcome:
        """Answer on the inference thread: put ids into run.streamer, then call its `end`."""

    def drop_caches(self) -> None:  # noqa: B027 - most families keep none
        """Drop all caches to free memory. Later runs are slower, nothing else changes."""

    def forget(self, conversation: str) -> None:  # noqa: B027 - most families keep nothing
        """Delete what is stored of a deleted conversation. Runs on the inference thread."""

    def unload(self) -> None:  # noqa: B027 - most families need nothing here
        """Release the weights. The object is not used afterwards."""

    def describe(self) -> Mapping[str, str]:
        """Return facts for the model card: name -> value. The name of a sentence ends in "_en"
        or "_ru", its language."""
        return {}
