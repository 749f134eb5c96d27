"""The app with a model whose every word is an attack: in answers, places, regions and tables.

python -m tests.reliability.poisoned_app --settings FILE --host 127.0.0.1 --port 0
"""

import sys
from typing import ClassVar

import torch

import gradio_app
from engine.core.schema import Evidence, EvidenceFound, Notice, Region, RegionAdded
from engine.families import FAMILIES
from engine.families.base import Capabilities, ModelRequest, Outcome, Run
from tests.fakes import FakeFamily
from tests.reliability.payloads import PAYLOADS


class Poisoned(FakeFamily):
    """Answers with the question; the tasks without one give all PAYLOADS."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "layout", "table", "markdown", "ocr"}),
        chat=True,
        multiple_pages=True,
        boxes=True,
    )

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        page = inputs.pages[0] if inputs.pages else None
        said = inputs.question or "\n\n".join(PAYLOADS)
        if inputs.verbatim:
            # The form asks for one field after the other; each gets another attack.
            said = PAYLOADS[len(inputs.question) % len(PAYLOADS)]
        if inputs.task == "layout" and page is not None:
            for order, payload in enumerate(PAYLOADS):
                run.emit(RegionAdded(page.document_id, page.page_index, region(order, payload)))
        elif inputs.task == "table":
            rows = "".join(f"<tr><td>{one}</td><td>{one}</td></tr>" for one in PAYLOADS)
            said = f"<table>{rows}</table>"
        elif inputs.task == "markdown":
            said = "\n".join(
                f"# {one}\n| {one} | a |\n|---|---|\n| {one} | b |" for one in PAYLOADS
            )
        elif page is not None and inputs.task == "question":
            box = (10.0, 10.0, 90.0, 30.0)
            span = (0, min(len(said), 12))
            run.emit(EvidenceFound(Evidence(page.document_id, 0, box, said, 1.0, span)))
            run.emit(Notice("notice.page_failed", {"page": 1, "reason": said}))
        run.streamer.put(torch.tensor(self.tokenizer.encode(said)))
        run.streamer.end()
        return Outcome("stop", 1, len(said))


def region(order: int, payload: str) -> Region:
    """One of three kinds; a table has its payload as its markup, too."""
    category = ("Table", "Text", "Section-header")[order % 3]
    top = 10.0 + 20 * order
    cells = f"<table><tr><td colspan=2>{payload}</td></tr><tr><td>a<td>{payload}</table>"
    return Region(
        (10.0, top, 200.0, top + 15), category, payload, order,
        html=cells if category == "Table" else "",
    )  # fmt: skip


if __name__ == "__main__":
    FAMILIES["fake"] = "tests.reliability.poisoned_app:Poisoned"
    sys.exit(gradio_app.main())
