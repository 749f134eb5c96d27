"""`python -m engine fields FILE`: extract the fields of a scan, or of every scan of a folder.

A file with several documents (an office scanner's PDF) gives the fields of each. With --json, a
folder gives one JSON line per file; a file that cannot be read gives a line with "error" and does
not stop the others. The exit code is 0 if any file succeeded, 2 if none did.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tqdm import tqdm

from engine.chat.engine import Engine
from engine.cli.console import add_file, add_password, numbers_of, password_of
from engine.core.errors import DocumentError, EngineError, TaskError
from engine.core.settings import Settings
from engine.fields import AUTO, DocumentFields, check_type, fields_json, page_numbers
from engine.fields.exports import FileResult, fields_csv, fields_xlsx

logger = logging.getLogger(__name__)

FORMATS: Final = ("json", "csv", "xlsx")
_BAD_INPUT: Final = 2
_NAME_WIDTH: Final = 22


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a scan, or a folder of scans")
    parser.add_argument(
        "--type",
        default=AUTO,
        metavar="TYPE",
        help="auto (default), receipt, invoice, passport, driver_licence, ... (docs/fields.md)",
    )
    parser.add_argument("--model", metavar="ID", help="a model of settings.toml")
    parser.add_argument(
        "--pages", metavar="N-M", help="these pages only (1-3,5; from 1), as one document"
    )
    parser.add_argument(
        "--one-document",
        action="store_true",
        help="do not look for several documents in a file",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--format", choices=FORMATS, help="csv and xlsx hold one row a document")
    parser.add_argument("--out", type=Path, metavar="PATH", help="write here instead of stdout")
    add_password(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    check_type(args.type, settings.fields.folder)
    if args.format == "xlsx" and args.out is None and sys.stdout.isatty():
        raise TaskError("task.binary_to_terminal", format=args.format)
    whole_folder = args.file.is_dir()
    files = _files(args.file)
    wanted = args.format or ("json" if args.json or args.out else "")
    args.password = password_of(args)
    read: list[list[FileResult]] = []
    with Engine(settings) as engine:
        for one in _read(engine, files, args, alone=not whole_folder):
            read.append(one)
            if whole_folder and wanted == "json" and args.out is None:
                _say(_line(one) + "\n")
    results = [result for one in read for result in one]
    match wanted:
        case "csv":
            _write(args.out, fields_csv(results).encode("utf-8"))
        case "xlsx":
            _write(args.out, fields_xlsx(results))
        case "json" if not whole_folder:
            text = json.dumps(_json(read[0]), ensure_ascii=False, indent=2)
            _write(args.out, (text + "\n").encode("utf-8"))
        case "json":
            if args.out is not None:
                text = "".join(_line(one) + "\n" for one in read)
                _write(args.out, text.encode("utf-8"))
        case _:
            for one in read:
                _show(one, named=whole_folder)
    if all(result.fields is None for result in results):
        raise DocumentError("fields.none_worked", files=len(read))
    return 0


def _files(path: Path) -> list[Path]:
    """The file, or the files of the folder sorted by name, without hidden ones and subfolders.

    Raises:
        DocumentError: the path does not exist, or the folder has no files.
    """
    if not path.is_dir():
        if not path.exists():
            raise DocumentError("fields.not_found", path=str(path))
        return [path]
    found = sorted(one for one in path.iterdir() if one.is_file() and one.name[0] != ".")
    if not found:
        raise DocumentError("fields.nothing_to_read", path=str(path))
    return found


def _read(
    engine: Engine, files: list[Path], args: argparse.Namespace, *, alone: bool
) -> Iterator[list[FileResult]]:
    """Extract the documents of each file, in one session per file.

    Raises:
        EngineError: the only file (`alone`) could not be read.
    """
    # disable=None: a progress bar only if stderr is a terminal.
    for path in tqdm(files, unit="file", file=sys.stderr, disable=None, leave=False):
        session_id = engine.create_session()
        try:
            document = add_file(engine, session_id, path, args.password)
            options = {"document_type": args.type, "model_id": args.model}
            if args.pages or args.one_document:
                pages = numbers_of(document, args.pages) if args.pages else None
                one = engine.fields(session_id, document.document_id, pages=pages, **options)
                yield [FileResult(path.name, one)]
            else:
                every = engine.all_fields(session_id, document.document_id, **options)
                yield [FileResult(path.name, one) for one in every]
        except EngineError as error:
            if alone:
                raise
            yield [FileResult(path.name, None, error.text())]
        except Exception as error:
            logger.exception("%s could not be read", path.name)
            if alone:
                raise
            unexpected = EngineError("internal.unexpected", kind=type(error).__name__)
            yield [FileResult(path.name, None, unexpected.text())]
        finally:
            engine.delete_session(session_id)


def _json(file: list[FileResult]) -> dict[str, object]:
    documents = [one.fields for one in file if one.fields is not None]
    if not documents:
        return {"file": file[0].file, "error": file[0].error}
    return {"file": file[0].file, **fields_json(documents)}


def _line(file: list[FileResult]) -> str:
    return json.dumps(_json(file), ensure_ascii=False)


def _show(file: list[FileResult], *, named: bool) -> None:
    """Print a readable table per document of a file: titles, values, checks.

    Args:
        named: whether to print the file's name above.
    """
    if named:
        _say(f"{file[0].file}\n")
    for number, one in enumerate(file, start=1):
        if one.fields is None:
            _say(f"  {one.error}\n\n")
            continue
        if len(file) > 1:
            pages = page_numbers(one.fields.pages)
            plural = "s" if len(one.fields.pages) > 1 else ""
            _say(f"Document {number} of {len(file)}, page{plural} {pages}\n")
        _show_fields(one.fields)


def _show_fields(read: DocumentFields) -> None:
    _say(f"{read.document_type} ({read.confidence:.0%})\n")
    for field in read.fields.values():
        _say(f"  {field.title:<{_NAME_WIDTH}} {_shown(read, field.name)}\n")
        for check in field.checks:
            mark = "ok" if check.passed else "FAILED"
            _say(f"  {'':<{_NAME_WIDTH}}   {mark}: {check.text()}\n")
    if not read.fields:
        _say("  -\n")
    _say("\n")


def _shown(read: DocumentFields, name: str) -> str:
    """A field's printed text, followed by its value if that differs."""
    field = read.fields[name]
    if field.rows:
        return f"{len(field.rows)} rows"
    value = f"{field.value} {field.currency}".strip().replace("\n", " ")
    return field.text if value == field.text else f"{field.text}  [{value}]"


def _write(path: Path | None, content: bytes) -> None:
    """Raises DocumentError: the file cannot be written."""
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise DocumentError("fields.not_written", path=str(path)) from error


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
