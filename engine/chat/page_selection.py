"""Which pages a question names: "on page 3", "in the second receipt", "на последней странице".

engine.text.page_references parses the words; this module resolves them to the documents of a
session. A question that names no page is about all of them. Numbers are those that the screen
shows: pages of a document from 1, documents in the order of their upload, whatever kind of document
the question names. "Pages 4-2" are pages 2 to 4; the screen reports the selected pages.

Try it:
    point("What is the total on page 2?", documents).pages  # ((document_id, 1),)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.core.schema import Document
from engine.text.page_references import LAST, fold, references

_SHORTEST_NAME: Final = 4
# Replaces a file's name: a private-use character, which no keyboard types.
_NAME: Final = "\ue000"
_EXTENSION: Final = re.compile(r"(?<=.)\.\w{1,5}$")
_FOLLOWS: Final = re.compile(r"\s*(?:and|what about|how about|а|и|ну а)\b")
_LONGEST_FOLLOWING: Final = 6


@dataclass(frozen=True, slots=True)
class NamedPages:
    """The pages that a question refers to.

    Attributes:
        pages: (document_id, page_index), in the order of the documents; None for all pages.
        missing: a page number that the question names and no document has.
    """

    pages: tuple[tuple[str, int], ...] | None = None
    missing: int | None = None


def pages_named(question: str, documents: Sequence[Document]) -> NamedPages:
    """The pages that a question is about."""
    words = fold(question)
    chosen, words = _named(words, documents)
    mentions = references(words)
    if not chosen and len(documents) > 1:
        places = {number for one in mentions if one.kind != "page" for number in one.numbers}
        chosen = tuple(
            document
            for place, document in enumerate(documents, start=1)
            if place in places or (place == len(documents) and LAST in places)
        )
    among = chosen or tuple(documents)
    pages = (number for one in mentions if one.kind == "page" for number in one.numbers)
    wanted = tuple(dict.fromkeys(pages))
    if not wanted:
        if not chosen or len(chosen) == len(documents):
            return NamedPages()
        return NamedPages(_all_pages(chosen))
    found: list[tuple[str, int]] = []
    for document in among:
        count = len(document.pages)
        for number in wanted:
            index = count - 1 if number == LAST else number - 1
            pair = (document.document_id, index)
            if 0 <= index < count and pair not in found:
                found.append(pair)
    if not found:
        return NamedPages(_all_pages(chosen) if chosen else None, max(wanted))
    if len(found) == sum(len(document.pages) for document in documents):
        return NamedPages()
    return NamedPages(tuple(found))


def pages_asked_about(
    question: str, earlier: Sequence[str], documents: Sequence[Document]
) -> NamedPages:
    """The pages that a question is about, which may be a follow-up to one that named them.

    "What is the total on page 4?", "And the date?": the second is about page 4, too.

    Args:
        earlier: the questions before it, oldest first.
    """
    pointed = pages_named(question, documents)
    follows = _FOLLOWS.match(question.casefold()) and len(question.split()) <= _LONGEST_FOLLOWING
    if pointed != NamedPages() or not follows or not earlier:
        return pointed
    return NamedPages(pages_asked_about(earlier[-1], earlier[:-1], documents).pages)


def _all_pages(documents: Sequence[Document]) -> tuple[tuple[str, int], ...]:
    return tuple((page.document_id, page.page_index) for item in documents for page in item.pages)


def _named(words: str, documents: Sequence[Document]) -> tuple[tuple[Document, ...], str]:
    """The documents that are named by their file names, and the words without those names.

    A part of a longer name names nothing else: "11.pdf" is not "1.pdf".
    """
    forms = [(form, document) for document in documents for form in _forms(document.name)]
    named: set[str] = set()
    for form in sorted({form for form, _ in forms}, key=lambda one: (-len(one), one)):
        rest = re.sub(rf"(?<![\w.-]){re.escape(form)}(?![\w-]|\.\w)", _NAME, words)
        if rest != words:
            words = rest
            named |= {document.document_id for own, document in forms if own == form}
    return tuple(one for one in documents if one.document_id in named), words


def _forms(name: str) -> tuple[str, ...]:
    """The forms in which a question may name a file: its name, and its name without the extension.

    A form that could be a plain word does not count: a file "total", the stem of "total.pdf".
    """
    name = fold(name)
    stem = _EXTENSION.sub("", name)
    odd = len(stem) >= _SHORTEST_NAME and re.search(r"[\d_-]", stem) is not None
    if stem == name:
        return (name,) if odd else ()
    return (name, stem) if odd else (name,)
