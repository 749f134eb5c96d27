"""What this machine has, and what follows from it: device, precision, attention.

Every decision is a value with its reason, so that the log, the model card and `doctor` say the
same. Nothing here changes what the settings ask for; what cannot be done is refused with the
alternatives. torch is imported when a decision needs it.
"""

import ctypes
import gc
import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from engine.errors import ModelError
from engine.settings import ModelSettings
from engine.texts import DEFAULT_LANGUAGE, say

# The kernels that SDPA may choose from, by their name in torch.nn.attention.SDPBackend.
SDPA_BACKENDS: Final = (
    "FLASH_ATTENTION",
    "CUDNN_ATTENTION",
    "EFFICIENT_ATTENTION",
    "MATH",
)
# bfloat16 arithmetic exists in hardware from compute capability 8.0 (Ampere) on.
_BFLOAT16_CAPABILITY: Final = (8, 0)


@dataclass(frozen=True, slots=True)
class Device:
    """Where models run.

    Attributes:
        kind: "cuda" or "cpu".
        name: the GPU's name; "CPU" without one.
        capability: CUDA compute capability, e.g. (12, 0) for consumer Blackwell; None on the CPU.
        memory_bytes: the GPU's memory in all; None on the CPU.
    """

    kind: str
    name: str
    capability: tuple[int, int] | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class AttentionChoice:
    """Which attention a model runs with, and why.

    Attributes:
        requested: as in settings.
        implementation: "sdpa", "eager" or "flash_attention_2", as transformers names it.
        key, values: the reason and what the user could do, a sentence of engine/texts.
    """

    requested: str
    implementation: str
    key: str
    values: tuple[tuple[str, str], ...] = ()

    def reason(self, language: str = DEFAULT_LANGUAGE) -> str:
        return say(self.key, language, **dict(self.values))


@cache
def device() -> Device:
    """The first GPU that CUDA offers, else the CPU."""
    import torch

    if not torch.cuda.is_available():
        return Device("cpu", "CPU")
    properties = torch.cuda.get_device_properties(0)
    return Device(
        "cuda",
        properties.name,
        (properties.major, properties.minor),
        properties.total_memory,
    )


def torch_dtype(name: str) -> Any:
    """The torch dtype of a settings' dtype."""
    import torch

    return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[name]


def check_precision(model_id: str, model: ModelSettings, where: Device) -> None:
    """Refuse what the device cannot do, naming the alternatives.

    Raises:
        ModelError: bfloat16 on a GPU without it, or quantisation without bitsandbytes.
    """
    if (
        model.dtype == "bfloat16"
        and where.capability is not None
        and where.capability < _BFLOAT16_CAPABILITY
    ):
        capability = ".".join(map(str, where.capability))
        raise ModelError(
            "hardware.no_bfloat16", model_id=model_id, device=where.name, capability=capability
        )
    if model.quantization != "none" and importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(
            "hardware.no_bitsandbytes", model_id=model_id, quantization=model.quantization
        )


def choose_attention(requested: str, dtype: str, head_size: int) -> AttentionChoice:
    """Decide the attention of a model on this machine.

    `auto` takes SDPA once a tiny forward on the real device and dtype agreed with plain attention,
    else eager. flash_attention_2 is used only where it is asked for and can be imported.

    Args:
        requested: the settings' attn_implementation.
        dtype: the settings' dtype.
        head_size: elements of one attention head.
    """
    if requested == "eager":
        return AttentionChoice(requested, "eager", "attention.eager_requested")
    if requested == "flash_attention_2":
        problem = flash_attn_problem()
        if problem is None:
            return AttentionChoice(requested, "flash_attention_2", "attention.flash_requested")
        return AttentionChoice(
            requested, "sdpa", "attention.flash_unavailable", (("problem", problem),)
        )
    problem = sdpa_problem(dtype, head_size)
    if problem is None:
        return AttentionChoice(requested, "sdpa", "attention.sdpa")
    return AttentionChoice(requested, "eager", "attention.sdpa_failed", (("problem", problem),))


def flash_attn_problem() -> str | None:
    """Why the flash-attn package cannot be used here; None when it can."""
    if device().kind != "cuda":
        return "no CUDA GPU"
    if importlib.util.find_spec("flash_attn") is None:
        return "the package flash_attn is not installed"
    try:
        importlib.import_module("flash_attn")
    except Exception as error:  # noqa: BLE001 - a wheel built for another torch fails in any way
        return f"{type(error).__name__}: {error}"
    return None


def sdpa_problem(dtype: str, head_size: int, backend: str | None = None) -> str | None:
    """Why SDPA cannot be used here; None when it can. Tried, not guessed.

    Args:
        dtype: the settings' dtype.
        head_size: elements of one attention head.
        backend: one of SDPA_BACKENDS to allow that kernel alone; None lets torch choose.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    where, precision = device().kind, torch_dtype(dtype)
    generator = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(1, 2, 16, head_size, generator=generator).to(where, precision) for _ in range(3)
    )
    attend = torch.nn.functional.scaled_dot_product_attention
    try:
        if backend is None:
            result = attend(query, key, value)
        else:
            with sdpa_kernel(getattr(SDPBackend, backend)):
                result = attend(query, key, value)
    except (RuntimeError, AttributeError) as error:
        return str(error).splitlines()[0]
    scores = query.float() @ key.float().transpose(-1, -2) / head_size**0.5
    difference = (scores.softmax(-1) @ value.float() - result.float()).abs().max().item()
    # Two half-precision roundings of values around 1; a wrong kernel is off by far more.
    tolerance = 1e-4 if dtype == "float32" else 3e-2
    return (
        None
        if difference <= tolerance
        else f"results differ from plain attention by {difference:.2g}"
    )


def sdpa_backends(dtype: str, head_size: int) -> dict[str, str | None]:
    """Each of SDPA's kernels -> why it does not run here, None where it does."""
    return {name: sdpa_problem(dtype, head_size, name) for name in SDPA_BACKENDS}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the device's or the machine's memory is exhausted."""
    torch = sys.modules.get("torch")
    kind = torch.OutOfMemoryError if torch is not None else MemoryError
    # torch's CPU allocator raises a plain RuntimeError.
    return isinstance(error, (kind, MemoryError)) or "not enough memory" in str(error)


# What CUDA says when the context is lost: the GPU does nothing more for this process.
_FAULTS: Final = (
    "device-side assert",
    "an illegal memory access",
    "unspecified launch failure",
    "misaligned address",
    "CUDA error: uncorrectable",
)


def is_device_fault(error: BaseException) -> bool:
    """Whether an exception says that the GPU can no longer be used by this process.

    Source: CUDA runtime API, cudaError_t: after these errors the process must be ended.
    """
    text = str(error)
    return isinstance(error, RuntimeError) and any(fault in text for fault in _FAULTS)


def give_memory_back() -> None:
    """Return freed memory to the device and the system, after a model's last reference is gone."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        # glibc keeps freed blocks for itself until it is asked.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def gpu_use() -> tuple[int, int]:
    """(used, free) bytes of the GPU, whoever uses it; zeros where this process uses none."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return 0, 0
    free, total = torch.cuda.mem_get_info()
    return int(total - free), int(free)


def peak_memory_bytes() -> int:
    """The most memory this process has held: on the GPU where one was used, else resident RAM."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux kilobytes.
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024
