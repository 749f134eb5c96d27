"""Message catalogue: the user-facing texts of the engine, by key and language.

The texts are in `texts/en.toml` and `texts/ru.toml` beside this file, grouped in tables. Their keys
have the form "table.name". This module looks texts up and fills in values; the caller chooses the
text.

Try it:
`python -c "from engine.core.i18n import say; print(say('step.reading_page', page=2, pages=5))"`
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("en", "ru")
DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text used as a value of another text; it is rendered in the language of that text."""

    key: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return say(self.key, **self.values)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of one language as {"table.name": template}.

    Raises:
        KeyError: the language is not one of LANGUAGES.
    """
    if language not in LANGUAGES:
        raise KeyError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    return load_catalogue(Path(__file__).parent / "texts" / f"{language}.toml")


def load_catalogue(path: Path) -> Mapping[str, str]:
    """The texts of a TOML file of tables as {"table.name": template}.

    The engine's own texts and those of the screen (ui.i18n) are loaded by it.
    """
    with path.open("rb") as file:
        tables = tomllib.load(file)
    return {
        f"{table}.{name}": template
        for table, texts in tables.items()
        for name, template in texts.items()
    }


def say(key: str, language: str = DEFAULT_LANGUAGE, /, **values: object) -> str:
    """Return the text of a key, with its values filled in.

    Values are inserted literally and never interpreted: braces inside a file name stay braces.

    Args:
        key: "table.name" in the language's TOML file.
        language: "en" or "ru"; an unknown one falls back to English.
        values: values of the template's {placeholders}. A float is written with the language's
            decimal mark and without trailing zeros.
    Raises:
        KeyError: the key does not exist, or a placeholder has no value.
    """
    known = language if language in LANGUAGES else DEFAULT_LANGUAGE
    return catalogue(known)[key].format(**as_written(values, known))


def as_written(values: Mapping[str, object], language: str) -> dict[str, object]:
    """Format values for a language: floats with its decimal mark and without trailing zeros, and
    each Sentence in that language."""
    return {name: _written(value, language) for name, value in values.items()}


def _written(value: object, language: str) -> object:
    if isinstance(value, Sentence):
        return say(value.key, language, **value.values)
    if isinstance(value, float):
        digits = f"{value:.10g}"
        return digits.replace(".", ",") if language == "ru" else digits
    return value
