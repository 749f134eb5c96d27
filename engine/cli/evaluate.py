"""`python -m engine eval`: score a model on documents with known answers. Downloads nothing."""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine import evaluation
from engine.chat import Engine
from engine.cli.console import write_json
from engine.errors import EngineError, SettingsError
from engine.schema import Document, Region
from engine.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--qa", type=Path, metavar="FILE", help="questions, one JSON object a line")
    what.add_argument("--text", type=Path, metavar="DIR", help="pages with NAME.txt beside them")
    what.add_argument("--layout", type=Path, metavar="FILE", help="regions, one page a line")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="where the documents are")
    parser.add_argument("--model", metavar="ID", help="a model of settings.toml")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="write what was answered")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    with Engine(settings) as engine:
        if args.qa:
            truths = _read_lines(args.qa)
            directory = args.docs or args.qa.parent / "docs"
            predictions = list(_answer_all(engine, truths, directory, args.model))
            report = _score_questions(truths, predictions)
        elif args.text:
            predictions = list(_read_texts(engine, args.text, args.model))
            report = _score_texts(args.text, predictions)
        else:
            truths = _read_lines(args.layout)
            directory = args.docs or args.layout.parent
            predictions = list(_find_regions(engine, truths, directory, args.model))
            report = _score_layouts(truths, predictions)
    if args.predictions:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in predictions)
        args.predictions.write_text("".join(lines), encoding="utf-8")
    if args.json:
        write_json(report)
    else:
        for group, figures in report.items():
            shown = "  ".join(f"{name} {value}" for name, value in figures.items())
            sys.stdout.write(f"{group:<12} {shown}\n")
    return 0


def _read_lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except OSError as error:
        raise SettingsError("eval.not_found", path=str(path)) from error
    except ValueError as error:
        raise SettingsError("eval.bad_line", path=str(path), detail=str(error)) from error


def _progress(rows: Iterable[Any], unit: str) -> Iterator[Any]:
    return iter(tqdm(list(rows), unit=unit, file=sys.stderr, disable=None))


def _answer_all(
    engine: Engine, truths: list[dict[str, Any]], directory: Path, model_id: str | None
) -> Iterator[dict[str, Any]]:
    """Each question as a conversation of its own over its page; files are opened once."""
    session_id, opened = engine.create_session(), ""
    document: Document | None = None
    for truth in _progress(sorted(truths, key=lambda row: row["file"]), "question"):
        if truth["file"] != opened:
            engine.delete_session(session_id)
            session_id, opened = engine.create_session(), truth["file"]
            path = directory / truth["file"]
            document = engine.add_document(session_id, path, name=path.name)
        if document is None:
            raise EngineError("session.no_pages")
        page = document.pages[truth["page"] - 1]
        engine.forget_conversation(session_id)
        answer = engine.ask(
            session_id,
            truth["question"],
            model_id=model_id,
            pages=[(page.document_id, page.page_index)],
        ).answer()
        found = [item for item in answer.evidence if item.page_index == page.page_index]
        yield {
            "id": truth.get("id"),
            "file": truth["file"],
            "page": truth["page"],
            "question": truth["question"],
            # Without evidence the text says that nothing was found, which is no answer.
            "answer": answer.text if answer.evidence else "",
            "boxes": [list(item.bbox) for item in found],
            "page_size": list(page.size),
            "seconds": round(answer.usage.total_seconds, 3),
        }


def _score_questions(
    truths: list[dict[str, Any]], predictions: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    by_key = {(row["file"], row["page"], row["question"]): row for row in predictions}
    groups: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for truth in truths:
        row = by_key[(truth["file"], truth["page"], truth["question"])]
        boxes = [truth["evidence_box"], *truth.get("evidence_alts", [])]
        boxes = [tuple(box) for box in boxes if box]
        hit = evaluation.evidence_hit(
            [tuple(box) for box in row["boxes"]],
            boxes,
            boxes_size=tuple(row["page_size"]),
            truths_size=tuple(truth["page_size"]),
        )
        scores = (
            evaluation.anls(row["answer"], truth["answers"]),
            float(evaluation.exact(row["answer"], truth["answers"])),
            float(hit if boxes else not row["boxes"]),
        )
        for group in ("all", truth.get("lang"), truth.get("kind")):
            if group:
                groups[group].append(scores)
    return {
        group: {
            "questions": len(rows),
            "anls": _mean(row[0] for row in rows),
            "exact": _mean(row[1] for row in rows),
            "evidence": _mean(row[2] for row in rows),
        }
        for group, rows in groups.items()
    }


def _read_texts(engine: Engine, directory: Path, model_id: str | None) -> Iterator[dict[str, Any]]:
    pages = [
        path
        for path in sorted(directory.iterdir())
        if path.suffix != ".txt" and path.with_suffix(".txt").exists()
    ]
    for path in _progress(pages, "page"):
        session_id = engine.create_session()
        engine.add_document(session_id, path, name=path.name)
        text = engine.ask(session_id, task="ocr", model_id=model_id).answer().text
        engine.delete_session(session_id)
        yield {"file": path.name, "text": text}


def _score_texts(directory: Path, predictions: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    report: dict[str, dict[str, float]] = {}
    for row in predictions:
        truth = (directory / row["file"]).with_suffix(".txt").read_text(encoding="utf-8")
        rate = evaluation.character_error_rate(row["text"], truth)
        report[row["file"]] = {"characters": len(truth), "cer": round(rate, 4)}
    return report


def _find_regions(
    engine: Engine, truths: list[dict[str, Any]], directory: Path, model_id: str | None
) -> Iterator[dict[str, Any]]:
    for truth in _progress(truths, "page"):
        session_id = engine.create_session()
        path = directory / truth["file"]
        page = engine.add_document(session_id, path, name=path.name).pages[0]
        answer = engine.ask(session_id, task="layout", model_id=model_id).answer()
        engine.delete_session(session_id)
        regions = [region for layout in answer.layouts for region in layout.regions]
        yield {
            "file": truth["file"],
            "page_size": list(page.size),
            "regions": [
                {"bbox": list(region.bbox), "category": region.category} for region in regions
            ],
        }


def _score_layouts(
    truths: list[dict[str, Any]], predictions: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    matched, predicted, true = Counter[str](), Counter[str](), Counter[str]()
    for truth, row in zip(truths, predictions, strict=True):
        scale_x = truth["page_size"][0] / row["page_size"][0]
        scale_y = truth["page_size"][1] / row["page_size"][1]
        regions = [
            Region(
                (box[0] * scale_x, box[1] * scale_y, box[2] * scale_x, box[3] * scale_y),
                region["category"],
                "",
                0,
            )
            for region in row["regions"]
            for box in [region["bbox"]]
        ]
        wanted = [(tuple(region["bbox"]), region["category"]) for region in truth["regions"]]
        for category, counts in evaluation.match_regions(regions, wanted).items():
            matched[category] += counts.matched
            predicted[category] += counts.predicted
            true[category] += counts.true
    rows = {name: (matched[name], predicted[name], true[name]) for name in sorted(predicted | true)}
    rows["all"] = (matched.total(), predicted.total(), true.total())
    return {
        name: {
            "matched": row[0],
            "predicted": row[1],
            "true": row[2],
            "f1": round(evaluation.Counts(*row).f1, 4),
        }
        for name, row in rows.items()
    }


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return round(sum(listed) / max(len(listed), 1), 4)
