"""How full the GPU is, whoever fills it: other programs and other processes of ours count.

Asked of NVIDIA's own tool, because torch would take a few hundred megabytes of the GPU for itself
in every process that asks. Which of several GPUs the models run on is known for certain from the
process that runs one (its UUID); before that, CUDA_VISIBLE_DEVICES may name it. Where it cannot be
told, nothing is: CUDA counts its fastest GPU first, and nvidia-smi the one in the first slot.

Try it: `python -c "from engine.gpu_memory import gpu_memory; print(gpu_memory())"`
"""

import csv
import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

logger = logging.getLogger(__name__)

# `nvidia-smi --help-query-gpu` names the fields; without units they are MiB.
_QUERY: Final = (
    "--query-gpu=uuid,mig.mode.current,memory.used,memory.total",
    "--format=csv,noheader,nounits",
)
_PATIENCE_SECONDS: Final = 3.0
_MIB: Final = 2**20
_PREFIX: Final = "GPU-"


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """Of one GPU, in bytes."""

    used: int
    total: int

    @property
    def free(self) -> int:
        return max(0, self.total - self.used)


def gpu_memory(uuid: str | None = None) -> GpuMemory | None:
    """The memory now of the GPU that models run on.

    Args:
        uuid: of the GPU in use, with or without "GPU-"; None where no model is loaded.
    Returns:
        None where there is no NVIDIA GPU, its tool does not answer, it cannot be told which GPU of
        several is meant, or it is a MIG instance, whose share the tool does not tell.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        said = subprocess.run(
            [tool, *_QUERY], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True
        ).stdout
        rows = [row for row in csv.reader(said.splitlines(), skipinitialspace=True) if row]
        row = _row_of(uuid, rows) if uuid is not None else _first_visible(rows)
        if row is None or row[1] == "Enabled":
            return None
        used, total = (int(number) * _MIB for number in row[2:])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        logger.info("nvidia-smi did not tell the GPU's memory: %s", error)
        return None
    return GpuMemory(used, total)


def _row_of(uuid: str, rows: Sequence[list[str]]) -> list[str] | None:
    """The one row whose UUID begins so: CUDA takes shortened ones too."""
    begins = uuid.removeprefix(_PREFIX).lower()
    found = [row for row in rows if row[0].removeprefix(_PREFIX).lower().startswith(begins)]
    return found[0] if len(found) == 1 else None


def _first_visible(rows: Sequence[list[str]]) -> list[str] | None:
    """The row of the GPU that CUDA will call its first; None where there is none, or no telling.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    first = "0" if visible is None else visible.split(",")[0].strip()
    if first.startswith(_PREFIX):
        return _row_of(first, rows)
    if not first.isdecimal() or int(first) >= len(rows):
        return None  # none is visible, or it is a MIG instance
    same_order = len(rows) == 1 or os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    return rows[int(first)] if same_order else None
