"""What every model family offers to the engine, whatever runs inside it.

A family is one adapter: its capabilities are class attributes, so the screen can show them without
loading anything; `load` brings the weights; `prepare` turns a request into model inputs off the
inference thread; `generate` runs on the inference thread alone, pushes token ids through the
streamer and says what it finds on the way.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from engine.core.errors import ModelError
from engine.core.schema import BBox, Document, FinishReason, Message, Page, StreamEvent
from engine.core.stop_event import StopEvent

if TYPE_CHECKING:
    from engine.core.prompts import Prompt
    from engine.core.settings import ModelSettings, Settings
    from engine.index.page_index import PageIndex


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a family can do; the screen shows only that.

    Attributes:
        tasks: task ids (prompts/*.toml) it can run.
        chat: follow-up questions are understood.
        multiple_pages: one question may look at several pages.
        boxes: its own output says where on the page it looked.
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
    """Where a family gets the index of a page: made once, shared by everything that reads it."""

    def __call__(self, page: Page) -> PageIndex: ...


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to one model.

    Attributes:
        conversation: the same for every turn of a conversation; what KV caches are kept by.
        task: a task id.
        question: the user's words; empty for tasks that need none.
        history: earlier turns of the conversation, oldest first, without this question.
        documents: every document that `pages` or the history refer to.
        pages: the pages to look at, in the order the model sees them.
        prompt: the task's prompt for this family.
        verbatim: only words that stand on the page may be answered.
        pixel_share: of the model's max_pixels that a page may have; below 1 after a run that ran
            out of memory.
        max_new_tokens: upper bound for the answer.
        language: "en" or "ru", the language of the screen.
        bbox: what the user drew on the (only) page, in page pixels.
        is_part: the (only) page is what lies in a box that the user drew.
        resume: go on with the same request's answer, which was cut.
        so_far: ids of that answer; the prompt ends with them. Set by the family itself.
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


@dataclass(frozen=True, slots=True)
class PromptSize:
    """How much of a model's context a question takes as it is, with nothing shortened.

    Attributes:
        prompt_tokens: of the whole prompt, earlier turns and images included.
        image_tokens: (document_id, page_index) -> tokens, of every page that it shows.
        context_tokens: what prompt and answer may have together; None where nothing says it.
        fits: whether the prompt and the answer's share fit.
    """

    prompt_tokens: int
    image_tokens: Mapping[tuple[str, int], int]
    context_tokens: int | None
    fits: bool


class PromptCounter(Protocol):
    """A family without its weights."""

    def size_of(self, request: ModelRequest) -> PromptSize: ...


@dataclass(frozen=True, slots=True)
class ServerState:
    """What a look at a model's server found.

    Attributes:
        works: it can be asked.
        lines: (key of engine/core/texts, values), in the order in which they are read.
    """

    works: bool
    lines: tuple[tuple[str, Mapping[str, object]], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """The surroundings of one run.

    Attributes:
        streamer: token ids go here, 1-D tensors of shape (n,), generated ids only.
        emit: says a StreamEvent other than TextDelta, UsageReport, Finished or Failed.
        stop: set when this run should end; look at it at least once per token or page.
    """

    streamer: Streamer
    emit: Callable[[StreamEvent], None]
    stop: threading.Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. Token counts are this model's own.

    counts_ids: what was streamed were the model's own tokens, so that their rate is its speed.
    reused_tokens: of the prompt, those whose keys and values were kept from before; None where a
        family keeps none.
    """

    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    counts_ids: bool = True
    reused_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What `prepare` may use: the page indexes, and a way to say what is being done."""

    index: IndexSource
    emit: Callable[[StreamEvent], None]
    stop: StopEvent


class ModelFamily(ABC):
    """One loaded model. See the module's docstring for who calls what on which thread."""

    capabilities: ClassVar[Capabilities]
    # True for a family whose models are so small that they are not counted as resident.
    stays_beside_others: ClassVar[bool] = False
    # Modules, by their names in transformers, that int8 and int4 leave in the settings' dtype: the
    # vision tower and what joins it to the language model. Measured by others: four bits there
    # break small models (unsloth.ai/blog/dynamic-4bit: Qwen2-VL-2B sees a train as a coast), and
    # bitsandbytes' int8 product rounds activations to float16, in which vision towers overflow
    # (huggingface/transformers issue 33294, vllm-project/vllm issue 13817).
    unquantised: ClassVar[tuple[str, ...]] = ()
    # Values of the settings' `mode` that it knows.
    modes: ClassVar[tuple[str, ...]] = ()

    # True for a family whose models another program runs: nothing to download, load or place.
    runs_elsewhere: ClassVar[bool] = False
    # True for a family that can decode over keys and values of fixed shape.
    has_static_cache: ClassVar[bool] = False
    # True for a family that sees a page that is read at the settings' reading_max_pixels.
    has_reading_pixels: ClassVar[bool] = False
    # True for a family whose answers are pieces of the page, with their evidence.
    is_verbatim: ClassVar[bool] = False
    # True for a family that keeps to a drawn box itself; others are shown that part of the page.
    reads_boxes: ClassVar[bool] = False
    # True for a family that reads a page by the regions of its index.
    reads_regions: ClassVar[bool] = False

    def __init__(self, model_id: str, settings: ModelSettings) -> None:
        self.check_mode(model_id, settings)
        self.model_id = model_id
        self.settings = settings

    @classmethod
    @abstractmethod
    def load(cls, model_id: str, settings: Settings) -> ModelFamily:
        """Bring the model of [models.model_id] into memory.

        Raises:
            ModelError: it cannot be loaded; the sentence says what to do.
        """

    @classmethod
    def check_mode(cls, model_id: str, settings: ModelSettings) -> None:
        """Refuse a `mode` or another key that this family does not know, instead of ignoring it.

        Raises:
            ModelError: [models.model_id] mode is none of `modes`, static_cache where there is no
                static decoding, or reading_max_pixels where pages are seen at one size.
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
        """What counts the tokens of prompts, from files of this machine and without weights.

        None for a family that cannot tell. Called only where the model `is_available`.

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
        """What one model can do; the family's capabilities unless its settings say otherwise.

        Raises:
            ModelError: the settings name what it cannot do.
        """
        return cls.capabilities

    @classmethod
    def prompts_of(cls, model: ModelSettings) -> str:
        """The family whose prompts (prompts/*.toml) a model gets."""
        return model.family

    @classmethod
    def server_state(
        cls, model_id: str, model: ModelSettings, *, wait_seconds: float
    ) -> ServerState | None:
        """How the server of a model is; None for a model that this program runs itself.

        Args:
            wait_seconds: for the answer to a look that is on its way; the one before counts else.
        """
        return None

    @property
    def parallel_runs(self) -> int:
        """How many runs `generate` takes at once."""
        return 1

    @property
    @abstractmethod
    def tokenizer(self) -> Any:
        """The tokenizer that turns streamed ids into text."""

    @abstractmethod
    def prepare(self, request: ModelRequest, preparation: Preparation) -> Any:
        """Model inputs for a request. Runs off the inference thread.

        Raises:
            RunCancelled: the user pressed Stop.
            EngineError: the pages cannot be read.
        """

    @abstractmethod
    def generate(self, inputs: Any, run: Run) -> Outcome:
        """Answer, on the inference thread: ids through run.streamer, then run.streamer.end()."""

    def drop_caches(self) -> None:  # noqa: B027 - most families keep none
        """Forget everything that only saves time, to free memory."""

    def forget(self, conversation: str) -> None:  # noqa: B027 - most families keep nothing
        """Forget what is kept of a conversation that was deleted. On the inference thread."""

    def unload(self) -> None:  # noqa: B027 - most families need nothing here
        """Let go of the weights. The object is not used afterwards."""

    def describe(self) -> Mapping[str, str]:
        """Facts for the model card: name -> value; a sentence's name ends in its language."""
        return {}
