"""How much of a model's context a question takes, counted without the model's weights.

Nothing is downloaded. A model whose files are not on this machine gives an empty result.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.errors import EngineError
from engine.core.settings import Settings
from engine.families import family_class
from engine.families.base import ModelRequest, PromptCounter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ContextUse:
    """What a question takes in full, with nothing shortened; None for an unknown value.

    Attributes:
        prompt_tokens: of the whole prompt: earlier turns, images and the question.
        image_tokens: (document_id, page_index) -> tokens, of every page shown to the model.
        context_tokens: the limit for prompt and answer together.
        fits: whether prompt and answer stay within that limit. If not, earlier pages are sent as
            text and the oldest turns are left out.
    """

    prompt_tokens: int | None = None
    image_tokens: Mapping[tuple[str, int], int] = field(default_factory=dict)
    context_tokens: int | None = None
    fits: bool | None = None


class PromptCounters:
    """The prompt counters of all models, each created on first use. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._counters: dict[str, PromptCounter] = {}
        self._lock = threading.Lock()

    def use(self, model_id: str, request: ModelRequest) -> ContextUse:
        """The context that a request takes in a model."""
        with self._lock:
            counter = self._counter(model_id)
            if counter is None:
                return ContextUse()
            size = counter.size_of(request)
        fits = size.fits if size.context_tokens is not None else None
        return ContextUse(size.prompt_tokens, size.image_tokens, size.context_tokens, fits)

    def _counter(self, model_id: str) -> PromptCounter | None:
        if model_id not in self._counters:
            model = self._settings.model(model_id)
            family = family_class(model.family, model_id=model_id)
            if not family.is_available(model):
                return None
            try:
                counter = family.counter(model_id, self._settings)
            except (EngineError, OSError, ValueError) as error:
                logger.warning("tokens of %s cannot be counted: %s", model_id, error)
                return None
            if counter is None:
                return None
            self._counters[model_id] = counter
        return self._counters[model_id]
