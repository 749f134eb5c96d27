"""What a PDF stores beside the contents of its pages: form fields, notes, signatures, attachments.

The values of form fields and the text of notes are drawn on the page, but do not belong to its text
layer. PDFium flattens them into the page's contents, in memory only, and then gives each of their
characters a box, as printed. This module runs in the PDFium process
(engine/documents/pdf_process.py) and verifies no signature.

Structures: ISO 32000-2, 12.5 (annotations), 12.7 (forms), 12.8 (signatures), 7.11.4 (embedded
files). Calls: fpdf_annot.h, fpdf_flatten.h, fpdf_signature.h and fpdf_attachment.h of PDFium.
"""

import ctypes
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium_c

from engine.core.errors import GeometryError
from engine.core.geometry import clip, contains_centre, union
from engine.core.schema import BBox, Mark, MarkKind, MarkState, Word
from engine.documents.pdf_text import PageFrame, read_words

# Annotations that print no text.
_UNPRINTED: Final = (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP)
_HIDDEN: Final = (
    pdfium_c.FPDF_ANNOT_FLAG_INVISIBLE
    | pdfium_c.FPDF_ANNOT_FLAG_HIDDEN
    | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
)
_XFA: Final = (pdfium_c.FORMTYPE_XFA_FULL, pdfium_c.FORMTYPE_XFA_FOREGROUND)
_BUTTONS: Final[dict[int, MarkKind]] = {
    pdfium_c.FPDF_FORMFIELD_CHECKBOX: "check_box",
    pdfium_c.FPDF_FORMFIELD_RADIOBUTTON: "radio_button",
}
_MOST_ANNOTATIONS: Final = 2000
_MOST_ATTACHMENTS: Final = 50
# Bytes of a field's value, description or name.
_LONGEST_TEXT: Final = 65536


def annotation_words(
    pdf: pypdfium2.PdfDocument,
    page: pypdfium2.PdfPage,
    page_index: int,
    words: Sequence[Word],
    frame: PageFrame,
) -> list[Word]:
    """The words of a page's form fields and notes.

    Args:
        page: closed if it has fields or notes, as flattening changes the page.
        words: the page's text layer.
    Raises:
        pypdfium2.PdfiumError: the page cannot be read again.
    """
    values: list[tuple[str, BBox]] = []
    is_printed = False
    for annotation in _annotations(page):
        is_printed |= pdfium_c.FPDFAnnot_GetSubtype(annotation) not in _UNPRINTED
        value = _field_text(pdf, annotation, pdfium_c.FPDFAnnot_GetFormFieldValue)
        box = _box(annotation, frame)
        if value and box is not None:
            values.append((value, box))
    if (
        not is_printed
        or pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY) != pdfium_c.FLATTEN_SUCCESS
    ):
        return []
    page.close()
    # The words of the layer are found again, with the same boxes.
    known = Counter((word.text, word.bbox) for word in words)
    added = []
    for word in read_words(pdf[page_index].get_textpage(), frame):
        key = (word.text, word.bbox)
        if known[key] > 0:
            known[key] -= 1
        else:
            added.append(replace(word, source="form"))
    for value, box in values:
        added = _grouped(added, value, box)
    return added


def marks(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, frame: PageFrame) -> list[Mark]:
    """The check boxes, radio buttons and signature fields of a page's form."""
    if pdf.formenv is None:
        return []
    found = []
    for annotation in _annotations(page):
        field = pdfium_c.FPDFAnnot_GetFormFieldType(pdf.formenv, annotation)
        box = _box(annotation, frame)
        if box is None or pdfium_c.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
            continue
        text = _field_text(pdf, annotation, pdfium_c.FPDFAnnot_GetFormFieldAlternateName)
        if field in _BUTTONS:
            is_checked = pdfium_c.FPDFAnnot_IsChecked(pdf.formenv, annotation)
            state: MarkState = "checked" if is_checked else "unchecked"
            export = _field_text(pdf, annotation, pdfium_c.FPDFAnnot_GetFormFieldExportValue)
            # All buttons of a group share one description.
            text = export if field == pdfium_c.FPDF_FORMFIELD_RADIOBUTTON else text
            found.append(Mark(_BUTTONS[field], box, state, text))
        elif field == pdfium_c.FPDF_FORMFIELD_SIGNATURE:
            is_signed = pdfium_c.FPDFAnnot_HasKey(annotation, b"V") or all_signed(pdf)
            found.append(Mark("signature", box, "signed" if is_signed else "empty", text))
    return found


