"""Public question sets as sets of pages: drawn words without a picture.

    python -m training.reader.public_pages --qa DIR --out DIR [--tables 600]

Input: a folder with `xquad/xquad.LANGUAGE.json` (XQuAD, Artetxe et al. 2020, CC BY-SA 4.0) and
`wtq` (WikiTableQuestions 1.0.2, Pasupat and Liang 2015, training part, CC BY-SA 4.0). Output:
OUT/NAME/truth.jsonl and qa.jsonl, in the format of `python -m synthetic`, for NAME xquad_train,
xquad_held, wtq_train, wtq_held. Seed: 0, for the choice of tables and of questions' languages.

Every fifth article of XQuAD and every fifth table are held aside, in all languages. English and
Russian paragraphs get their questions, a third of them in the other language. Of tables, the
questions whose answer is the text of exactly one cell.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from engine.core.geometry import union
from engine.core.schema import BBox

_LINE: Final = 30  # pixels between lines
_HEIGHT: Final = 20
_CHARACTER: Final = 11
_MARGIN: Final = 80
_COLUMN_GAP: Final = 60  # over 1.4 heights: another cell
_LETTERS: Final = 90  # in a line of prose
_HELD: Final = 5
_ROWS: Final = 25
_COLUMNS: Final = 8
_CELL: Final = 40
_A_TABLE: Final = 8  # questions
_OTHER_LANGUAGE: Final = 1 / 3
_LANGUAGES: Final = ("en", "ru")

Rows = list[dict[str, Any]]


@dataclass
class Sheet:
    """Words of a page as they are laid out. line, region: numbers of truth.jsonl."""

    words: Rows = field(default_factory=list)
    regions: Rows = field(default_factory=list)

    def write(self, text: str, left: float, top: float, line: int) -> list[BBox]:
        """Add the words of a text from a point on; returns their boxes."""
        boxes = []
        for word in text.split():
            box = (left, top, left + _CHARACTER * len(word), top + _HEIGHT)
            self.words.append({"text": word, "box": box, "line": line, "region": len(self.regions)})
            boxes.append(box)
            left = box[2] + _CHARACTER
        return boxes

    def close(self, category: str) -> None:
        """End the region."""
        own = [word["box"] for word in self.words if word["region"] == len(self.regions)]
        self.regions.append(
            {"id": len(self.regions), "category": category, "box": union(own), "text": ""}
        )

    def truth(self, file: str, language: str) -> dict[str, Any]:
        """The page's line of truth.jsonl."""
        _, _, right, bottom = union([word["box"] for word in self.words])
        size = [int(right) + _MARGIN, int(bottom) + _MARGIN]
        return {
            "file": file,
            "page_size": size,
            "lang": language,
            "words": self.words,
            "regions": self.regions,
        }


def prose(title: str, text: str) -> tuple[Sheet, list[tuple[int, BBox]]]:
    """Lay a paragraph out under its title; returns each word's start in `text` with its box."""
    sheet, places = Sheet(), []
    sheet.write(title, _MARGIN, _MARGIN, 0)
    sheet.close("Title")
    line, letters, at = 1, 0, 0
    for word in text.split():
        at = text.index(word, at)
        if letters + len(word) > _LETTERS:
            line, letters = line + 1, 0
        top = _MARGIN + (line + 1) * _LINE
        box = sheet.write(word, _MARGIN + _CHARACTER * letters, top, line)[0]
        places.append((at, box))
        at, letters = at + len(word), letters + len(word) + 1
    sheet.close("Text")
    return sheet, places


def table(rows: Sequence[Sequence[str]]) -> tuple[Sheet, dict[tuple[int, int], BBox]]:
    """Lay a table out, one line a row; returns the box of each cell that is not empty."""
    sheet, places = Sheet(), {}
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for number, row in enumerate(rows):
        left = float(_MARGIN)
        for at, text in enumerate(row):
            boxes = sheet.write(text, left, _MARGIN + number * _LINE, number)
            if boxes:
                places[number, at] = union(boxes)
            left += _CHARACTER * widths[at] + _COLUMN_GAP
    sheet.close("Table")
    return sheet, places


