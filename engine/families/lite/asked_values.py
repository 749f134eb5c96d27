"""Which values may answer a question: an amount is answered by no word, a date by no other value.

A question demands a kind of value only if its own words name that value as what is asked for
("What is the amount due?", "how many"), not wherever the value is mentioned ("Which item has the
highest price?"). If no candidate is such a value, there is no answer.

A question that names a currency ("in euros") is answered in it where the pages print several. A yes
or no is never on the page, so such a question is not answered by an amount.

Try it: `python -c "from engine.families.lite.asked_values import demanded;
print(demanded('What is the total?'))"`
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from engine.text import find_values, find_values_in_words, parse_amount
from engine.text.answer_types import ANSWER_TYPES, has_number_word
from engine.text.currencies import currencies_in
from engine.text.currency_names import currencies_named
from engine.text.language import groups_in, lexicon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.families.lite.question import ParsedQuestion
    from engine.index.spans import Candidate
    from engine.index.view import PageView

# "when": a date or a time, or words ("on Mondays").
Demand: TypeAlias = Literal["amount", "date", "when", "count"]

_MONEY: Final = (
    r"(?:grand total|sub-?total|total|amount|sum|prices?|costs?|fees?|balance|salary|wages?|rent"
    r"|adjustment|refund|deposit|discount|surcharge|tip)"
)
# What may follow the asked value; "total quantity" and "balance sheet" ask for something else.
_ENDS: Final = (
    r"(?=$|\s(?:due|payable|owe[ds]?|owing|outstanding|paid|to (?:be )?pa(?:y|id)|charged|of|for|in"
    r"|on|at|by|per|with|without|includ\w+|excludi\w+|before|after|is|was|from|stated|shown|printed"
    r"|here|this|that)\b)"
)
_MIDDLE: Final = (
    r"(?:(?!(?:of|for|in|on|by|as|to|with|is|are|was|does|has|have|that|number|name|date|type|kind"
    r"|method|currency)\b)[\w'-]+ )"
)
_THE: Final = r"(?:the |an? |your |my |our |its |their |his |her |this )?"
_VERB: Final = r"(?:is|was|are|were|do|does|did|should|must|will|has)"
_TELL: Final = r"(?:tell|give|show|find|say|state|name)(?: me| us)?"
_WHICH_RU: Final = (
    r"(?:^|\b(?:на |в )?как(?:ова|ая|ой|ов|ую|ое|ово) |\bчему равн\w+ |\bназовите |\bукажите )"
)
_MONEY_RU: Final = (
    r"(?:сумм[аыуе]|стоимость|цен[аыуе]|итог|остаток|сальдо|баланс|оклад|задолженность)(?!\w)"
)
_DEMANDS_AMOUNT: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bwhat(?:'?s| is| was| are| were) {_THE}{_MIDDLE}{{0,4}}?{_MONEY}{_ENDS}",
        rf"\b(?:what|which) {_MIDDLE}{{0,2}}?{_MONEY} {_VERB}\b",
        rf"\b{_TELL} {_THE}{_MIDDLE}{{0,4}}?{_MONEY}{_ENDS}",
        rf"^(?:and )?{_THE}{_MIDDLE}{{0,2}}?{_MONEY}(?: due| payable| owed| to pay| to be paid)?$",
        r"\bhow much\b.*\b(?:pay|paid|cost|costs|owe[ds]?|due|charged?|money)\b",
        rf"{_WHICH_RU}(?:[\w-]+ ){{0,2}}?{_MONEY_RU}",
        r"\bсколько\b.*(?:\bстоит\b|\bстоил|\bзаплат|\bплат|\bдолж|\bк оплате\b|\bденег\b)",
    )
)
_IN_WORDS: Final = re.compile(r"\bin words\b|\bin letters\b|\bspelled|прописью|словами|\bcalled\b")
_DEMANDS_DATE: Final = re.compile(
    r"\b(?:what|which|the) (?:is the )?(?:[\w'-]+ ){0,2}?(?:date|birthday)\b|\bдат[аыуе]\b"
    r"|\bкакого числа\b"
)
_WHEN: Final = re.compile(r"\bwhen\b|\bкогда\b")
_DEMANDS_COUNT: Final = re.compile(r"\bhow many\b|\bсколько\b(?! (?:времени|длит\w*))")
# "Can you tell me the total?" asks for the total; "Is there a discount?" is answered by it.
_REQUEST: Final = re.compile(
    r"^(?:can|could|will|would|may|do) (?:you|i|we|one|please)\b|^(?:is|are|was|were) there\b"
    r"|^may \d|^(?:есть|имеется) ли\b|^можно ли (?:узнать|найти|увидеть)"
)
# The answer is computed from several values, or chosen among them.
_COMPUTES: Final = re.compile(
    r"\b(?:(?:most|least) \w+|largest|smallest|highest|lowest|biggest|cheapest|maximum|minimum"
    r"|more than|less than|difference|together|altogether|combined|both|average|ratio|times"
    r"|sum of (?:all|the)|how much (?:more|less|higher|lower|longer)|by how much"
    r"|самы[йех]|самая|самое|больше|меньше|наибольш\w*|наименьш\w*|разниц\w*|вместе|обоих|обеих"
    r"|в сумме|в среднем|на сколько|насколько)\b"
)
_DEBT: Final = re.compile(r"\bowe[ds]?\b|\bowing\b|\bdebts?\b|\bmoney\b|долж\w+|долг\w*|задолж\w+")
# "OE-7719", "1,250.00": the last digits are a part of the number.
_JOINED: Final = re.compile(r"\w[-/.,'’]$")
_COMPOUND: Final = re.compile(r"\w[-/]\w")
_SOMEWHAT: Final = 0.4
# An amount or a count is no part of these.
_NO_SUMS: Final = ("date", "phone", "email", "url", "iban")
_OTHER_VALUES: Final = ("amount", "percent", "phone", "email", "url", "iban")
_NO_DATE: Final = (*_OTHER_VALUES, "id", "number")
_DATED: Final = ("date", "year", "time")


def demanded(question: str) -> frozenset[Demand]:
    """Return the kinds of values that a question demands by its own words, mostly none."""
    plain = " ".join(re.sub(r"[^\w%'’-]+", " ", question.casefold().replace("ё", "е")).split())
    found: set[Demand] = set()
    if any(pattern.search(plain) for pattern in _DEMANDS_AMOUNT) and not _IN_WORDS.search(plain):
        found.add("amount")
    if _DEMANDS_DATE.search(plain):
        found.add("date")
    elif _WHEN.search(plain):
        found.add("when")
    if _DEMANDS_COUNT.search(plain):
        found.add("count")
    return frozenset(found)


def of_value(
    question: ParsedQuestion,
    view: PageView,
    candidates: Sequence[Candidate],
    kinds: NDArray[np.float32],
) -> list[int]:
    """Return the indices of candidates that are such values as the question demands; all if none.

    Args:
        kinds: (candidates, ANSWER_TYPES), likeness of each candidate to each answer type.
    """
    kept = list(range(len(candidates)))
    demands = demanded(question.text)
    if asks_yes_or_no(question):
        if _DEBT.search(question.text.casefold()):
            return []
        inside = _places(view, ("amount",))
        return [
            at
            for at in kept
            if not _is_only_amounts(candidates[at].text) and not _is_part(candidates[at], inside)
        ]
    if demands & {"amount", "count"}:
        inside = _places(view, _NO_SUMS if "amount" in demands else (*_NO_SUMS, "amount"))
        kept = [at for at in kept if not _is_part(candidates[at], inside)]
    if "amount" in demands:
        amounts = kinds[:, ANSWER_TYPES.index("amount")]
        rate = question.wants.get("percent", 0.0) >= _SOMEWHAT
        kept = [
            at
            for at in kept
            if _is_amount(candidates[at].text, float(amounts[at]), rate)
            and not _is_number_of_a_thing(candidates[at])
        ]
    if "count" in demands:
        kept = [at for at in kept if _counts(candidates[at])]
    unwanted = frozenset(_OTHER_VALUES if "when" in demands else _NO_DATE)
    if demands & {"when", "date"}:
        dated = kinds[:, [ANSWER_TYPES.index(kind) for kind in _DATED]].max(axis=1)
        kept = [at for at in kept if dated[at] >= _SOMEWHAT or not candidates[at].values & unwanted]
    named = currencies_named(question.text)
    return _in_currency(named, view, candidates, kept) if named else kept


def asks_yes_or_no(question: ParsedQuestion) -> bool:
    """Whether a question can only be answered by yes or no."""
    plain = question.text.casefold().strip()
    return question.yes_no and not question.offers and not _REQUEST.search(plain)


def asks_to_compute(question: ParsedQuestion) -> bool:
    """Whether a question asks for a value that is computed: a sum, a difference, an extreme."""
    return _COMPUTES.search(question.text.casefold().replace("ё", "е")) is not None


def may_answer(question: ParsedQuestion, candidate: Candidate) -> bool:
    """Whether one candidate is such a value as the question demands."""
    row = np.array([[candidate.kinds[kind] for kind in ANSWER_TYPES]], np.float32)
    return bool(of_value(question, candidate.view, [candidate], row))


def _places(view: PageView, kinds: Sequence[str]) -> frozenset[tuple[int, int]]:
    """Return the word ranges of a page's values of some kinds."""
    found: set[tuple[int, int]] = set()
    for cell in view.cells:
        for span in find_values_in_words(view.words[cell.first : cell.last]):
            if span.value.kind in kinds:
                found.add((cell.first + span.first, cell.first + span.last + 1))
    return frozenset(found)


