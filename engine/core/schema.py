"""Data types of ScanChat: file -> Document -> Pages -> events -> Answer.

The types are frozen, have only accessors, and need neither torch nor gradio. The stream events,
Evidence and the box frame are contracts: tests/test_contracts.py freezes them, and a change needs a
line in docs/architecture.md.

Boxes: (x_min, y_min, x_max, y_max) in pixels of the upright page image (after EXIF and the PDF's
/Rotate, nothing else), origin top left, x right, y down, floats, x_max and y_max exclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from engine.core.errors import EngineError
from engine.core.i18n import DEFAULT_LANGUAGE, Sentence, say

if TYPE_CHECKING:
    from PIL import Image

BBox: TypeAlias = tuple[float, float, float, float]
Size: TypeAlias = tuple[int, int]
FinishReason: TypeAlias = Literal["stop", "length", "cancelled", "repetition"]
Certainty: TypeAlias = Literal["sure", "unsure", "refused"]
Role: TypeAlias = Literal["user", "assistant"]
MarkKind: TypeAlias = Literal["check_box", "radio_button", "signature", "stamp", "code"]
MarkState: TypeAlias = Literal["checked", "unchecked", "signed", "empty", "unclear", ""]
WordSource: TypeAlias = Literal["ocr", "pdf", "form"]
Values: TypeAlias = Mapping[str, str | int | float | Sentence]

# dots.ocr's eleven layout categories, spelt as its published prompt spells them.
CATEGORIES: Final = (
    "Caption",
    "Footnote",
    "Formula",
    "List-item",
    "Page-footer",
    "Page-header",
    "Picture",
    "Section-header",
    "Table",
    "Text",
    "Title",
)
FINISH_REASONS: Final = ("stop", "length", "cancelled", "repetition")
CERTAINTIES: Final = ("sure", "unsure", "refused")


@dataclass(frozen=True, slots=True)
class Word:
    """One printed word.

    Attributes:
        bbox: page pixels.
        confidence: 0 to 1, from the OCR engine.
        source: where it comes from: "ocr" the picture, "pdf" a PDF's text layer, "form" a PDF's
            form field or a note on the page.
    """

    text: str
    bbox: BBox
    confidence: float = 1.0
    source: WordSource = "ocr"


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its words from left to right, and the box around them."""

    words: tuple[Word, ...]
    bbox: BBox

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Region:
    """A block of the page.

    Attributes:
        category: one of CATEGORIES.
        text: plain text; in a Table, newlines separate rows and tabs separate cells.
        order: 0-based position in reading order.
        html: set for a Table with cells that span rows or columns: sanitised, table markup only.
    """

    bbox: BBox
    category: str
    text: str
    order: int
    confidence: float = 1.0
    html: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on the page that is no print: a ticked box, a signature, a stamp, a code.

    Attributes:
        bbox: page pixels; of a box or button its outline, of a signature its ink or, if there is
            none, the line to sign on.
        state: of a check box or radio button "checked", "unchecked" or "unclear"; of a signature
            "signed", "empty" or "unclear" (ink that may be a smudge); else "".
        text: the label of a box, button or signature line; the content of a code or stamp.
        confidence: 0 to 1.
    """

    kind: MarkKind
    bbox: BBox
    state: MarkState = ""
    text: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Annotations:
    """What a file stores about a page beside its print.

    Attributes:
        marks: the check boxes, radio buttons, selected options and signature fields of a PDF's
            form. The text is the field's own description, which is rarely shown on the page.
        notices: what the user should know about the file, on its first page.
    """

    marks: tuple[Mark, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document. Its image is loaded on demand.

    Attributes:
        page_index: 0-based.
        width, height: pixels of the upright page image; the frame of every box.
        load_image: returns the upright page as an RGB PIL image of exactly (width, height).
            Raises DocumentError when the page turns out to be corrupt.
        load_words: returns the words stored in the file (a PDF's text layer and the text of its
            form fields and notes), in page pixels; empty if there are none.
        load_annotations: returns the marks of the page's form, and notices about the file.
    """

    document_id: str
    page_index: int
    width: int
    height: int
    load_image: Callable[[], Image.Image] = field(repr=False, compare=False)
    load_words: Callable[[], tuple[Word, ...]] = field(
        default=lambda: (), repr=False, compare=False
    )
    load_annotations: Callable[[], Annotations] = field(
        default=lambda: Annotations(), repr=False, compare=False
    )

    @property
    def size(self) -> Size:
        return (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded file. document_id: unguessable, unique per upload. name: as shown to the user."""

    document_id: str
    name: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class PageLayout:
    """The regions of one page in reading order, and why their generation ended."""

    document_id: str
    page_index: int
    width: int
    height: int
    regions: tuple[Region, ...]
    finish_reason: FinishReason = "stop"
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place on a page that supports an answer.

    Attributes:
        text: as printed.
        score: 0 to 1.
        answer_span: the part of the answer's text that it supports, text[start:end] in
            characters; None if the answer was not grounded part by part.
    """

    document_id: str
    page_index: int
    bbox: BBox
    text: str
    score: float
    answer_span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A page image at this position of the conversation."""

    document_id: str
    page_index: int


Part: TypeAlias = TextPart | ImagePart


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. It holds content only, never statistics or decoration."""

    role: Role
    parts: tuple[Part, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True)
class Usage:
    """Cost of one answer. Seconds are wall-clock; ttft (time to first token) counts from the start.

    peak_memory_bytes: of the process. gpu_used_bytes, gpu_free_bytes: of the model's GPU at the end
    of the run, with the use of other processes; 0 without a GPU. reused_tokens: prompt tokens taken
    from the KV cache; None if the model caches nothing between questions.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    ttft_seconds: float = 0.0
    tokens_per_second: float = 0.0
    load_seconds: float = 0.0
    total_seconds: float = 0.0
    peak_memory_bytes: int = 0
    gpu_used_bytes: int = 0
    gpu_free_bytes: int = 0
    reused_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer.

    Attributes:
        model_id: the model that answered, which may be a fallback.
        certainty, suggestions: see CertaintyJudged; None and empty from a model that gives none.
    """

    text: str
    model_id: str
    finish_reason: FinishReason
    evidence: tuple[Evidence, ...] = ()
    layouts: tuple[PageLayout, ...] = ()
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    certainty: Certainty | None = None
    suggestions: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Told:
    """A text to show to the user: a key of engine/core/texts and its values."""

    key: str
    values: Values = field(default_factory=dict)

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        return say(self.key, language, **self.values)


@dataclass(frozen=True, slots=True)
class Step(_Told):
    """The current step of the run. page_index: the page that it works on, or None."""

    page_index: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class RegionAdded:
    """A region was found."""

    document_id: str
    page_index: int
    region: Region


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """A place on the page that supports the answer."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CertaintyJudged:
    """How sure the model is of its answer.

    Attributes:
        certainty: "sure"; "unsure": the answer may well be wrong; "refused": there is no answer,
            and the text says so.
        suggestions: other places to look at, the likeliest first. They never support the answer.
    """

    certainty: Certainty
    suggestions: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Discarded(_Told):
    """Withdraws the text, regions and evidence streamed so far; the key gives the reason."""


@dataclass(frozen=True, slots=True)
class Notice(_Told):
    """Information for the user that is not part of the answer."""


@dataclass(frozen=True, slots=True)
class UsageReport:
    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a run that succeeded."""

    finish_reason: FinishReason
    model_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event of a run that failed."""

    error: EngineError


StreamEvent: TypeAlias = (
    Step
    | TextDelta
    | RegionAdded
    | EvidenceFound
    | CertaintyJudged
    | Discarded
    | Notice
    | UsageReport
    | Finished
    | Failed
)
