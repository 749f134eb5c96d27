"""Registry of templates. A drawing function for both languages is one template in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .sheet import Sheet

Drawer = Callable[[Sheet], None]
LANGUAGES = ("en", "ru")


@dataclass(frozen=True)
class Template:
    """A way of drawing one kind of document in one language.

    wide: range of page widths in pixels; height: page height in units (the page is 1000 units
    wide); look: "any", "sans", "serif" or "mono" (the style of its font family).
    """

    kind: str
    language: str
    name: str
    split: str
    draw: Drawer
    wide: tuple[int, int] = (1000, 1654)
    height: float = 1414
    look: str = "any"


REGISTRY: dict[tuple[str, str, str], Template] = {}


def template(
    kind: str,
    name: str,
    split: str,
    languages: tuple[str, ...] = LANGUAGES,
    wide: tuple[int, int] = (1000, 1654),
    height: float = 1414,
    look: str = "any",
) -> Callable[[Drawer], Drawer]:
    """Decorator: register a drawing function for its languages."""

    def register(draw: Drawer) -> Drawer:
        for language in languages:
            REGISTRY[kind, language, name] = Template(
                kind, language, name, split, draw, wide, height, look
            )
        return draw

    return register
