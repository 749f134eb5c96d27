"""The API's inputs and outputs as pydantic models, from which OpenAPI, MCP and Gradio describe it.

The docstrings of classes and attributes are the descriptions there.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.core.schema import Certainty, FinishReason

Language = Literal["en", "ru"]
# No representation shows it, so no log does.
Password = Annotated[
    str, Field(repr=False, json_schema_extra={"format": "password", "writeOnly": True})
]
BBox = Annotated[list[float], Field(min_length=4, max_length=4)]


class _Described(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Place(_Described):
    """A place on a page that an answer comes from."""

    document_id: str
    """Of the call's own session: it tells documents of one answer apart, and nothing else."""
    page_index: int
    """From 0."""
    bbox: BBox
    """x_min, y_min, x_max, y_max in pixels of the upright page, origin top left."""
    text: str
    """As it is printed there."""
    score: float
    """0 to 1."""


class PageSize(_Described):
    """The frame of the boxes of a page, in pixels."""

    page_index: int
    width: int
    height: int


class Costs(_Described):
    """What an answer cost."""

    prompt_tokens: int
    completion_tokens: int
    ttft_seconds: float
    tokens_per_second: float
    load_seconds: float
    peak_memory_bytes: int


class AnswerBody(_Described):
    """An answer with the places that it comes from."""

    answer: str
    model: str
    """The model that really answered."""
    finish_reason: FinishReason | None
    """stop, length (cut at the limit of tokens), repetition (cut) or cancelled."""
    evidence: list[Place]
    certainty: Certainty | None = None
    """sure, unsure (it may well be wrong) or refused (no answer); null from a model without it."""
    suggestions: list[Place] = Field(default_factory=list)
    """Other places to look at where the answer is unsure or refused; they do not support it."""
    pages: list[PageSize]
    notices: list[str]
    """What there is to know about the answer."""
    usage: Costs


class RegionBody(_Described):
    """A block of a page."""

    bbox: BBox
    category: str
    """One of dots.ocr's eleven: Title, Text, Table, Picture, ..."""
    text: str
    """Of a table: rows parted by newlines, cells by tabs."""
    order: int
    html: str | None = None
    """Of a table in which cells span rows or columns."""


class ParsedPage(PageSize):
    """A page with its regions in reading order."""

    finish_reason: FinishReason
    regions: list[RegionBody]


class ParseBody(_Described):
    """What was read of a document: pages with regions, or for a task that gives text, the text."""

    document: str
    model: str
    pages: list[ParsedPage] | None = None
    task: str | None = None
    finish_reason: FinishReason | None = None
    text: str | None = None


class CheckBody(_Described):
    """A check of a field, such as a checksum or a sum."""

    name: str
    passed: bool
    text: str


class FieldBody(_Described):
    """A field: text is printed on the page, value is what it means (dates in ISO 8601)."""

    model_config = ConfigDict(extra="allow")

    title: str
    type: str
    text: str
    value: str
    bbox: BBox
    page_index: int
    confidence: float
    checks: list[CheckBody]


class OneDocumentBody(_Described):
    """The fields of a document."""

    document: str
    document_type: str
    confidence: float
    """How sure the type is, 0 to 1; 1 where it was named."""
    model: str
    pages: list[PageSize]
    fields: dict[str, FieldBody]


class FieldsBody(OneDocumentBody):
    """The fields of a file's document; of several, those of the first."""

    documents: list[OneDocumentBody] = Field(default_factory=list)
    """Where the file holds several documents, all of them."""


class ModelBody(_Described):
    """A model of the settings."""

    id: str
    default: bool
    available: bool
    """Whether its weights are on this machine, or its server is set."""
    loaded: bool
    tasks: list[str]
    boxes: bool
    """Whether it gives places itself; those of other models are looked up on the page."""
    good_for: list[str]
    repo_id: str
    licence: str


class ErrorDetail(_Described):
    """Why a call failed. message: one sentence with the next step."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(_Described):
    """A failed call."""

    error: ErrorDetail


class AskInput(_Described):
    """A question about a scan."""

    question: str
    """The question, in any language the model knows."""
    model: str = ""
    """The id of a model; empty takes the default one."""
    pages: list[int] = Field(default_factory=list)
    """The pages to look at, from 0; without it all of them, or those that the question names."""
    verbatim: bool = False
    """Answer only with words that are printed on the page."""
    language: Language = "en"
    """Of the sentences that are not on the page."""
    password: Password = ""
    """Of an encrypted PDF; it is not stored."""


class ParseInput(_Described):
    """What to read of a scan."""

    task: str = "layout"
    """layout (regions with boxes), ocr (text), or another task of the model."""
    model: str = ""
    """The id of a model; empty takes the default one."""
    pages: list[int] = Field(default_factory=list)
    """The pages to read, from 0; without it all of them."""
    language: Language = "en"
    """Of the sentences that are not on the page."""
    password: Password = ""
    """Of an encrypted PDF; it is not stored."""


class FieldsInput(_Described):
    """Which fields to read of a scan."""

    type: str = "auto"
    """auto, or a document type such as receipt, invoice, passport, driver_licence."""
    model: str = ""
    """The id of a model; empty takes the default one."""
    pages: list[int] = Field(default_factory=list)
    """These pages only, from 0, as one document."""
    one_document: bool = False
    """Do not look for several documents in the file."""
    language: Language = "en"
    """Of titles and checks."""
    password: Password = ""
    """Of an encrypted PDF; it is not stored."""
