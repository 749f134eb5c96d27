"""Question parser: the expected answer types, and the terms to search for on the page.

It handles English and Russian by patterns and synonym groups of lexicon.toml. A follow-up ("and the
date?", "а его адрес?") takes what it lacks from the question before. No page is needed.

Try it:
`python -c "from engine.families.lite.question import analyse; print(analyse('What date?').wants)"`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.text.answer_types import ANSWER_TYPES
from engine.text.language import groups_in, lexicon, stem, tokens
from engine.text.page_references import fold, is_page_word, references

# Types of values ("total", "date"); a follow-up about another value drops their terms.
_VALUE_TYPES: Final = frozenset(ANSWER_TYPES) - {"person", "org", "place", "text", "title"}
_CARRIED: Final = 0.5
# Factor for a type that the head of the question ("who", "how many") makes unlikely.
_UNLIKELY: Final = 0.3
# Possible types of a question that implies no type.
_ANYTHING: Final = (
    "number",
    "amount",
    "id",
    "percent",
    "quantity",
    "person",
    "org",
    "title",
    "date",
)
_PERHAPS: Final = 0.35
# A word that names the requested value ("ИНН", "due date") weighs more than the words that say
# whose value it is.
_ASKED, _ATTRIBUTE = 0.5, 1.5
# Groups of a question that asks for a page number or the number of pages.
_OF_PAGES: Final = frozenset(("page", "number", "quantity"))
# "сколько всего страниц", "how many pages in total": "total" does not ask for a sum here.
_HOW_MANY_PAGES: Final = re.compile(
    r"\b(?:how many|сколько)\b(?: всего| total)? (?:pages|sheets|страниц|листов)\b"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A search term.

    Attributes:
        word: the word.
        groups: its synonym groups.
        weight: 1 for an ordinary word of the question; more for the name of the requested value,
            less for a word of an earlier question.
    """

    word: str
    groups: frozenset[str]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """A parsed question.

    Attributes:
        wants: answer type -> how much the question asks for it, 0 to 1.
        counts: it may ask to count things ("how many items ...").
        yes_no: the answer may be yes or no, which is never on the page.
        offers: it names the answers to choose from ("single or married?").
        about_pages: it mentions pages, but no particular one.
        only_pages: it only asks which page this is or how many there are.
    """

    text: str
    language: str
    terms: tuple[Term, ...]
    wants: Mapping[str, float]
    counts: bool = False
    yes_no: bool = False
    offers: bool = False
    about_pages: bool = False
    only_pages: bool = False


def analyse(text: str, history: Sequence[str] = ()) -> ParsedQuestion:
    """Parse a question.

    Args:
        text: the user's words.
        history: the user's earlier questions, oldest first.
    """
    question = _alone(text)
    if not history or not _leans(question):
        return question
    return _joined(question, analyse(history[-1], history[:-1]))


