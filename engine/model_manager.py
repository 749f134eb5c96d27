"""Which models are in memory: each loaded once, under its own lock, and given back on request.

The key is the settings' model_id together with what decides its weights, so a settings change
never serves an old model. Families are resolved lazily.
"""

import logging
import threading
import time
from dataclasses import dataclass

from engine.errors import EngineError, ModelError
from engine.families import family_class
from engine.families.base import Capabilities, ModelFamily
from engine.generation import InferenceThread
from engine.settings import ModelSettings, Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One row of the model picker. loaded: the weights are in memory now."""

    model_id: str
    family: str
    repo_id: str
    capabilities: Capabilities
    loaded: bool
    settings: ModelSettings


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory. load_seconds: what loading it took."""

    family: ModelFamily
    inference: InferenceThread
    load_seconds: float


class ModelManager:
    """Loads models on first use and keeps them until `unload`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[str, LoadedModel] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def infos(self) -> tuple[ModelInfo, ...]:
        """All models of the settings, in their order; nothing is loaded for it."""
        return tuple(
            ModelInfo(
                model_id=model_id,
                family=model.family,
                repo_id=model.repo_id,
                capabilities=self.capabilities(model_id),
                loaded=model_id in self._loaded,
                settings=model,
            )
            for model_id, model in self._settings.models.items()
        )

    def capabilities(self, model_id: str) -> Capabilities:
        """What a model can do, without loading it.

        Raises:
            ModelError: the model or its family is not known.
        """
        model = self._settings.model(model_id)
        return family_class(model.family, model_id=model_id).capabilities

    def is_loaded(self, model_id: str) -> bool:
        return model_id in self._loaded

    def get(self, model_id: str) -> LoadedModel:
        """The model, loaded if need be; two callers never load it twice.

        Raises:
            ModelError: it is not known or cannot be loaded.
        """
        model = self._settings.model(model_id)
        with self._guard:
            lock = self._locks.setdefault(model_id, threading.Lock())
        with lock:
            loaded = self._loaded.get(model_id)
            if loaded is None:
                started = time.monotonic()
                family = self._load(model_id, model)
                seconds = time.monotonic() - started
                logger.info("loaded %s (%s@%s)", model_id, model.repo_id, model.revision)
                loaded = LoadedModel(family, InferenceThread(family), seconds)
                self._loaded[model_id] = loaded
            return loaded

    def unload(self, model_id: str) -> None:
        """Give a model's memory back; does nothing when it is not loaded."""
        with self._guard:
            loaded = self._loaded.pop(model_id, None)
        if loaded is not None:
            loaded.inference.close()
            loaded.family.unload()

    def close(self) -> None:
        """Unload everything."""
        for model_id in list(self._loaded):
            self.unload(model_id)

    def _load(self, model_id: str, model: ModelSettings) -> ModelFamily:
        try:
            return family_class(model.family, model_id=model_id).load(model_id, self._settings)
        except EngineError:
            raise
        except Exception as error:
            logger.exception("loading %s failed", model_id)
            detail = f"{type(error).__name__}: {error}"
            raise ModelError("model.load_failed", model_id=model_id, detail=detail) from error
