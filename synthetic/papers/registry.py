"""Registry of the templates of specimens: those of this package, and borrowed synthetic ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine.fields.document_type import DOCUMENT_TYPES
from synthetic.registry import LANGUAGES, Drawer, Template
from synthetic.registry import REGISTRY as SYNTHETIC


@dataclass(frozen=True)
class SpecimenTemplate:
    """A template with the mapping of its marks to fields.

    keys: key of a mark -> field name, where they differ. A mark with a field's name needs no row,
        and "" hides a mark.
    loose: the document is small and may lie on a larger sheet or table (cards, passports, slips).
    """

    template: Template
    keys: Mapping[str, str] = field(default_factory=dict)
    loose: bool = False


REGISTRY: dict[tuple[str, str, str], SpecimenTemplate] = {}


def specimen_template(
    document_type: str,
    name: str,
    split: str,
    languages: tuple[str, ...] = LANGUAGES,
    *,
    wide: tuple[int, int] = (1000, 1654),
    height: float = 1414,
    look: str = "any",
    loose: bool = False,
) -> Callable[[Drawer], Drawer]:
    """Decorator: register a drawing function for its languages. See synthetic.registry.Template."""
    if document_type not in DOCUMENT_TYPES:
        raise ValueError(f"unknown document type {document_type!r}")

    def register(draw: Drawer) -> Drawer:
        for language in languages:
            REGISTRY[document_type, language, name] = SpecimenTemplate(
                Template(document_type, language, name, split, draw, wide, height, look),
                loose=loose,
            )
        return draw

    return register


def borrow(
    document_type: str,
    kind: str,
    names: str,
    keys: Mapping[str, str] | None = None,
    loose: bool = False,
) -> None:
    """Use templates of synthetic (names separated by spaces), each in its own split.

    keys: as in SpecimenTemplate; a row "en:account" applies to English pages only.
    """
    for name in names.split():
        for language in LANGUAGES:
            own = {
                key.removeprefix(f"{language}:"): value
                for key, value in (keys or {}).items()
                if ":" not in key or key.startswith(f"{language}:")
            }
            template = replace(SYNTHETIC[kind, language, name], kind=document_type)
            REGISTRY[document_type, language, f"{kind}_{name}"] = SpecimenTemplate(
                template, own, loose
            )


def templates(split: str | None = None) -> list[SpecimenTemplate]:
    """All templates, or those of a split, in a fixed order."""
    return [
        REGISTRY[key]
        for key in sorted(REGISTRY)
        if split is None or REGISTRY[key].template.split == split
    ]
