"""Encrypted PDFs: opened with their password, which is neither shown, logged nor stored."""

import io
import logging
from pathlib import Path

import pytest

from engine import Engine, Settings
from engine.cli import main
from engine.core.errors import DocumentError
from engine.core.settings_file import load_settings
from engine.documents import open_document_bytes
from tests.documents.pdf_writing import PdfFile, text_at
from tests.fakes import FAKE_MODELS_TOML
from tests.keeping import files_below

PASSWORD = "zebra-stripes"
LIMITS = load_settings().limits
ENCRYPTED = PdfFile(text_at(60, 700, "Strictly confidential")).bytes(password=PASSWORD)


@pytest.fixture
def encrypted(tmp_path: Path) -> Path:
    path = tmp_path / "secret.pdf"
    path.write_bytes(ENCRYPTED)
    return path


def test_the_password_opens_the_pages_and_their_words() -> None:
    (page,) = open_document_bytes(ENCRYPTED, name="a.pdf", limits=LIMITS, password=PASSWORD).pages
    assert [word.text for word in page.load_words()] == ["Strictly", "confidential"]
    assert min(page.load_image().convert("L").tobytes()) < 128


@pytest.mark.parametrize(
    ("password", "key"), [("", "document.encrypted"), ("lion", "document.wrong_password")]
)
def test_without_the_right_password_nothing_opens_and_the_error_says_which(
    password: str, key: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        open_document_bytes(ENCRYPTED, name="a.pdf", limits=LIMITS, password=password)
    assert caught.value.key == key
    assert "lion" not in caught.value.text()


def test_a_password_for_a_file_without_one_is_ignored() -> None:
    data = PdfFile(text_at(60, 700, "Open")).bytes()
    assert open_document_bytes(data, name="a.pdf", limits=LIMITS, password=PASSWORD).pages


def test_the_password_is_on_no_disk_and_in_no_log_and_a_restart_asks_for_it_again(
    fake_settings: Settings, encrypted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = engine.create_session(visitor)
        document = engine.add_document(session_id, encrypted, name="a.pdf", password=PASSWORD)
        assert PASSWORD not in repr(document)
        engine.ask(session_id, "What does it say?").answer()
    kept = files_below(fake_settings.data_dir)
    assert kept
    for path in kept:
        data = path.read_bytes()
        assert PASSWORD.encode() not in data
        assert b"Strictly" not in data
    assert PASSWORD not in caplog.text
    with Engine(fake_settings) as engine:
        (again,) = engine.documents(session_id)
        with pytest.raises(DocumentError) as caught:
            again.pages[0].load_image()
        assert caught.value.key == "document.encrypted"


@pytest.mark.parametrize("command", ["ask", "parse", "fields"])
def test_the_shell_takes_the_password_and_says_how_without_one(
    command: str,
    fake_settings: Settings,
    encrypted: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    overlay = tmp_path / "cli.toml"
    overlay.write_text(FAKE_MODELS_TOML, encoding="utf-8")
    options = {"ask": ["What?"], "parse": ["--task", "ocr"], "fields": ["--type", "receipt"]}
    argv = [command, str(encrypted), *options[command], "--settings", str(overlay)]
    assert main(argv) == 2
    assert "--password" in capsys.readouterr().err
    assert main([*argv, "--password", PASSWORD]) == 0
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err


def test_a_dash_reads_the_password_from_standard_input(
    fake_settings: Settings, encrypted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay = tmp_path / "cli.toml"
    overlay.write_text(FAKE_MODELS_TOML, encoding="utf-8")
    argv = ["ask", str(encrypted), "What?", "--settings", str(overlay), "--password", "-"]
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert main(argv) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("lion\n"))
    assert main(argv) == 2
