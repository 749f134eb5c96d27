"""What `python gradio_app.py` says of the API when it starts."""

import sys
from pathlib import Path
from typing import Any

import gradio.mcp
import pytest

import gradio_app


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.delenv("SCANCHAT_API_TOKEN", raising=False)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    overlay = tmp_path / "settings.toml"
    overlay.write_text(f"data_dir = '{tmp_path / 'data'}'\n", encoding="utf-8")
    return ["--settings", str(overlay), "--host", "127.0.0.1", "--port", "0"]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert gradio_app.main(arguments) == 2
    said = capsys.readouterr().err.strip().split("\n")
    return said[-1]


def test_without_the_mcp_package_the_app_does_not_start(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ui.api.mcp_tools", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)  # as if it were not installed
    said = refused(arguments, capsys)
    assert "MCP server cannot run" in said
    assert "gradio[mcp]" in said


def test_an_mcp_server_that_gradio_cannot_start_ends_the_start(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, blocks: Any) -> None:
        raise AttributeError("this mcp has no such name")

    monkeypatch.setattr(gradio.mcp.GradioMCPServer, "__init__", broken)
    assert "this mcp has no such name" in refused(arguments, capsys)


def test_a_short_token_is_warned_of_and_never_repeated(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_there(self: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gradio.Blocks.launch", stop_there)
    for token, is_warned in (("hunter2", True), ("x" * 32, False), ("", False)):
        monkeypatch.setenv("SCANCHAT_API_TOKEN", token)
        with pytest.raises(KeyboardInterrupt):
            gradio_app.main(arguments)
        said = capsys.readouterr().err
        assert ("SCANCHAT_API_TOKEN has fewer than 20" in said) is is_warned
        assert not token or token not in said
