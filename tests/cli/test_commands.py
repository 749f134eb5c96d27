"""Contract of the command line for scripts: exit codes, stdout, the structure of the JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import Settings
from engine.cli import main
from engine.core.schema import CertaintyJudged, Evidence
from tests.fakes import FAKE_MODELS_TOML, FakeFamily, draw_page, save_page


@pytest.fixture
def overlay(fake_settings: Settings, tmp_path: Path) -> str:
    path = tmp_path / "cli.toml"
    path.write_text(FAKE_MODELS_TOML, encoding="utf-8")
    return str(path)


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert main(argv) == 0
    return json.loads(capsys.readouterr().out)


def test_ask_prints_one_json_object_of_the_agreed_shape(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FakeFamily.evidence = [Evidence("doc", 0, (1.0, 2.0, 30.0, 40.0), "42", 0.5)]
    page = save_page(tmp_path)
    result = run_json(capsys, "ask", str(page), "What?", "--json", "--settings", overlay)
    assert result["answer"] == "The total is 42."
    assert result["model"] == "fake"
    assert result["finish_reason"] == "stop"
    assert result["pages"] == [{"page_index": 0, "width": 900, "height": 600}]
    evidence = result["evidence"][0]
    assert {"document_id", "page_index", "bbox", "text"} <= set(evidence)
    assert evidence["bbox"] == [1, 2, 30, 40]
    assert set(result["usage"]) == {
        "prompt_tokens",
        "completion_tokens",
        "ttft_seconds",
        "tokens_per_second",
        "load_seconds",
        "peak_memory_bytes",
    }


def test_a_page_that_the_question_names_is_the_one_that_is_asked_about(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (draw_page([(word, 40, 60)])[0] for word in ("one", "two"))
    path = tmp_path / "two.tiff"
    first.save(path, save_all=True, append_images=[second])
    argv = ("ask", str(path), "What is the total on page 2?", "--json", "--settings", overlay)
    assert any("two.tiff: 2" in notice for notice in run_json(capsys, *argv)["notices"])
    chosen = run_json(capsys, *argv, "--page", "1")["notices"]
    assert not any("two.tiff" in notice for notice in chosen)


def test_what_cannot_be_asked_is_told_before_the_file_is_opened(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none.png")
    assert main(["ask", missing, " ", "--settings", overlay]) == 2
    assert "The question is empty." in capsys.readouterr().err
    assert main(["ask", missing, "What?", "--model", "nope", "--settings", overlay]) == 2
    assert "nope is not a known model id" in capsys.readouterr().err


def test_ask_streams_text_and_places_for_a_person(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FakeFamily.evidence = [Evidence("doc", 0, (1.0, 2.0, 30.0, 40.0), "42", 0.5)]
    assert main(["ask", str(save_page(tmp_path)), "What?", "--settings", overlay]) == 0
    out = capsys.readouterr().out
    assert out.startswith("The total is 42.\n")
    assert "page 1, box 1,2,30,40: 42" in out


def test_ask_says_that_an_answer_is_unsure_and_where_else_to_look(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Evidence("doc", 1, (1.0, 2.0, 30.0, 40.0), "17 May", 0.0)
    FakeFamily.judged = CertaintyJudged("unsure", (place,))
    argv = ("ask", str(save_page(tmp_path)), "What?", "--settings", overlay)
    result = run_json(capsys, *argv, "--json")
    assert result["certainty"] == "unsure"
    assert result["suggestions"][0]["text"] == "17 May"
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "(not sure)" in out
    assert "or see page 2, box 1,2,30,40: 17 May" in out


@pytest.mark.parametrize(
    ("content", "argv", "named"),
    [
        (b"no picture", [], "scan.png"),
        (b"", [], "scan.png"),
        (None, [], "scan.png"),
        ("page", ["--page", "2"], "no page 2"),
        ("page", ["--page", "0"], "no page 0"),
        ("page", ["--model", "nope"], "nope is not a known model id"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_line_on_stderr(
    overlay: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | str | None,
    argv: list[str],
    named: str,
) -> None:
    path = tmp_path / "scan.png"
    if content == "page":
        save_page(tmp_path, name="scan.png")
    elif isinstance(content, bytes):
        path.write_bytes(content)
    assert main(["ask", str(path), "What?", "--json", "--settings", overlay, *argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert named in captured.err
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err


def test_a_bad_settings_file_is_exit_code_2_and_names_the_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[limits]\nmax_pagse = 1\n", encoding="utf-8")
    assert main(["models", "--settings", str(bad)]) == 2
    assert "limits.max_pagse" in capsys.readouterr().err


def test_errors_follow_the_language_of_the_shell(
    overlay: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    page = str(save_page(tmp_path))
    assert main(["ask", page, "What?", "--model", "nope", "--settings", overlay]) == 2
    assert "не известна" in capsys.readouterr().err


def test_models_lists_every_table_with_what_it_can_do(
    overlay: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = run_json(capsys, "models", "--json", "--settings", overlay)
    fake = next(row for row in rows if row["model_id"] == "fake")
    assert fake["default"] is True
    assert fake["tasks"] == ["ocr", "question"]
    by_id = {row["model_id"]: row for row in rows}
    assert by_id["qwen_vl_2b"]["size_bytes"] == 4_420_000_000
    assert by_id["qwen_vl_2b"]["licence"] == "apache-2.0"
    assert by_id["qwen_vl_2b"]["cached"] in (True, False)
    assert by_id["lite"]["fits_gpu"] is None, "it needs none"
    assert by_id["lite"]["good_for"] == ["fields", "laptop"]
    assert by_id["fake"]["good_for"] == []
    assert main(["models", "--settings", overlay]) == 0
    shown = capsys.readouterr().out
    assert "* fake" in shown
    assert "good for: layout, languages, tables, formulas" in shown, "dots_ocr"


def test_parse_writes_a_text_task_as_json_and_markdown(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = str(save_page(tmp_path))
    argv = ("parse", page, "--task", "ocr", "--settings", overlay)
    result = run_json(capsys, *argv)
    assert (result["document"], result["model"]) == ("page.png", "fake")
    assert result["text"] == "The total is 42."
    out = tmp_path / "out.md"
    assert main([*argv, "--format", "md", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == "The total is 42.\n"
    for place in (tmp_path, tmp_path / "none" / "out.md"):
        assert main([*argv, "--format", "md", "--out", str(place)]) == 2
        assert f"{place} cannot be written." in capsys.readouterr().err
    assert main([*argv, "--format", "png"]) == 2
    assert "cannot be written as png" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == engine.__version__


def test_download_says_in_one_line_why_it_cannot(
    overlay: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = tmp_path / "local.toml"
    local.write_text(
        f"[models.mine]\nfamily = 'qwen_vl'\nrepo_id = '{tmp_path}'\n", encoding="utf-8"
    )
    assert main(["download", "mine", "--settings", str(local)]) == 2
    assert "nothing to download" in capsys.readouterr().err
    assert main(["download", "qwen_vl_2b", "--settings", overlay]) == 2  # the hub is offline here
    assert "cannot be reached" in capsys.readouterr().err
