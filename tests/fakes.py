"""A model family for tests, registered in the real registry, and pages that tests draw."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar

import torch
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from bench.soak.echo import CodePoints
from engine.core.errors import RunCancelled
from engine.core.schema import BBox, CertaintyJudged, Evidence, EvidenceFound, Line, Step, Word
from engine.core.settings import ModelSettings, Settings
from engine.families.base import Capabilities, ModelFamily, ModelRequest, Outcome, Preparation, Run

FAKE_MODELS_TOML = """
default_model = "fake"
[models.fake]
family = "fake"
repo_id = "tests/fake"
dtype = "float32"
"""


class FakeFamily(ModelFamily):
    """Says `script`: text pieces, or exceptions to raise at that point.

    `gate`, when set to an Event, holds generation after the first piece until it is set or the run
    is stopped, so a test can act in the middle of an answer.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "ocr"}), chat=True, multiple_pages=True, boxes=True
    )
    script: ClassVar[list[str | Exception]] = ["The total ", "is 42."]
    evidence: ClassVar[list[Evidence]] = []
    judged: ClassVar[CertaintyJudged | None] = None
    gate: ClassVar[threading.Event | None] = None
    load_error: ClassVar[Exception | None] = None
    loads: ClassVar[int] = 0
    requests: ClassVar[list[ModelRequest]] = []
    pieces_said: ClassVar[int] = 0

    @classmethod
    def reset(cls) -> None:
        cls.script = ["The total ", "is 42."]
        cls.evidence, cls.requests = [], []
        cls.judged = None
        cls.gate = cls.load_error = None
        cls.loads = cls.pieces_said = 0

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return True

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> FakeFamily:
        if cls.load_error is not None:
            raise cls.load_error
        cls.loads += 1
        return cls(model_id, settings.model(model_id))

    @property
    def tokenizer(self) -> CodePoints:
        return CodePoints()

    def prepare(self, request: ModelRequest, preparation: Preparation) -> ModelRequest:
        for number, page in enumerate(request.pages, start=1):
            values = {"page": number, "pages": len(request.pages)}
            preparation.emit(Step("step.reading_page", values, page.page_index))
            if preparation.stop.is_set():
                raise RunCancelled
        type(self).requests.append(request)
        return request

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        said = 0
        if self.judged is not None:
            run.emit(self.judged)
        for found in self.evidence:
            run.emit(EvidenceFound(found))
        for piece in self.script:
            if run.stop.is_set():
                run.streamer.end()
                return Outcome("cancelled", 7, said)
            if isinstance(piece, Exception):
                raise piece
            ids = self.tokenizer.encode(piece)
            run.streamer.put(torch.tensor(ids))
            said += len(ids)
            type(self).pieces_said += 1
            gate = self.gate
            while gate is not None and not gate.wait(0.01) and not run.stop.is_set():
                pass
        run.streamer.end()
        return Outcome("stop", 7, said)


def draw_page(
    lines: list[tuple[str, int, int]], *, size: tuple[int, int] = (900, 600), font_size: int = 28
) -> tuple[Image.Image, list[Line]]:
    """A white page with (text, x, y) lines, and where each word was drawn (page pixels)."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(Roboto, font_size)
    drawn: list[Line] = []
    for text, x, y in lines:
        words: list[Word] = []
        at = float(x)
        for token in text.split(" "):
            draw.text((at, y), token, fill="black", font=font)
            bbox: BBox = draw.textbbox((at, y), token, font=font)
            words.append(Word(token, bbox))
            at += draw.textlength(token + " ", font=font)
        boxes = [word.bbox for word in words]
        around = (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )
        drawn.append(Line(tuple(words), around))
    return image, drawn


def save_page(directory: Path, *, name: str = "page.png", text: str = "Total 42.00") -> Path:
    """A drawn one-line page as a file."""
    path = directory / name
    draw_page([(text, 40, 60)])[0].save(path)
    return path
