"""Adapter of `lite`: page indexes in, verbatim answers with evidence out.

engine.families.lite.best_answer answers a question. OCR text and layout come from the index. The
language model's tokenizer turns every text into ids, so `lite` streams through the same path as a
generative model. The adapter does not load the language model's weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from engine.core.errors import RunCancelled
from engine.core.i18n import say
from engine.core.schema import (
    Certainty,
    CertaintyJudged,
    Evidence,
    EvidenceFound,
    RegionAdded,
    Step,
)
from engine.families.base import Capabilities, ModelFamily, ModelRequest, Outcome, Preparation, Run
from engine.families.lite.best_answer import FoundAnswer, best_answer, evidence_of
from engine.families.lite.field_answers import FormCache
from engine.families.lite.mark_answers import MarkAnswer, answer_from_marks
from engine.families.lite.markdown import markdown, plain_text, tables
from engine.families.lite.reader import ReadPage, read_page
from engine.families.lite.weights import Checkpoint, gguf_file
from engine.families.weights.hub import is_cached
from engine.fields.document_type import classify, deciding_lines, title
from engine.index.crop import crop_index, without_stamps

if TYPE_CHECKING:
    from engine.core.settings import ModelSettings, Settings
    from engine.index.page_index import PageIndex

# Token ids per streamed piece, about a line of text.
_PIECE: Final = 8
_KEPT_PAGES: Final = 32
# Least confidence in each mark of a sure answer. An unclear tick has 0.5.
_SURE_MARK: Final = 0.8


@dataclass(frozen=True, slots=True)
class LiteInputs:
    """A request and the indexes of its pages, in the request's order.

    With a drawn box, an index holds only the words inside the box.
    """

    request: ModelRequest
    indexes: tuple[PageIndex, ...]


class LiteFamily(ModelFamily):
    """See the module's docstring."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "ocr", "layout", "markdown", "table", "document_type"}),
        chat=True,
        multiple_pages=True,
        boxes=True,
    )

    # Half a gigabyte with everything loaded, so it is never unloaded for other models.
    stays_beside_others: ClassVar[bool] = True
    reads_boxes: ClassVar[bool] = True
    is_verbatim: ClassVar[bool] = True

    def __init__(self, model_id: str, settings: Settings, checkpoint: Checkpoint) -> None:
        super().__init__(model_id, settings.model(model_id))
        self._checkpoint = checkpoint
        self._tokenizer = checkpoint.tokenizer()
        self._read: dict[tuple[str, int], ReadPage] = {}
        # page -> (its index, the index without stamps), for pages that have some
        self._unstamped: dict[tuple[str, int], tuple[PageIndex, PageIndex]] = {}
        # conversation -> documents that its questions were about
        self._documents: dict[str, set[str]] = {}
        self._forms = FormCache(settings.fields.folder)

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> LiteFamily:
        return cls(model_id, settings, Checkpoint(model_id, settings))

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return gguf_file() is not None or is_cached(model)

    @property
    def tokenizer(self) -> Any:
        return self._tokenizer

    def prepare(self, request: ModelRequest, preparation: Preparation) -> LiteInputs:
        """Build the page indexes. See ModelFamily.prepare."""
        indexes = []
        for number, page in enumerate(request.pages, start=1):
            if preparation.stop.is_set():
                raise RunCancelled
            values = {"page": number, "pages": len(request.pages)}
            preparation.emit(Step("step.reading_page", values, page.page_index))
            index = preparation.index(page)
            for notice in index.notices:
                preparation.emit(notice)
            indexes.append(index if request.bbox is None else crop_index(index, request.bbox))
        return LiteInputs(request, tuple(indexes))

    def generate(self, inputs: LiteInputs, run: Run) -> Outcome:
        """See ModelFamily.generate."""
        match inputs.request.task:
            case "ocr":
                text = "\n\n".join(plain_text(index) for index in inputs.indexes)
                return self._say(text or self._no_text(inputs), inputs, run)
            case "layout":
                return self._layout(inputs, run)
            case "markdown":
                text = "\n\n".join(markdown(index) for index in inputs.indexes)
                return self._say(text or self._no_text(inputs), inputs, run)
            case "table":
                return self._tables(inputs, run)
            case "document_type":
                return self._document_type(inputs, run)
            case _:
                return self._question(inputs, run)

    def forget(self, conversation: str) -> None:
        """See ModelFamily.forget."""
        gone = self._documents.pop(conversation, set())
        for kept in (self._read, self._unstamped):
            for key in [key for key in kept if key[0] in gone]:
                del kept[key]
        self._forms.forget(gone)

    def describe(self) -> Mapping[str, str]:
        return {"weights": self._checkpoint.source}

    def _question(self, inputs: LiteInputs, run: Run) -> Outcome:
        request = inputs.request
        run.emit(Step("step.thinking"))
        asked = self._documents.setdefault(request.conversation, set())
        asked.update(index.document_id for index in inputs.indexes)
        marked = answer_from_marks(request.question, inputs.indexes)
        if marked is not None:
            for evidence in marked.evidence:
                run.emit(EvidenceFound(evidence))
            run.emit(CertaintyJudged(_certainty(marked)))
            return self._say(marked.text, inputs, run, request.max_new_tokens)
        history = [turn.text for turn in request.history if turn.role == "user"]
        # The print comes first: only what it does not answer may be answered by a stamp.
        printed = self._printed(inputs.indexes)
        found = self._found(inputs, printed, history)
        has_stamps = any(a is not b for a, b in zip(printed, inputs.indexes, strict=True))
        if found.best is None and has_stamps:
            found = self._found(inputs, inputs.indexes, history)
        run.emit(found.judged())
        if found.best is None:
            if not any(index.lines for index in inputs.indexes):
                return self._say(self._no_text(inputs), inputs, run)
            key = "answer.not_on_page" if request.bbox is None else "answer.not_in_box"
            return self._say(say(key, request.language), inputs, run, request.max_new_tokens)
        for evidence in evidence_of(found.best):
            run.emit(EvidenceFound(evidence))
        return self._say(found.best.text, inputs, run, request.max_new_tokens)

    def _found(
        self, inputs: LiteInputs, indexes: Sequence[PageIndex], history: Sequence[str]
    ) -> FoundAnswer:
        request = inputs.request
        forms = self._forms if request.bbox is None else None  # forms need whole pages
        return best_answer(
            request.question, indexes, forms, lambda own: self._pages(inputs, own), history
        )

    def _printed(self, indexes: Sequence[PageIndex]) -> list[PageIndex]:
        """Return the indexes without the text of stamps, the same ones at every question."""
        printed = []
        for index in indexes:
            key = (index.document_id, index.page_index)
            known = self._unstamped.get(key)
            if known is None or known[0] is not index:
                known = (index, without_stamps(index))
                if known[1] is not index:
                    self._unstamped[key] = known
            printed.append(known[1])
        return printed

    def _pages(self, inputs: LiteInputs, indexes: Sequence[PageIndex]) -> list[ReadPage]:
        """Prepare pages for questions. The newest whole pages are cached for the next question."""
        if inputs.request.bbox is not None:
            return [read_page(index) for index in indexes]
        pages = []
        for index in indexes:
            key = (index.document_id, index.page_index)
            page = self._read.get(key)
            if page is None or page.view.index is not index:
                page = read_page(index)
            self._read.pop(key, None)
            self._read[key] = page
            pages.append(page)
        for key in list(self._read)[: -max(_KEPT_PAGES, len(pages))]:
            del self._read[key]
        return pages

    def _layout(self, inputs: LiteInputs, run: Run) -> Outcome:
        for index in inputs.indexes:
            for region in index.regions:
                if run.stop.is_set():
                    break
                run.emit(RegionAdded(index.document_id, index.page_index, region))
        text = "\n\n".join(markdown(index) for index in inputs.indexes)
        return self._say(text or self._no_text(inputs), inputs, run)

    def _tables(self, inputs: LiteInputs, run: Run) -> Outcome:
        """Return the tables of the pages as Markdown, and emit their boxes as evidence."""
        found = []
        for index in inputs.indexes:
            for number, text in tables(index):
                region = index.regions[number]
                first = " ".join(region.text.partition("\n")[0].split())
                place = Evidence(index.document_id, index.page_index, region.bbox, first, 1.0)
                run.emit(EvidenceFound(place))
                found.append(text)
        none = say("lite.no_table", inputs.request.language)
        return self._say("\n\n".join(found) or none, inputs, run)

    def _document_type(self, inputs: LiteInputs, run: Run) -> Outcome:
        """Return the likeliest type, and emit the lines of the first page that decide it."""
        language = inputs.request.language
        best = classify(inputs.indexes)[0]
        first = inputs.indexes[0]
        for line in deciding_lines(first, best.document_type):
            run.emit(
                EvidenceFound(
                    Evidence(
                        first.document_id, first.page_index, line.bbox, line.text, best.confidence
                    )
                )
            )
        text = say(
            "document_type.guess",
            language,
            title=title(best.document_type, language),
            percent=round(100 * best.confidence),
        )
        return self._say(text, inputs, run)

    def _no_text(self, inputs: LiteInputs) -> str:
        key = "lite.no_text" if inputs.request.bbox is None else "lite.no_text_in_box"
        return say(key, inputs.request.language)

    def _say(self, text: str, inputs: LiteInputs, run: Run, limit: int | None = None) -> Outcome:
        """Stream a text. `limit` is its maximum of tokens; None (page text) means no maximum."""
        import torch

        ids = torch.tensor(self._tokenizer.encode(text, add_special_tokens=False))
        cut = limit is not None and len(ids) > limit
        ids = ids[:limit]
        asked = len(self._tokenizer.encode(inputs.request.question, add_special_tokens=False))
        said = 0
        for piece in ids.split(_PIECE):  # type: ignore[no-untyped-call]
            if run.stop.is_set():
                run.streamer.end()
                return Outcome("cancelled", asked, said)
            run.streamer.put(piece)
            said += len(piece)
        run.streamer.end()
        return Outcome("length" if cut else "stop", asked, said)


def _certainty(marked: MarkAnswer) -> Certainty:
    """The certainty of an answer from marks; that none was found is no answer."""
    if not marked.evidence:
        return "refused"
    return "sure" if min(one.score for one in marked.evidence) >= _SURE_MARK else "unsure"
