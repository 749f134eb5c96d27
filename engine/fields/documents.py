"""The documents of one file together: as one JSON object, and their pages for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.core.i18n import DEFAULT_LANGUAGE
from engine.fields.values import DocumentFields, FieldsPage


def fields_json(
    documents: Sequence[DocumentFields], language: str = DEFAULT_LANGUAGE
) -> dict[str, Any]:
    """A file's documents as one JSON object: the first one's, and where there are several,
    `documents` with all of them.

    Args:
        documents: at least one.
    """
    found = [one.to_json(language) for one in documents]
    return {**found[0], "documents": found} if len(found) > 1 else found[0]


def page_numbers(pages: Sequence[FieldsPage]) -> str:
    """The pages for people, from 1: "1", "1\u20133", "2, 5". With a dash, "1-3" would be a date
    to a spreadsheet."""
    runs: list[list[int]] = []
    for number in sorted({page.page_index + 1 for page in pages}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}\u2013{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
