"""`python -m engine ask FILE QUESTION`: answer one question, with the places that support it."""

import argparse
import sys
from pathlib import Path

from engine.chat.engine import Engine
from engine.chat.export.answer import answer_json
from engine.cli.console import add_file, add_password, follow, pages_of, password_of, write_json
from engine.core.errors import SessionError
from engine.core.schema import Evidence
from engine.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="image, multi-page TIFF or PDF")
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument("--model", metavar="ID", help="a model of settings.toml")
    parser.add_argument("--page", type=int, metavar="N", help="look at page N only (from 1)")
    parser.add_argument(
        "--verbatim", action="store_true", help="answer only with words printed on the page"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_password(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    # Raises for an unknown model before a page is processed, which takes seconds.
    settings.model(args.model or settings.default_model)
    if not args.question.strip():
        raise SessionError("session.no_question")
    password = password_of(args)
    with Engine(settings) as engine:
        session_id = engine.create_session()
        document = add_file(engine, session_id, args.file, password)
        pages = pages_of(document, args.page)
        stream = engine.ask(
            session_id,
            args.question,
            model_id=args.model,
            # None: the question may name pages itself.
            pages=None
            if args.page is None
            else [(one.document_id, one.page_index) for one in pages],
            verbatim=args.verbatim,
        )
        follow(stream, pages=len(pages), echo=not args.json)
        answer = stream.answer()
    if args.json:
        write_json(answer_json(answer, document.pages))
        return 0
    sys.stdout.write("\n")
    if answer.certainty == "unsure":
        sys.stdout.write("  (not sure)\n")
    for found in answer.evidence:
        sys.stdout.write(f"  {_place(found)}: {found.text}\n")
    for found in answer.suggestions:
        sys.stdout.write(f"  or see {_place(found)}: {found.text}\n")
    for notice in answer.notices:
        sys.stderr.write(notice + "\n")
    return 0


def _place(found: Evidence) -> str:
    x0, y0, x1, y1 = (round(value) for value in found.bbox)
    return f"page {found.page_index + 1}, box {x0},{y0},{x1},{y1}"
