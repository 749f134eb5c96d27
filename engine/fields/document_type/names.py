"""Names of the document types: ids, titles, and the mapping of a model's free words to them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from engine.core.i18n import LANGUAGES, say

DOCUMENT_TYPES: Final = (
    "receipt",
    "invoice",
    "passport",
    "driver_licence",
    "id_card",
    "bank_statement",
    "payment_order",
    "contract",
    "letter",
    "form",
    "certificate",
    "report",
    "other",
)
# Words that models use for a type besides its id and titles. Matched as whole words.
_SYNONYMS: Final = {
    "receipt": "till receipt|sales receipt|sales slip|bill of sale|кассовый чек|товарный чек",
    "invoice": "bill|tax invoice|счёт|счет|счёт-фактура|упд",
    "passport": "travel document|загранпаспорт",
    "driver_licence": "driver licence|driver license|drivers licence|drivers license|"
    "driving licence|driving license|водительские права|права",
    "id_card": "id|identity card|identification card|identity document|residence permit|"
    "удостоверение|удостоверение личности",
    "bank_statement": "account statement|statement of account|выписка",
    "payment_order": "payment instruction|wire transfer|money transfer|bank transfer|платёжка|"
    "платежное поручение",
    "contract": "agreement|lease|соглашение",
    "letter": "memo|memorandum|email|e-mail|correspondence",
    "form": "application form|application|questionnaire|заявление|бланк",
    "certificate": "diploma|справка|свидетельство|сертификат|диплом",
    "report": "table|table/report|statistics|spreadsheet|таблица",
    "other": "none|unknown|none of these|иное|ничего из этого",
}


def title(document_type: str, language: str) -> str:
    """Return the type's title in the language of the screen.

    Raises:
        KeyError: there is no such type.
    """
    return say(f"document_type.{document_type}", language)


def parse_type(text: str) -> str | None:
    """Return the type that a model's answer names, or None.

    Of several types ("an invoice, not a receipt") the first one counts. Of two names that begin at
    the same place the longer one counts ("bank statement", not "bank").
    """
    said = _plain(text)
    found = [
        (match.start(), -len(name), document_type)
        for name, document_type in _spellings().items()
        if (match := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said))
    ]
    return min(found)[2] if found else None


@cache
def _spellings() -> dict[str, str]:
    out: dict[str, str] = {}
    for document_type in DOCUMENT_TYPES:
        names = [document_type, *_SYNONYMS[document_type].split("|")]
        names += [title(document_type, language) for language in LANGUAGES]
        for name in names:
            out.setdefault(_plain(name), document_type)
    return out


def _plain(text: str) -> str:
    """Fold to lower case, ё to е, without marks: "Driver's_License." is "drivers license"."""
    small = text.lower().replace("ё", "е").replace("'", "").replace("’", "")
    return " ".join(re.sub(r"[^\w/-]+|_", " ", small).split())
