"""Errors for the user from what goes wrong while a model is loaded or a run is prepared."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.core.errors import EngineError, ModelError, as_engine_error
from engine.core.hardware import give_memory_back, is_out_of_memory
from engine.families import family_class

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from engine.families.base import ModelFamily

logger = logging.getLogger(__name__)


def load_family(model_id: str, settings: Settings) -> ModelFamily:
    """Load the model of [models.model_id] into this process.

    Raises:
        ModelError: it cannot be loaded, or memory is exhausted; the message says what to do.
    """
    family = family_class(settings.model(model_id).family, model_id=model_id)
    try:
        return family.load(model_id, settings)
    except EngineError:
        raise
    except Exception as error:
        if not is_out_of_memory(error):
            logger.exception("loading %s failed", model_id)
            detail = f"{type(error).__name__}: {error}"
            raise ModelError("model.load_failed", model_id=model_id, detail=detail) from error
        logger.warning("memory ran out while %s was loaded: %s", model_id, error)
        detail = first_line(error)
    # Raised here, because the exception's traceback holds the weights that were loaded so far.
    give_memory_back()
    raise ModelError("model.no_memory_to_load", model_id=model_id, detail=detail)


def preparation_error(model_id: str, error: Exception) -> EngineError:
    """Return the error for the user after an exception of ModelFamily.prepare, and log it."""
    if isinstance(error, EngineError):
        return error
    if is_out_of_memory(error):
        logger.warning("model %s ran out of memory: %s", model_id, error)
        give_memory_back()
        return out_of_memory(model_id, error)
    logger.exception("preparing a run of %s failed", model_id, exc_info=error)
    return as_engine_error(error)


def out_of_memory(model_id: str, error: Exception) -> ModelError:
    """Return the error after which a run is repeated at half the pixels (engine.chat.runner)."""
    return ModelError("model.out_of_memory", model_id=model_id, detail=first_line(error))


def first_line(error: Exception) -> str:
    """Return the first line of an exception's text, or its type: a MemoryError has no text."""
    return next(iter(str(error).splitlines()), type(error).__name__)
