"""Maps a question to the field of a form that it asks for.

Only fields with phrases in the template's `asked` can match. A question matches a field if it has
all words of such a phrase, or of a printed label, and every other word is a stop word ("please
tell me the ..."), names the document ("... of the passport") or belongs to other phrases for the
same field. A question with any further word ("the date of the second delivery") asks for something
else and matches no field.

Try it:
`python -c "from engine.fields import get_template; from engine.families.lite.field_question import
Phrasebook; print(Phrasebook(get_template('passport')).fields('When does it expire?'))"`
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rapidfuzz.distance import OSA

from engine.families.lite.question import analyse, without_pages
from engine.text.language import lexicon, stem, tokens

if TYPE_CHECKING:
    from engine.fields.templates import DocumentTemplate

# A full name: the only two fields that one question may ask for.
_TOGETHER: Final = frozenset(("surname", "given_names"))
# Maximum words of a question about a field.
_LONGEST: Final = 40
_REMEMBERED: Final = 32
# Titles with other meanings: "счет" is also an account, "form" a legal form, "report" a verb.
_AMBIGUOUS: Final = frozenset(map(stem, ("счет", "form", "report", "other", "другой")))
# Two words with one meaning: "во сколько" may ask for a time, "сколько" asks for none.
_ONE_WORD: Final = re.compile(r"\b(how) (much)\b|\b(во) (сколько)\b")
# (letters of a word, edits that count as another ending or a typing error), longest first.
_SLIPS: Final = ((9, 2), (5, 1))


@dataclass(frozen=True, slots=True)
class _Words:
    """field_question.toml as stems.

    Attributes:
        nothing: words that do not change what a question asks for.
        kinds: question word -> the field type that it may ask for by itself.
        beside: field type -> words that a question needs beside a printed label.
    """

    nothing: frozenset[str]
    kinds: Mapping[str, str]
    beside: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One phrase that asks for a field.

    Attributes:
        field: name of the field.
        words: stems, all of which the question must contain.
        label: the phrase is a printed label.
    """

    field: str
    words: frozenset[str]
    label: bool


class Phrasebook:
    """All phrases that ask for the fields of a template. Not thread-safe.

    Args:
        template: of a document type; its fields without `asked` never match.
    """

    def __init__(self, template: DocumentTemplate) -> None:
        self.template = template
        self._fields = fields = template.fields
        ways: list[_Way] = []
        for name, field in template.fields.items():
            if not field.asked.every:
                continue
            labels = (field.title.en, field.title.ru, *field.synonyms.every)
            printed = [_stems([label]) - _words().nothing for label in labels]
            ways += [_Way(name, _stems([phrase]), label=False) for phrase in field.asked.every]
            ways += [_Way(name, one, label=True) for one in printed if one - _words().kinds.keys()]
        self._ways = tuple(dict.fromkeys(ways))
        # The words of a field's phrases, without words that alone ask for another field of the same
        # type: "tax" occurs in phrases for totals, too.
        telling = [(way.field, way.words - _words().nothing) for way in ways]
        alone = {(word, name) for name, words in telling if len(words) == 1 for word in words}
        rivals = {
            name: [other for other in fields if other != name and fields[other].type == field.type]
            for name, field in fields.items()
        }
        self._own = {
            name: frozenset(
                word
                for field, words in telling
                for word in words
                if field == name and not alone & {(word, other) for other in rivals[name]}
            )
            for name in fields
        }
        texts = [
            text
            for field in template.fields.values()
            for text in (*field.asked.every, *field.synonyms.every)
        ]
        about = template.about.every
        self._written = frozenset(word for text in (*texts, *about) for word in _said(text))
        self._empty = _words().nothing | _stems(about)
        self._asked: dict[tuple[str, bool], tuple[str, ...]] = {}

    def fields(self, question: str, *, follows: bool = False) -> tuple[str, ...]:
        """Return the names of the requested fields: one, or surname and given names, or none.

        Args:
            question: the user's words, English or Russian.
            follows: the question is a follow-up. "And the buyer?" may then ask for the buyer's
                number, so printed labels do not match.
        """
        key = (question, follows)
        if key not in self._asked:
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            self._asked[key] = self._fields_asked(question, follows)
        return self._asked[key]

    def _fields_asked(self, question: str, follows: bool) -> tuple[str, ...]:
        said = _said(question)
        if len(said) > _LONGEST or analyse(question).only_pages:
            return ()
        for words in (said, _without_slips(said, self._written)):
            found = self._best(frozenset(map(stem, words)), follows)
            if found:
                return found
        return ()

    def names_paper(self, question: str) -> bool:
        """Whether a question names this type of document by its title: "by the contract"."""
        said = {stem(word) for word in _said(question)}
        titles = (_stems([title]) for title in (self.template.title.en, self.template.title.ru))
        return any(title and title <= said and not title & _AMBIGUOUS for title in titles)

    def _best(self, said: frozenset[str], follows: bool) -> tuple[str, ...]:
        words = _words()
        sizes: dict[str, tuple[int, bool, int]] = {}
        for way in self._ways:
            kind = self._fields[way.field].type
            beside = words.beside.get(kind, said)
            if not way.words <= said or (way.label and (follows or not said & beside)):
                continue
            left = said - way.words - self._own[way.field] - self._empty
            left -= {word for word in left if words.kinds.get(word) == kind}
            if kind == "id":
                left -= beside
            if not left:
                # On a tie, a phrase of `asked` wins over a printed label.
                size = (len(way.words - self._empty), not way.label, len(way.words))
                sizes[way.field] = max(size, sizes.get(way.field, size))
        best = {name for name, size in sizes.items() if size == max(sizes.values())}
        if len(best) > 1 and best != _TOGETHER:
            return ()
        return tuple(name for name in self._fields if name in best)


_BOOKS: Final[dict[str, Phrasebook]] = {}


def phrasebook(template: DocumentTemplate) -> Phrasebook:
    """Return the phrasebook of a template, built once."""
    known = _BOOKS.get(template.name)
    if known is None or known.template is not template:
        known = _BOOKS[template.name] = Phrasebook(template)
    return known


def _without_slips(said: Sequence[str], known: Collection[str]) -> list[str]:
    """Replace unknown words by the nearest known word, if it is within the allowed edits."""
    meant = []
    for word in said:
        is_word = word in known or (stem(word),) in lexicon().phrases
        near = [] if is_word else [(far, other) for other in known if (far := _far(word, other))]
        meant.append(min(near)[1] if near else word)
    return meant


def _far(word: str, known: str) -> int:
    """Return the edits between two words; 0 if they exceed the limit for the shorter word."""
    shorter = min(len(word), len(known))
    allowed = next((slips for letters, slips in _SLIPS if shorter >= letters), 0)
    distance = OSA.distance(word, known, score_cutoff=allowed)
    return distance if distance <= allowed else 0


def _said(text: str) -> list[str]:
    folded = text.casefold().replace("ё", "е")
    joined = _ONE_WORD.sub(lambda found: "".join(filter(None, found.groups())), folded)
    return tokens(without_pages(joined))


def _stems(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for text in texts for word in _said(text))


@cache
def _words() -> _Words:
    with (Path(__file__).parent / "field_question.toml").open("rb") as file:
        tables: dict[str, Any] = tomllib.load(file)
    return _Words(
        nothing=_stems(tables["nothing"].values()),
        kinds={stem(word): kind for kind, row in tables["words"].items() for word in row.split()},
        beside={kind: _stems([row]) for kind, row in tables["beside_labels"].items()},
    )
