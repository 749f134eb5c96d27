"""The models in memory: each is loaded once, shared while in use, and unloaded when idle.

At most generation.resident_models are in memory, not counting families that are small enough to
stay beside others. A run that needs another model waits for its turn. Families are resolved
lazily.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.core.errors import RunCancelled
from engine.core.hardware import give_memory_back, has_gpu
from engine.core.schema import Step, StreamEvent
from engine.core.settings import ModelSettings, Settings
from engine.core.stop_event import StopEvent
from engine.families import family_class
from engine.families.base import Capabilities, ModelFamily
from engine.models import zero_gpu
from engine.models.failures import load_family
from engine.models.inference import InferenceThread, run_job
from engine.models.worker.client import RemoteModel
from engine.models.zero_gpu import ZeroGpuModel

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One row of the model picker.

    Attributes:
        tasks: what a user can ask of it; more than its capabilities if another model answers.
        loaded: the weights are in memory now.
        facts: (label, value) of how a loaded model runs, such as its attention and the reason.
    """

    model_id: str
    family: str
    repo_id: str
    capabilities: Capabilities
    tasks: frozenset[str]
    loaded: bool
    settings: ModelSettings
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory, of this process or of its own.

    `family` prepares a run and `inference` executes it. A model in its own process does both. A
    model on a GPU that is allocated per call sends the prepared call there.

    Attributes:
        load_seconds: the time that loading took.
    """

    family: ModelFamily | RemoteModel | ZeroGpuModel
    inference: InferenceThread | RemoteModel
    load_seconds: float

    @property
    def is_alive(self) -> bool:
        """False when its process has ended; it must be loaded again."""
        return not isinstance(self.family, RemoteModel) or self.family.is_alive


class ModelManager:
    """Loads models on first use. Thread-safe; `acquire` and `release` bracket a run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[str, LoadedModel] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._users: dict[str, int] = {}
        self._used_at: dict[str, float] = {}
        self._tickets: list[object] = []
        self._changed = threading.Condition()

    def infos(self) -> tuple[ModelInfo, ...]:
        """All models of the settings, in their order; loads nothing."""
        return tuple(
            ModelInfo(
                model_id=model_id,
                family=model.family,
                repo_id=model.repo_id,
                capabilities=self.capabilities(model_id),
                tasks=self.tasks(model_id),
                loaded=model_id in self._loaded,
                settings=model,
                facts=self._facts(model_id),
            )
            for model_id, model in self._settings.models.items()
        )

    def _facts(self, model_id: str) -> tuple[tuple[str, str], ...]:
        loaded = self._loaded.get(model_id)
        return tuple(loaded.family.describe().items()) if loaded else ()

    def capabilities(self, model_id: str) -> Capabilities:
        """What a model can do, without loading it.

        Raises:
            ModelError: the model or its family is not known.
        """
        return self.adapter(model_id).capabilities_of(model_id, self._settings.model(model_id))

    def adapter(self, model_id: str) -> type[ModelFamily]:
        """The class of a model's family.

        Raises:
            ModelError: the model or its family is not known.
        """
        return family_class(self._settings.model(model_id).family, model_id=model_id)

    def tasks(self, model_id: str) -> frozenset[str]:
        """What a user can ask of a model: its own tasks, and questions that another model answers.

        Raises:
            ModelError: the model or its family is not known.
        """
        own = self.capabilities(model_id).tasks
        routed = self._settings.model(model_id).answer_with is not None
        return own | {"question"} if routed else own

    def is_loaded(self, model_id: str) -> bool:
        return model_id in self._loaded

    def acquire(
        self, model_id: str, stop: StopEvent, emit: Callable[[StreamEvent], None]
    ) -> LoadedModel:
        """The model, loaded if necessary and locked in memory until `release`.

        A run whose model does not fit beside the models in use waits until one of them is free,
        first come, first served. Models of families that are small enough to stay beside others
        never wait.

        Args:
            stop: ends the waiting.
            emit: takes Step("step.waiting_model") if the run has to wait.
        Raises:
            ModelError: it is not known or cannot be loaded.
            RunCancelled: stop was set while waiting.
        """
        model = self._settings.model(model_id)
        self._wait_for_turn(model_id, stop, emit)
        with self._changed:
            lock = self._locks.setdefault(model_id, threading.Lock())
        try:
            with lock:
                loaded = self._loaded.get(model_id)
                if loaded is not None and not loaded.is_alive:
                    logger.warning("the process of %s had ended; it is started again", model_id)
                    self.unload(model_id)
                    loaded = None
                return loaded or self._make_resident(model_id, model)
        except BaseException:
            self.release(model_id)
            raise

    def _wait_for_turn(
        self, model_id: str, stop: StopEvent, emit: Callable[[StreamEvent], None]
    ) -> None:
        """Count a run as a user of the model once it is its turn. Raises RunCancelled."""
        ticket = object()
        stop.add_callback(self._notify)
        try:
            with self._changed:
                self._tickets.append(ticket)
                try:
                    if not self._may_enter(ticket, model_id):
                        emit(Step("step.waiting_model", {"model_id": model_id}))
                        self._changed.wait_for(
                            lambda: stop.is_set() or self._may_enter(ticket, model_id)
                        )
                        if stop.is_set():
                            raise RunCancelled
                    self._users[model_id] = self._users.get(model_id, 0) + 1
                finally:
                    self._tickets.remove(ticket)
                    self._changed.notify_all()
        finally:
            stop.remove_callback(self._notify)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def release(self, model_id: str) -> None:
        """Count a run that acquired the model as ended."""
        with self._changed:
            self._users[model_id] -= 1
            self._used_at[model_id] = time.monotonic()
            self._changed.notify_all()

    def can_answer(self, model_id: str, task: str) -> bool:
        """Whether a model does the task and needs no download: loaded, local or in the cache."""
        model = self._settings.model(model_id)
        if task not in self.capabilities(model_id).tasks:
            return False
        family = self.adapter(model_id)
        if model_id in self._loaded and not family.runs_elsewhere:
            return True
        return family.is_available(model)

    def forget(self, conversation: str) -> None:
        """Delete a conversation from every loaded model: its caches and its answers."""
        for loaded in list(self._loaded.values()):
            if isinstance(loaded.family, RemoteModel):
                loaded.family.forget(conversation)
            elif isinstance(loaded.inference, InferenceThread) and isinstance(
                loaded.family, ModelFamily
            ):
                # On the model's own thread: a run that is ending may still store its cache.
                loaded.inference.call(partial(loaded.family.forget, conversation))

    def unload(self, model_id: str) -> None:
        """Unload a model and free its memory; does nothing when it is not loaded."""
        with self._changed:
            loaded = self._loaded.pop(model_id, None)
        self._close(model_id, loaded)

    def _close(self, model_id: str, loaded: LoadedModel | None) -> None:
        if loaded is not None:
            loaded.inference.close()
            loaded.family.unload()
            del loaded
            if not self.adapter(model_id).runs_elsewhere:
                give_memory_back()
            logger.info("unloaded %s", model_id)

    def unload_unused(self, model_id: str) -> bool:
        """Unload a model unless it is in use. Returns whether it is out of memory now."""
        with self._changed:
            if self._users.get(model_id):
                return False
            loaded = self._loaded.pop(model_id, None)  # a run that comes now loads it again
        self._close(model_id, loaded)
        return True

    def unload_idle(self) -> None:
        """Unload models that nobody has used for generation.idle_unload_seconds; 0 means never."""
        seconds = self._settings.generation.idle_unload_seconds
        if not seconds:
            return
        oldest = time.monotonic() - seconds
        with self._changed:
            idle = [
                model_id
                for model_id in self._loaded
                if not self._users.get(model_id) and self._used_at.get(model_id, 0.0) < oldest
            ]
        for model_id in idle:
            self.unload_unused(model_id)

    def close(self) -> None:
        """Unload everything."""
        for model_id in list(self._loaded):
            self.unload(model_id)

    def _may_enter(self, ticket: object, model_id: str) -> bool:
        """Whether a run may have its model now: it is first in the queue, and there is room.

        A run whose model is loaded still waits behind an earlier one that needs another model.
        Otherwise a busy model would never be replaced. It also waits while that other model is
        being loaded in its place.
        """
        if self._stays_beside(model_id):
            return True
        waiting = [one for one in self._tickets if one is not ticket]
        first = self._tickets[0] is ticket or not waiting
        return first and self._room_can_be_made(model_id)

    def _room_can_be_made(self, model_id: str) -> bool:
        """Whether the other models in use, loaded or being loaded, leave room for this one."""
        return len(self._in_use() - {model_id}) < self._settings.generation.resident_models

    def _in_use(self) -> set[str]:
        """Resident models with at least one run, which may still be loading them."""
        return {
            model_id
            for model_id, users in self._users.items()
            if users and not self._stays_beside(model_id)
        }

    def _stays_beside(self, model_id: str) -> bool:
        return self.adapter(model_id).stays_beside_others

    def _make_resident(self, model_id: str, model: ModelSettings) -> LoadedModel:
        """Load a model; first unload as many idle models as it needs the room of."""
        if not self._stays_beside(model_id):
            for idle, loaded in self._evicted_for(model_id):
                self._close(idle, loaded)
        started = time.monotonic()
        if self._has_own_process(model_id):
            remote = RemoteModel(model_id, self._settings)
            loaded = LoadedModel(remote, remote, time.monotonic() - started)
        elif zero_gpu.is_enabled() and not self._stays_beside(model_id):
            lent = ZeroGpuModel(model_id)
            loaded = LoadedModel(lent, InferenceThread(model_id, lent.run), 0.0)
        else:
            family = load_family(model_id, self._settings)
            seconds = time.monotonic() - started
            run = partial(run_job, family)
            inference = InferenceThread(model_id, run, parallel=family.parallel_runs)
            loaded = LoadedModel(family, inference, seconds)
        logger.info("loaded %s (%s@%s)", model_id, model.repo_id, model.revision)
        with self._changed:
            self._loaded[model_id] = loaded
        return loaded

    def _evicted_for(self, model_id: str) -> list[tuple[str, LoadedModel]]:
        """Remove idle models from the resident ones, least recently used first, and return them.

        A model in use is never among them. `acquire` admits a run only if fewer other models are in
        use than may be resident, so enough idle ones are left.
        """
        evicted: list[tuple[str, LoadedModel]] = []
        with self._changed:
            busy = self._in_use()
            others = {one for one in self._loaded if not self._stays_beside(one)} - {model_id}
            idle = sorted(others - busy, key=lambda one: self._used_at.get(one, 0.0))
            room = self._settings.generation.resident_models - len(busy - {model_id}) - 1
            for one in idle[: max(0, len(idle) - room)]:
                evicted.append((one, self._loaded.pop(one)))
        return evicted

    def _has_own_process(self, model_id: str) -> bool:
        """Whether a model runs in its own process, which a GPU fault ends instead of this one.

        A GPU that is allocated per call has such a process anyway.
        """
        if zero_gpu.is_enabled() or self.adapter(model_id).runs_elsewhere:
            return False
        wanted = self._settings.generation.worker_process
        if wanted != "auto" or self._stays_beside(model_id):
            return wanted == "always"
        return has_gpu()
