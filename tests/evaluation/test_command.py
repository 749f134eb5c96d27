"""`python -m engine eval` as a person uses it: exit codes, one sentence a mistake, its files."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from engine.cli import main
from engine.fields import DocumentFields, Field
from tests.evaluation import sets
from tests.evaluation.sets import QUESTIONS, RIGHT, OtherScriptedFamily, draw_set, write_lines


@pytest.fixture
def command(overlay: Path, tmp_path: Path) -> list[str]:
    draw_set(tmp_path)
    return ["eval", "--settings", str(overlay), "--qa", str(tmp_path / "qa.jsonl")]


def test_json_is_all_of_stdout_and_has_plain_figures_by_group(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ru"] == {
        "questions": 2,
        **dict.fromkeys(("anls", "exact", "evidence", "grounded", "verbatim", "answered"), 1.0),
    }
    assert found["all"]["questions"] == 10
    assert found["all"]["answered_by"] == {"one": 10}


def test_predictions_are_lines_in_the_order_of_the_set(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "predictions.jsonl"
    assert main([*command, "--predictions", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    truths = [
        json.loads(line)
        for line in (tmp_path / "qa.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [row["question"] for row in rows] == [truth["question"] for truth in truths]
    assert rows[0]["answer"] == "42.00"
    assert rows[0]["page_size"] == [900, 600]
    assert len(rows[0]["boxes"]) == 1


def test_a_limit_takes_a_sample(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--limit", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["all"]["questions"] == 3


def test_two_models_are_compared_in_words_and_as_json(
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worse = {**RIGHT, QUESTIONS["Date"]: "42.00", QUESTIONS["Seller"]: "42.00"}
    monkeypatch.setattr(OtherScriptedFamily, "answers", worse)
    both = ["--model", "one", "--model", "two"]
    assert main([*command, *both, "--report", str(tmp_path / "report")]) == 0
    assert "exact: one is better than two by 0.400" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "report.md",
        "report.json",
        "report_first.json",
        "pictures",
    }
    earlier = str(tmp_path / "report" / "report.json")
    assert main([*command, "--against", earlier, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["comparison"]["differences"]["all"]["exact"]["value"] == pytest.approx(0.4)
    assert found["comparison"]["better"] == ["p0_1", "p0_3", "p1_1", "p1_3"]


def test_two_settings_are_compared(
    command: list[str],
    overlay: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other.toml"
    text = overlay.read_text(encoding="utf-8")
    other.write_text(text + "[preprocess]\ncontrast = true\n", encoding="utf-8")
    report = tmp_path / "report"
    assert main([*command, "--settings-b", str(other), "--report", str(report)]) == 0
    assert "exact: no difference larger than chance" in capsys.readouterr().out
    text = (report / "report.md").read_text(encoding="utf-8")
    assert "| preprocess.contrast | False | True |" in text
    assert "No scores changed." in text


def test_texts_of_a_folder_are_scored_by_language(
    overlay: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw_set(tmp_path, pages=1)
    folder = tmp_path / "texts"
    folder.mkdir()
    page = (tmp_path / "docs" / "page0.png").read_bytes()
    for name, text in (("ru_a", "Казань город"), ("en_b", "Kazan is a city")):
        (folder / f"{name}.png").write_bytes(page)
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sets.ScriptedFamily, "answers", {"": "Казань город"})
    assert main(["eval", "--settings", str(overlay), "--text", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ru"]["cer"] == 0
    assert found["en"]["cer"] > 0.5
    assert found["all"]["pages"] == 2


def test_layouts_are_scored_by_category(
    overlay: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_set(tmp_path, pages=1)
    path = tmp_path / "docs" / "layout.jsonl"
    regions = [
        {"bbox": [0, 0, 450, 150], "category": "Text"},
        {"bbox": [0, 160, 450, 290], "category": "Table"},
    ]
    write_lines(path, [{"file": "page0.png", "page_size": [450, 300], "regions": regions}])
    argv = ["eval", "--settings", str(overlay), "--model", "layouts", "--layout", str(path)]
    assert main([*argv, "--json", "--report", str(tmp_path / "report")]) == 0
    found = json.loads(capsys.readouterr().out)["all"]
    assert (found["f1_Text"], found["f1_Table"], found["f1"]) == (
        1,
        0,
        pytest.approx(2 / 3, abs=1e-4),
    )
    assert len(list((tmp_path / "report" / "pictures").iterdir())) == 1


def test_fields_of_receipts_are_scored_one_by_one(
    overlay: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw_set(tmp_path, pages=1)
    asked: list[str] = []

    def fields(
        engine: Engine, session_id: str, document_id: str, *, document_type: str, model_id: str
    ) -> DocumentFields:
        asked.append(document_type)
        box = (400.0, 60.0, 470.0, 90.0)
        total = Field("total", "Total", "amount", "42.00", "42.00", box, 0, 1.0)
        return DocumentFields(
            document_id, "page0.png", document_type, 1.0, model_id, (), {}, {"total": total}
        )

    monkeypatch.setattr(Engine, "fields", fields)
    path = tmp_path / "docs" / "truth.jsonl"
    row = {"file": "page0.png", "total": "RM 42.00", "date": "14/03/2026", "lines": []}
    write_lines(path, [row, row | {"document_type": "invoice", "id": "second"}])
    out = tmp_path / "predictions.jsonl"
    argv = ["eval", "--settings", str(overlay), "--receipts", str(path), "--json"]
    assert main([*argv, "--predictions", str(out), "--report", str(tmp_path / "report")]) == 0
    found = json.loads(capsys.readouterr().out)["all"]
    assert (found["total"], found["date"], found["mean"], found["all_fields"]) == (1, 0, 0.5, 0)
    assert asked == ["receipt", "invoice"]
    said = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert (said["total"], said["date"]) == ("42.00", "")
    assert said["boxes"] == {"total": [400, 60, 470, 90]}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{", "line 2: "),
        ("[1]", "line 2: it must be a JSON object"),
        ({"question": "Q?", "answers": []}, 'line 2: "file" must be a text'),
        ({"file": "a.png", "question": "Q?", "answers": "42"}, '"answers" must be a list'),
        ({"file": "a.png", "question": "Q?", "answers": [], "page": 0}, '"page" must be'),
        (
            {"file": "a.png", "question": "Q?", "answers": ["1"], "evidence_box": [1, 2, 3, 4]},
            '"page_size" must be',
        ),
        (
            {"file": "a.png", "question": "Q?", "answers": ["1"], "evidence_box": [1, 2]},
            '"evidence_box" must be',
        ),
    ],
)
def test_a_bad_line_is_one_sentence_with_its_number_before_anything_runs(
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    row: dict[str, Any] | str,
    told: str,
) -> None:
    path = tmp_path / "qa.jsonl"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{first}\n{row if isinstance(row, str) else json.dumps(row)}\n", "utf-8")
    assert main(command) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
    assert len(captured.err.splitlines()) == 1
    assert sets.ScriptedFamily.loads == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model", "absent"], "python -m engine download absent"),
        (["--model", "nope"], "nope is not a known model id"),
        (["--model", "one", "--model", "absent"], "python -m engine download absent"),
        (["--model", "one", "--model", "two", "--against", "x.json"], "Only one comparison"),
        (["--against", "nowhere.json"], "nowhere.json does not exist"),
    ],
)
def test_what_cannot_run_is_one_sentence_before_anything_runs(
    command: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main([*command, *arguments]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert len(captured.err.splitlines()) == 1
    assert sets.ScriptedFamily.loads == 0


def test_a_task_that_the_model_cannot_do_is_one_sentence(
    overlay: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "layout.jsonl"
    write_lines(path, [{"file": "a.png", "page_size": [9, 9], "regions": []}])
    assert main(["eval", "--settings", str(overlay), "--layout", str(path)]) == 2
    assert "one" in capsys.readouterr().err


def test_a_missing_document_is_named_on_stderr(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs" / "page1.png").unlink()
    assert main([*command, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["all"]["left_out"] == 5
    assert captured.err.startswith("Left out: 5 of 10. ")
    assert "page1.png" in captured.err
