"""The table of answers by confidence counts questions that the page does not answer as wrong."""

import json
from pathlib import Path

from training.confidence import Asked, bands, page_of, paragraphs, tables

ROWS = [((60.0, "Receipt No."), (400.0, "55-1207")), ((60.0, "Total"), (400.0, "19.32"))]


def test_an_answer_counts_as_right_only_if_the_page_answers() -> None:
    index = page_of("a", "Table", ROWS, "en")
    right = Asked("right", "What is the total?", ("19.32",), index)
    strange = Asked("strange", "What is the total?", (), index)
    found = bands([right, strange])
    assert [row[2:] for row in found["right"]] == [(1, 1.0)]
    assert [row[2:] for row in found["strange"]] == [(1, 0.0)]
    (low, high, _, _), *_ = found["right"]
    assert low < high <= 1.0


def test_paragraphs_and_tables_become_pages_with_a_strange_question(tmp_path: Path) -> None:
    said = [("The mill was built in 1871.", "1871"), ("Oda Falk ran the ferry.", "Oda Falk")]
    rows = [
        {"context": text, "qas": [{"question": f"{at}?", "answers": [{"text": answer}]}]}
        for at, (text, answer) in enumerate(said * 2)
    ]
    (tmp_path / "xquad.en.json").write_text(json.dumps({"data": [{"paragraphs": rows}]}), "utf-8")
    own, strange, *_ = paragraphs(tmp_path / "xquad.en.json")
    assert (own.index.text, own.answers) == ("The mill was built in 1871.", ("1871",))
    assert (strange.index, strange.answers) == (own.index, ())
    assert strange.question != own.question

    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "1.csv").write_text("Town,Year\nBrill,1871\n", "utf-8")
    (tmp_path / "csv" / "2.csv").write_text("Ship,Tons\nVega,357\n", "utf-8")
    lines = ["id\tutterance\tcontext\ttargetValue", "a\twhen?\tcsv/1.csv\t1871"]
    lines += ["b\thow heavy?\tcsv/2.csv\t357", "c\thow many?\tcsv/2.csv\t12"]
    (tmp_path / "training.tsv").write_text("\n".join(lines), "utf-8")
    one, other = tables(tmp_path)
    assert {one.index.text, *one.answers} & {"1871", "357"}
    assert other.answers == () and other.index is one.index
