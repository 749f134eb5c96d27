"""The app with a model that says what the question says and lays a page out as the tests know it.

python -m tests.browser.scripted_app --settings FILE --host 127.0.0.1 --port 0
"""

import os
import sys
import time
from pathlib import Path
from typing import ClassVar

import torch

import engine.chat.engine
import gradio_app
from engine.core.schema import BBox, Certainty, CertaintyJudged, Evidence, Region, RegionAdded
from engine.families import FAMILIES
from engine.families.base import Capabilities, ModelRequest, Outcome, Run
from tests.fakes import FakeFamily
from tests.reading_once import reading_once

engine.chat.engine.build_index = reading_once(engine.chat.engine.build_index)

# On a page of any size, as shares of it: the corners, one box in another, and lines close together.
REGIONS: tuple[tuple[str, BBox], ...] = (
    ("Page-header", (0.0, 0.0, 0.3, 0.03)),
    ("Title", (0.9, 0.0, 1.0, 0.04)),
    ("Picture", (0.1, 0.1, 0.6, 0.4)),
    ("Caption", (0.2, 0.3, 0.5, 0.34)),
    ("Text", (0.1, 0.45, 0.9, 0.48)),
    ("Text", (0.1, 0.481, 0.9, 0.511)),
    ("Section-header", (0.0, 0.96, 0.02, 1.0)),
    ("Page-footer", (0.97, 0.97, 1.0, 1.0)),
)


# While this file exists, a layout waits after this many regions.
_HOLD = Path(os.environ.get("SCRIPTED_HOLD", ""))
HELD_AFTER = 3
_LONGEST_HOLD_SECONDS = 30.0
# A question that begins so is answered at the pace of a model.
SLOWLY = "Slowly:"
# A question that begins so gets an unsure answer or a refusal, and a place on the last page.
UNSURE, REFUSED = "Unsure:", "Refused:"


class Scripted(FakeFamily):
    """Answers with the question itself, word by word; the layout task finds REGIONS."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "layout"}), chat=True, multiple_pages=True, boxes=True
    )

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        if inputs.task == "layout":
            page = inputs.pages[0]
            scale = (page.width, page.height, page.width, page.height)
            for order, (category, shares) in enumerate(REGIONS):
                box = tuple(share * side for share, side in zip(shares, scale, strict=True))
                region = Region(box, category, f"words of {order + 1}", order)
                run.emit(RegionAdded(page.document_id, page.page_index, region))
                if order + 1 == HELD_AFTER:
                    _wait_while_held()
        for beginning in (UNSURE, REFUSED):
            if inputs.question.startswith(beginning):
                last = inputs.pages[-1]
                box = (0.1 * last.width, 0.55 * last.height, 0.6 * last.width, 0.65 * last.height)
                place = Evidence(last.document_id, last.page_index, box, "Paid: 2026-03-14", 0.0)
                certainty: Certainty = "unsure" if beginning == UNSURE else "refused"
                run.emit(CertaintyJudged(certainty, (place,)))
        # A model that lays a page out reads its words too.
        for word in ("words" if inputs.task == "layout" else inputs.question).split(" "):
            if inputs.question.startswith(SLOWLY):
                time.sleep(0.02)
            run.streamer.put(torch.tensor(self.tokenizer.encode(f"{word} ")))
        run.streamer.end()
        return Outcome("stop", 1, len(inputs.question))


def _wait_while_held() -> None:
    end = time.monotonic() + _LONGEST_HOLD_SECONDS
    while _HOLD.is_file() and time.monotonic() < end:
        time.sleep(0.02)


if __name__ == "__main__":
    FAMILIES["fake"] = "tests.browser.scripted_app:Scripted"
    sys.exit(gradio_app.main())
