"""Loading, unloading and downloading of models at a user's request, outside any run.

Long work runs on its own thread. `state` reports its progress to every visitor.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.core.errors import EngineError, ModelError, RunCancelled
from engine.core.stop_event import StopEvent
from engine.families import family_class
from engine.models.download import download

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from engine.models.manager import ModelManager

logger = logging.getLogger(__name__)
Work = Literal["loading", "downloading"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """The work in progress on a model.

    Attributes:
        work: what runs now.
        done_bytes, total_bytes: of the last download; 0 of 0 before its size is known.
        problem: why the last work failed; cleared when the next begins.
    """

    work: Work | None = None
    done_bytes: int = 0
    total_bytes: int = 0
    problem: EngineError | None = None


class ModelControl:
    """Model control of one engine. Thread-safe; all visitors share its state."""

    def __init__(self, settings: Settings, models: ModelManager) -> None:
        self._settings = settings
        self._models = models
        self._states: dict[str, ModelState] = {}
        self._guard = threading.Lock()
        self._closed = StopEvent()

    @property
    def is_allowed(self) -> bool:
        """Whether visitors may control models (app.model_control)."""
        return self._settings.app.lets_control_models

    def state(self, model_id: str) -> ModelState:
        return self._states.get(model_id, ModelState())

    def load(self, model_id: str) -> None:
        """Start loading a model, unless work on it is in progress.

        Raises:
            ModelError: there is no such model, or settings do not allow it.
        """
        self._begin(model_id, "loading", self._load)

    def download(self, model_id: str) -> None:
        """Start downloading a model from the hub, unless work on it is in progress.

        Raises:
            ModelError: there is no such model, or settings do not allow it.
        """
        self._begin(model_id, "downloading", self._download)

    def unload(self, model_id: str) -> None:
        """Unload a model and free its memory.

        Raises:
            ModelError: there is no such model, it is answering, or settings do not allow it.
        """
        self._check(model_id)
        if not self._models.unload_unused(model_id):
            raise ModelError("model.in_use", model_id=model_id)

    def close(self) -> None:
        """Cancel loads that wait for their turn. A download ends with the process."""
        self._closed.set()

    def _check(self, model_id: str) -> None:
        model = self._settings.model(model_id)
        family_class(model.family, model_id=model_id)
        if not self.is_allowed:
            raise ModelError("model.no_control", model_id=model_id)

    def _begin(self, model_id: str, work: Work, run: Callable[[str], None]) -> None:
        self._check(model_id)
        with self._guard:
            if self.state(model_id).work is not None:
                return
            self._states[model_id] = ModelState(work)
        threading.Thread(
            target=self._run, args=(model_id, run), name=f"{work} {model_id}", daemon=True
        ).start()

    def _run(self, model_id: str, run: Callable[[str], None]) -> None:
        problem: EngineError | None = None
        try:
            run(model_id)
        except RunCancelled:
            logger.info("nothing was done with %s: the engine closes", model_id)
        except EngineError as error:
            problem = error
        except Exception as error:
            logger.exception("work on %s failed", model_id)
            detail = f"{type(error).__name__}: {error}"
            problem = ModelError("model.load_failed", model_id=model_id, detail=detail)
        self._states[model_id] = replace(self.state(model_id), work=None, problem=problem)

    def _load(self, model_id: str) -> None:
        self._models.acquire(model_id, self._closed, lambda event: None)
        self._models.release(model_id)

    def _download(self, model_id: str) -> None:
        def tell(done: int, total: int) -> None:
            state = self._states[model_id]
            self._states[model_id] = replace(state, done_bytes=done, total_bytes=total)

        download(model_id, self._settings.model(model_id), tell)
