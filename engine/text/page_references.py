"""Parser of references to pages and documents: "page 3", "на 12 странице", "in the second letter".

It serves English and Russian, and three callers: the pages that a question is about
(engine.chat.page_selection), the words of the question that remain as search terms
(engine.families.lite.question), and the page that a model names beside a box
(engine.families.pages.box_readers). It knows no documents: the caller checks whether page 12
exists.

Try it: `python -c "from engine.text.page_references import references;
print(references('the total on pages 2-4 of the second scan'))"`
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["page", "image", "document"]
LAST: Final = -1

# With a soft sign the word is a cardinal number: «пять чеков».
_ORDINALS: Final = (
    r"first|перв", r"second|втор(?!ник)", r"third|трет", r"fourth|четверт", r"fifth|пят(?!ь)",
    r"sixth|шест(?!ь)", r"seventh|седьм", r"eighth|восьм", r"ninth|девят(?!ь)",
    r"tenth|десят(?!ь|о?к)",
)  # fmt: skip
_ORDINAL: Final = "|".join([*_ORDINALS, "last|последн"])
_NTH_NAMED: Final = (
    r"\b(?:(?P<digits>\d{1,4})(?:st|nd|rd|th|-?[а-я]{1,3})"
    rf"|(?P<word>{_ORDINAL})(?:[а-я]{{0,4}}))(?!\w)"
)
_NTH: Final = re.compile(_NTH_NAMED)
_NTH_PLAIN: Final = re.sub(r"\?P<\w+>", "?:", _NTH_NAMED)
# "the first and the second".
_NTH_LIST: Final = (
    rf"(?:{_NTH_PLAIN}\s*(?:,|and|or|и|или)\s*(?:(?:the|во?|на|из)\s+)?){{0,8}}{_NTH_PLAIN}"
)

_ONE_PAGE: Final = r"page|страниц(?:а|е|у|ей|ею)|лист(?:а|е|у|ом)?"
_PAGES: Final = r"pages|страниц(?:ы|ах|ам|ами)?|лист(?:ы|ов|ах|ам|ами)"
_PAGE: Final = rf"(?:{_PAGES}|{_ONE_PAGE})"
_SHORT_PAGE: Final = r"pp?\.|pg\.?|стр\b\.?|с\."
# Printed before a page number, often without the dot: "стр 12", "Page 3".
PAGE_LABEL: Final = rf"(?:{_ONE_PAGE}|sheet|pg?|стр|с)\b\.?"
_PAGE_WORD: Final = re.compile(rf"(?:{_PAGE}|sheets?|стр)")

_IMAGE: Final = (
    r"(?:scans?|images?|photos?|pictures?|скан\w{0,2}|изображени\w|фото|фотографи\w|снимк\w|снимок)"
)
_DOCUMENT: Final = r"(?:documents?|files?|pdfs?|документ\w{0,2}|файл\w{0,2})"
# Document types. These nouns also have other senses: "the first letter of the code" and "the second
# invoice line" are no documents, and «второй счет» is most often a bank account.
_PAPER: Final = (
    r"(?:(?:receipts?|letter)(?!\s+of\b)|invoices?|bills?|contracts?|agreements?|passports?"
    r"|certificates?|(?:bank\s+)?statements?|(?:driving\s+|driver'?s\s+)?licen[cs]es?|cheques?"
    r"|waybills?|(?:чек|договор|контракт|паспорт)(?:а|у|ом|е|и|ы|ов|ам|ами|ах)?"
    r"|акт(?:а|у|ом|е|ы|ов|ам|ами|ах)?|письм(?:о|а|у|ом|е|ам|ами|ах)|писем"
    r"|накладн(?:ая|ой|ую|ые|ых|ым|ыми)|(?:квитанци|доверенност|удостоверени|заявлени)\w{1,3}"
    r"|(?:справ|выпис)(?:к\w{1,3}|ок)|счет\w{0,2}-фактур\w{0,3}|счет\w{0,2}\s+на\s+оплату)"
    r"(?!\s+(?:lines?|items?|rows?|entry|entries)\b)"
)
_IN_PAPER: Final = (
    r"(?:(?:in|from|of|on)\s+(?:the\s+)?(?:receipt|letter|invoice|bill|contract|agreement|passport"
    r"|certificate|(?:bank\s+)?statement|licen[cs]e|cheque|waybill)"
    r"|(?:во?|из|на)\s+(?:(?:чек|договор|контракт|паспорт|акт|письм)[еау]|накладной|квитанци[ией]"
    r"|справк[еи]|выписк[еи])|(?:во?|из)\s+счет[еа])"
)

_BEFORE: Final = re.compile(
    r"(?P<preposition>\b(?:on|in|from|of|at|на|со?|из|во?|по)\s+)?(?:\bthe\s+)?$"
)
_LONGEST_BEFORE: Final = len("from the ")
_NUMBER: Final = r"\d{1,4}(?!\d)"
_FIRST: Final = re.compile(_NUMBER)
_JOINED: Final = re.compile(
    rf"(?P<join>\s*(?:[-\u2013\u2014]|,|\b(?:and|to|or|и|по|или)\b)\s*)(?P<number>{_NUMBER})"
)
_RANGE: Final = re.compile(r"\s*(?:[-\u2013\u2014]|to|по)\s*")
_DASHES: Final = ("-", "\u2013", "\u2014")
# What may follow a number that is not a count: the end, a mark, or a word that is not a noun.
_STANDS: Final = (
    r"\s*(?:$|[^\w\s]|(?:and|or|to|of|in|on|from|at|is|are|say|says|please|what|which|who|when|how"
    r"|и|или|по|на|из|во?|у|со?|об?|что|кто|где|когда|сколько|как\w*)\b)"
)
_STANDS_ALONE: Final = re.compile(_STANDS)
# The rest of a date, a decimal or a reference: "15.03.2026", "2/3".
_GOES_ON: Final = re.compile(r"[.:/-]\d")

# "image 2", but not a count of its pages: "в документе 5 страниц".
_PLACE: Final = r"(?P<number>\d{1,2})\b(?![.,/-]?\d)(?!\s+(?:pages?|страниц[аы]?|лист(?:ов|а))\b)"

_PATTERNS: Final[tuple[tuple[Kind, "re.Pattern[str]"], ...]] = (
    ("page", re.compile(rf"\b(?P<nth>{_NTH_LIST})\s+{_PAGE}\b")),
    # «на 12 странице»; other cases also follow a count: «12 страниц», «21 страница».
    ("page", re.compile(rf"\b(?P<number>{_NUMBER})\s+(?:страниц(?:е|у|ей)|листе|стр)\b")),
    (
        "page",
        re.compile(
            rf"\b(?:(?P<many>{_PAGES}|pp\.)|(?:{_ONE_PAGE})|{_SHORT_PAGE})"
            rf"\s*(?:[№#]\s*|no\.?\s*)?(?={_NUMBER})"
        ),
    ),
    ("image", re.compile(rf"\b(?P<nth>{_NTH_LIST})\s+{_IMAGE}\b")),
    ("document", re.compile(rf"\b(?P<nth>{_NTH_LIST})\s+(?:{_DOCUMENT}|{_PAPER})\b")),
    (
        "document",
        re.compile(rf"\b(?P<placed>во?|из)\s+(?P<nth>{_NTH_LIST})\s+счет(?:ах?|е|ов)\b"),
    ),
    (
        "image",
        re.compile(
            r"\b(?:scan|image|photo|picture|скан[еау]?|изображени[еяи]|фото|снимк[еау])"
            rf"(?:\s+|\s*[#№]\s*){_PLACE}"
        ),
    ),
    ("document", re.compile(rf"\b(?:document|file|pdf|документ[еау]?|файл[еау]?)\s+{_PLACE}")),
    # "in invoice 2"; the document's own number or a count is no reference: "invoice No. 2",
    # "в чеке 2 товара".
    (
        "document",
        re.compile(
            rf"\b(?P<placed>{_IN_PAPER})\s+(?P<number>\d{{1,2}})\b(?![.,/-]?\d)(?={_STANDS})"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A span of a text that refers to pages or documents.

    Attributes:
        kind: what the span refers to. An "image" or scan is a document for the user, who uploaded
            it as one, and a page for a model, which receives each page as an image.
        start, end: character offsets in the text, with a preposition and "the" before it.
        numbers: the 1-based numbers referred to, in the text's order; LAST for the last one.
        placed: whether a preposition precedes it: "in the second letter".
    """

    kind: Kind
    start: int
    end: int
    numbers: tuple[int, ...]
    placed: bool


