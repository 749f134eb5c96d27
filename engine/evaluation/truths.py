"""Readers of ground truth sets: files with one JSON object per line (docs/evaluation.md).

Every line is validated before a model runs. An invalid line gives an error with its line number.
Lines are returned unchanged, because predictions and reports repeat their keys.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

from engine.core.errors import SettingsError
from engine.core.schema import CATEGORIES
from engine.evaluation.regions import SCHEMES

TaskName: TypeAlias = Literal["qa", "receipts", "text", "layout"]
Row: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

# Keys of a line that are not fields.
ABOUT_FIELDS: Final = frozenset(
    ("id", "file", "page", "page_size", "image_size", "lines", "lang", "kind", "document_type")
)
_PICTURES: Final = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jp2", ".tif", ".tiff", ".bmp", ".webp", ".gif"),
        *(".avif", ".heic", ".heif", ".pdf"),
    )
)


class _LineError(Exception):
    """Error in one line."""


def read_questions(path: Path) -> list[Row]:
    """Read the questions of a set.

    Raises:
        SettingsError: the file cannot be read, or a line does not match docs/evaluation.md.
    """
    return _read_lines(path, _check_question)


def read_fields(path: Path) -> list[Row]:
    """Read documents with their fields, from SROIE or other sources. Raises SettingsError."""
    return _read_lines(path, _check_fields)


def read_layouts(path: Path) -> list[Row]:
    """Read pages with their regions. Raises SettingsError."""
    return _read_lines(path, _check_layout)


def read_texts(directory: Path) -> list[Row]:
    """Read the pages of a folder that have their text in NAME.txt beside them, by name.

    Raises:
        SettingsError: the folder cannot be read, or contains no such pair.
    """
    try:
        rows: list[Row] = [
            {"file": path.name, "text": beside.read_text(encoding="utf-8"), "lang": _language(path)}
            for path in sorted(directory.iterdir())
            if path.suffix.lower() in _PICTURES and (beside := path.with_suffix(".txt")).is_file()
        ]
    except OSError as error:
        raise SettingsError("eval.not_found", path=str(directory)) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            "eval.bad_line", path=str(directory), detail="a text is not UTF-8"
        ) from error
    if not rows:
        raise SettingsError("eval.no_pairs", path=str(directory))
    return rows


def sample(rows: Sequence[T], limit: int | None, seed: int) -> list[T]:
    """Draw at most `limit` rows by the seed; their order stays."""
    if limit is None or limit >= len(rows):
        return list(rows)
    chosen = random.Random(seed).sample(range(len(rows)), limit)
    return [rows[number] for number in sorted(chosen)]


def _language(path: Path) -> str | None:
    """Return the language prefix of a page's name: "ru_letter.png" is "ru"."""
    start, mark, _ = path.stem.partition("_")
    return start if mark and len(start) == 2 and start.isalpha() else None


def _read_lines(path: Path, check: Callable[[Row], None]) -> list[Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError("eval.not_found", path=str(path)) from error
    except UnicodeDecodeError as error:
        raise SettingsError("eval.bad_line", path=str(path), detail="it is not UTF-8") from error
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise _LineError("it must be a JSON object")
            check(row)
        except (ValueError, _LineError) as error:
            detail = f"line {number}: {error}"
            raise SettingsError("eval.bad_line", path=str(path), detail=detail) from error
        rows.append(row)
    if not rows:
        raise SettingsError("eval.bad_line", path=str(path), detail="it has no lines")
    return rows


def _check_question(row: Row) -> None:
    _require_text(row, "file")
    _require_text(row, "question")
    _check_page(row)
    answers = row.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, str) and one for one in answers):
        raise _LineError('"answers" must be a list of texts ([] where the page does not say)')
    boxes = [row.get("evidence_box"), *(row.get("evidence_alts") or [])]
    given = [box for box in boxes if box is not None]
    for box in given:
        _check_box(box, "evidence_box")
    if given:
        _require_size(row)


def _check_fields(row: Row) -> None:
    _require_text(row, "file")
    fields = {name: value for name, value in row.items() if name not in ABOUT_FIELDS}
    if not fields:
        raise _LineError('it has no fields beside "file"')
    for name, value in fields.items():
        if not isinstance(value, str):
            raise _LineError(f'"{name}" must be a text ("" where the document has none)')


def _check_layout(row: Row) -> None:
    _require_text(row, "file")
    _require_size(row)
    _check_page(row)
    if row.get("scheme", SCHEMES[0]) not in SCHEMES:
        raise _LineError(f'"scheme" must be one of {", ".join(SCHEMES)}')
    regions = row.get("regions")
    if not isinstance(regions, list):
        raise _LineError('"regions" must be a list')
    for region in regions:
        if not isinstance(region, dict) or region.get("category") not in CATEGORIES:
            raise _LineError(f'each region needs a "category" of {", ".join(CATEGORIES)}')
        _check_box(region.get("bbox"), "bbox")


def _require_text(row: Row, key: str) -> None:
    if not isinstance(row.get(key), str) or not row[key].strip():
        raise _LineError(f'"{key}" must be a text')


def _check_page(row: Row) -> None:
    page = row.get("page", 1)
    if not isinstance(page, int) or isinstance(page, bool) or page < 1:
        raise _LineError('"page" must be a page number from 1 on')


def _require_size(row: Row) -> None:
    if not _is_numbers(row.get("page_size"), 2) or min(row["page_size"]) <= 0:
        raise _LineError('"page_size" must be [width, height] in pixels')


def _check_box(box: object, key: str) -> None:
    if not _is_numbers(box, 4):
        raise _LineError(f'"{key}" must be [x_min, y_min, x_max, y_max] in pixels')


def _is_numbers(value: object, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
    )
