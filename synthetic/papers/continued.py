"""Later pages of documents: clauses, continued letters, rows of a table, annexes, backs of cards.

`later_page` draws one. training.splits_data inserts them between the pages that it cuts a specimen
into. Wordings and layouts of the splits "train" and "test" differ. `facts` are fields of the first
page (a number, a company), which some later pages repeat.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final

from synthetic.papers import later_rows, later_text
from synthetic.papers.later_rows import Facts
from synthetic.sheet import Sheet

Drawer = Callable[[Sheet, Facts, int], None]
_CARDS: Final = ("driver_licence", "id_card")


def later_page(
    document_type: str, language: str, split: str, seed: int, facts: Facts, number: int
) -> Sheet | None:
    """Draw a later page of a document; None if its type has none.

    Args:
        facts: field name -> text, as printed on the first page.
        number: the page's number in the document, from 2.
    """
    drawers = _DRAWERS[split].get(document_type)
    if not drawers:
        return None
    rng = random.Random(f"later-{document_type}-{language}-{split}-{seed}")
    height = 640.0 if document_type in _CARDS else 1414.0
    sheet = Sheet(document_type, language, split, rng, rng.randint(1000, 1654), height)
    rng.choice(drawers)(sheet, facts, number)
    return sheet


_DRAWERS: Final[Mapping[str, Mapping[str, tuple[Drawer, ...]]]] = {
    "train": {
        "contract": (later_text.clauses, later_text.clauses, later_text.annex),
        "letter": (later_text.letter,),
        "bank_statement": (later_rows.entries,),
        "invoice": (later_rows.goods,),
        "report": (later_text.findings,),
        "other": (later_text.findings, later_text.letter),
        "form": (later_text.more_questions,),
        "driver_licence": (later_rows.licence_back,),
        "id_card": (later_rows.card_back,),
    },
    "test": {
        "contract": (later_text.articles, later_text.articles, later_text.schedule),
        "letter": (later_text.letter_with_points,),
        "bank_statement": (later_rows.operations,),
        "invoice": (later_rows.goods_listed,),
        "report": (later_text.figures_alone,),
        "other": (later_text.articles, later_text.figures_alone),
        "form": (later_text.more_answers,),
        "driver_licence": (later_rows.licence_back_listed,),
        "id_card": (later_rows.card_back_worded,),
    },
}
