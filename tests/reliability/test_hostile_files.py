"""Files that strangers made: a share of what `python -m bench.soak` reads, and its worst bombs.

The files are read in a process of their own with limits of memory and of work, so that a crash or a
hang is a failed test and not the end of all of them.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.soak import bombs, files
from bench.soak.file_reader import read
from bench.soak.specimens import FORMATS, pdf, specimens
from engine.core.errors import DocumentError
from engine.core.settings_file import load_settings
from engine.documents import open_document_bytes, pdf_pool

LIMITS = load_settings().limits
SEED = 8
PER_FORMAT = 200
# What the app may need for one file, whatever the file asks for.
MOST_BYTES = 2 * 1024**3


@pytest.fixture(scope="module")
def reader() -> Iterator[files.Reader]:
    one = files.Reader()
    yield one
    one.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_mutated_file_is_read_or_refused_and_costs_nothing_else(
    kind: str, reader: files.Reader
) -> None:
    found = files.fuzz(kind, PER_FORMAT, SEED, reader=reader)
    assert found.bad == []
    assert found.files == PER_FORMAT
    # A mutation that nothing survives would try the first check of each reader only.
    assert found.said["read"] > 0
    assert found.said["read"] < PER_FORMAT
    assert max(found.seconds) < files.HANG_SECONDS
    assert 0 < found.peak_bytes < MOST_BYTES


@pytest.mark.parametrize("kind", FORMATS)
def test_the_files_that_are_mutated_are_whole(kind: str) -> None:
    for data in specimens(kind):
        assert read(data) == "read"


def test_a_number_of_the_soak_can_be_made_again(reader: files.Reader) -> None:
    job = {"kind": "gif", "seed": SEED, "number": 17, "folder": ""}
    said = {reader.read(job)["said"] for _ in range(3)}
    assert len(said) == 1


def test_the_watch_of_the_soak_notices_a_hang(tmp_path: Path) -> None:
    path = tmp_path / "endless.pdf"
    path.write_bytes(bombs.BOMBS["PDF, a form that draws itself"]())
    reader = files.Reader(hang_seconds=0.5)
    assert "said" in reader.read({"kind": "gif", "seed": SEED, "number": 0, "folder": ""})
    assert reader.read({"path": str(path)})["what"] == files.HANG
    assert "said" in reader.read({"kind": "gif", "seed": SEED, "number": 0, "folder": ""})
    reader.close()


def test_the_watch_of_the_soak_notices_a_death(reader: files.Reader) -> None:
    """Findings must be findable."""
    first = reader.read({"kind": "gif", "seed": SEED, "number": 0, "folder": ""})
    assert "said" in first
    assert reader._process is not None
    os.kill(reader._process.pid, signal.SIGSTOP if sys.platform != "win32" else signal.SIGTERM)
    threading.Timer(0.3, reader._process.kill).start()
    died = reader.read({"kind": "gif", "seed": SEED, "number": 1, "folder": ""})
    assert died["what"] == files.CRASH
    assert "said" in reader.read({"kind": "gif", "seed": SEED, "number": 1, "folder": ""})


CHEAP = [
    name
    for name in bombs.BOMBS
    # Their files take long to make, or they are read in the whole time that they may take.
    if not any(word in name for word in ("gigabyte", "RGBA", "900 mega", "such a", "billion draw",
                                         "three times", "million lines", "draws itself", "3,000",
                                         "thousand times"))
]  # fmt: skip


@pytest.mark.parametrize("name", CHEAP)
def test_a_bomb_is_read_or_refused_within_memory_and_time(
    name: str, reader: files.Reader, tmp_path: Path
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bombs.BOMBS[name]())
    said = reader.read({"path": str(path)})
    assert "said" in said, said
    assert reader.peak_bytes < MOST_BYTES


@pytest.mark.skipif(sys.platform == "win32", reason="the system cannot limit a process's work")
def test_a_pdf_without_end_costs_its_own_process_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A kilobyte that asks for hours: PDFium itself neither stops nor raises."""
    monkeypatch.setenv("SCANCHAT_TEST", "not for strangers")
    endless = open_document_bytes(
        bombs.BOMBS["PDF, a form that draws itself"](), name="endless.pdf", limits=LIMITS
    )
    good = open_document_bytes(
        pdf("BT /F1 12 Tf 20 100 Td (Total: 12.50) Tj ET"), name="good.pdf", limits=LIMITS
    )
    refused: list[DocumentError] = []

    def load() -> None:
        try:
            endless.pages[0].load_image()
        except DocumentError as error:
            refused.append(error)

    loading = threading.Thread(target=load)
    loading.start()
    # Others are read meanwhile.
    assert [word.text for word in good.pages[0].load_words()] == ["Total:", "12.50"]
    assert loading.is_alive()
    loading.join(pdf_pool._LONGEST_SECONDS + 30)
    assert [error.key for error in refused] == ["document.too_costly"]
    for language in ("en", "ru"):
        assert "endless.pdf" in refused[0].text(language)
    # It is not tried again: the viewer, the index and the strip would all ask.
    started = time.monotonic()
    with pytest.raises(DocumentError):
        endless.pages[0].load_image()
    assert time.monotonic() - started < 0.5
    assert good.pages[0].load_image().size == good.pages[0].size


def test_the_process_that_reads_pdfs_has_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCANCHAT_AUTH", "anna:correct horse")
    monkeypatch.setattr(pdf_pool, "_pool", pdf_pool._Pool())
    open_document_bytes(pdf(""), name="a.pdf", limits=LIMITS)
    (process,) = pdf_pool._pool._idle
    environment = psutil.Process(process._process.pid).environ()
    assert "SCANCHAT_AUTH" not in environment
    assert set(environment) <= {*pdf_pool._ENVIRONMENT, "PYTHONPATH", "LC_CTYPE"}
    pdf_pool._pool.close()


def test_a_process_of_pdfs_that_was_killed_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf_pool, "_pool", pdf_pool._Pool())
    document = open_document_bytes(pdf(""), name="a.pdf", limits=LIMITS)
    (process,) = pdf_pool._pool._idle
    process._process.kill()
    process._process.wait()
    assert document.pages[0].load_image().size == document.pages[0].size
    pdf_pool._pool.close()
