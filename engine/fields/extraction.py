"""Extraction of a document's checked fields from its page indexes: type, template, values, checks.

A model whose answers are always verbatim (`lite`) is not asked: labels and areas give the fields of
its pages (engine.fields.page_extractor). Any other model answers one verbatim question per field.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import SessionError
from engine.core.i18n import DEFAULT_LANGUAGE
from engine.fields.checks import checked
from engine.fields.model_extractor import Asker, ask_fields
from engine.fields.page_extractor import by_form, read_fields
from engine.fields.templates import DocumentTemplate, get_template, load_templates
from engine.fields.values import DocumentFields, FieldsPage
from engine.index.conventions import printed_conventions

if TYPE_CHECKING:
    from engine.core.schema import Document
    from engine.index.page_index import PageIndex

AUTO: Final = "auto"
# Type of a document that no template fits.
_FALLBACK: Final = "other"


def known_types(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of all document types in display order."""
    return tuple(load_templates(folder))


def check_type(document_type: str, folder: Path | None = None) -> None:
    """Check that a type exists before any page is read.

    Raises:
        TaskError: it is neither "auto" nor a template's name, or a template file is broken.
    """
    if document_type == AUTO:
        load_templates(folder)
    else:
        get_template(document_type, folder)


def choose_template(
    indexes: Sequence[PageIndex], document_type: str, folder: Path | None
) -> tuple[DocumentTemplate, float]:
    """Return the template and the confidence of the type: 1.0 for a type named by the caller.

    Raises:
        TaskError: there is no such type.
    """
    if document_type != AUTO:
        return get_template(document_type, folder), 1.0
    from engine.fields.document_type import classify

    templates = load_templates(folder)
    for guess in classify(indexes):
        if guess.document_type in templates:
            return templates[guess.document_type], guess.confidence
    return get_template(_FALLBACK, folder), 0.0


def extract(
    document: Document,
    indexes: Sequence[PageIndex],
    *,
    document_type: str,
    model_id: str,
    ask: Asker | None,
    folder: Path | None,
    language: str,
) -> DocumentFields:
    """Extract the fields of a document.

    Args:
        indexes: indexes of the pages to examine.
        ask: puts a question to the model; None extracts from the indexes instead.
        folder: folder of the user's own templates.
        language: "en" or "ru", of the titles.
    Raises:
        TaskError: there is no such type.
        SessionError: `indexes` is empty.
        EngineError: the model failed.
    """
    if not indexes:
        raise SessionError("session.no_pages")
    template, confidence = choose_template(indexes, document_type, folder)
    if ask is None:
        fields = read_fields(indexes, template, language=language)
    else:
        known, mrz = by_form(indexes, template, language=language)
        asked = ask_fields(ask, template, indexes, known=known, language=language)
        fields = checked(asked, template, mrz)
    return DocumentFields(
        document_id=document.document_id,
        name=document.name,
        document_type=template.name,
        confidence=confidence,
        model_id=model_id,
        pages=tuple(FieldsPage(index.page_index, index.width, index.height) for index in indexes),
        titles={name: field.title.text(language) for name, field in template.fields.items()},
        fields=fields,
        conventions=printed_conventions(indexes),
    )


def fields_json(
    documents: Sequence[DocumentFields], language: str = DEFAULT_LANGUAGE
) -> dict[str, Any]:
    """Return a file's documents as one JSON object.

    It is the object of the first document. For several documents it also has `documents`, the list
    of all of them.

    Args:
        documents: at least one.
    """
    found = [one.to_json(language) for one in documents]
    return {**found[0], "documents": found} if len(found) > 1 else found[0]


def page_numbers(pages: Sequence[FieldsPage]) -> str:
    """Format pages for people, counted from 1: "1", "1\u20133", "2, 5".

    An en dash, because a spreadsheet reads "1-3" as a date.
    """
    runs: list[list[int]] = []
    for number in sorted({page.page_index + 1 for page in pages}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}\u2013{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
