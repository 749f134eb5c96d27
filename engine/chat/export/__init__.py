"""A conversation as one file: Markdown, self-contained HTML, JSON or DOCX.

It only writes down what was said: nothing is asked of a model, and no address is ever fetched.
Questions, answers, file names and everything read on a page are foreign text, which can become
markup in none of the formats. docs/export.md describes the files.

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
    """A conversation as a file of one of KINDS.

    HTML and DOCX show the places of the answers as pictures; a page that cannot be loaded any more
    leaves its picture out and says so.

    Args:
        exchanges: questions with their answers, oldest first.
        documents: what evidence and layouts refer to; one that is missing was deleted meanwhile.
        kind: "md", "html", "json" or "docx".
        title: of the conversation; plain text.
        language: "en" or "ru": of our own words.
    Raises:
        SessionError: kind is not one of KINDS.
    """
    said = tuple(exchanges)
    if kind == "json":
        return to_json(said, documents, title=title, language=language)
    sections = sections_of(said, documents, language)
    if kind == "md":
        return to_markdown(sections, title=title, language=language).encode("utf-8")
    if kind == "html":
        from engine.chat.export.html import to_html

        return to_html(sections, documents, title=title, language=language).encode("utf-8")
    if kind == "docx":
        # python-docx and lxml cost half a second, which only this format should pay.
        from engine.chat.export.word import to_docx

        return to_docx(sections, documents, title=title, language=language)
    raise SessionError("conversation.unknown_kind", kind=kind, known=", ".join(KINDS))
