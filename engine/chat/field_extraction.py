"""Field extraction: which pages of a file are one document, and the values of its fields."""

from collections.abc import Callable, Sequence

from engine.chat.documents import Documents
from engine.chat.stream import AnswerStream
from engine.core.schema import Answer
from engine.core.settings import Settings
from engine.families import family_class
from engine.fields import AUTO, DocumentFields, check_type, extract, parts_of, split


class FieldExtraction:
    """Extracts fields by labels and places, or by one question per field. Thread-safe.

    Args:
        ask: `Engine.ask`.
    """

    def __init__(
        self, settings: Settings, documents: Documents, ask: Callable[..., AnswerStream]
    ) -> None:
        self._settings = settings
        self._documents = documents
        self._ask = ask

    def fields(
        self,
        session_id: str,
        document_id: str,
        *,
        document_type: str = AUTO,
        model_id: str | None = None,
        language: str = "en",
        pages: Sequence[int] | None = None,
    ) -> DocumentFields:
        """Extract a document's fields; waits for the OCR of its pages.

        All pages count as one document; `all_fields` splits the file into documents first.

        Args:
            document_type: a template's name, or "auto" to classify the pages.
            model_id: a [models.*] key; None takes default_model. `lite` uses labels and places. Any
                other model is asked one question per field, in verbatim mode.
            language: "en" or "ru", of the titles.
            pages: 0-based; None takes all.
        Raises:
            EngineError: there is no such session, document, page, type or model, a page cannot be
                read, or the model failed.
        """
        chosen = model_id or self._settings.default_model
        folder = self._settings.fields.folder
        check_type(document_type, folder)
        document = self._documents.document(session_id, document_id)
        numbers = range(len(document.pages)) if pages is None else dict.fromkeys(pages)
        places = [(document_id, number) for number in numbers]
        family = family_class(self._settings.model(chosen).family, model_id=chosen)

        def ask(question: str) -> Answer:
            return self._ask(
                session_id,
                question,
                model_id=chosen,
                pages=places,
                verbatim=True,
                language=language,
                remember=False,
            ).answer(language)

        return extract(
            document,
            [self._documents.index_of(session_id, *place) for place in places],
            document_type=document_type,
            model_id=chosen,
            ask=None if family.is_verbatim else ask,
            folder=folder,
            language=language,
        )

    def split(self, session_id: str, document_id: str) -> tuple[tuple[int, ...], ...]:
        """Group the pages of a file into documents, in order; waits for the OCR of its pages.

        A file from an office scanner may hold an invoice, a passport and two receipts. A document
        of several pages is rarely split. Two documents are occasionally joined.

        Returns:
            0-based pages of each document: every page of the file is in one of them.
        Raises:
            EngineError: there is no such session or document, or a page cannot be read.
        """
        document = self._documents.document(session_id, document_id)
        if len(document.pages) < 2:
            return ((0,),)
        numbers = range(len(document.pages))
        return split(
            [self._documents.index_of(session_id, document_id, number) for number in numbers]
        )

    def all_fields(
        self,
        session_id: str,
        document_id: str,
        *,
        document_type: str = AUTO,
        model_id: str | None = None,
        language: str = "en",
    ) -> tuple[DocumentFields, ...]:
        """The fields of each document of a file (see `split`); arguments and errors of `fields`.

        Receipts that lie beside each other on one page are documents of their own, if the model's
        answers are always verbatim.
        """
        # Checked before any page is read, which takes seconds.
        folder = self._settings.fields.folder
        check_type(document_type, folder)
        chosen = model_id or self._settings.default_model
        family = family_class(self._settings.model(chosen).family, model_id=chosen)
        found: list[DocumentFields] = []
        for pages in self.split(session_id, document_id):
            indexes = [self._documents.index_of(session_id, document_id, one) for one in pages]
            parts = parts_of(indexes[0], folder) if len(pages) == 1 else ()
            if len(parts) > 1 and family.is_verbatim:
                document = self._documents.document(session_id, document_id)
                found += [
                    extract(
                        document,
                        [part],
                        document_type=document_type,
                        model_id=chosen,
                        ask=None,
                        folder=folder,
                        language=language,
                    )
                    for part in parts
                ]
                continue
            found.append(
                self.fields(
                    session_id,
                    document_id,
                    document_type=document_type,
                    model_id=model_id,
                    language=language,
                    pages=pages,
                )
            )
        return tuple(found)
