"""Hostile files, read in their own process with limits of memory and time."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from bench.soak.specimens import ROOT

MEMORY_BYTES: Final = 2 * 1024**3
# CPU seconds: wall time would also measure the machine's other work. Wall time has a limit, too.
HANG_SECONDS: Final = 10.0
_LONGEST_SECONDS: Final = 90.0
_START_SECONDS: Final = 120.0
# Kinds of findings; any other outcome is the key of an error for the user, or "read".
CRASH, HANG, LEAK = "crash", "hang", "leak"


@dataclass(slots=True)
class Findings:
    """The results of some files.

    Attributes:
        said: "read" or the key of an error -> how many.
        bad: crashes, hangs and foreign exceptions: the file, and what happened.
        seconds: of each file.
        peak_bytes: the peak memory of a reading process (resident set).
    """

    files: int = 0
    said: Counter[str] = field(default_factory=Counter)
    bad: list[dict[str, Any]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    def summary(self) -> dict[str, Any]:
        kinds = Counter(found["what"] for found in self.bad)
        slowest = max(self.seconds, default=0.0)
        return {
            "files": self.files,
            "read": self.said["read"],
            "refused": self.files - self.said["read"] - len(self.bad),
            "crashes": kinds[CRASH],
            "hangs": kinds[HANG],
            "leaks": kinds[LEAK],
            "slowest_seconds": round(slowest, 2),
            "peak_mb": round(self.peak_bytes / 1024**2),
            "refusals": dict(sorted(self.said.items())),
            "bad": self.bad[:20],
        }


class Reader:
    """A reading process, restarted after it died or was killed."""

    def __init__(
        self, memory_bytes: int = MEMORY_BYTES, hang_seconds: float = HANG_SECONDS
    ) -> None:
        self._memory = memory_bytes
        self._hang = hang_seconds
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._count = 0
        self.peak_bytes = 0

    def close(self) -> None:
        if self._process is not None:
            self._measure()
            self._process.kill()
            self._process.wait()
            self._process = None

    def read(self, job: dict[str, Any]) -> dict[str, Any]:
        """Read one file; {"said", "seconds"}, or {"what", "detail"} of a finding."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        # Creating the file is not timed; the first one imports the encoders.
        first = self._line(_START_SECONDS)
        if first is not None and "said" in first:
            return first
        found = first and self._watched()
        self._count += 1
        if found is None or found.get("seconds", 0.0) > 0.1 or self._count % 100 == 1:
            self._measure()
        if found is None:
            code = process.poll()
            if code is None:
                self.close()
                return {"what": HANG, "detail": f"over {self._hang:g} s of work"}
            self._process = None
            return {"what": CRASH, "detail": f"exit code {code}"}
        if str(found["said"]).startswith(("leaked", "size")):
            return {"what": LEAK, "detail": found["said"]}
        return found

    def _start(self) -> None:
        command = [sys.executable, "-m", "bench.soak.file_reader", str(self._memory)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        lines: queue.Queue[str | None] = queue.Queue()

        def empty() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            process.wait()
            lines.put(None)

        threading.Thread(target=empty, daemon=True).start()
        self._process, self._lines = process, lines

    def _line(self, seconds: float) -> dict[str, Any] | None:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        return None if line is None else dict(json.loads(line))

    def _watched(self) -> dict[str, Any] | None:
        """The answer; None if it took too long or the process ended."""
        began: float | None = None
        started = time.monotonic()
        while time.monotonic() - started < _LONGEST_SECONDS:
            try:
                line = self._lines.get(timeout=0.25)
            except queue.Empty:
                self._measure()
                # Measured only from here on: most files end before, and measuring takes time.
                began = self.work() if began is None else began
                if self.work() - began > self._hang:
                    return None
                continue
            return None if line is None else dict(json.loads(line))
        return None

    def work(self) -> float:
        """CPU seconds so far, of the process and its children."""
        total = 0.0
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
                # Of ended children; not every system counts them.
                total += getattr(times, "children_user", 0.0)
                total += getattr(times, "children_system", 0.0)
        return total

    def _family(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        try:
            own = psutil.Process(self._process.pid)
            return [own, *own.children(recursive=True)]
        except psutil.Error:
            return []

    def _measure(self) -> None:
        """Update the peak memory of any one of the processes."""
        for process in self._family():
            peak = 0
            with contextlib.suppress(OSError, StopIteration):
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                high = next(line for line in status.splitlines() if line.startswith("VmHWM"))
                peak = int(high.split()[1]) * 1024
            self.peak_bytes = max(self.peak_bytes, peak)


def fuzz(
    kind: str,
    count: int,
    seed: int,
    *,
    folder: Path | None = None,
    seconds: float | None = None,
    reader: Reader | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Findings:
    """Read mutations of a format's files.

    Args:
        count: how many, numbered from 0; number, kind, seed and folder determine the file.
        folder: of further real files.
        seconds: after this long it ends early.
    """
    jobs = (
        {"kind": kind, "seed": seed, "number": number, "folder": str(folder or "")}
        for number in range(count)
    )
    return read_all(jobs, reader=reader, seconds=seconds, say=say)


def read_all(
    jobs: Iterable[dict[str, Any]],
    *,
    reader: Reader | None = None,
    seconds: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Findings:
    """Read files in sequence; a dead or hanging process affects only its own file."""
    own = reader or Reader()
    findings = Findings()
    end = None if seconds is None else time.monotonic() + seconds
    for job in jobs:
        if end is not None and time.monotonic() > end:
            break
        found = own.read(job)
        findings.files += 1
        if "what" in found:
            findings.bad.append({**job, **found})
            say(f"{found['what']}: {job} {found['detail']}")
        else:
            findings.said[found["said"]] += 1
            findings.seconds.append(found["seconds"])
        if findings.files % 500 == 0:
            say(f"{findings.files} files, {len(findings.bad)} findings")
    findings.peak_bytes = own.peak_bytes
    if reader is None:
        own.close()
    return findings