def fold(text: str) -> str:
    """Normalise a text for `references`: lower case, ё as е, single spaces."""
    return " ".join(text.casefold().replace("ё", "е").split())


def references(text: str) -> tuple[Reference, ...]:
    """Find all references to pages and documents, in the text's order, without overlaps.

    Args:
        text: normalised by `fold`.
    """
    found = sorted(_found(text), key=lambda one: (one.start, -one.end))
    apart: list[Reference] = []
    for one in found:
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return tuple(apart)


def is_page_word(word: str) -> bool:
    """Whether a word normalised by `fold` means page or pages: "page", "страницах", "листов"."""
    return _PAGE_WORD.fullmatch(word) is not None


def _found(text: str) -> Iterator[Reference]:
    """The matches of every pattern; several patterns may match the same words."""
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            end = match.end()
            if "nth" in groups:
                numbers = [_ordinal(one) for one in _NTH.finditer(match["nth"])]
            elif "number" in groups:
                numbers = [int(match["number"])]
            else:
                numbers, end = _listed(text, end, many=match["many"] is not None)
            if not any(numbers):
                continue
            earliest = max(0, match.start() - _LONGEST_BEFORE)
            before = _BEFORE.search(text, earliest, match.start())
            start = match.start() if before is None else before.start()
            placed = "placed" in groups or (
                before is not None and before["preposition"] is not None
            )
            unique = tuple(number for number in dict.fromkeys(numbers) if number)
            yield Reference(kind, start, end, unique, placed)


def _listed(text: str, start: int, *, many: bool) -> tuple[list[int], int]:
    """Parse a list of numbers and return it with its end: "2 and 4", "2-4" and "4-2" (2 to 4).

    Args:
        many: whether the list follows "pages". After "page", a further number belongs to the list
            only if it is not a count: "page 3, 5 items" is page 3.
    """
    first = _FIRST.match(text, start)
    if first is None:
        return [], start
    numbers, end = [int(first.group())], first.end()
    while (match := _JOINED.match(text, end)) is not None:
        belongs = many or match["join"] in _DASHES or _STANDS_ALONE.match(text, match.end())
        if not belongs or _GOES_ON.match(text, match.end()):
            break
        number = int(match["number"])
        if _RANGE.fullmatch(match["join"]):
            low, high = sorted((numbers[-1], number))
            numbers[-1:] = range(low, high + 1)
        else:
            numbers.append(number)
        end = match.end()
    return ([], start) if _GOES_ON.match(text, end) else (numbers, end)


def _ordinal(match: "re.Match[str]") -> int:
    if match["digits"]:
        return int(match["digits"])
    for number, stems in enumerate(_ORDINALS, start=1):
        if re.fullmatch(stems, match["word"]):
            return number
    return LAST
