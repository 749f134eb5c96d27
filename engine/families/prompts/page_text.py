"""OCR text of a page, to replace the page's image in a prompt."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.errors import RunCancelled
from engine.core.i18n import say
from engine.core.schema import Document, Page, Step
from engine.families.base import ModelRequest, Preparation

_CUT = "…"


class PageTexts:
    """Texts of the pages of a request's documents.

    Args:
        count: text -> number of its tokens.
    """

    def __init__(
        self, request: ModelRequest, preparation: Preparation, count: Callable[[str], int]
    ) -> None:
        self._preparation = preparation
        self._count = count
        self._language = request.language
        self._pages: dict[tuple[str, int], tuple[Document, Page]] = {
            (page.document_id, page.page_index): (document, page)
            for document in request.documents
            for page in document.pages
        }

    def of(self, key: tuple[str, int], most_tokens: int) -> str:
        """Return a heading with document and page, then the page's lines in reading order.

        Args:
            key: (document_id, page_index).
            most_tokens: maximum tokens; "…" replaces the lines that do not fit.
        Raises:
            RunCancelled: the user pressed Stop.
            EngineError: the page cannot be read.
        """
        if self._preparation.stop.is_set():
            raise RunCancelled
        document, page = self._pages[key]
        number = page.page_index + 1
        values = {"page": number, "pages": len(document.pages)}
        self._preparation.emit(Step("step.reading_page", values, page.page_index))
        heading = say("context.page_as_text", self._language, document=document.name, page=number)
        lines = [heading]
        left = most_tokens - self._count(f"{heading}\n{_CUT}\n")
        for line in self._preparation.index(page).lines:
            left -= self._count(f"{line.text}\n")
            if left < 0:
                lines.append(_CUT)
                break
            lines.append(line.text)
        return "".join(f"{line}\n" for line in lines)
