"""Extraction with a chat model: one question per field, answered verbatim.

The question gives the field's title and printed labels in the page's language. An answer counts
only with its evidence, so a value that is not on the page cannot enter. Tables and machine-readable
zones are always parsed from the index, whichever model answers the questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.core.geometry import union
from engine.fields.checks import order_of_day_and_month
from engine.fields.parsing import parse_field
from engine.fields.values import Field
from engine.index.conventions import printed_conventions

if TYPE_CHECKING:
    from engine.core.schema import Answer, Evidence
    from engine.fields.templates import DocumentTemplate, FieldTemplate
    from engine.index.page_index import PageIndex

# Takes a question, returns the verbatim answer with its evidence; raises EngineError.
Asker = Callable[[str], "Answer"]
_BY_FORM: Final = ("mrz", "items")
_QUESTIONS: Final = {
    "en": "What is the {title} ({labels})? Answer with the words on the page only.",
    "ru": "Что указано в поле «{title}» ({labels})? Ответь только словами со страницы.",
}
_MOST_LABELS: Final = 3


def ask_fields(
    ask: Asker,
    template: DocumentTemplate,
    indexes: Sequence[PageIndex],
    *,
    known: Mapping[str, Field],
    language: str,
) -> dict[str, Field]:
    """Ask for every field that is not known yet.

    Args:
        ask: puts one question about the pages.
        known: fields that were parsed from the index.
        language: language of the titles.
    Raises:
        EngineError: the model failed.
    """
    page_language = "ru" if _is_russian(indexes) else "en"
    conventions = printed_conventions(indexes)
    found = dict(known)
    for name, field in template.fields.items():
        if name in known or field.type in _BY_FORM:
            continue
        answer = ask(question_for(field, page_language))
        evidence = _of_one_page(answer.evidence)
        text = " ".join(one.text for one in evidence)
        if not evidence or not text.strip():
            continue
        parsed = parse_field(text, field, tuple(one.text for one in evidence), conventions)
        if not parsed.sure:
            continue
        read = Field(
            name=name,
            title=field.title.text(language),
            type=field.type,
            text=text,
            value=parsed.value,
            currency=parsed.currency,
            bbox=union(one.bbox for one in evidence),
            page_index=evidence[0].page_index,
            confidence=min(one.score for one in evidence),
            boxes=tuple(one.bbox for one in evidence),
        )
        found[name] = replace(read, checks=order_of_day_and_month(read, conventions))
    return {name: found[name] for name in (*template.fields, *found) if name in found}


def question_for(field: FieldTemplate, language: str) -> str:
    """Build the question for one field in the page's language ("en" or "ru")."""
    labels = field.synonyms.ru if language == "ru" else field.synonyms.en
    title = field.title.text(language)
    shown = [label for label in labels if label.casefold() != title.casefold()][:_MOST_LABELS]
    question = _QUESTIONS[language].format(title=title, labels=", ".join(shown))
    return question.replace(" ()", "")


def _of_one_page(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence on the page of the first item, in order."""
    return [one for one in evidence if one.page_index == evidence[0].page_index]


def _is_russian(indexes: Sequence[PageIndex]) -> bool:
    return sum(index.script == "cyrillic" for index in indexes) * 2 > len(indexes)