def _question(
    file: str, sheet: dict[str, Any], text: str, answers: list[str], boxes: Sequence[BBox]
) -> dict[str, Any]:
    return {
        "id": f"{file} {text}",
        "file": file,
        "page_size": sheet["page_size"],
        "question": text,
        "answers": answers,
        "evidence_box": boxes[0] if boxes else None,
        "evidence_alts": list(boxes[1:]),
        "kind": "public",
        "lang": sheet["lang"],
        "doc_kind": file,
        "template": file,
    }


def xquad_pages(folder: Path, held: bool, rng: random.Random) -> Iterator[tuple[Any, Rows]]:
    """Paragraphs in each of _LANGUAGES with their questions."""
    articles = {
        name: json.loads((folder / f"xquad.{name}.json").read_text("utf-8"))["data"]
        for name in _LANGUAGES
    }
    asked = {
        (name, one["id"]): one["question"]
        for name, data in articles.items()
        for article in data
        for paragraph in article["paragraphs"]
        for one in paragraph["qas"]
    }
    for name, data in articles.items():
        other = next(one for one in _LANGUAGES if one != name)
        for number, article in enumerate(data):
            if (number % _HELD == 0) != held:
                continue
            for place, paragraph in enumerate(article["paragraphs"]):
                file = f"xquad-{number:02d}-{place}-{name}"
                sheet, places = prose(article["title"].replace("_", " "), paragraph["context"])
                truth, rows = sheet.truth(file, name), []
                for one in paragraph["qas"]:
                    said = one["answers"][0]
                    first = said["answer_start"]
                    last = first + len(said["text"])
                    boxes = [box for at, box in places if first <= at < last]
                    language = other if rng.random() < _OTHER_LANGUAGE else name
                    text = asked[language, one["id"]]
                    whole = [union(boxes)] if boxes else []
                    rows.append(_question(file, truth, text, [said["text"]], whole))
                yield truth, rows


def table_pages(
    folder: Path, held: bool, limit: int, rng: random.Random
) -> Iterator[tuple[Any, Rows]]:
    """Tables of WikiTableQuestions with the questions that one cell answers."""
    by_table: dict[str, list[tuple[str, str]]] = {}
    with (folder / "training.tsv").open(encoding="utf-8") as lines:
        for row in list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]:
            by_table.setdefault(row[2], []).append((row[1], row[3]))
    names = sorted(by_table)
    names = [one for number, one in enumerate(names) if (number % _HELD == 0) == held]
    rng.shuffle(names)
    for name in names[:limit]:
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            rows = [
                [" ".join(cell.split()) for cell in row]
                for row in csv.reader(lines, escapechar="\\")
            ][:_ROWS]
        columns = len(rows[0]) if rows else 0
        fits = 1 < columns <= _COLUMNS and all(
            len(row) == columns and all(len(cell) <= _CELL for cell in row) for row in rows
        )
        if not fits or not any(cell for row in rows for cell in row):
            continue
        sheet, places = table(rows)
        truth = sheet.truth(name, "en")
        told = []
        for text, answer in by_table[name][:_A_TABLE]:
            same = [at for at in places if rows[at[0]][at[1]].lower() == answer.lower()]
            if len(same) == 1 and not text.startswith(("how many", "what is the total")):
                told.append(_question(name, truth, text, [answer], [places[same[0]]]))
        if told:
            yield truth, told


def write_pages(folder: Path, pages: Iterator[tuple[Any, Rows]]) -> int:
    """Write a set; returns the number of its questions."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        (folder / "truth.jsonl").open("w", encoding="utf-8") as truths,
        (folder / "qa.jsonl").open("w", encoding="utf-8") as questions,
    ):
        for truth, rows in pages:
            truths.write(json.dumps(truth, ensure_ascii=False) + "\n")
            for row in rows:
                questions.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += len(rows)
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.reader.public_pages")
    parser.add_argument("--qa", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tables", type=int, default=600)
    options = parser.parse_args(arguments)
    for part in ("train", "held"):
        rng, held = random.Random(0), part == "held"
        limit = options.tables if part == "train" else options.tables // 10
        pages = xquad_pages(options.qa / "xquad", held, rng)
        write_pages(options.out / f"xquad_{part}", pages)
        tables = table_pages(options.qa / "wtq", held, limit, rng)
        write_pages(options.out / f"wtq_{part}", tables)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
