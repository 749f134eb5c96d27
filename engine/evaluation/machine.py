"""The machine and libraries that figures of speed depend on, without names or paths."""

import importlib.metadata
import os
import platform
from typing import Any

from engine.core.hardware import device

_PACKAGES = ("torch", "transformers", "rapidocr", "onnxruntime")


def machine_facts() -> dict[str, Any]:
    """Return the available cores, the thread limit, the GPU, and versions."""
    where = device()
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
        "device": where.name,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