def _is_part(candidate: Candidate, places: frozenset[tuple[int, int]]) -> bool:
    """Whether a candidate is less than one of the values at some places: the 24 of "24 June"."""
    if len(candidate.ranges) > 1:
        return False
    first, last = candidate.ranges[0]
    if candidate.skip and _JOINED.search(candidate.view.words[first][: candidate.skip]):
        return True
    if candidate.keep is not None:
        rest = candidate.view.words[last - 1][candidate.keep :]
        if _JOINED.match(rest[1::-1]):
            return True
    return any(
        start <= first and last <= end and (start, end) != (first, last) for start, end in places
    )


def _is_amount(text: str, likeness: float, rate: bool) -> bool:
    """Whether a text is or holds an amount, or is mostly digits: scans misread some of them.

    Args:
        rate: a percentage may answer, too.
    """
    if likeness >= _SOMEWHAT or has_number_word(text):
        return True
    values = find_values(text)
    days = [value for value in values if value.kind == "date"]
    if any(
        value.kind in (("amount", "percent") if rate else ("amount",))
        and all(value.end <= day.start or value.start >= day.end for day in days)
        for value in values
    ):
        return True
    if any(value.kind == "percent" for value in values):
        return rate
    bare = re.sub(r"[\W_]", "", text)
    if _COMPOUND.search(text) and parse_amount(text) is None:
        return False
    return not days and bare[:1].isdigit() and 2 * sum(map(str.isdigit, bare)) > len(bare)


