"""Files attached to a PDF (of a portfolio: its documents) -> further pages of the document.

An attached image or PDF is opened under the limits that remain; what is attached to it is not. Each
other file, and each that breaks a limit, is named in a notice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from engine.core.errors import DocumentError
from engine.core.schema import Annotations, Document, Notice, Page
from engine.core.settings import LimitSettings
from engine.documents import pdf
from engine.documents.naming import shown_name
from engine.documents.source import Source

OpenFile = Callable[[Callable[[], bytes], str, LimitSettings], Document]
_MOST_NAMED: Final = 5


def with_attachments(
    source: Source, data: bytes, pages: tuple[Page, ...], open_file: OpenFile
) -> tuple[Page, ...]:
    """The pages of a PDF and of the files attached to it; the first page tells which these are.

    Args:
        source, data: the PDF and its bytes.
        pages: its own pages, at least one.
        open_file: opens an attached file: (read, name, limits) -> Document.
    """
    names = pdf.attachment_names(source, data)
    if not names:
        return pages
    shown: list[str] = []
    left_out: list[str] = []
    added: list[Page] = []
    for number, given in enumerate(names):
        name = shown_name(given)
        room = source.limits.max_pages - len(pages) - len(added)
        limits = source.limits.model_copy(update={"max_pages": room})
        try:
            if room < 1:
                raise DocumentError("document.more_pages", name=name, limit=source.limits.max_pages)
            opened = open_file(partial(pdf.read_attachment, source, number, name), name, limits)
        except DocumentError:
            left_out.append(name)
            continue
        shown.append(name)
        for page in opened.pages:
            place = len(pages) + len(added)
            added.append(replace(page, document_id=source.document_id, page_index=place))
    notices = [
        Notice(key, {"name": source.name, "files": _listed(files)})
        for key, files in (("pdf.attachments", shown), ("pdf.attachments_left_out", left_out))
        if files
    ]
    first = replace(pages[0], load_annotations=partial(_with_notices, pages[0], tuple(notices)))
    return (first, *pages[1:], *added)


def _with_notices(page: Page, notices: tuple[Notice, ...]) -> Annotations:
    stored = page.load_annotations()
    return replace(stored, notices=stored.notices + notices)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" (+{more})" if more > 0 else "")
