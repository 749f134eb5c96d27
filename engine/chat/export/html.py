"""A conversation as one self-contained HTML page: no script, no external address."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from engine.chat.citations import CitedText
from engine.chat.export.crops import CropImage, CropKey, crops_of, key_of
from engine.chat.export.sections import CitedPlace, RegionsOfPage, Section, category_title, clean
from engine.core.i18n import LANGUAGES, say
from engine.core.schema import Document, Region
from engine.layout.reading import table_of

# Nothing may be fetched or run, whatever a later change adds.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1e293b;--soft:#475569;--paper:#ffffff;--card:#f1f5f9;
--line:#cbd5e1;--mark:#1d4ed8;--warn:#9a3412;--warn-bg:#ffedd5}
@media (prefers-color-scheme:dark){:root{--ink:#e2e8f0;--soft:#a3b1c4;--paper:#0f172a;
--card:#1e293b;--line:#475569;--mark:#93c5fd;--warn:#fdba74;--warn-bg:#43200d}}
*{box-sizing:border-box}
body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 system-ui,sans-serif;
color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin:0 0 .5rem}h3{font-size:1rem;margin:1rem 0 .3rem}
section{border-top:1px solid var(--line);padding:1.25rem 0}
.asked{background:var(--card);border-radius:.5rem;padding:.6rem .9rem}
.asked,.said{white-space:pre-wrap}
.facts,.notes,.figures,figcaption{color:var(--soft);font-size:.875rem}
.facts,.notes{list-style:none;padding:0;margin:.4rem 0}
.mark{color:var(--mark);font-size:.8em;font-weight:600;vertical-align:super;margin-left:.15em;
text-decoration:none}
.mark::before{content:"["}.mark::after{content:"]"}
.missing{color:var(--warn);background:var(--warn-bg);text-decoration:underline dotted}
figure{margin:.75rem 0;break-inside:avoid}
figure img{display:block;max-width:100%;height:auto;border:1px solid var(--line);background:#fff}
figure:target{outline:3px solid var(--mark);outline-offset:4px}
blockquote{margin:.25rem 0;white-space:pre-wrap}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem}
td,th{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top;
white-space:pre-line;overflow-wrap:normal}
.back{color:var(--mark)}
@media print{:root{--ink:#000;--soft:#333;--paper:#fff;--card:#fff;--line:#999;--mark:#000;
--warn:#000;--warn-bg:#fff}body{max-width:none;margin:0;font-size:10.5pt}
.asked{border:1px solid #999}h2,h3{break-after:avoid}.back{display:none}}
"""


def to_html(
    sections: Sequence[Section], documents: Sequence[Document], *, title: str, language: str
) -> str:
    """The conversation as a document."""
    crops = crops_of((place for section in sections for place in section.places), documents)
    shown = language if language in LANGUAGES else LANGUAGES[0]
    body = "\n".join(_section(section, crops, language) for section in sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{shown}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{_text(title)}</h1>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section, crops: Mapping[CropKey, CropImage], language: str) -> str:
    number = section.number
    asked = say("conversation.question", language, number=number)
    parts = [
        f'<h2 id="q{number}">{_text(asked)}</h2>',
        f'<p class="asked">{_text(section.question)}</p>',
        _list("facts", section.facts),
        f"<h3>{_text(say('conversation.answer', language))}</h3>",
    ]
    if section.answer:
        pieces = "".join(_piece(piece, number, language) for piece in section.answer)
        parts.append(f'<div class="said">{pieces.strip()}</div>')
    parts += [_regions(page, language) for page in section.regions]
    if not section.answer and not section.regions:
        parts.append(f"<p>{_text(say('conversation.no_answer', language))}</p>")
    parts.append(_list("notes", section.notes))
    if section.places:
        parts.append(f"<h3>{_text(say('conversation.places', language))}</h3>")
        parts += [_place(place, number, crops, language) for place in section.places]
    figures = " · ".join(line for line in (section.rating, section.figures) if line)
    parts.append(f'<p class="figures">{_text(figures)}</p>' if figures else "")
    inner = "\n".join(part for part in parts if part)
    return f'<section aria-labelledby="q{number}">\n{inner}\n</section>'


def _piece(piece: CitedText, section: int, language: str) -> str:
    if piece.kind == "missing":
        title = _text(say("conversation.missing", language))
        return f'<mark class="missing" title="{title}">{_text(piece.text)}</mark>'

    marks = "".join(
        f'<a class="mark" href="#p{section}-{number}">{number}</a>' for number in piece.numbers
    )
    return _text(piece.text) + marks


def _place(
    place: CitedPlace, section: int, crops: Mapping[CropKey, CropImage], language: str
) -> str:
    crop = crops.get(key_of(place))
    if crop is None:
        note = _text(say("conversation.crop_gone", language))
        picture = f'<p class="notes">{note}</p>'
    else:
        data = base64.b64encode(crop.jpeg).decode("ascii")
        picture = (
            f'<img src="data:image/jpeg;base64,{data}" alt="{_text(place.crop_label)}" '
            f'width="{crop.width}" height="{crop.height}">'
        )
    back = say("conversation.back", language)
    return (
        f'<figure id="p{section}-{place.number}">{picture}<figcaption><b>{place.number}.</b> '
        f"{_text(place.label)} "
        f'<a class="back" href="#q{section}" aria-label="{_text(back)}">↑</a></figcaption>'
        f"<blockquote>{_text(place.text)}</blockquote></figure>"
    )


def _regions(page: RegionsOfPage, language: str) -> str:
    heads = (say(f"conversation.region_{name}", language) for name in ("order", "category", "text"))
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in heads)
    rows = "\n".join(
        f"<tr><td>{region.order + 1}</td><td>{_text(category_title(region, language))}</td>"
        f"<td>{_region(region)}</td></tr>"
        for region in page.regions
    )
    return (
        f'<h3>{_text(page.label)}</h3>\n<div class="scroll"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _region(region: Region) -> str:
    if region.category == "Table":
        # Rebuilt from the cells: only text and spans of untrusted markup survive.
        return clean(table_of(region).html()) or _text(region.text)
    return _text(region.text)


def _list(css_class: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f'<ul class="{css_class}">{items}</ul>' if items else ""


def _text(text: str) -> str:
    """Untrusted text as HTML that shows exactly this text, in attributes too."""
    return escape(clean(text), quote=True)
