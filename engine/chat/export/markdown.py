"""A conversation as Markdown (GitHub's flavour), in which untrusted text is never markup."""

from collections.abc import Iterable, Sequence
from typing import Final

from engine.chat.citations import CitedText
from engine.chat.export.sections import CitedPlace, RegionsOfPage, Section, category_title, clean
from engine.core.i18n import say
from engine.layout.markdown import escaped

# Placeholders of our own marks while the answer is escaped; first removed from untrusted text.
_OPEN: Final = "\ue000"
_CLOSE: Final = "\ue001"
_MISSING: Final = "\ue002"
_OURS: Final = str.maketrans("", "", _OPEN + _CLOSE + _MISSING)


def to_markdown(sections: Iterable[Section], *, title: str, language: str) -> str:
    """The conversation; ends with a newline."""
    blocks = [f"# {_line(title)}"]
    for section in sections:
        blocks += _section(section, language)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _section(section: Section, language: str) -> Iterable[str]:
    yield f"## {say('conversation.question', language, number=section.number)}"
    yield "\n".join(f"> {line}".rstrip() for line in _text(section.question).split("\n"))
    yield "\n".join(f"- {_line(fact)}" for fact in section.facts)
    yield f"### {say('conversation.answer', language)}"
    if section.answer:
        yield _answer(section.answer, language)
    for page in section.regions:
        yield from _regions(page, language)
    if not section.answer and not section.regions:
        yield _line(say("conversation.no_answer", language))
    yield "\n".join(f"- {_line(note)}" for note in section.notes)
    if section.places:
        yield f"#### {say('conversation.places', language)}"
        yield "\n".join(_place(place) for place in section.places)
    for line in (section.rating, section.figures):
        yield f"*{_line(line)}*" if line else ""


def _answer(answer: Sequence[CitedText], language: str) -> str:
    """The text with its numbers, as "[1]", after what each place supports."""
    marked = ""
    for piece in answer:
        marked += piece.text.translate(_OURS)
        marked += _MISSING if piece.kind == "missing" else ""
        marked += "".join(f"{_OPEN}{number}{_CLOSE}" for number in piece.numbers)
    missing = _line(say("conversation.missing", language))
    shown = _text(marked.strip("\n")).replace(_MISSING, f" *({missing})*")
    return shown.replace(_OPEN, "\\[").replace(_CLOSE, "\\]")


def _place(place: CitedPlace) -> str:
    return f"{place.number}. {_line(place.label)}: “{_line(place.text)}”"


def _regions(page: RegionsOfPage, language: str) -> Iterable[str]:
    yield f"#### {_line(page.label)}"
    heads = (say(f"conversation.region_{name}", language) for name in ("order", "category", "text"))
    rows = [f"| {' | '.join(_line(head) for head in heads)} |", "| --- | --- | --- |"]
    rows += [
        f"| {region.order + 1} | {_line(category_title(region, language))} | {_line(region.text)} |"
        for region in page.regions
    ]
    yield "\n".join(rows)


def _line(text: str) -> str:
    """Untrusted text on one line."""
    return escaped(" ".join(clean(text).split()))


def _text(text: str) -> str:
    """Untrusted text line by line: two spaces at a line's end keep the break."""
    lines = escaped(text).split("\n")
    with_breaks = [
        f"{line}  " if line and following else line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    ]
    return "\n".join(with_breaks)
