"""Builder of a page's PageIndex: from the PDF's text layer if it is plausible, else by OCR.

It runs on the CPU. It reports no progress (the caller does) and stores nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from PIL import Image

from engine.core.errors import GeometryError, RunCancelled
from engine.core.geometry import clip, contains_centre, undo_quarter_turns, union
from engine.core.schema import BBox, Line, Mark, Notice, Page, Region, Size, StreamEvent, Word
from engine.core.settings import PreprocessSettings, Settings
from engine.index import form_fields
from engine.index.page_index import IndexedTable, PageIndex
from engine.index.table_cells import line_back, table_cells, texts_of_table
from engine.ocr import layer_check, layout_model, marks, print_size, reader, regions, text_layer
from engine.text.alphabets import Script, script_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.marks.stamps import Stamp

ToPage: TypeAlias = Callable[[BBox], BBox]


# A word with a lower confidence is unclear. Drawn photos have up to 0.04 of such words, handwriting
# 0.2. A page has a notice from this share on, unless it has few words.
_UNCLEAR = 0.8
_UNCLEAR_SHARE = 0.1
_FEW_WORDS = 8
# Median height in pixels of the letters of the smallest print, small ones and capitals: below the
# first, in a copy of ocr.max_side, the page is read in a copy in which they have the second.
_LEAST_LETTER = 12.0
_READ_LETTER = 18.0


def build_index(
    page: Page,
    settings: Settings,
    *,
    preprocess: PreprocessSettings | None = None,
    emit: Callable[[StreamEvent], None] | None = None,
    stop: threading.Event | None = None,
) -> PageIndex:
    """Build the index of one page.

    Args:
        page: its picture and, for a PDF, its text layer and form.
        settings: `ocr` configures reading; `preprocess` applies when the argument is None.
        preprocess: steps on the picture before OCR. A text layer needs none.
        emit: receives every notice at the end; the index contains them too.
        stop: checked between stages.
    Returns:
        The index, empty for a blank page. All boxes are in pixels of the page.
    Raises:
        RunCancelled: `stop` was set.
        DocumentError: the page's picture cannot be read.
        OcrError: the text of the page cannot be recognised.
    """

    def check() -> None:
        if stop is not None and stop.is_set():
            raise RunCancelled

    check()
    words = page.load_words() if settings.ocr.use_pdf_text else ()
    index, notices = _from_pdf(page, words, check)
    if index is None:
        values = [word for word in words if word.source == "form"]
        index = _from_picture(page, settings, preprocess or settings.preprocess, check, values)
        index = replace(index, notices=notices + index.notices)
    stored = page.load_annotations()
    marks = form_fields.labelled(stored.marks, index.lines)
    index = replace(
        index,
        marks=form_fields.merged(marks, index.marks),
        notices=stored.notices + index.notices,
    )
    if emit is not None:
        for notice in index.notices:
            emit(notice)
    return index


def _from_pdf(
    page: Page, words: Sequence[Word], check: Callable[[], None]
) -> tuple[PageIndex | None, tuple[Notice, ...]]:
    """The index of a page with a text layer that its picture confirms, else None; and notices."""
    if not text_layer.is_plausible(words, page_size=page.size):
        return None, ()
    check()
    picture = np.asarray(page.load_image().convert("RGB"))
    printed = layer_check.printed_words(words, picture)
    if not text_layer.is_plausible(printed, page_size=page.size):
        return None, ()
    found = layout_model.find(picture)
    if not text_layer.covers(printed, found):
        return None, ()
    check()
    lines = text_layer.lines_of(printed)
    if layer_check.is_contradicted(lines, picture):
        return None, (Notice("ocr.layer_contradicted"),)
    check()
    hidden = len(words) - len(printed)
    notices = (Notice("ocr.hidden_words", {"count": hidden}),) if hidden else ()
    lines += layer_check.unlisted_lines(printed, picture)
    script = script_of(" ".join(line.text for line in lines))
    index = _assemble(
        page,
        lines,
        found,
        lambda box: clip(box, page_size=page.size),
        picture=picture,
        script=script,
        source="pdf",
        notices=notices,
        marks=marks.find_marks(picture, lines),
    )
    return index, notices


def _from_picture(
    page: Page,
    settings: Settings,
    steps: PreprocessSettings,
    check: Callable[[], None],
    values: Sequence[Word] = (),
) -> PageIndex:
    """The index of a page by OCR. values: words of its form fields, in page pixels."""
    image, to_page = _prepared(page, steps)
    check()
    picture, scale = _working_copy(image, settings.ocr.max_side)
    from engine.ocr.marks import stamps

    unstamped, found_stamps = stamps.separate(picture)
    read = reader.read_picture(
        unstamped,
        fix_orientation=settings.ocr.fix_orientation,
        check=check,
    )
    check()
    size: Size = (picture.shape[1], picture.shape[0])

    def back(bbox: BBox) -> BBox:
        box = undo_quarter_turns(read.to_picture(bbox), turns=read.quarter_turns, page_size=size)
        x0, y0, x1, y1 = box
        return to_page((x0 / scale, y0 / scale, x1 / scale, y1 / scale))

    lines: Sequence[Line] = read.lines
    # Where the picture was turned or deskewed, OCR alone reads the values.
    if not (steps.deskew or read.quarter_turns):
        placed = layer_check.printed_words(form_fields.scaled(values, scale), picture)
        if placed and not layer_check.is_contradicted(text_layer.lines_of(placed), picture):
            in_frame = [replace(word, bbox=read.to_level(word.bbox)) for word in placed]
            lines = form_fields.with_values(lines, in_frame)
    level = read.levelled()
    found_marks = marks.find_marks(level, lines)
    codes = [mark.bbox for mark in found_marks if mark.kind == "code"]
    # What OCR takes for letters in a code is none.
    lines = [one for one in lines if not any(contains_centre(box, one.bbox) for box in codes)]
    boxes = [line.bbox for line in lines]
    found = layout_model.find_around(level, boxes) if boxes else []
    index = _assemble(
        page,
        lines,
        found,
        back,
        picture=level,
        script=read.script,
        source="ocr",
        quarter_turns=read.quarter_turns,
        notices=_notices(lines),
        marks=found_marks,
    )
    return _with_stamps(index, found_stamps, lambda box: to_page(_scaled(box, 1 / scale)))


def _with_stamps(index: PageIndex, found: Sequence[Stamp], to_page: ToPage) -> PageIndex:
    """Add stamps as marks, and their text as regions of their own at the end of the page.

    Args:
        to_page: maps a box of the picture that was read, before its quarter turns, to the page.
    """
    from engine.ocr.marks import stamps

    lines, areas, members = list(index.lines), list(index.regions), list(index.region_lines)
    found_marks, turns = list(index.marks), index.quarter_turns
    for stamp in found:
        x0, y0, x1, y1 = stamp.bbox
        size = (round(x1 - x0), round(y1 - y0))

        def back(box: BBox, size: Size = size, x: float = x0, y: float = y0) -> BBox:
            turned = undo_quarter_turns(box, turns=turns, page_size=size)
            return to_page((turned[0] + x, turned[1] + y, turned[2] + x, turned[3] + y))

        own = [moved for line in stamps.read(stamp, turns) if (moved := line_back(line, back))]
        bbox = to_page(stamp.bbox)
        text = _plain_text(own)
        score = sum(w.confidence for line in own for w in line.words) / max(
            1, sum(len(line.words) for line in own)
        )
        found_marks.append(Mark("stamp", bbox, text=" ".join(text.split()), confidence=score))
        areas.append(Region(bbox, "Picture", text, len(areas)))
        members.append(tuple(range(len(lines), len(lines) + len(own))))
        lines += own
    return replace(
        index,
        lines=tuple(lines),
        regions=tuple(areas),
        region_lines=tuple(members),
        marks=tuple(found_marks),
    )


def _scaled(bbox: BBox, factor: float) -> BBox:
    x0, y0, x1, y1 = bbox
    return (x0 * factor, y0 * factor, x1 * factor, y1 * factor)


def _assemble(
    page: Page,
    lines: Sequence[Line],
    found: Sequence[layout_model.DetectedRegion],
    back: ToPage,
    *,
    picture: NDArray[np.uint8],
    script: Script,
    source: Literal["ocr", "pdf"],
    quarter_turns: int = 0,
    notices: tuple[Notice, ...] = (),
    marks: Sequence[Mark] = (),
) -> PageIndex:
    """Order lines and regions, and map their boxes to the page.

    Args:
        lines, found, marks: boxes in the frame of the picture that was read.
        back: maps a box from that frame to the page; raises GeometryError for a box outside.
        picture: (height, width, 3), uint8, RGB, of that frame.
    """
    done_lines: list[Line] = []
    done_regions: list[Region] = []
    members: list[tuple[int, ...]] = []
    tables: list[IndexedTable] = []
    for block in regions.blocks(lines, found, height=picture.shape[0]):
        try:
            bbox = back(block.bbox)
        except GeometryError:
            continue
        inside = [lines[i] for i in block.lines]
        number, first, text, html = len(done_regions), len(done_lines), "", ""
        if block.category == "Table" and inside:
            own, cells = table_cells(inside, picture, back, first)
            if cells:
                tables.append(IndexedTable(number, tuple(cells)))
                text, html = texts_of_table(cells, own, first)
        else:
            own = [line for one in inside if (line := line_back(one, back)) is not None]
            text = _plain_text(own)
        if own:
            bbox = union([bbox, *(line.bbox for line in own)])
        members.append(tuple(range(first, first + len(own))))
        done_regions.append(Region(bbox, block.category, text, number, block.confidence, html))
        done_lines += own
    return PageIndex(
        document_id=page.document_id,
        page_index=page.page_index,
        width=page.width,
        height=page.height,
        lines=tuple(done_lines),
        regions=tuple(done_regions),
        region_lines=tuple(members),
        tables=tuple(tables),
        script=script,
        source=source,
        quarter_turns=quarter_turns,
        notices=notices,
        marks=tuple(moved for mark in marks if (moved := _mark_back(mark, back)) is not None),
    )


def _notices(lines: Sequence[Line]) -> tuple[Notice, ...]:
    """A notice about a page whose print is hard to read."""
    words = [word for line in lines for word in line.words if any(map(str.isalnum, word.text))]
    unclear = sum(word.confidence < _UNCLEAR for word in words)
    if len(words) < _FEW_WORDS or unclear < _UNCLEAR_SHARE * len(words):
        return ()
    return (Notice("ocr.unclear", {"share": round(100 * unclear / len(words))}),)


def _plain_text(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)


def _mark_back(mark: Mark, back: ToPage) -> Mark | None:
    """Map a mark to page pixels; None for one off the page."""
    try:
        return replace(mark, bbox=back(mark.bbox))
    except GeometryError:
        return None


def _prepared(page: Page, steps: PreprocessSettings) -> tuple[Image.Image, ToPage]:
    """Return the preprocessed picture and the mapping of its boxes to the page."""
    image = page.load_image().convert("RGB")
    if steps.deskew or steps.contrast or steps.denoise:
        from engine.ocr.preprocess import apply_steps

        prepared = apply_steps(image, steps)
        return prepared.image, prepared.to_page
    return image, lambda box: clip(box, page_size=page.size)


def _working_copy(image: Image.Image, max_side: int) -> tuple[NDArray[np.uint8], float]:
    """Return (height, width, 3) RGB and its scale to the image.

    No side is over max_side, unless the smallest print needs more pixels to be recognised.
    """
    scale = min(1.0, max_side / max(image.size))
    if scale < 1.0:
        small = print_size.small_print(np.asarray(image))
        if small is not None and small.height * scale < _LEAST_LETTER:
            scale = min(1.0, _READ_LETTER / small.height)
    if scale < 1.0:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, resample=Image.Resampling.LANCZOS)
    return np.asarray(image), scale
