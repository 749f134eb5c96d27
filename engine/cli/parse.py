"""`python -m engine parse FILE`: write a document's layout or text in the requested format."""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from engine.chat.engine import Engine
from engine.chat.export.answer import layout_of, parse_json
from engine.cli.console import add_file, add_password, follow, pages_of, password_of, write_json
from engine.core.errors import DocumentError, TaskError
from engine.core.prompts import get_task
from engine.core.schema import Answer, BBox, Document, Page
from engine.core.settings import Settings
from engine.layout import (
    lines_of,
    tables_of,
    to_csv,
    to_dots_json,
    to_html,
    to_json,
    to_markdown,
    to_searchable_pdf,
    to_xlsx,
    to_zip,
)
from engine.layout.overlay import draw_layout

FORMATS: Final = ("json", "md", "html", "csv", "xlsx", "pdf", "dots", "png", "zip")
_BINARY: Final = ("xlsx", "pdf", "png", "zip")
# Formats for a task whose output is text.
_TEXT_FORMATS: Final = ("json", "md")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="image, multi-page TIFF or PDF")
    parser.add_argument("--model", metavar="ID", help="a model of settings.toml")
    parser.add_argument(
        "--task", metavar="TASK", default="layout", help="layout (default), ocr, ..."
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="json",
        help="csv and xlsx hold the tables; pdf is searchable; dots is dots.ocr's list of cells",
    )
    parser.add_argument(
        "--box",
        type=_box,
        metavar="X0,Y0,X1,Y1",
        help="a place on the page in its pixels, for --task grounding_ocr",
    )
    parser.add_argument(
        "--no-furniture", action="store_true", help="leave out page headers and footers"
    )
    parser.add_argument("--page", type=int, metavar="N", help="read page N only (from 1)")
    parser.add_argument("--out", type=Path, metavar="PATH", help="write here instead of stdout")
    add_password(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    task = get_task(args.task)
    if task.output == "text" and args.format not in _TEXT_FORMATS:
        raise TaskError("task.no_such_format", task=task.id, format=args.format)
    if args.format in _BINARY and args.out is None and sys.stdout.isatty():
        raise TaskError("task.binary_to_terminal", format=args.format)
    _check_place(args.out)
    password = password_of(args)
    with Engine(settings) as engine:
        session_id = engine.create_session()
        document = add_file(engine, session_id, args.file, password)
        pages = pages_of(document, args.page)
        stream = engine.ask(
            session_id,
            model_id=args.model,
            task=task.id,
            pages=[(page.document_id, page.page_index) for page in pages],
            bbox=args.box,
        )
        follow(stream, pages=len(pages), echo=False)
        answer = stream.answer()
        for notice in answer.notices:
            sys.stderr.write(notice + "\n")
        if task.output == "text":
            _write_text(args, document, answer)
        else:
            _write_layout(args, document, pages, answer, settings)
    return 0


def _box(text: str) -> BBox:
    """Parse `X0,Y0,X1,Y1`, in page pixels.

    Raises:
        argparse.ArgumentTypeError: the text does not have this format.
    """
    try:
        x0, y0, x1, y1 = (float(number) for number in text.split(","))
    except ValueError:
        message = f"{text} is not a box; give four numbers, for example 40,60,400,120"
        raise argparse.ArgumentTypeError(message) from None
    return (x0, y0, x1, y1)


def _write_text(args: argparse.Namespace, document: Document, answer: Answer) -> None:
    if args.format == "json":
        pages = document.pages
        write_json(parse_json(document, pages, answer, get_task(args.task)), args.out)
    else:
        _write((answer.text + "\n").encode(), args.out)


def _write_layout(
    args: argparse.Namespace,
    document: Document,
    pages: list[Page],
    answer: Answer,
    settings: Settings,
) -> None:
    layouts = [layout_of(page, answer) for page in pages]
    furniture = not args.no_furniture
    match args.format:
        case "json":
            write_json(
                to_json(document, layouts, answer.model_id, page_furniture=furniture), args.out
            )
        case "md":
            _write(to_markdown(layouts, page_furniture=furniture).encode(), args.out)
        case "html":
            html = to_html(layouts, title=document.name, page_furniture=furniture)
            _write(html.encode(), args.out)
        case "csv":
            _write(to_csv(tables_of(layouts)).encode(), args.out)
        case "xlsx":
            _write(to_xlsx(tables_of(layouts)), args.out)
        case "pdf":
            by_page = {layout.page_index: layout for layout in layouts}
            dpi = settings.limits.pdf_dpi
            pdf = to_searchable_pdf(pages, lambda page: lines_of(by_page[page.page_index]), dpi=dpi)
            _write(pdf, args.out)
        case "dots":
            cells = [to_dots_json(layout, page_furniture=furniture) for layout in layouts]
            write_json(cells[0] if len(cells) == 1 else cells, args.out)
        case "zip":
            archive = to_zip(document, layouts, answer.model_id, page_furniture=furniture)
            _write(archive, args.out)
        case _:
            for page, layout in zip(pages, layouts, strict=True):
                picture = draw_layout(page.load_image(), layout)
                if args.out is None:
                    picture.save(sys.stdout.buffer, "PNG")
                else:
                    picture.save(_numbered(args.out, page, len(pages)), "PNG")


def _numbered(out: Path, page: Page, pages: int) -> Path:
    """The file name of one page's image: as given for a single page, else with the page number."""
    if pages == 1:
        return out
    return out.with_name(f"{out.stem}-{page.page_index + 1:03d}{out.suffix or '.png'}")


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(content)


def _check_place(out: Path | None) -> None:
    """Check the output path before the run, which can take minutes.

    Raises:
        DocumentError: the path is a folder, or its folder does not exist or is not writable.
    """
    if out is not None and (out.is_dir() or not os.access(out.parent, os.W_OK)):
        raise DocumentError("document.not_written", path=str(out))
