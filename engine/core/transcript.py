"""State of a run: StreamEvents folded into text, evidence, regions and usage figures.

Engine, command line and web app fold events with this one class, so they agree on what Discarded
withdraws.
"""

from dataclasses import dataclass, field

from engine.core.errors import EngineError
from engine.core.schema import (
    Answer,
    Certainty,
    CertaintyJudged,
    Discarded,
    Document,
    Evidence,
    EvidenceFound,
    Failed,
    Finished,
    FinishReason,
    Notice,
    Page,
    PageLayout,
    Region,
    RegionAdded,
    Step,
    StreamEvent,
    TextDelta,
    Usage,
    UsageReport,
)


@dataclass(slots=True)
class Transcript:
    """The state of one run. Feed every event to `add`; read the attributes at any time.

    Attributes:
        regions: (document_id, page_index) -> regions in the order in which they were found.
        step: the last Step, None once the run ended.
        certainty, suggestions: see CertaintyJudged; None and empty from a model that gives none.
        finish_reason, model_id: None until Finished.
        error: set by Failed.
    """

    text: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    regions: dict[tuple[str, int], list[Region]] = field(default_factory=dict)
    notices: list[Notice | Discarded] = field(default_factory=list)
    step: Step | None = None
    usage: Usage = field(default_factory=Usage)
    finish_reason: FinishReason | None = None
    model_id: str | None = None
    error: EngineError | None = None
    certainty: Certainty | None = None
    suggestions: tuple[Evidence, ...] = ()

    def add(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self.text += text
            case EvidenceFound(evidence):
                self.evidence.append(evidence)
            case CertaintyJudged(certainty, suggestions):
                self.certainty, self.suggestions = certainty, suggestions
            case RegionAdded(document_id, page_index, region):
                self.regions.setdefault((document_id, page_index), []).append(region)
            case Step():
                self.step = event
            case Notice():
                # Every page may emit the same notice; the user needs it once.
                if event not in self.notices:
                    self.notices.append(event)
            case Discarded():
                self.text = ""
                self.evidence.clear()
                self.regions.clear()
                self.certainty, self.suggestions = None, ()
                self.notices.append(event)
            case UsageReport(usage):
                self.usage = usage
            case Finished(finish_reason, model_id):
                self.finish_reason, self.model_id, self.step = finish_reason, model_id, None
            case Failed(error):
                self.error, self.step = error, None

    @property
    def ended(self) -> bool:
        return self.finish_reason is not None or self.error is not None

    def layouts(
        self, documents: tuple[Document, ...], language: str = "en"
    ) -> tuple[PageLayout, ...]:
        """The regions as layouts, pages in document order; pages without regions are omitted."""
        return tuple(
            PageLayout(
                document_id=page.document_id,
                page_index=page.page_index,
                width=page.width,
                height=page.height,
                regions=tuple(self.regions[(page.document_id, page.page_index)]),
                finish_reason=self._page_finish(page),
                warnings=tuple(notice.text(language) for notice in self._about(page)),
            )
            for document in documents
            for page in document.pages
            if (page.document_id, page.page_index) in self.regions
        )

    def _about(self, page: Page) -> list[Notice | Discarded]:
        """The notices that concern this page only."""
        place = {"document_id": page.document_id, "page": page.page_index + 1}
        return [notice for notice in self.notices if place.items() <= notice.values.items()]

    def _page_finish(self, page: Page) -> FinishReason:
        """Finish reason of one page, if the run reports it per page, else that of the run."""
        reasons: dict[str, FinishReason] = {
            "layout.cut": "length",
            "layout.regions_cut": "length",
            "layout.repetition": "repetition",
        }
        if not any(notice.key in reasons for notice in self.notices):
            return self.finish_reason or "stop"
        ends = [reasons[notice.key] for notice in self._about(page) if notice.key in reasons]
        return ends[-1] if ends else "stop"

    def answer(self, documents: tuple[Document, ...], language: str = "en") -> Answer:
        """Return the answer of the finished run.

        Raises:
            EngineError: the run failed.
            ValueError: the run has not ended.
        """
        if self.error is not None:
            raise self.error
        if self.finish_reason is None or self.model_id is None:
            raise ValueError("the run has not ended")
        return Answer(
            text=self.text,
            model_id=self.model_id,
            finish_reason=self.finish_reason,
            evidence=tuple(self.evidence),
            layouts=self.layouts(documents, language),
            usage=self.usage,
            notices=tuple(notice.text(language) for notice in self.notices),
            certainty=self.certainty,
            suggestions=self.suggestions,
        )
