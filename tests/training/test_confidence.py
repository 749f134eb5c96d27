"""Answers by confidence: what counts as right, and which pages do not answer."""

import json
from pathlib import Path

from training.confidence import Asked, bands, questions
from training.reader.public_pages import main as write_pages

ROWS = ["Town,Mayor,Year", "Brill,Oda Falk,1871", "Stowe,Ida Moss,1902", "Wing,Tom Lamb,1888"]


def folder_of_questions(folder: Path) -> Path:
    (folder / "wtq" / "csv").mkdir(parents=True)
    lines = ["id\tutterance\tcontext\ttargetValue"]
    for number in range(10):
        shifted = [row.replace("1902", str(1902 + number)) for row in ROWS]
        (folder / "wtq" / "csv" / f"{number}.csv").write_text("\n".join(shifted), "utf-8")
        question = "What is the year of Stowe?"
        lines.append(f"q{number}\t{question}\tcsv/{number}.csv\t{1902 + number}")
    (folder / "wtq" / "training.tsv").write_text("\n".join(lines), "utf-8")
    (folder / "xquad").mkdir()
    for language in ("en", "ru"):
        (folder / "xquad" / f"xquad.{language}.json").write_text(json.dumps({"data": []}), "utf-8")
    return folder


def test_tables_have_their_structure_and_each_question_a_page_that_does_not_answer(
    tmp_path: Path,
) -> None:
    qa = folder_of_questions(tmp_path / "qa")
    write_pages(["--qa", str(qa), "--out", str(tmp_path / "out"), "--tables", "30"])
    asked = questions(tmp_path / "out" / "wtq_train")
    assert len(asked) == 16
    for own, strange in zip(asked[::2], asked[1::2], strict=True):
        assert own.question == strange.question and own.index is not strange.index
        assert own.answers and not strange.answers
        (table,) = own.index.tables
        assert {(cell.row, cell.column) for cell in table.cells} == {
            (row, column) for row in range(4) for column in range(3)
        }
        for cell in table.cells:
            shown = " ".join(own.index.lines[line].text for line in cell.lines)
            assert shown == ROWS[cell.row].split(",")[cell.column] or shown in own.answers


def test_an_answer_counts_as_right_only_if_the_page_answers(tmp_path: Path) -> None:
    qa = folder_of_questions(tmp_path / "qa")
    write_pages(["--qa", str(qa), "--out", str(tmp_path / "out"), "--tables", "30"])
    own = questions(tmp_path / "out" / "wtq_train")[0]
    found = bands([own, Asked("strange", own.question, (), own.index)])
    assert found["wtq_train en, table"] == [(0.9, 1.0, 1, 1.0)]
    assert found["strange, table"] == [(0.9, 1.0, 1, 0.0)]
