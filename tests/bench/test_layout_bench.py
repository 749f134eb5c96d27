"""The layout bench on a set that it draws: its counts, and what it says of what was missed."""

import json
from pathlib import Path

import pytest

from bench import layout
from engine.core.schema import BBox, Region
from engine.evaluation import match_regions

TRUE: list[tuple[BBox, str]] = [
    ((0.0, 0.0, 100.0, 20.0), "Title"),
    ((0.0, 30.0, 100.0, 90.0), "Text"),
    ((0.0, 100.0, 100.0, 120.0), "Caption"),
    ((0.0, 200.0, 50.0, 250.0), "Picture"),
]
FOUND = (
    Region((0.0, 1.0, 100.0, 20.0), "Title", "t", 0),
    Region((0.0, 30.0, 100.0, 50.0), "Text", "a", 1),
    Region((0.0, 100.0, 100.0, 121.0), "Text", "c", 2),
)


def test_the_table_has_each_category_and_all_together() -> None:
    counts = layout.total([match_regions(FOUND, TRUE), match_regions((), TRUE[:1])])
    assert list(counts) == ["Caption", "Picture", "Text", "Title", "micro"]
    assert "| Title | 2 | 1 | 1.00 | 0.50 | 0.67 |" in layout.as_table(counts)
    assert "| micro | 5 | 3 | 0.33 | 0.20 | 0.25 |" in layout.as_table(counts)


def test_what_stands_where_a_region_was_missed() -> None:
    assert layout.confusions([(FOUND, TRUE)]) == {
        "Text: in pieces of Text": 1,
        "Caption: called Text": 1,
        "Picture: not found": 1,
    }


def test_sets_are_read_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {
        "file": "docs/0.png",
        "regions": [{"category": category, "box": list(box)} for box, category in TRUE],
    }
    (tmp_path / "truth.jsonl").write_text(f"{json.dumps(row)}\n" * 3, "utf-8")
    monkeypatch.setattr(layout, "find_regions", lambda path: FOUND)
    arguments = ["--set", str(tmp_path), str(tmp_path), "--pages", "2", "--confused"]
    assert layout.main(arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith("4 pages\n")
    assert "| micro | 16 | 12 |" in said
    assert "    4 Caption: called Text" in said
