"""Questions about marks: is it signed, which box is ticked, what a code or a stamp says.

A question that only contains such a word ("When was the contract signed?", "the stamp duty") is
none: the reader answers it from the print.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.text.language import lexicon, stem, tokens

Asked: TypeAlias = Literal["signed", "ticked", "box", "code", "stamp"]

_ASKS: Final = re.compile(
    r"\b(?:when|who|whom|whose|where|why|how|когда|кто|кем|кого|кому|где|куда|зачем|почему"
    r"|чья|чей|чье|чью|чьи|сколько|dates?|day|names?|number|amount|cost|price|дат[аыуе]|числ[оа]"
    r"|номер\w*|фамили\w*|имя|сумм\w*)\b"
)
_WHICH: Final = re.compile(
    r"\b(?:which|what|list|name|как(?:ой|ая|ое|ие|ую|ого|их)|что|чего|read|прочитай\w*|прочти)\b"
)
_YES_NO: Final = re.compile(
    r"^(?:and |so |а |и )?(?:is|are|was|were|has|have|had|does|do|did|can|will|would|should"
    r"|есть|имеется|стоит|стоят|проставлен\w*|поставлен\w*|нужн\w*|хочет|соглас\w*"
    r"|подписан\w*|отмечен\w*|выбран\w*)\b|\bли\b|\b(?:подписан|отмечен|выбран)[аоы]?\W*$"
)
_SIGNED: Final = re.compile(
    r"\b(?:signed|signatures?|sign|unsigned|подписан[аоы]?|подписал[аи]?|подпис(?:ь|и|ью|ей)"
    r"|неподписан\w*)\b"
)
# Only a box is ticked; checked, chosen or marked may be anything.
_TICKED: Final = re.compile(
    r"\b(?:tick(?:ed|s|mark)?|check ?box(?:es)?|check-box(?:es)?|radio button|crossed|галочк\w*"
    r"|крестик\w*|флажк\w*|чекбокс\w*)\b"
)
_CHOSEN: Final = re.compile(
    r"\b(?:checked|selected|chosen|marked|box(?:es)?|отмечен\w*|выбран\w*|помечен\w*|указан галочк)"
)
_CODE: Final = re.compile(
    r"\b(?:qr(?:[- ]?(?:code|код\w*))?|bar ?codes?|bar-codes?|data ?matrix|штрих-?код\w*"
    r"|штриховой код\w*|куар-?код\w*)\b"
)
_STAMP: Final = re.compile(
    r"\b(?:stamp(?:s|ed)?|rubber-stamp\w*|seal|штамп\w*|печат(?:ь|и|ью|ям?и?|ях))\b"
)
_STAMP_ELSE: Final = re.compile(
    r"\bstamp (?:duty|dut\w+|tax|fee)|\b(?:postage|revenue) stamps?|гербов\w* сбор|\bв печать\b"
)
# The question is about the print around the mark.
_AROUND: Final = re.compile(
    r"\b(?:under|above|below|beside|near|next to|left of|right of|после|под|над|рядом|возле|около"
    r"|слева|справа|ниже|выше)\b"
)
# Words that say nothing about which mark is meant.
_GENERAL: Final = frozenset(
    stem(word)
    for word in tokens(
        "form document page paper letter contract agreement file sheet scan it this that signed"
        " sign signature signatures ticked tick checked check box boxes option options selected"
        " chosen marked crossed checkbox radio button want wants wanted applicant customer client"
        " person anyone way kind type answer item line have has does there any been already field"
        " yes no"
        " форма документ страница бумага письмо договор лист скан подписан подпись подписи"
        " подписано отмечен отмечена отмечено отмечены галочка галочкой галочки крестик крестиком"
        " выбран выбрана выбрано выбраны вариант пункт способ заявитель клиент поле хочет есть"
        " стоит"
        " ли какой какая какое какие анкета бланк"
    )
)


@dataclass(frozen=True, slots=True)
class MarkQuestion:
    """A question about marks.

    Attributes:
        asked: "signed"; "ticked": which boxes are; "box": whether the one that the words name is;
            "code" and "stamp": what it says.
        words: stems of the words that say which mark is meant.
        yes_no: the answer is yes or no.
        is_plain: the question can be about nothing but a mark.
    """

    asked: Asked
    words: frozenset[str]
    yes_no: bool
    is_plain: bool


def parse(question: str) -> MarkQuestion | None:
    """Return what a question asks about marks; None if it can only be about the print.

    A yes-no question without any such word may still be about a box ("Does the applicant want the
    newsletter?"): it has asked "box" and is not plain.
    """
    folded = question.casefold().replace("ё", "е").strip()
    yes_no = _YES_NO.search(folded) is not None
    words = content_words(question)
    asks = _ASKS.search(folded) is not None
    which = _WHICH.search(folded) is not None
    if _CODE.search(folded) and not _AROUND.search(folded) and not asks and (which or yes_no):
        return MarkQuestion("code", words, yes_no and not which, True)
    is_stamp = _STAMP.search(folded) and not _STAMP_ELSE.search(folded)
    if is_stamp and not _AROUND.search(folded) and not asks and (which or yes_no):
        return MarkQuestion("stamp", words, yes_no and not which, True)
    if asks:
        return None
    if yes_no and not which and _SIGNED.search(folded):
        return MarkQuestion("signed", words, True, True)
    ticked = _TICKED.search(folded) is not None
    if which and (ticked or _CHOSEN.search(folded)):
        return MarkQuestion("ticked", words, False, ticked)
    if yes_no:
        return MarkQuestion("box", words, True, ticked)
    return None


def content_words(text: str) -> frozenset[str]:
    """Stems of the words that carry meaning: no stop words, no words of forms in general."""
    stop = lexicon().stop
    found = (stem(word) for word in tokens(text))
    return frozenset(one for one in found if one not in stop and one not in _GENERAL)
