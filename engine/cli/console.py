"""Helpers shared by the commands: files, page numbers, progress on stderr, JSON on stdout."""

import argparse
import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.chat.engine import Engine
from engine.chat.stream import AnswerStream
from engine.core.errors import SessionError
from engine.core.schema import Document, Failed, Page, Step, TextDelta


def add_password(parser: argparse.ArgumentParser) -> None:
    """The option --password of the commands that open files; `password_of` reads it."""
    parser.add_argument(
        "--password",
        default="",
        metavar="PASSWORD",
        help="of an encrypted PDF; - asks for it, or reads it from standard input",
    )


def password_of(args: argparse.Namespace) -> str:
    """The password of the file, or "". What the terminal asks for stays out of its history."""
    if args.password != "-":
        return str(args.password)
    if sys.stdin.isatty():
        return getpass.getpass()
    return sys.stdin.readline().rstrip("\r\n")


def add_file(engine: Engine, session_id: str, path: Path, password: str = "") -> Document:
    """Add the file to the session as a document. Raises DocumentError."""
    return engine.add_document(session_id, path, name=path.name, password=password)


def pages_of(document: Document, page_number: int | None) -> list[Page]:
    """All pages, or the one with this 1-based number.

    Raises:
        SessionError: there is no such page.
    """
    if page_number is None:
        return list(document.pages)
    if not 1 <= page_number <= len(document.pages):
        raise SessionError(
            "session.bad_page", name=document.name, pages=len(document.pages), page=page_number
        )
    return [document.pages[page_number - 1]]


def numbers_of(document: Document, pages: str) -> list[int]:
    """Parse page numbers such as "1-3,5" to 0-based page indexes, ascending and unique.

    Raises:
        SessionError: a part is not a page or a range of pages of the document.
    """
    numbers: set[int] = set()
    for part in pages.split(","):
        first, _, last = part.strip().partition("-")
        ends = [int(one) if one.strip().isdecimal() else 0 for one in (first, last or first)]
        if not 1 <= ends[0] <= ends[1] <= len(document.pages):
            raise SessionError(
                "session.bad_page",
                name=document.name,
                pages=len(document.pages),
                page=part.strip(),
            )
        numbers.update(range(ends[0] - 1, ends[1]))
    return sorted(numbers)


def follow(stream: AnswerStream, *, pages: int, echo: bool) -> None:
    """Consume a run to its end, with progress on stderr.

    Args:
        stream: the run.
        pages: number of pages, the total of the progress bar.
        echo: whether to stream the text to stdout.
    Raises:
        EngineError: the run failed.
    """
    # disable=None: a progress bar only if stderr is a terminal.
    with tqdm(total=pages, unit="page", file=sys.stderr, disable=None, leave=False) as bar:
        for event in stream:
            match event:
                case Step(page_index=page_index):
                    bar.set_description_str(event.text())
                    if page_index is not None:
                        bar.update(1 if bar.n < pages else 0)
                case TextDelta(text) if echo:
                    bar.clear()
                    sys.stdout.write(text)
                    sys.stdout.flush()
                case Failed(error):
                    raise error


def write_json(value: Mapping[str, Any] | list[Any], out: Path | None = None) -> None:
    """Write one JSON value to a file (UTF-8) or to stdout."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")