def _is_number_of_a_thing(candidate: Candidate) -> bool:
    """Whether a candidate is a bare number whose label is of no sum: "Invoice number: 7719"."""
    if not candidate.text.isdigit():
        return False
    view, first = candidate.view, candidate.ranges[0][0]
    number = view.cell_of[first]
    for start, end in ((view.cells[number].first, first), _words_of(view, view.left[number])):
        types = {
            kind
            for groups in groups_in(view.plain[start:end])
            for group in groups
            for kind in lexicon().implied[group]
        }
        if types:
            return not types & {"amount", "number", "quantity", "percent"}
    return False


def _words_of(view: PageView, cell: int) -> tuple[int, int]:
    return (view.cells[cell].first, view.cells[cell].last) if cell >= 0 else (0, 0)


def _is_only_amounts(text: str) -> bool:
    """Whether a text is one or more amounts or numbers and no words beside them."""
    if parse_amount(text) is not None:
        return True
    rest, values = text, find_values(text)
    for value in values:
        if value.kind == "amount":
            rest = rest.replace(value.text, " ")
    return rest != text and not any(map(str.isalpha, rest))


def _counts(candidate: Candidate) -> bool:
    """Whether a candidate can say how many: it has a number, and is no sum, date or address."""
    text = candidate.text
    if candidate.values & {"date", "phone", "email", "url", "iban"}:
        return False
    amount = parse_amount(text)
    if amount is not None and amount.currency is not None:
        return False
    return any(map(str.isdigit, text)) or has_number_word(text)


def _in_currency(
    named: frozenset[str], view: PageView, candidates: Sequence[Candidate], kept: Sequence[int]
) -> list[int]:
    """Return the candidates in one of the named currencies, if the page prints several.

    Amounts of another currency never count. Those without any count only where no amount is of a
    named one: by its own mark, or by that of its row or column.
    """
    own = {at: _currencies(view, candidates[at]) for at in kept}
    others = [at for at in kept if not own[at] or own[at] & named]
    printed = frozenset[str]().union(*(currencies_in(line.text) for line in view.index.lines))
    if len(printed) < 2:
        return others
    return [at for at in others if own[at] and own[at] <= named] or others


def _currencies(view: PageView, candidate: Candidate) -> frozenset[str]:
    """Return the currencies of an amount: of its text, else its cell, its row or its column."""
    text = candidate.text
    if not any(map(str.isdigit, text)):
        return frozenset()
    amount = parse_amount(text)
    own = amount.currency if amount is not None else None
    if own is not None:
        return frozenset((own,))
    if found := currencies_in(text):
        return found
    number = view.cell_of[candidate.ranges[0][0]]
    row = view.rows[view.cells[number].row]
    left = reversed(row[: row.index(number)])
    for other in (number, *left, *view.above[number]):
        cell = view.cells[other]
        if found := currencies_in(view.text(cell.first, cell.last)):
            return found
    return frozenset()
