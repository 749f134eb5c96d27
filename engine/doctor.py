"""What `doctor` finds out: this machine, its attention kernels, and whether a model really reads.

Everything is tried, not guessed, and comes back as values; engine.cli.doctor says them in words.
"""

import importlib.metadata
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.chat import Engine
from engine.errors import EngineError
from engine.families import family_class
from engine.families.base import ServerState
from engine.families.hub import configuration, is_cached
from engine.geometry import intersection_area, iou, union
from engine.hardware import (
    AttentionChoice,
    choose_attention,
    device,
    flash_attn_problem,
    sdpa_backends,
    sdpa_problem,
    torch_dtype,
)
from engine.schema import Answer, BBox, Region
from engine.settings import ModelSettings, Settings

# Sizes at which attention is timed: a page's worth of vision tokens for a 2B model.
_TOKENS: Final = 1024
_HEADS: Final = 12
# Of the 2B models; a model that is asked about has its own.
_HEAD_SIZE: Final = 128
_ROUNDS: Final = 5
# Longer than a look at a server takes.
_SERVER_WAIT_SECONDS: Final = 15.0
# Weights and, beside them, caches and activations of one page.
_OVERHEAD: Final = 1.15
BYTES_PER_PARAMETER: Final = {
    "float32": 4.0,
    "bfloat16": 2.0,
    "float16": 2.0,
    "int8": 1.0,
    "int4": 0.55,
}
# Neither side is near 1000, or thousandths of the page taken for pixels would not be noticed.
_PAGE_SIZE: Final = (1680, 1260)
_PAGE_LINES: Final = (
    ("Northwind Office Supplies", 160, 120),
    ("Invoice number: 4711", 160, 420),
    ("Date: 14 March 2026", 160, 640),
    ("Total: 128.50", 900, 960),
)
_FONT_SIZE: Final = 60
_AMOUNT: Final = "128.50"
# A region and the lines that it says it holds overlap at least so much (IoU), paddings allowed.
_SAME_PLACE: Final = 0.3


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
    """What was found.

    Attributes:
        head_size: elements of one attention head at which attention was tried, of the model that
            was asked about where its checkpoint is here.
        kernels: SDPA kernel -> None where it runs, else why not.
        choice: the attention of the model that was asked about; None without one.
        server: of the model that was asked about; None where this program runs it itself.
    """

    python: str
    packages: dict[str, str | None]
    cuda_build: str | None
    device_name: str
    capability: str | None
    memory_bytes: int | None
    free_bytes: int | None
    dtype: str
    head_size: int
    kernels: dict[str, str | None]
    sdpa_problem: str | None
    flash_attn_problem: str | None
    attention: AttentionFigures
    choice: AttentionChoice | None
    fits: tuple[ModelFit, ...]
    server: ServerState | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model made of the drawn page.

    Attributes:
        text_found: the total that is printed is in the answer.
        box_hit: the model's own boxes lie on what they are said to hold; None where the model
            gives no boxes.
    """

    answer: Answer
    text_found: bool
    box_hit: bool | None


def examine(settings: Settings, model_id: str | None = None) -> Machine:
    """Look at this machine. Takes a few seconds; loads no model.

    Args:
        model_id: whose head size and precision attention is tried at; None for usual ones.
    """
    import torch

    where = device()
    dtype, head_size = "bfloat16" if where.kind == "cuda" else "float32", _HEAD_SIZE
    choice: AttentionChoice | None = None
    server: ServerState | None = None
    if model_id is not None:
        model = settings.model(model_id)
        adapter = family_class(model.family, model_id=model_id)
        server = adapter.server_state(model_id, model, wait_seconds=_SERVER_WAIT_SECONDS)
    if model_id is not None and server is None:
        dtype, stated = model.dtype, stated_head_size(model_id, model)
        if stated is not None:
            head_size = stated
            choice = choose_attention(model.attn_implementation, dtype, head_size)
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
        head_size=head_size,
        kernels=sdpa_backends(dtype, head_size),
        sdpa_problem=sdpa_problem(dtype, head_size),
        flash_attn_problem=flash_attn_problem(),
        attention=measure_attention(dtype, head_size),
        choice=choice,
        fits=_fits(settings, where.memory_bytes),
        server=server,
    )


def stated_head_size(model_id: str, model: ModelSettings) -> int | None:
    """Elements of one attention head of the language model; None where no checkpoint is here.

    Read from config.json as it is, since a published model_type may be none of transformers' own.
    """
    from transformers import PreTrainedConfig

    if not is_cached(model):
        return None
    try:
        config = configuration(model_id, model, PreTrainedConfig.get_config_dict)[0]
    except EngineError:
        return None
    text = config.get("text_config") or config.get("language_config") or config
    head_size = text.get("head_dim")
    if head_size is None and text.get("hidden_size") and text.get("num_attention_heads"):
        head_size = text["hidden_size"] // text["num_attention_heads"]
    return head_size if isinstance(head_size, int) and head_size > 0 else None


def measure_attention(dtype: str, head_size: int = _HEAD_SIZE) -> AttentionFigures:
    """Time plain attention against SDPA, and compare their results in this dtype."""
    import torch

    where = device().kind
    query, key, value = (
        torch.randn(1, _HEADS, _TOKENS, head_size).to(where, torch_dtype(dtype)) for _ in range(3)
    )

    def eager() -> torch.Tensor:
        scores = query @ key.transpose(-1, -2) / head_size**0.5
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

    Nothing else answers in its place: a fallback would hide what is wrong with it.

    Args:
        directory: where the page may be written.
    Raises:
        EngineError: the model cannot be loaded or fails.
    """
    total_box = draw_test_page(directory / "doctor.png")
    model = settings.model(model_id).model_copy(update={"fallback": None, "answer_with": None})
    alone = settings.model_copy(update={"models": {**settings.models, model_id: model}})
    with Engine(alone) as engine:
        can = next(info for info in engine.models() if info.model_id == model_id).capabilities
        session_id = engine.create_session()
        engine.add_document(session_id, directory / "doctor.png", name="doctor.png")
        task = next(task for task in ("question", "ocr", "layout") if task in can.tasks)
        answer = engine.ask(session_id, "What is the total?", model_id=model_id, task=task).answer()
        box_hit: bool | None = None
        if can.boxes and "layout" in can.tasks:
            # The places of a free answer are looked up on the page; those of a layout are its own.
            stream = engine.ask(session_id, model_id=model_id, task="layout")
            try:
                stream.answer()
            except EngineError as error:
                if error.key != "layout.no_cells":
                    raise
            layouts = stream.transcript.layouts(engine.documents(session_id))
            box_hit = right_place([each for layout in layouts for each in layout.regions])
        elif can.boxes:
            boxes = [found.bbox for found in answer.evidence]
            hit = any(intersection_area(box, total_box) > 0 for box in boxes if box is not None)
            box_hit = hit if boxes else None
    return Reading(answer, text_found=_AMOUNT in answer.text.replace(",", "."), box_hit=box_hit)


