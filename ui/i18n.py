"""Texts of the screen by key and language, with plural forms and number formats.

The texts are in `texts/en.toml` and `texts/ru.toml`, one table for each part of the screen. A key
is "table.name". engine.core.i18n has the engine's sentences.

Try it: `python -c "from ui.i18n import count; print(count('chat.pages', 22, 'ru'))"`
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from engine.core.i18n import as_written, load_catalogue

LANGUAGES: Final = {"en": "English", "ru": "Русский"}
DEFAULT_LANGUAGE: Final = "en"

_LANGUAGE_RANGE = re.compile(r"\s*([a-zA-Z]{1,8})[a-zA-Z0-9-]*\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of one language as {"table.name": template}."""
    return load_catalogue(Path(__file__).parent / "texts" / f"{language}.toml")


def text(key: str, language: str, /, **values: object) -> str:
    """The text of a key with its placeholders filled; values are inserted literally.

    Raises:
        KeyError: the key does not exist, or a placeholder has no value.
    """
    template = catalogue(known(language))[key]
    return template.format(**as_written(values, known(language))) if values else template


def table(name: str, language: str) -> dict[str, str]:
    """One table of texts with open placeholders, which the page's JavaScript fills."""
    prefix = f"{name}."
    texts = catalogue(known(language))
    return {
        key.removeprefix(prefix): value for key, value in texts.items() if key.startswith(prefix)
    }


def count(key: str, number: int, language: str, /, **values: object) -> str:
    """The plural form of `key` for a number, with {count} filled."""
    form = plural_form(number, known(language))
    return text(f"{key}_{form}", language, count=number, **values)


def plural_form(number: int, language: str) -> str:
    """The CLDR plural category of a whole number: one, few, many or other."""
    if language != "ru":
        return "one" if number == 1 else "other"
    last, last_two = number % 10, number % 100
    if last == 1 and last_two != 11:
        return "one"
    if 2 <= last <= 4 and not 12 <= last_two <= 14:
        return "few"
    return "many"


def decimal(value: float, language: str, *, digits: int = 1) -> str:
    """A number in the language's notation: Russian has a decimal comma."""
    shown = f"{value:.{digits}f}"
    return shown.replace(".", ",") if known(language) == "ru" else shown


def known(language: str) -> str:
    """The language itself, or English if the screen has no texts in it."""
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def preferred(setting: str, accept_language: str | None) -> str:
    """The language to start in: the setting, or for "auto" the browser's best available one.

    Args:
        setting: settings.app.language.
        accept_language: the request's Accept-Language header.
    """
    if setting in LANGUAGES:
        return setting
    ranked: list[tuple[float, str]] = []
    for part in (accept_language or "").split(","):
        match = _LANGUAGE_RANGE.fullmatch(part)
        if match:
            ranked.append((_quality(match.group(2)), match.group(1).lower()))
    # sorted is stable: languages of equal weight stay in the browser's order.
    for quality, language in sorted(ranked, key=lambda pair: -pair[0]):
        if quality > 0 and language in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def _quality(weight: str | None) -> float:
    try:
        return 1.0 if weight is None else float(weight)
    except ValueError:
        return 0.0
