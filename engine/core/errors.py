"""The exceptions of the engine. Their texts are the only error texts that a user sees.

    EngineError                 a text with the next step, in English and Russian
    ├── SettingsError           settings.toml or its overlay file is not usable
    ├── DocumentError           a file cannot be read, or exceeds a limit
    ├── GeometryError           a box lies outside the page
    ├── OcrError                the text of a page cannot be read on this machine
    ├── TaskError               an unknown task or an invalid prompt file
    ├── SessionError            the session, its pages or its question is not usable
    ├── StoreError              stored conversations cannot be read or written
    └── ModelError              a model is unknown, cannot be loaded or cannot do the task
        └── GenerationError     a run failed, stalled or produced nothing
            └── OnlyThoughtError    the model wrote its reasoning and no answer

Any other exception is a bug: it is logged with its traceback and shown as `internal.unexpected`.
This module neither logs nor displays errors.

Try it:
`python -c "from engine.core.errors import TaskError as E; print(E('task.unknown', task=1,
known=2))"`
"""

from typing import Any

from engine.core.i18n import DEFAULT_LANGUAGE, say


class EngineError(Exception):
    """A failure that is shown to the user: a key of engine/core/texts/*.toml and its values.

    Args:
        key: "table.name" of the text, which ends with what the user can do next.
        values: values of the text's placeholders. They are displayed, so they hold no secrets.
    Raises:
        KeyError: the text does not exist or a placeholder has no value.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(say(key, DEFAULT_LANGUAGE, **values))

    def __reduce__(self) -> "tuple[Any, ...]":
        # By default exceptions are pickled by their args, here the rendered text. Workers send the
        # key and values instead, so the receiver can choose the language.
        return _again, (type(self), self.key, self.values)

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        """The text in "en" or "ru"."""
        return say(self.key, language, **self.values)


def _again(kind: type[EngineError], key: str, values: dict[str, object]) -> EngineError:
    return kind(key, **values)


class SettingsError(EngineError):
    """settings.toml, or its overlay file, is not usable."""


class DocumentError(EngineError):
    """A file is corrupt, encrypted, of an unknown type, or over a limit."""


class GeometryError(EngineError):
    """Nothing of a box is left on the page."""


class OcrError(EngineError):
    """The text of a page cannot be read on this machine."""


class TaskError(EngineError):
    """A task id is unknown, or its prompt file is invalid."""


class SessionError(EngineError):
    """A session, one of its pages, or its question is not usable."""


class StoreError(EngineError):
    """Stored conversations cannot be read or written: disk full, locked, damaged."""


class ModelError(EngineError):
    """A model is unknown, cannot be loaded, or cannot do what was requested."""


class GenerationError(ModelError):
    """A run of a model failed, stalled, or produced nothing."""


class OnlyThoughtError(GenerationError):
    """A thinking model wrote its reasoning and no answer; of one page, the others may succeed."""


def as_engine_error(error: BaseException) -> EngineError:
    """Convert an exception to one that may be shown; a foreign one becomes `internal.unexpected`.

    The caller logs the foreign exception. Its text may hold paths or page contents.
    """
    if isinstance(error, EngineError):
        return error
    return EngineError("internal.unexpected", kind=type(error).__name__)


class RunCancelled(Exception):  # noqa: N818 - a user pressing Stop is no error
    """The request was cancelled: the user pressed Stop, or its page was deleted. Not an error."""
