"""Wordings of questions: for a kind, language, split and key, several ways in which people ask.

The wordings are in wordings/en.txt and wordings/ru.txt:

    [invoice.total field]           kind, key, and the question's kind ("field" if left out)
    What is the total?              wordings for train templates
    --
    How much must be paid in all?   wordings for test templates

{name} in a wording is replaced by that field of the page. A wording whose field the page lacks is
left out. "own" after the question's kind: never asked of a page without the key, because such a
page may still answer in another way (an act has no "date of the document", but a day of adoption).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_SLOT = re.compile(r"\{(\w+)\}")
_FOLDER = Path(__file__).parent / "wordings"


@dataclass
class Entry:
    """The wordings for one key of one kind of document."""

    question_kind: str
    own: bool
    train: list[str] = field(default_factory=list)
    test: list[str] = field(default_factory=list)

    def wordings(self, split: str, fields: dict[str, str]) -> list[str]:
        """The split's wordings that can be filled from the page's fields."""
        filled = [_fill(text, fields) for text in (self.train if split == "train" else self.test)]
        return [text for text in filled if text is not None]


@lru_cache(maxsize=2)
def bank(language: str) -> dict[tuple[str, str], Entry]:
    """(kind, key) to wordings."""
    out: dict[tuple[str, str], Entry] = {}
    into: list[str] = []
    entry = Entry("", False)
    for raw in (_FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line.startswith("["):
            name, *notes = line.strip("[]").split()
            kind, _, key = name.partition(".")
            entry = Entry(notes[0] if notes else "field", "own" in notes)
            into = entry.train
            out[kind, key] = entry
        elif line == "--":
            into = entry.test
        elif line:
            into.append(line)
    return out


def _fill(text: str, fields: dict[str, str]) -> str | None:
    if any(name not in fields for name in _SLOT.findall(text)):
        return None
    return _SLOT.sub(lambda m: fields[m.group(1)], text)


def fitting(
    kind: str, language: str, split: str, key: str, fields: dict[str, str]
) -> list[tuple[str, str]]:
    """(question kind, wording) for each way to ask for a key on a page with those fields."""
    entry = bank(language).get((kind, key))
    if entry is None:
        return []
    return [(entry.question_kind, text) for text in entry.wordings(split, fields)]


def not_on_page(
    kind: str, language: str, split: str, present: set[str], fields: dict[str, str]
) -> list[str]:
    """Questions that people ask of such a document about values which this page lacks."""
    return [
        text
        for (bank_kind, key), entry in bank(language).items()
        if bank_kind == kind
        and key not in present
        and entry.question_kind == "field"
        and not entry.own
        for text in entry.wordings(split, fields)
    ]
