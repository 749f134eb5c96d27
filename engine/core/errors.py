"""The exceptions of the engine: the only text of a failure that a user ever sees.

    EngineError                 a sentence with the next step, in English and Russian
    ├── SettingsError           settings.toml or the file laid over it
    ├── DocumentError           a file that cannot be read, or breaks a limit
    ├── GeometryError           a box that is nowhere on the page
    ├── OcrError                the text of a page cannot be read here
    ├── TaskError               an unknown task or a broken prompt file
    ├── SessionError            the session, its pages or its question
    ├── StoreError              what is kept on disk cannot be read or written
    └── ModelError              a model that is unknown, cannot be loaded or cannot do the task
        └── GenerationError     a run that failed, stalled or gave nothing

Any other exception is a bug: it is logged with its traceback and shown as `internal.unexpected`.
This module does not log and does not decide what is shown where.

Try it:
`python -c "from engine.core.errors import TaskError as E; print(E('task.unknown', task=1,
known=2))"`
"""

from typing import Any

from engine.core.i18n import DEFAULT_LANGUAGE, say


class EngineError(Exception):
    """A failure that can be told to the user: a key of engine/core/texts/*.toml and its values.

    Args:
        key: "table.name" of the sentence; it ends with what the user can do next.
        values: the sentence's placeholders. Their text reaches the screen, so no secrets.
    Raises:
        KeyError: the sentence does not exist or a placeholder has no value.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(say(key, DEFAULT_LANGUAGE, **values))

    def __reduce__(self) -> "tuple[Any, ...]":
        # Exceptions are pickled by their args, which hold the sentence; workers send the key.
        return _again, (type(self), self.key, self.values)

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        """The sentence in "en" or "ru"."""
        return say(self.key, language, **self.values)


def _again(kind: type[EngineError], key: str, values: dict[str, object]) -> EngineError:
    return kind(key, **values)


class SettingsError(EngineError):
    """settings.toml, or the file laid over it, cannot be used."""


class DocumentError(EngineError):
    """A file is broken, encrypted, of an unknown kind, or over a limit."""


class GeometryError(EngineError):
    """Nothing of a box is left on the page."""


class OcrError(EngineError):
    """The text of a page cannot be read on this machine."""


class TaskError(EngineError):
    """A task id is not known, or its prompt file is broken."""


class SessionError(EngineError):
    """A session, one of its pages, or its question is not usable."""


class StoreError(EngineError):
    """What is kept of conversations cannot be read or written: disk full, locked, damaged."""


class ModelError(EngineError):
    """A model is not known, cannot be loaded, or cannot do what was asked."""


class GenerationError(ModelError):
    """A run of a model failed, stalled, or produced nothing."""


def as_engine_error(error: BaseException) -> EngineError:
    """The error as one that may be shown; a foreign one becomes `internal.unexpected`.

    The caller logs the foreign error itself: its text may hold paths or page contents.
    """
    if isinstance(error, EngineError):
        return error
    return EngineError("internal.unexpected", kind=type(error).__name__)


class RunCancelled(Exception):  # noqa: N818 - a user pressing Stop is no error
    """What was asked for is not wanted any more: Stop was pressed, or its page is gone. No
    error."""
