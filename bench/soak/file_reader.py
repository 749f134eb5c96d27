"""The process that reads hostile files. It may die or hang; its parent (files.py) detects that.

python -m bench.soak.file_reader MEMORY_BYTES < jobs, one JSON line each; one line out for each
"""

import contextlib
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

# Further pages of a file are read the same way.
_PAGES = 3


def read(data: bytes, name: str = "scan.bin") -> str:
    """Read a file as the app does: open it, load its words and its picture.

    Returns:
        "read", the key of the error that refused it, or "size: ..." for a page of another size
        than announced.
    """
    from engine.core.errors import DocumentError
    from engine.core.settings_file import load_settings
    from engine.documents import open_document_bytes

    try:
        document = open_document_bytes(data, name=name, limits=load_settings().limits)
        for page in document.pages[:_PAGES]:
            page.load_words()
            size = page.load_image().size
            if size != page.size:
                return f"size: {size} instead of {page.size}"
    except DocumentError as error:
        return error.key
    return "read"


def main() -> None:
    """Answer jobs until the input ends."""
    memory = int(sys.argv[1])
    # Import everything before memory is limited: a failed import is no finding.
    read(b"BM" + bytes(100))
    read(b"%PDF-1.4 nothing")
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    from bench.soak.mutations import mutated
    from bench.soak.specimens import specimens

    files: dict[str, list[bytes]] = {}
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        if "path" in job:
            data = Path(job["path"]).read_bytes()
        else:
            kind = job["kind"]
            folder = Path(job["folder"]) if job["folder"] else None
            known = files.get(kind) or specimens(kind, folder)
            files = {kind: known}
            rng = random.Random(f"{job['seed']} {kind} {job['number']}")
            data = mutated(rng.choice(known), known, rng)
        if job.get("save"):
            Path(job["save"]).write_bytes(data)
            _say({"said": "saved"})
            continue
        _say({"begun": len(data)})
        started = time.monotonic()
        try:
            said = read(data, job.get("name", "scan.bin"))
        except Exception as error:  # noqa: BLE001 - that is the finding
            said = f"leaked: {type(error).__name__}: {error}"
        _say({"said": said, "seconds": time.monotonic() - started})


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
