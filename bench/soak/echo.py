"""The model of the soak test: it slowly repeats the question and the sizes of its pages.

Its answers show whether a visitor got another's question or pages. Its log shows the order of
service.
"""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, ClassVar, Final

from engine.core.settings import ModelSettings, Settings
from engine.families.base import (
    Capabilities,
    ModelFamily,
    ModelRequest,
    Outcome,
    Preparation,
    Run,
)

# An answer that is not stopped: its pieces, and the seconds of each.
PIECES: Final = 8
PIECE_SECONDS: Final = 0.02
# A question with this prefix is answered at the pace of a large model.
SLOWLY: Final = "Slowly:"
_SLOW_SECONDS: Final = 3.0
# The variable names a file that gets a JSON line per run: {"session", "asked", "began"}, seconds.
LOG_VARIABLE = "SOAK_LOG"
_guard = threading.Lock()


class CodePoints:
    """Ids are code points: text survives encode and decode exactly, with no files."""

    def encode(self, text: str) -> list[int]:
        return [ord(character) for character in text]

    def decode(self, ids: Any, **_: Any) -> str:
        return "".join(chr(int(value)) for value in ids)


class Echo(ModelFamily):
    """Answers "<question> <width>x<height> ..." in PIECES pieces."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question"}), chat=True, multiple_pages=True, boxes=False
    )

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return True

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> "Echo":
        return cls(model_id, settings.model(model_id))

    @property
    def tokenizer(self) -> CodePoints:
        return CodePoints()

    def prepare(self, request: ModelRequest, preparation: Preparation) -> Any:
        for page in request.pages:
            page.load_image()
        return request, time.monotonic()

    def generate(self, inputs: Any, run: Run) -> Outcome:
        import torch

        request, asked = inputs
        _log({"session": request.conversation, "asked": asked, "began": time.monotonic()})
        sizes = " ".join(f"{page.width}x{page.height}" for page in request.pages)
        ids = self.tokenizer.encode(f"{request.question} {sizes}")
        length = -(-len(ids) // PIECES)
        pause = _SLOW_SECONDS if request.question.startswith(SLOWLY) else PIECE_SECONDS
        for start in range(0, len(ids), length):
            if run.stop.is_set():
                run.streamer.end()
                return Outcome("cancelled", 1, start)
            run.streamer.put(torch.tensor(ids[start : start + length]))
            run.stop.wait(pause)
        run.streamer.end()
        return Outcome("stop", 1, len(ids))


def overtaken(runs: list[dict[str, Any]]) -> int:
    """Count runs that waited while another session, which asked later, was served twice.

    Args:
        runs: {"session", "asked", "began"}: when a run queued, and when it was served.
    """
    count = 0
    for waiting in runs:
        served: dict[str, int] = {}
        for other in runs:
            within = waiting["asked"] < other["asked"] and other["began"] < waiting["began"]
            if within and other["session"] != waiting["session"]:
                served[other["session"]] = served.get(other["session"], 0) + 1
        count += any(times > 1 for times in served.values())
    return count


def _log(line: dict[str, Any]) -> None:
    path = os.environ.get(LOG_VARIABLE)
    if path:
        with _guard, Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
