"""What `doctor` finds out: this machine, its attention kernels, and whether a model really reads.

Everything is tried, not guessed, and comes back as values; engine.cli.doctor says them in words.
"""

import importlib.metadata
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.chat import Engine
from engine.evaluation import character_error_rate
from engine.families import family_class
from engine.geometry import intersection_area
from engine.hardware import (
    device,
    flash_attn_problem,
    sdpa_backends,
    sdpa_problem,
    torch_dtype,
)
from engine.schema import Answer, BBox
from engine.settings import ModelSettings, Settings

# Sizes at which attention is timed: a page's worth of vision tokens for a 2B model.
_TOKENS: Final = 1024
_HEADS: Final = 12
_HEAD_SIZE: Final = 128
_ROUNDS: Final = 5
# Weights and, beside them, caches and activations of one page.
_OVERHEAD: Final = 1.15
BYTES_PER_PARAMETER: Final = {
    "float32": 4.0,
    "bfloat16": 2.0,
    "float16": 2.0,
    "int8": 1.0,
    "int4": 0.55,
}
_PAGE_SIZE: Final = (1000, 700)
_PAGE_LINES: Final = (
    ("Northwind Office Supplies", 60, 60),
    ("Invoice number: 4711", 60, 180),
    ("Date: 14 March 2026", 60, 260),
    ("Total: 128.50", 60, 340),
)


@dataclass(frozen=True, slots=True)
class AttentionFigures:
    """Plain against SDPA attention on this machine: how much slower, and how far apart."""

    eager_over_sdpa: float
    max_difference: float


@dataclass(frozen=True, slots=True)
class ModelFit:
    """Which precisions of a model fit the GPU's memory; (precision, bytes, fits)."""

    model_id: str
    precisions: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found. kernels: SDPA kernel -> None where it runs, else why not."""

    python: str
    packages: dict[str, str | None]
    cuda_build: str | None
    device_name: str
    capability: str | None
    memory_bytes: int | None
    free_bytes: int | None
    dtype: str
    kernels: dict[str, str | None]
    sdpa_problem: str | None
    flash_attn_problem: str | None
    attention: AttentionFigures
    fits: tuple[ModelFit, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model made of the drawn page.

    Attributes:
        text_found: the total that is printed is in the answer.
        box_hit: an evidence box overlaps the printed total; None where the model gives no boxes.
    """

    answer: Answer
    text_found: bool
    box_hit: bool | None


def examine(settings: Settings) -> Machine:
    """Look at this machine. Takes a few seconds; loads no model."""
    import torch

    where = device()
    dtype = "bfloat16" if where.kind == "cuda" else "float32"
    free = torch.cuda.mem_get_info()[0] if where.kind == "cuda" else None
    return Machine(
        python=platform.python_version(),
        packages={name: _version(name) for name in ("torch", "transformers", "bitsandbytes")},
        cuda_build=torch.version.cuda,
        device_name=where.name,
        capability=".".join(map(str, where.capability)) if where.capability else None,
        memory_bytes=where.memory_bytes,
        free_bytes=free,
        dtype=dtype,
        kernels=sdpa_backends(dtype, _HEAD_SIZE),
        sdpa_problem=sdpa_problem(dtype, _HEAD_SIZE),
        flash_attn_problem=flash_attn_problem(),
        attention=measure_attention(dtype),
        fits=_fits(settings, where.memory_bytes),
    )


def measure_attention(dtype: str) -> AttentionFigures:
    """Time plain attention against SDPA, and compare their results in this dtype."""
    import torch

    where = device().kind
    query, key, value = (
        torch.randn(1, _HEADS, _TOKENS, _HEAD_SIZE).to(where, torch_dtype(dtype)) for _ in range(3)
    )

    def eager() -> torch.Tensor:
        scores = query @ key.transpose(-1, -2) / _HEAD_SIZE**0.5
        # Softmax in float32, as transformers' eager attention does.
        mixed: torch.Tensor = scores.float().softmax(-1).to(query.dtype) @ value
        return mixed

    def sdpa() -> torch.Tensor:
        return torch.nn.functional.scaled_dot_product_attention(query, key, value)

    def seconds(attend: object) -> float:
        times = []
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            attend()  # type: ignore[operator]
            if where == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - started)
        # The first round pays for kernels being chosen.
        return sorted(times[1:])[len(times) // 2 - 1]

    with torch.inference_mode():
        difference = float((eager() - sdpa()).abs().max())
        return AttentionFigures(seconds(eager) / seconds(sdpa), difference)


def try_model(settings: Settings, model_id: str, directory: Path) -> Reading:
    """Load a model and let it read a page that is drawn here, so that the truth is known.

    Args:
        directory: where the page may be written.
    Raises:
        EngineError: the model cannot be loaded or fails.
    """
    total_box = draw_test_page(directory / "doctor.png")
    with Engine(settings) as engine:
        tasks = next(info for info in engine.models() if info.model_id == model_id).capabilities
        session_id = engine.create_session()
        engine.add_document(session_id, directory / "doctor.png", name="doctor.png")
        task = "question" if "question" in tasks.tasks else "ocr"
        answer = engine.ask(session_id, "What is the total?", model_id=model_id, task=task).answer()
    boxes = [found.bbox for found in answer.evidence]
    return Reading(
        answer,
        text_found="128.50" in answer.text.replace(",", "."),
        box_hit=any(intersection_area(box, total_box) > 0 for box in boxes) if boxes else None,
    )


def draw_test_page(path: Path) -> BBox:
    """Draw the page that models are tried on; returns the box of the printed total, in pixels."""
    from font_roboto import Roboto
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", _PAGE_SIZE, "white")
    pen, font = ImageDraw.Draw(image), ImageFont.truetype(Roboto, 36)
    box: BBox = (0.0, 0.0, 0.0, 0.0)
    for text, x, y in _PAGE_LINES:
        pen.text((x, y), text, fill="black", font=font)
        if text.startswith("Total"):
            left = x + pen.textlength("Total: ", font=font)
            box = (left, float(y), left + pen.textlength("128.50", font=font), y + 40.0)
    image.save(path)
    return box


def reading_error(reading: Reading) -> float:
    """Character error rate of an OCR answer against the drawn page."""
    return character_error_rate(reading.answer.text, "\n".join(text for text, _, _ in _PAGE_LINES))


def memory_needed(
    model_id: str, model: ModelSettings, precision: str, *, with_page: bool = True
) -> int | None:
    """Bytes that a model takes, computed from its number of weights; None where that is not known.

    Args:
        precision: a key of BYTES_PER_PARAMETER; int4 counts the constants beside its weights.
        with_page: also the caches and activations of one page, 15% of the weights.
    """
    if model.parameters is None:
        return None
    whole = BYTES_PER_PARAMETER[model.dtype]
    wanted = BYTES_PER_PARAMETER[precision]
    if precision in ("int8", "int4"):
        share = family_class(model.family, model_id=model_id).quantised_share
        wanted = share * wanted + (1 - share) * whole
    weights = model.parameters * wanted
    return int(weights * _OVERHEAD if with_page else weights)


def _fits(settings: Settings, memory_bytes: int | None) -> tuple[ModelFit, ...]:
    fits = []
    for model_id, model in settings.models.items():
        sizes = [(name, memory_needed(model_id, model, name)) for name in BYTES_PER_PARAMETER]
        precisions = tuple(
            (name, size, memory_bytes is not None and size <= memory_bytes)
            for name, size in sizes
            if size is not None
        )
        if precisions:
            fits.append(ModelFit(model_id, precisions))
    return tuple(fits)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
