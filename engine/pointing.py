"""Which pages a question names: "on page 3", "in the second scan", "на последней странице".

Read from the question's words alone, English and Russian; a question that names no page is about
all of them. Numbers are those that the screen shows: pages of a document from 1, documents in the
order of their upload.

Try it:
    point("What is the total on page 2?", documents).pages  # ((document_id, 1),)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.schema import Document

_ORDINALS: Final = (
    r"first|перв", r"second|втор", r"third|трет", r"fourth|четв[её]рт", r"fifth|пят",
    r"sixth|шест", r"seventh|седьм", r"eighth|восьм", r"ninth|девят", r"tenth|десят",
)  # fmt: skip
_LAST: Final = r"last|последн"
_ORDINAL: Final = "|".join([*_ORDINALS, _LAST])
_ENDING: Final = r"(?:[а-яё]{0,4})"
_NTH: Final = (
    rf"(?:(?P<digits>\d{{1,4}})(?:st|nd|rd|th|-?[а-яё]{{1,3}})|(?P<word>{_ORDINAL}){_ENDING})"
)
_PAGE: Final = r"(?:pages?|страниц\w{0,3}|листе?|листа|листу)"
_SCAN: Final = (
    r"(?:scans?|documents?|files?|images?|photos?|pictures?|pdfs?"
    r"|скан\w{0,2}|документ\w{0,2}|файл\w{0,2}|изображени\w|фото|фотографи\w|снимк\w|снимок)"
)
_JOIN: Final = r"\s*(?:[-\u2013\u2014]|,|and|to|or|и|по|или)\s*"
_LIST: Final = rf"(?P<numbers>\d{{1,4}}(?:{_JOIN}\d{{1,4}})*)(?![\d.,:/-]*\d)"
_NTH_PAGE: Final = re.compile(rf"\b{_NTH}\s+{_PAGE}\b")
# «на 12 странице»; the other cases follow a count as well: «12 страниц», «21 страница».
_BARE_PAGE: Final = re.compile(r"\b(?P<digits>\d{1,4})\s+(?:страниц(?:е|у|ей)|листе|стр)\b")
_PAGE_N: Final = re.compile(rf"\b(?:{_PAGE}|p\.|pp\.|стр\.|с\.)\s*(?:№\s*|no\.?\s*)?{_LIST}")
_NTH_SCAN: Final = re.compile(rf"\b{_NTH}\s+{_SCAN}\b")
_SCAN_N: Final = re.compile(
    r"\b(?:scan|document|file|image|photo|picture"
    r"|скан[еау]?|документ[еау]?|файл[еау]?|изображени[еяи]|фото|снимк[еау])\s+(?P<one>\d{1,2})\b(?![.,/-]?\d)"
)
_RANGE: Final = re.compile(r"(\d+)\s*(?:[-\u2013\u2014]|to|по)\s*(\d+)")
_SHORTEST_NAME: Final = 4
_FOLLOWS: Final = re.compile(r"\s*(?:and|what about|how about|а|и|ну а)\b")
_LONGEST_FOLLOWING: Final = 6


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a question points at.

    Attributes:
        pages: (document_id, page_index), in the order of the documents; None for all pages.
        missing: a page number that the question names and no document has.
    """

    pages: tuple[tuple[str, int], ...] | None = None
    missing: int | None = None


def point(question: str, documents: Sequence[Document]) -> Pointed:
    """The pages that a question is about."""
    words = " ".join(question.casefold().split())
    chosen = _documents(words, documents)
    among = chosen or tuple(documents)
    wanted = _page_numbers(words)
    if not wanted:
        if not chosen or len(chosen) == len(documents):
            return Pointed()
        return Pointed(_all_pages(chosen))
    found: list[tuple[str, int]] = []
    for document in among:
        count = len(document.pages)
        for number in wanted:
            index = count - 1 if number == -1 else number - 1
            pair = (document.document_id, index)
            if 0 <= index < count and pair not in found:
                found.append(pair)
    if not found:
        return Pointed(_all_pages(chosen) if chosen else None, max(wanted))
    if len(found) == sum(len(document.pages) for document in documents):
        return Pointed()
    return Pointed(tuple(found))


def point_on(question: str, earlier: Sequence[str], documents: Sequence[Document]) -> Pointed:
    """The pages that a question is about, which may follow one that named them.

    "What is the total on page 4?", "And the date?": the second is about page 4, too.

    Args:
        earlier: the questions before it, oldest first.
    """
    pointed = point(question, documents)
    follows = _FOLLOWS.match(question.casefold()) and len(question.split()) <= _LONGEST_FOLLOWING
    if pointed != Pointed() or not follows or not earlier:
        return pointed
    return Pointed(point_on(earlier[-1], earlier[:-1], documents).pages)


def _all_pages(documents: Sequence[Document]) -> tuple[tuple[str, int], ...]:
    return tuple((page.document_id, page.page_index) for item in documents for page in item.pages)


def _documents(words: str, documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents that are named, by their file name or by their place among the uploads."""
    named = [document for document in documents if _is_named(words, document.name)]
    if named:
        return tuple(named)
    if len(documents) < 2:
        return ()
    places = [_ordinal(match) for match in _NTH_SCAN.finditer(words)]
    places += [int(match["one"]) for match in _SCAN_N.finditer(words)]
    places = [len(documents) if place == -1 else place for place in places]
    return tuple(document for place, document in enumerate(documents, start=1) if place in places)


def _is_named(words: str, name: str) -> bool:
    name = name.casefold()
    stem = name.rpartition(".")[0] or name
    if name in words:
        return True
    # A short or plain stem may be a word of the question: "total.pdf".
    odd = len(stem) >= _SHORTEST_NAME and re.search(r"[\d_-]", stem) is not None
    return odd and re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", words) is not None


def _page_numbers(words: str) -> list[int]:
    """Page numbers from 1, in the question's order; -1 is the last page."""
    numbers = [_ordinal(match) for match in _NTH_PAGE.finditer(words)]
    numbers += [int(match["digits"]) for match in _BARE_PAGE.finditer(words)]
    for match in _PAGE_N.finditer(words):
        said = match["numbers"]
        for first, last in _RANGE.findall(said):
            numbers += range(int(first), int(last) + 1)
        numbers += [int(one) for one in re.findall(r"\d+", _RANGE.sub(" ", said))]
    return [number for number in dict.fromkeys(numbers) if number]


def _ordinal(match: "re.Match[str]") -> int:
    if match["digits"]:
        return int(match["digits"])
    word = match["word"]
    for number, stems in enumerate(_ORDINALS, start=1):
        if re.fullmatch(stems, word):
            return number
    return -1