def right_place(regions: Sequence[Region]) -> bool:
    """Whether the region with the total lies where the lines are printed that it says it holds."""
    printed = line_boxes()
    for region in regions:
        said = _letters(region.text)
        held = [box for text, box in printed.items() if _letters(text) in said]
        # A region may hold the amount without its label.
        held = held or [printed[text] for text in printed if _AMOUNT in text]
        if _letters(_AMOUNT) in said and iou(region.bbox, union(held)) >= _SAME_PLACE:
            return True
    return False


def _letters(text: str) -> str:
    """Letters and digits alone: models differ in what else they write."""
    return "".join(char for char in text.lower() if char.isalnum())


def draw_test_page(path: Path) -> BBox:
    """Draw the page that models are tried on; returns the box of the printed total, in pixels."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", _PAGE_SIZE, "white")
    pen, font = ImageDraw.Draw(image), _font()
    for text, x, y in _PAGE_LINES:
        pen.text((x, y), text, fill="black", font=font)
    image.save(path)
    text, x, y = _PAGE_LINES[-1]
    left = x + pen.textlength(text.removesuffix(_AMOUNT), font=font)
    box: BBox = pen.textbbox((left, y), _AMOUNT, font=font)
    return box


def line_boxes() -> Mapping[str, BBox]:
    """Each printed line of the test page -> its box in pixels."""
    return {
        text: (x + left, y + top, x + right, y + bottom)
        for text, x, y in _PAGE_LINES
        for left, top, right, bottom in [_font().getbbox(text)]
    }


def _font() -> Any:
    from font_roboto import Roboto
    from PIL import ImageFont

    return ImageFont.truetype(Roboto, _FONT_SIZE)


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
