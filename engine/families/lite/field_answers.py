"""Answers questions about fields of documents of a known type.

Field extraction (engine.fields) knows more of a passport or an invoice than a question says: its
labels, the positions of their values, which amounts add up. If a question asks for a field of the
document's type, the extracted field may be the answer. The reader answers all other questions, and
those for which its confidence is higher.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence, Set
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Final

from engine.core.errors import TaskError
from engine.families.lite.field_question import phrasebook
from engine.families.lite.question import counts_documents
from engine.families.lite.reader import BestAnswer
from engine.fields.document_type import classify
from engine.fields.page_extractor import read_pieces
from engine.fields.splitting.splitter import split
from engine.fields.templates import DocumentTemplate, load_templates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.index.page_index import PageIndex
    from engine.index.spans import Candidate

# Chosen on drawn documents (docs/lite.md).
_LIKELY: Final = 0.03
_SURE: Final = 0.5
_MOST_TYPES: Final = 5
_KEPT: Final = 128  # pages
_LOG: Final = logging.getLogger(__name__)


class DocumentForm:
    """One document as a form of its likeliest types. Fields are extracted at the first question.

    Args:
        indexes: its pages.
        folder: folder of the user's own templates.
    """

    def __init__(self, indexes: Sequence[PageIndex], folder: Path | None = None) -> None:
        self.indexes = tuple(indexes)
        templates = load_templates(folder)
        self._types = [
            (_Reading(indexes, templates[guess.document_type]), guess.confidence)
            for guess in classify(indexes)[:_MOST_TYPES]
            if guess.document_type in templates and guess.confidence >= _LIKELY
        ]

    def answer(self, question: str, *, follows: bool = False) -> BestAnswer | None:
        """Return the field that a question asks for; None if it asks for none or none is found.

        Args:
            follows: the question is a follow-up; see Phrasebook.fields.
        """
        # "The invoice" is not answered as the receipt that the page less probably is.
        least = max((sure for one, sure in self._types if one.is_named(question)), default=0.0)
        found = [
            (likely * answer.score, answer)
            for reading, likely in self._types
            if likely >= least and (answer := reading.answer(question, follows)) is not None
        ]
        return max(found, key=lambda one: one[0])[1] if found else None

    def is_named(self, question: str) -> bool:
        """Whether a question names the type of this document, if the type is certain enough."""
        return any(
            likely >= _SURE and reading.is_named(question) for reading, likely in self._types
        )


class _Reading:
    """The fields of one document, extracted by the template of one type."""

    def __init__(self, indexes: Sequence[PageIndex], template: DocumentTemplate) -> None:
        self._indexes = indexes
        self.template = template

    def answer(self, question: str, follows: bool) -> BestAnswer | None:
        names = phrasebook(self.template).fields(question, follows=follows)
        found = [self._pieces[name] for name in names if name in self._pieces]
        if not found:
            return None
        found.sort(key=lambda one: one[0].ranges)
        first, *more = (piece for piece, _ in found)
        return BestAnswer(first, min(score for _, score in found), tuple(more), "form")

    def is_named(self, question: str) -> bool:
        """Whether a question names the type of this reading."""
        return phrasebook(self.template).names_paper(question)

    @cached_property
    def _pieces(self) -> Mapping[str, tuple[Candidate, float]]:
        return read_pieces(self._indexes, self.template)


class FormCache:
    """Cache of the forms of the files in recent questions.

    Args:
        folder: folder of the user's own templates.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._files: dict[tuple[str, tuple[int, ...]], tuple[DocumentForm, ...]] = {}
        self._folder = folder

    def answer(
        self, question: str, indexes: Sequence[PageIndex], *, follows: bool = False
    ) -> BestAnswer | None:
        """Return the field that a question asks for, from the document with the best score.

        None if the question refers to a document by number ("the second invoice") and there are
        several documents.

        Args:
            indexes: the pages, grouped by file; a file may hold several documents.
            follows: the question is a follow-up.
        """
        forms = self._of(indexes)
        if len(forms) > 1 and counts_documents(question):
            return None
        found = [form.answer(question, follows=follows) for form in _named(question, forms)]
        answers = [answer for answer in found if answer is not None]
        return max(answers, key=lambda one: one.score, default=None)

    def named(self, question: str, indexes: Sequence[PageIndex]) -> Sequence[PageIndex]:
        """Return the pages of the documents whose type a question names ("in the contract").

        All pages if the question names no type, or no document here is of that type.

        Args:
            indexes: as in `answer`.
        """
        forms = _named(question, self._of(indexes))
        return [index for form in forms for index in form.indexes] or indexes

    def forget(self, document_ids: Set[str]) -> None:
        """Delete the forms of documents."""
        for key in [key for key in self._files if key[0] in document_ids]:
            del self._files[key]

    def _of(self, indexes: Sequence[PageIndex]) -> list[DocumentForm]:
        by_file = groupby(indexes, key=lambda index: index.document_id)
        try:
            return [form for _, pages in by_file for form in self._of_file(tuple(pages))]
        except TaskError:
            # One of the user's own templates is invalid. Field extraction reports that; questions
            # are answered without forms.
            _LOG.exception("no form is read")
            return []

    def _of_file(self, indexes: tuple[PageIndex, ...]) -> tuple[DocumentForm, ...]:
        key = (indexes[0].document_id, tuple(index.page_index for index in indexes))
        forms = self._files.pop(key, ())
        known = [index for form in forms for index in form.indexes]
        # A page that was processed again has another index.
        if not forms or any(a is not b for a, b in zip(known, indexes, strict=True)):
            forms = tuple(
                DocumentForm([indexes[at] for at in places], self._folder)
                for places in split(indexes)
            )
        self._files[key] = forms
        while len(self._files) > 1 and sum(len(pages) for _, pages in self._files) > _KEPT:
            del self._files[next(iter(self._files))]
        return forms


def _named(question: str, forms: Sequence[DocumentForm]) -> Sequence[DocumentForm]:
    """Return the documents whose type a question names; all if it names none of them."""
    named = [form for form in forms if form.is_named(question)] if len(forms) > 1 else []
    return named or forms
