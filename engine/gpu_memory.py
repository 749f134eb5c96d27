"""How full the GPU is, whoever fills it: other programs and other processes of ours count.

Asked of NVIDIA's own tool, because torch would take a few hundred megabytes of the GPU for itself
in every process that asks.

Try it: `python -c "from engine.gpu_memory import gpu_memory; print(gpu_memory())"`
"""

import logging
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

logger = logging.getLogger(__name__)

# `nvidia-smi --help-query-gpu` names the fields; without units they are MiB.
_QUERY: Final = ("--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits", "--id=0")
_PATIENCE_SECONDS: Final = 3.0
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """Of the first GPU, in bytes."""

    used: int
    total: int

    @property
    def free(self) -> int:
        return max(0, self.total - self.used)


def gpu_memory() -> GpuMemory | None:
    """The first GPU's memory now; None where there is no NVIDIA GPU or its tool does not answer."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        said = subprocess.run(
            [tool, *_QUERY], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True
        ).stdout
        used, total = (int(number) * _MIB for number in said.strip().split(","))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        logger.info("nvidia-smi did not tell the GPU's memory: %s", error)
        return None
    return GpuMemory(used, total)
