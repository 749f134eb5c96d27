"""Which pages a question names: "on page 3", "in the second receipt", "на последней странице".

Read from the question's words alone, English and Russian; a question that names no page is about
all of them. Numbers are those that the screen shows: pages of a document from 1, documents in the
order of their upload, whatever kind of document the question calls them.

Try it:
    point("What is the total on page 2?", documents).pages  # ((document_id, 1),)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.schema import Document

# A soft sign makes a count of it: «пять чеков».
_ORDINALS: Final = (
    r"first|перв", r"second|втор(?!ник)", r"third|трет", r"fourth|четв[её]рт", r"fifth|пят(?!ь)",
    r"sixth|шест(?!ь)", r"seventh|седьм", r"eighth|восьм", r"ninth|девят(?!ь)",
    r"tenth|десят(?!ь|о?к)",
)  # fmt: skip
_LAST: Final = r"last|последн"
_ORDINAL: Final = "|".join([*_ORDINALS, _LAST])
_ENDING: Final = r"(?:[а-яё]{0,4})"
_NTH_NAMED: Final = (
    r"\b(?:(?P<digits>\d{1,4})(?:st|nd|rd|th|-?[а-яё]{1,3})"
    rf"|(?P<word>{_ORDINAL}){_ENDING})(?!\w)"
)
_NTH_PLAIN: Final = re.sub(r"\?P<\w+>", "?:", _NTH_NAMED)
_PAGE: Final = r"(?:pages?|страниц\w{0,3}|листе?|листа|листу)"
_SCAN: Final = (
    r"(?:scans?|documents?|files?|images?|photos?|pictures?|pdfs?"
    r"|скан\w{0,2}|документ\w{0,2}|файл\w{0,2}|изображени\w|фото|фотографи\w|снимк\w|снимок)"
)
# Kinds of documents, which papers also speak of as things: "the first letter of the code" and "the
# second invoice line" are none, and «второй счёт» is most often one in a bank.
_KIND: Final = (
    r"(?:(?:receipts?|letter)(?!\s+of\b)|invoices?|bills?|contracts?|agreements?|passports?"
    r"|certificates?|(?:bank\s+)?statements?|(?:driving\s+|driver'?s\s+)?licen[cs]es?|cheques?|waybills?"
    r"|(?:чек|договор|контракт|паспорт)(?:а|у|ом|е|и|ы|ов|ам|ами|ах)?|акт(?:а|у|ом|е|ы|ов|ам|ами|ах)?"
    r"|письм(?:о|а|у|ом|е|ам|ами|ах)|писем|накладн(?:ая|ой|ую|ые|ых|ым|ыми)"
    r"|(?:квитанци|доверенност|удостоверени|заявлени)\w{1,3}|(?:справ|выпис)(?:к\w{1,3}|ок)"
    r"|сч[её]т\w{0,2}-фактур\w{0,3}|сч[её]т\w{0,2}\s+на\s+оплату)"
    r"(?!\s+(?:lines?|items?|rows?|entry|entries)\b)"
)
_JOIN: Final = r"\s*(?:[-\u2013\u2014]|,|and|to|or|и|по|или)\s*"
_LIST: Final = rf"(?P<numbers>\d{{1,4}}(?:{_JOIN}\d{{1,4}})*)(?![\d.,:/-]*\d)"
# "the first and the second".
_NTH_LIST: Final = (
    rf"(?:{_NTH_PLAIN}\s*(?:,|and|or|и|или)\s*(?:(?:the|во?|на|из)\s+)?){{0,8}}{_NTH_PLAIN}"
)
_NTH: Final = re.compile(_NTH_NAMED)
_NTH_PAGE: Final = re.compile(rf"\b{_NTH_LIST}\s+{_PAGE}\b")
# «на 12 странице»; the other cases follow a count as well: «12 страниц», «21 страница».
_BARE_PAGE: Final = re.compile(r"\b(?P<digits>\d{1,4})\s+(?:страниц(?:е|у|ей)|листе|стр)\b")
_PAGE_N: Final = re.compile(rf"\b(?:{_PAGE}|p\.|pp\.|стр\.|с\.)\s*(?:№\s*|no\.?\s*)?{_LIST}")
_NTH_SCAN: Final = re.compile(
    rf"\b{_NTH_LIST}\s+(?:{_SCAN}|{_KIND})\b|\b(?:во?|из)\s+{_NTH_LIST}\s+сч[её]т(?:ах?|е|ов)\b"
)
_SCAN_N: Final = re.compile(
    r"\b(?:scan|document|file|image|photo|picture"
    r"|скан[еау]?|документ[еау]?|файл[еау]?|изображени[еяи]|фото|снимк[еау])\s+(?P<one>\d{1,2})\b(?![.,/-]?\d)"
    r"(?!\s+(?:pages?|страниц[аы]?|лист(?:ов|а))\b)"
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
    places = _ordinals(_NTH_SCAN, words)
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
    numbers = _ordinals(_NTH_PAGE, words)
    numbers += [int(match["digits"]) for match in _BARE_PAGE.finditer(words)]
    for match in _PAGE_N.finditer(words):
        said = match["numbers"]
        for first, last in _RANGE.findall(said):
            numbers += range(int(first), int(last) + 1)
        numbers += [int(one) for one in re.findall(r"\d+", _RANGE.sub(" ", said))]
    return [number for number in dict.fromkeys(numbers) if number]


def _ordinals(pattern: "re.Pattern[str]", words: str) -> list[int]:
    """The numbers in what a pattern finds: 2 and 3 of "the second and third page"."""
    found = [match.group() for match in pattern.finditer(words)]
    return [_ordinal(match) for said in found for match in _NTH.finditer(said)]


def _ordinal(match: "re.Match[str]") -> int:
    if match["digits"]:
        return int(match["digits"])
    word = match["word"]
    for number, stems in enumerate(_ORDINALS, start=1):
        if re.fullmatch(stems, word):
            return number
    return -1
