"""Currencies named in a question: "in euros", "in Swiss francs", "в долларах", "in CHF".

Names are CLDR's, English and Russian, by way of babel. A name shared by several currencies
("dollars") means all of them.

Try it: `python -c "from engine.text.currency_names import currencies_named;
print(currencies_named('What is the total in Swiss francs?'))"`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from babel import Locale

from engine.text.currencies import currencies_in, currency_codes
from engine.text.language import stem, tokens

_LANGUAGES: Final = ("en", "ru")
_ADJECTIVE: Final = re.compile(r"(?:ий|ый|ой|ая|ое|ие|ые)$")
# The words after these may name a currency: "won" alone does not.
_IN: Final = re.compile(r"\b(?:in|into|в|во)\s+(?:the\s+)?((?:[^\W\d_]+\s?){1,3})", re.IGNORECASE)


def currencies_named(question: str) -> frozenset[str]:
    """Return the ISO 4217 codes that a question asks for; empty if it names no currency."""
    found = set(currencies_in(question))
    for match in _IN.finditer(question):
        words = frozenset(stem(word) for word in tokens(match[1]))
        known = {code: names for noun in words for code, names in _by_noun().get(noun, {}).items()}
        narrow = {code for code, names in known.items() if any(one <= words for one in names)}
        found |= narrow or known.keys()
    return frozenset(found)


@cache
def _by_noun() -> Mapping[str, Mapping[str, tuple[frozenset[str], ...]]]:
    """Return stem of a noun ("franc") -> code -> stems of each of its full names."""
    found: dict[str, dict[str, tuple[frozenset[str], ...]]] = {}
    for language in _LANGUAGES:
        names = Locale.parse(language).currencies
        for code in currency_codes():
            words = tokens(re.sub(r"\(.*", "", str(names.get(code, ""))))
            if not words:
                continue
            nouns = [word for word in words if not _ADJECTIVE.search(word)]
            noun = stem(words[-1] if language == "en" else (nouns or words)[0])
            stems = frozenset(map(stem, words))
            own = found.setdefault(noun, {})
            own[code] = (*own.get(code, ()), stems)
    return found
