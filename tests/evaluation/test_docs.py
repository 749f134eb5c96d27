"""docs/evaluation.md shows code that runs and names the options and figures that exist."""

import argparse
import re
from pathlib import Path

import pytest

from engine import Settings
from engine.cli import evaluate

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_the_code_of_the_docs_runs(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.load_settings", lambda: settings)
    exec(compile(code, "docs/evaluation.md", "exec"), {})
    said = capsys.readouterr().out
    assert "refused 1.0" in said
    assert (tmp_path / "my_set" / "report" / "report.md").exists()


def test_the_docs_name_options_that_exist() -> None:
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    options = set(parser._option_string_actions)
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) <= options
    assert set(re.findall(r"python -m engine eval (--[a-z-]+)", TEXT)) <= options
