"""Detection of device, precision and memory of this machine.

Every decision is a value with its reason, so the log, the model card and `doctor` report the same.
The settings are never overridden: a setting that the machine cannot satisfy is an error that names
the alternatives. torch is imported when a decision needs it.
"""

import csv
import ctypes
import errno
import gc
import importlib.util
import logging
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from engine.core.errors import ModelError
from engine.core.i18n import DEFAULT_LANGUAGE, say
from engine.core.settings import ModelSettings

# GPUs have bfloat16 arithmetic from compute capability 8.0 (Ampere) on.
_BFLOAT16_CAPABILITY: Final = (8, 0)
# Share of the GPU's memory that a process may take if its driver spills to main memory.
_MOST_OF_THE_GPU: Final = 0.95
logger = logging.getLogger(__name__)
# Field names: `nvidia-smi --help-query-gpu`; with nounits, memory is in MiB.
_QUERY: Final = (
    "--query-gpu=uuid,mig.mode.current,memory.used,memory.total",
    "--format=csv,noheader,nounits",
)
_PATIENCE_SECONDS: Final = 3.0
_MIB: Final = 2**20
_PREFIX: Final = "GPU-"


@dataclass(frozen=True, slots=True)
class Device:
    """The device that models run on.

    Attributes:
        kind: "cuda" or "cpu".
        name: the GPU's name; "CPU" without a GPU.
        capability: CUDA compute capability, e.g. (12, 0) for consumer Blackwell; None on the CPU.
        memory_bytes: the GPU's total memory; None on the CPU.
        uuid: of the GPU or of its MIG instance, without "GPU-" or "MIG-"; None on the CPU.
    """

    kind: str
    name: str
    capability: tuple[int, int] | None = None
    memory_bytes: int | None = None
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class Precision:
    """The compute dtype of a model, and the reason for it.

    Attributes:
        requested: the settings' dtype.
        dtype: "float32", "float16" or "bfloat16".
        key, values: the reason, a text of engine/core/texts.
    """

    requested: str
    dtype: str
    key: str
    values: tuple[tuple[str, str], ...] = ()

    def reason(self, language: str = DEFAULT_LANGUAGE) -> str:
        return say(self.key, language, **dict(self.values))


def has_gpu() -> bool:
    """Whether CUDA offers a GPU, without initialising CUDA in this process.

    torch.cuda.device_count counts GPUs with NVIDIA's management library where it can. The app's own
    process then takes none of the GPU memory that the model processes need.
    """
    import torch

    return torch.cuda.device_count() > 0


@cache
def device() -> Device:
    """The first GPU that CUDA offers, else the CPU. Initialises CUDA in this process if available.

    For processes that run models; the app's own process calls `has_gpu`.
    """
    import torch

    if not torch.cuda.is_available():
        return Device("cpu", "CPU")
    properties = torch.cuda.get_device_properties(0)
    return Device(
        "cuda",
        properties.name,
        (properties.major, properties.minor),
        properties.total_memory,
        str(uuid) if (uuid := getattr(properties, "uuid", None)) else None,
    )


def torch_dtype(name: str) -> Any:
    """The torch dtype of "float32", "float16" or "bfloat16"."""
    import torch

    return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[name]


def choose_precision(requested: str, where: Device) -> Precision:
    """Choose a model's compute dtype: the settings' dtype as written, or for "auto" by device.

    "auto" selects bfloat16, the dtype of the published checkpoints, if the device supports it. Else
    a GPU uses float16, of the same size but a smaller range (engine.families.decoding.overflow
    raises an error on overflow, so no overflowed answer is shown), and a CPU uses float32.
    """
    if requested != "auto":
        return Precision(requested, requested, "precision.as_written")
    if where.capability is not None:
        values = (("capability", ".".join(map(str, where.capability))),)
        if where.capability >= _BFLOAT16_CAPABILITY:
            return Precision(requested, "bfloat16", "precision.bfloat16_gpu", values)
        return Precision(requested, "float16", "precision.float16_gpu", values)
    if _cpu_has_bfloat16():
        return Precision(requested, "bfloat16", "precision.bfloat16_cpu")
    return Precision(requested, "float32", "precision.float32_cpu")


def _cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX512_BF16, or AMX on top of it)."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported())


