"""What this machine has. The decisions that follow from it are made where models are loaded."""

import sys


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