def _alone(text: str) -> ParsedQuestion:
    book = lexicon()
    folded = text.casefold().replace("ё", "е")
    whole = without_pages(folded)
    words = tokens(whole) or tokens(folded)
    plain = " ".join(re.sub(r"[^\w%№#'’-]+", " ", whole).split())
    wants: dict[str, float] = {}
    for kind, weight, pattern in book.wants:
        if weight > wants.get(kind, 0.0) and pattern.search(plain):
            wants[kind] = weight
    counts = wants.pop("count", 0.0) >= 1.0
    yes_no = wants.pop("yesno", 0.0) > 0.0
    allowed = next((kinds for pattern, kinds in book.heads if pattern.search(plain)), None)
    if allowed is not None:
        for kind in wants.keys() - allowed:
            wants[kind] *= _UNLIKELY
    # "the IBAN" implies a number if no pattern gives a type.
    told = max((w for kind, w in wants.items() if kind != "text" or w > 0.9), default=0.0)
    implied = 0.6 if told < 0.6 else 0.1
    if told < 0.6:
        for kind in _ANYTHING:
            wants[kind] = max(wants.get(kind, 0.0), _PERHAPS)
    found = groups_in(words)
    full = [
        groups for word, groups in zip(words, found, strict=True) if stem(word) not in book.stop
    ]
    known = frozenset().union(*full)
    for group in known:
        for kind in book.implied[group]:
            wants[kind] = max(wants.get(kind, 0.0), implied)
    terms = []
    for word, groups in zip(words, found, strict=True):
        # Skip stop words, unless no content word has their synonym group: "at what time" needs only
        # "time", but a question may consist of "about" or "о чём" alone.
        if stem(word) in book.stop and (not groups or groups & known):
            continue
        types = frozenset().union(*(book.implied[group] for group in groups))
        asked = any(wants.get(kind, 0.0) >= _ASKED for kind in types & _VALUE_TYPES)
        terms += [Term(part, groups, _ATTRIBUTE if asked else 1.0) for part in _parts(word)]
    if terms and all("amount" in term.groups for term in terms):
        terms = [_total(term) for term in terms]
    language = "ru" if len(re.findall("[а-яё]", plain)) > len(re.findall("[a-z]", plain)) else "en"
    offers = bool({"or", "или"} & set(words))
    pages = any(is_page_word(word) for word in words)
    of_pages = _OF_PAGES | {"total"} if _HOW_MANY_PAGES.search(plain) else _OF_PAGES
    only = pages and all(term.groups & of_pages for term in terms)
    return ParsedQuestion(text, language, tuple(terms), wants, counts, yes_no, offers, pages, only)


def without_pages(folded: str) -> str:
    """Remove references to pages, and to documents as places, from a lower-case question.

    The caller has already selected the pages, so a page reference is not a search term. A document
    is removed only after a preposition: "the second invoice" alone may be the subject.
    """
    text = fold(folded)
    for one in reversed(references(text)):
        if one.kind == "page" or one.placed:
            text = f"{text[: one.start]} {text[one.end :]}"
    return text


def counts_documents(text: str) -> bool:
    """Whether a question refers to a document by its number: "in the second receipt"."""
    return any(one.kind != "page" for one in references(fold(text)))


def follows(text: str) -> bool:
    """Whether a question is a follow-up by its wording: "and the buyer?", "а его адрес?"."""
    plain = text.casefold().replace("ё", "е").strip()
    return any(pattern.search(plain) for pattern in lexicon().follow_up)


def _total(term: Term) -> Term:
    """Turn a bare question for an amount into one for the document's total, not that of a line."""
    word = "итого" if re.search("[а-я]", term.word) else "total"
    return replace(term, word=word, groups=term.groups | {"total"})


def _parts(word: str) -> list[str]:
    """Split hyphenated words ("high-intensity") into terms; numbers and codes stay whole."""
    if "-" in word and word.replace("-", "").isalpha():
        return [part for part in word.split("-") if len(part) > 2] or [word]
    return [word]


def _leans(question: ParsedQuestion) -> bool:
    """Whether a question needs the one before to be understood."""
    plain = question.text.casefold().replace("ё", "е").strip()
    if question.only_pages:
        return False
    return len(question.terms) <= 1 or (
        len(question.terms) <= 4 and any(pattern.search(plain) for pattern in lexicon().follow_up)
    )


def _joined(question: ParsedQuestion, before: ParsedQuestion) -> ParsedQuestion:
    """Complete a follow-up with terms and types of the question before."""
    own = {kind for kind in question.wants if kind != "text"}
    if not own:
        # "and for the second one?": the same value of another thing.
        kept = [replace(term, weight=0.8 * term.weight) for term in before.terms]
        return replace(
            question,
            terms=(*question.terms, *kept),
            wants=before.wants,
            counts=before.counts,
            yes_no=before.yes_no,
        )
    implied = lexicon().implied
    kept = [
        replace(term, weight=_CARRIED * term.weight)
        for term in before.terms
        if not any(_VALUE_TYPES & implied[group] for group in term.groups)
        and term.word not in {mine.word for mine in question.terms}
    ]
    return replace(question, terms=(*question.terms, *kept))
