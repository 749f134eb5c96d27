"""Diagnosis of this machine for `doctor`: its GPU, its attention kernels, and the models that fit.

The results come from trial runs and are returned as values; engine.cli.doctor formats them.
engine.cli.model_check checks one model.
"""

import importlib.metadata
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.core.attention import (
    AttentionChoice,
    AttentionShape,
    attention_shapes,
    choose_attention,
    flash_attn_problem,
    sdpa_backends,
    sdpa_problem,
)
from engine.core.errors import EngineError
from engine.core.hardware import Precision, choose_precision, device, torch_dtype
from engine.core.settings import ModelSettings, Settings
from engine.families import family_class
from engine.families.base import ServerState
from engine.families.weights.hub import configuration, is_cached
from engine.models.memory import BYTES_PER_PARAMETER, memory_needed

# Sizes at which attention is timed: about the vision tokens of one page in a 2B model.
_TOKENS: Final = 1024
_HEADS: Final = 12
# That of 2B models; used if no model is given or its checkpoint is not available.
_HEAD_SIZE: Final = 128
_ROUNDS: Final = 5
# Longer than a status request to a server takes.
_SERVER_WAIT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class AttentionFigures:
    """Plain against SDPA attention: ratio of times, and maximum absolute difference of results."""

    eager_over_sdpa: float
    max_difference: float


@dataclass(frozen=True, slots=True)
class ModelFit:
    """Which precisions of a model fit the GPU's memory; (precision, bytes, fits)."""

    model_id: str
    precisions: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """The results of a diagnosis.

    Attributes:
        head_size: elements of one attention head in the trials: that of the given model if its
            checkpoint is cached.
        kernels: SDPA kernel -> None if it runs, else the reason.
        choice: the attention of the given model; None without a model or its checkpoint.
        precision: the compute dtype of the given model; None without a model, or with a server.
        server: state of the given model's server; None if this program runs the model itself.
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
    precision: Precision | None = None


def examine(settings: Settings, model_id: str | None = None) -> Machine:
    """Examine this machine. This takes a few seconds and loads no model.

    Args:
        model_id: the model whose heads and precision the trials use; None for usual ones.
    """
    import torch

    where = device()
    dtype = "bfloat16" if where.kind == "cuda" else "float32"
    shapes: Sequence[AttentionShape] = (AttentionShape(_HEAD_SIZE),)
    choice: AttentionChoice | None = None
    precision: Precision | None = None
    server: ServerState | None = None
    if model_id is not None:
        model = settings.model(model_id)
        adapter = family_class(model.family, model_id=model_id)
        server = adapter.server_state(model_id, model, wait_seconds=_SERVER_WAIT_SECONDS)
    if model_id is not None and server is None:
        precision = choose_precision(model.dtype, where)
        dtype, stated = precision.dtype, stated_shapes(model_id, model)
        if stated:
            shapes = stated
            choice = choose_attention(model.attn_implementation, dtype, shapes)
    head_size = shapes[0].head_size
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
        sdpa_problem=sdpa_problem(dtype, shapes),
        flash_attn_problem=flash_attn_problem(),
        attention=measure_attention(dtype, head_size),
        choice=choice,
        fits=_fits(settings, where.memory_bytes),
        server=server,
        precision=precision,
    )


def stated_shapes(model_id: str, model: ModelSettings) -> tuple[AttentionShape, ...]:
    """Attention shapes of a model's parts, the language model's first; () if it is not cached.

    They are read from the raw config.json, since transformers may not know a published model_type.
    """
    from transformers import PreTrainedConfig

    if not is_cached(model):
        return ()
    try:
        config = configuration(model_id, model, PreTrainedConfig.get_config_dict)[0]
    except EngineError:
        return ()
    return attention_shapes(config)


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
        # The first round includes kernel selection and is dropped.
        return sorted(times[1:])[len(times) // 2 - 1]

    with torch.inference_mode():
        difference = float((eager() - sdpa()).abs().max())
        return AttentionFigures(seconds(eager) / seconds(sdpa), difference)


def _fits(settings: Settings, memory_bytes: int | None) -> tuple[ModelFit, ...]:
    fits = []
    for model_id, model in settings.models.items():
        sizes = [(name, memory_needed(model, name)) for name in BYTES_PER_PARAMETER]
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