def signatures(pdf: pypdfium2.PdfDocument) -> list[bool]:
    """For each signature field of the form, whether it holds a signature, valid or not."""
    found = []
    for number in range(min(pdfium_c.FPDF_GetSignatureCount(pdf), _MOST_ANNOTATIONS)):
        signature = pdfium_c.FPDF_GetSignatureObject(pdf, number)
        found.append(pdfium_c.FPDFSignatureObj_GetContents(signature, None, 0) > 0)
    return found


def all_signed(pdf: pypdfium2.PdfDocument) -> bool:
    """Whether the form has signature fields and each holds a signature."""
    known = signatures(pdf)
    return bool(known) and all(known)


def is_placeholder(pdf: pypdfium2.PdfDocument) -> bool:
    """Whether the pages only say that another program must draw the form ("Please wait...").

    A dynamic XFA form has no fields on its pages; a static one has them, and is an ordinary form.
    """
    if pdf.get_formtype() not in _XFA:
        return False
    try:
        page = pdf[0]
    except pypdfium2.PdfiumError:
        return False
    return not any(
        pdfium_c.FPDFAnnot_GetSubtype(one) == pdfium_c.FPDF_ANNOT_WIDGET
        for one in _annotations(page)
    )


def attachment_names(pdf: pypdfium2.PdfDocument) -> list[str]:
    """The names of the first files that are attached to the document."""
    count = min(pdfium_c.FPDFDoc_GetAttachmentCount(pdf), _MOST_ATTACHMENTS)
    return [
        _text(pdfium_c.FPDFAttachment_GetName, pdfium_c.FPDFDoc_GetAttachment(pdf, number))
        for number in range(count)
    ]


def attachment(pdf: pypdfium2.PdfDocument, number: int, max_bytes: int) -> bytes | None:
    """The contents of an attached file; None if they are missing, broken or longer."""
    file = pdfium_c.FPDFDoc_GetAttachment(pdf, number)
    size = ctypes.c_ulong()
    if not file or not pdfium_c.FPDFAttachment_GetFile(file, None, 0, size):
        return None
    if not 0 < size.value <= max_bytes:
        return None
    buffer = ctypes.create_string_buffer(size.value)
    if not pdfium_c.FPDFAttachment_GetFile(file, buffer, size.value, size):
        return None
    return buffer.raw


def _annotations(page: pypdfium2.PdfPage) -> Iterator[Any]:
    for number in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page, number)
        if annotation:
            try:
                yield annotation
            finally:
                pdfium_c.FPDFPage_CloseAnnot(annotation)


def _box(annotation: Any, frame: PageFrame) -> BBox | None:
    """The rectangle of an annotation, or None if it is off the page or empty."""
    rect = pdfium_c.FS_RECTF()
    if not pdfium_c.FPDFAnnot_GetRect(annotation, rect):
        return None
    with suppress(GeometryError):
        pixels = frame.to_pixels(rect.left, rect.bottom, rect.right, rect.top)
        return clip(pixels, page_size=frame.size)
    return None


def _field_text(pdf: pypdfium2.PdfDocument, annotation: Any, call: Callable[..., int]) -> str:
    """A text of a form field; "" for annotations of other kinds."""
    return "" if pdf.formenv is None else _text(call, pdf.formenv, annotation)


def _text(call: Callable[..., int], *args: Any) -> str:
    """The text that PDFium writes into a buffer as UTF-16, with its length in bytes."""
    size = min(call(*args, None, 0), _LONGEST_TEXT)
    if size <= 2:
        return ""
    buffer = (pdfium_c.FPDF_WCHAR * (size // 2))()
    if call(*args, buffer, size) > size:
        return ""
    return bytes(buffer).decode("utf-16-le", errors="replace").partition("\0")[0].strip()


def _grouped(words: list[Word], value: str, box: BBox) -> list[Word]:
    """Join the words of a field as its value does: a comb field has a cell for each character."""
    inside = [place for place, word in enumerate(words) if contains_centre(box, word.bbox)]
    tokens = value.split()
    if [words[place].text for place in inside] == tokens:
        return words
    if "".join(words[place].text for place in inside) != "".join(tokens):
        return words
    joined, rest = [], [words[place] for place in inside]
    for token in tokens:
        run: list[Word] = []
        while rest and len("".join(word.text for word in run)) < len(token):
            run.append(rest.pop(0))
        if "".join(word.text for word in run) != token:
            return words
        joined.append(replace(run[0], text=token, bbox=union(word.bbox for word in run)))
    first = inside[0]
    kept = [word for place, word in enumerate(words) if place not in inside]
    return [*kept[:first], *joined, *kept[first:]]