def check_precision(model_id: str, model: ModelSettings, where: Device) -> None:
    """Reject a dtype or quantisation that this machine does not support, naming alternatives.

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


def keep_out_of_shared_memory() -> None:
    """Limit this process to the GPU's own memory where the driver spills to main memory.

    On Windows, and so in WSL, NVIDIA's driver takes main memory when the GPU's is full ("CUDA -
    Sysmem Fallback Policy", drivers from 536.40 on). Nothing fails then, but a page takes minutes,
    and neither the retry with fewer pixels nor the fallback starts. With the limit, the process
    runs out of memory instead. Call this before loading weights.
    """
    if sys.platform != "win32" and "microsoft" not in platform.release().lower():
        return
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(_MOST_OF_THE_GPU)


# Texts of a RuntimeError for exhausted memory: of torch's CPU allocator, of the CUDA runtime
# (cudaErrorMemoryAllocation, without torch's allocator), and of cuBLAS without room for its handle.
_NO_MEMORY: Final = (
    "not enough memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that GPU or main memory is exhausted."""
    torch = sys.modules.get("torch")
    kind = torch.OutOfMemoryError if torch is not None else MemoryError
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM  # e.g. a file cannot be mapped
    return isinstance(error, (kind, MemoryError)) or any(text in str(error) for text in _NO_MEMORY)


# CUDA's error texts for a lost context: this process cannot use the GPU any more.
_FAULTS: Final = (
    "device-side assert",
    "an illegal memory access",
    "unspecified launch failure",
    "misaligned address",
    "CUDA error: uncorrectable",
)


def is_device_fault(error: BaseException) -> bool:
    """Whether an exception means that this process can no longer use the GPU.

    Source: CUDA runtime API, cudaError_t: after these errors the process must be terminated.
    """
    text = str(error)
    return isinstance(error, RuntimeError) and any(fault in text for fault in _FAULTS)


def give_memory_back() -> None:
    """Return freed memory to the GPU and the operating system, once a model is unreferenced."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        # glibc does not return freed blocks to the system until it is told to.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def gpu_use() -> tuple[int, int]:
    """(used, free) bytes of the GPU over all processes; zeros if this process uses no GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return 0, 0
    free, total = torch.cuda.mem_get_info()
    return int(total - free), int(free)


def peak_memory_bytes() -> int:
    """Peak memory of this process: GPU memory if it uses a GPU, else resident RAM."""
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


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """Memory of one GPU in bytes."""

    used: int
    total: int

    @property
    def free(self) -> int:
        return max(0, self.total - self.used)


def gpu_memory(uuid: str | None = None) -> GpuMemory | None:
    """Query nvidia-smi for the memory of the GPU that models run on.

    Args:
        uuid: of the GPU in use, with or without "GPU-"; None if no model is loaded.
    Returns:
        None if there is no NVIDIA GPU, nvidia-smi does not answer, the GPU in use is ambiguous, or
        it is a MIG instance, whose share nvidia-smi does not report.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        output = subprocess.run(
            [tool, *_QUERY], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True
        ).stdout
        rows = [row for row in csv.reader(output.splitlines(), skipinitialspace=True) if row]
        row = _row_of(uuid, rows) if uuid is not None else _first_visible(rows)
        if row is None or row[1] == "Enabled":
            return None
        used, total = (int(number) * _MIB for number in row[2:])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        logger.info("nvidia-smi did not tell the GPU's memory: %s", error)
        return None
    return GpuMemory(used, total)


def _row_of(uuid: str, rows: Sequence[list[str]]) -> list[str] | None:
    """The only row whose UUID has this prefix; CUDA accepts shortened UUIDs too."""
    begins = uuid.removeprefix(_PREFIX).lower()
    found = [row for row in rows if row[0].removeprefix(_PREFIX).lower().startswith(begins)]
    return found[0] if len(found) == 1 else None


def _first_visible(rows: Sequence[list[str]]) -> list[str] | None:
    """The row of the GPU that CUDA enumerates first; None if there is none or it is ambiguous.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    first = "0" if visible is None else visible.split(",")[0].strip()
    if first.startswith(_PREFIX):
        return _row_of(first, rows)
    if not first.isdecimal() or int(first) >= len(rows):
        return None  # no GPU is visible, or it is a MIG instance
    same_order = len(rows) == 1 or os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    return rows[int(first)] if same_order else None
