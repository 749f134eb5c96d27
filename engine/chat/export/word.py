"""A conversation as DOCX, for users who edit it further."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import docx
from docx.enum.text import WD_UNDERLINE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from engine.chat.citations import CitedText
from engine.chat.export.crops import CropImage, CropKey, crops_of, key_of
from engine.chat.export.sections import CitedPlace, RegionsOfPage, Section, category_title, clean
from engine.core.i18n import say
from engine.core.schema import Document, Region
from engine.layout.reading import table_of

_LANGUAGE_TAGS: Final = {"en": "en-GB", "ru": "ru-RU"}
_TEXT_WIDTH_MM: Final = 160.0
# At this many pixels per inch a crop looks as large as the print on the page.
_CROP_DPI: Final = 150.0
_MISSING_COLOUR: Final = RGBColor(0x9A, 0x34, 0x12)
_SOFT_COLOUR: Final = RGBColor(0x47, 0x55, 0x69)
# A fixed time, so that equal conversations make equal files.
_TIMESTAMP: Final = datetime(2000, 1, 1)


def to_docx(
    sections: Sequence[Section], documents: Sequence[Document], *, title: str, language: str
) -> bytes:
    """The conversation as a file for Word and LibreOffice, A4."""
    crops = crops_of((place for section in sections for place in section.places), documents)
    file = docx.Document()
    page = file.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm((210 - _TEXT_WIDTH_MM) / 2)
    _set_language(file, language)
    properties = file.core_properties
    # The format's limit.
    properties.title, properties.author = clean(title)[:255], "ScanChat"
    properties.comments = ""
    properties.created = properties.modified = _TIMESTAMP
    file.add_heading(clean(title), 0)
    for section in sections:
        _section(file, section, crops, language)
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def _section(
    file: Any, section: Section, crops: Mapping[CropKey, CropImage], language: str
) -> None:
    file.add_heading(say("conversation.question", language, number=section.number), 1)
    file.add_paragraph(section.question, style="Intense Quote")
    for fact in section.facts:
        _soft(file, fact)
    file.add_heading(say("conversation.answer", language), 2)
    if section.answer:
        _answer(file.add_paragraph(), section.answer)
    for page in section.regions:
        _regions(file, page, language)
    if not section.answer and not section.regions:
        file.add_paragraph(say("conversation.no_answer", language))
    for note in section.notes:
        _soft(file, note)
    if section.places:
        file.add_heading(say("conversation.places", language), 2)
    for place in section.places:
        _place(file, place, crops.get(key_of(place)), language)
    for line in (section.rating, section.figures):
        if line:
            _soft(file, line)


def _answer(paragraph: Any, answer: Sequence[CitedText]) -> None:
    """The text, with superscript numbers after what each place supports."""
    for piece in answer:
        run = paragraph.add_run(piece.text)
        if piece.kind == "missing":
            run.font.color.rgb = _MISSING_COLOUR
            run.font.underline = WD_UNDERLINE.DOTTED
        for number in piece.numbers:
            paragraph.add_run(f"[{number}]").font.superscript = True


def _place(file: Any, place: CitedPlace, crop: CropImage | None, language: str) -> None:
    paragraph = file.add_paragraph()
    paragraph.paragraph_format.keep_with_next = crop is not None
    paragraph.add_run(f"[{place.number}] ").bold = True
    paragraph.add_run(f"{place.label}: “{place.text}”")
    if crop is None:
        _soft(file, say("conversation.crop_gone", language))
        return
    width = min(_TEXT_WIDTH_MM, crop.width / _CROP_DPI * 25.4)
    picture = file.add_picture(io.BytesIO(crop.jpeg), width=Mm(width))
    # The text for screen readers.
    picture._inline.docPr.set("descr", place.crop_label)


def _regions(file: Any, page: RegionsOfPage, language: str) -> None:
    file.add_heading(page.label, 3)
    table = file.add_table(rows=1, cols=3, style="Table Grid")
    heads = ("order", "category", "text")
    for cell, name in zip(table.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(say(f"conversation.region_{name}", language)).bold = True
    for region in page.regions:
        cells = table.add_row().cells
        cells[0].text = str(region.order + 1)
        cells[1].text = category_title(region, language)
        cells[2].text = _region(region)
    for row in table.rows:
        for cell, width in zip(row.cells, (12.0, 34.0, _TEXT_WIDTH_MM - 46.0), strict=True):
            cell.width = Mm(width)


def _region(region: Region) -> str:
    if region.category != "Table":
        return clean(region.text)
    return "\n".join("\t".join(clean(cell) for cell in row) for row in table_of(region).rows())


def _soft(file: Any, text: str) -> None:
    run = file.add_paragraph().add_run(text)
    run.font.size, run.font.color.rgb = Pt(9), _SOFT_COLOUR


def _set_language(file: Any, language: str) -> None:
    """Set the language for spell-checking and hyphenation."""
    tag = _LANGUAGE_TAGS.get(language, _LANGUAGE_TAGS["en"])
    properties = file.styles["Normal"].element.get_or_add_rPr()
    element = OxmlElement("w:lang")
    element.set(qn("w:val"), tag)
    properties.append(element)
