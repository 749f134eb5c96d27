"""Export of a conversation to one file: Markdown, self-contained HTML, JSON or DOCX.

The export only formats existing data: it runs no model and fetches no address. Questions, answers,
file names and page text are untrusted, and cannot become markup in any format. docs/export.md
describes the files.

Try it: `python -c "from engine.chat.export import export_conversation as e; print(e((), (),
'md', title='Empty', language='en').decode())"`
"""

from collections.abc import Iterable, Sequence
from typing import Final

from engine.chat.export.exchange import Exchange
from engine.chat.export.json_file import to_json
from engine.chat.export.markdown import to_markdown
from engine.chat.export.sections import sections_of
from engine.core.errors import SessionError
from engine.core.schema import Document

KINDS: Final = ("md", "html", "json", "docx")

__all__ = ["KINDS", "Exchange", "export_conversation"]


def export_conversation(
    exchanges: Iterable[Exchange],
    documents: Sequence[Document],
    kind: str,
    *,
    title: str,
    language: str,
) -> bytes:
    """Export a conversation to a file of one of KINDS.

    HTML and DOCX show the places of the answers as pictures. If a page cannot be loaded any more,
    a sentence takes the place of its picture.

    Args:
        exchanges: questions with their answers, oldest first.
        documents: those that evidence and layouts refer to; a missing one was deleted meanwhile.
        kind: "md", "html", "json" or "docx".
        title: of the conversation; plain text.
        language: "en" or "ru", of the app's own words.
    Raises:
        SessionError: kind is not one of KINDS.
    """
    turns = tuple(exchanges)
    if kind == "json":
        return to_json(turns, documents, title=title, language=language)
    sections = sections_of(turns, documents, language)
    if kind == "md":
        return to_markdown(sections, title=title, language=language).encode("utf-8")
    if kind == "html":
        from engine.chat.export.html import to_html

        return to_html(sections, documents, title=title, language=language).encode("utf-8")
    if kind == "docx":
        # python-docx and lxml take half a second to import, and only this format needs them.
        from engine.chat.export.word import to_docx

        return to_docx(sections, documents, title=title, language=language)
    raise SessionError("conversation.unknown_kind", kind=kind, known=", ".join(KINDS))
