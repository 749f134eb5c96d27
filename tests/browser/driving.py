"""Scans that the tests draw, and what a person does with the screen."""

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

BBox = tuple[float, float, float, float]

# The first answer loads the model.
ANSWER_MILLISECONDS = 120_000
# Of what takes long; to look in every frame has the browser draw 60 a second.
POLLING_MILLISECONDS = 50
TOTAL = "1,486.25"
_QUESTIONS = "#chat .message.user"
_ANSWERS = "#chat .bot .message-content"
_A_FRAME = "() => new Promise(requestAnimationFrame)"


@dataclass(frozen=True)
class Invoice:
    """A drawn invoice. total_box: where its total is printed, in page pixels."""

    image: Image.Image
    total_box: BBox

    def save(self, path: Path) -> Path:
        self.image.save(path)
        return path

    def png(self) -> bytes:
        buffer = io.BytesIO()
        self.image.save(buffer, "PNG")
        return buffer.getvalue()


def draw_invoice(total: str = TOTAL) -> Invoice:
    """An A4 invoice at 150 dpi."""
    image = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(image)

    def write(x: int, y: int, text: str, size: int = 30) -> BBox:
        font = ImageFont.truetype(Roboto, size)
        pen.text((x, y), text, font=font, fill="black")
        return pen.textbbox((x, y), text, font=font)

    write(120, 110, "INVOICE", 60)
    write(120, 230, "Northwind Paper Ltd, 12 Harbour Street, Leeds")
    write(120, 300, "Invoice number: NP-20417")
    write(120, 350, "Invoice date: 14 March 2026")
    rows = (
        ("Copy paper A4", "12", "540.00"),
        ("Toner black", "3", "696.25"),
        ("Courier", "1", "250.00"),
    )
    for row, (name, count, price) in enumerate((("Description", "Qty", "Amount"), *rows)):
        y = 520 + 70 * row
        write(120, y, name)
        write(700, y, count)
        write(960, y, price)
    pen.line((120, 830, 1120, 830), fill="black", width=2)
    write(700, 860, "Total:", 34)
    box = write(940, 860, total, 34)
    write(120, 1600, "Payment within 30 days. Thank you for your order.", 24)
    return Invoice(image, box)


def upload(page: Any, *files: Any) -> None:
    """Drop files into the text box. files: paths, or {"name", "mimeType", "buffer"}."""
    page.set_input_files("#question input[type=file]", list(files))


def show(page: Any, side: str) -> None:
    """On a phone: have the chat or the page shown. side: "chat" or "page"."""
    page.click(f"#sides button[data-side={side}]")


def ask(page: Any, question: str) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


@contextmanager
def answered(page: Any) -> Iterator[None]:
    """Send a question inside the block; the block ends when its answer has ended."""
    before = page.locator(_QUESTIONS).count()
    yield
    # The question's bubble and the busy status line come in one update, but a question that waits
    # for its file has a bubble before: its answer stands below it.
    page.wait_for_function(
        """([questions, answers, before]) => {
             const asked = [...document.querySelectorAll(questions)];
             const said = [...document.querySelectorAll(answers)].at(-1);
             return asked.length > before
               && said?.compareDocumentPosition(asked.at(-1)) & Node.DOCUMENT_POSITION_PRECEDING
               && !document.querySelector("#status .sc-busy")
               && document.querySelector("#stop").disabled;
           }""",
        arg=[_QUESTIONS, _ANSWERS, before],
        timeout=ANSWER_MILLISECONDS,
        polling=POLLING_MILLISECONDS,
    )


def wait_until_still(page: Any, *selectors: str) -> None:
    """Wait until parts of the page lie in three frames where they lay in the frame before."""
    page.wait_for_function(
        """selectors => {
             const found = selectors.flatMap((one) => [...document.querySelectorAll(one)]);
             const lies = JSON.stringify(found.map((one) => one.getBoundingClientRect()));
             const last = window.layBefore;
             const frames = last?.lies === lies ? last.frames + 1 : 0;
             window.layBefore = { lies, frames };
             if (!found.length || frames < 3) return false;
             delete window.layBefore;
             return true;
           }""",
        arg=list(selectors),
    )


def pending_requests(page: Any) -> Callable[[], None]:
    """Count what a page asks of the server from now on; the result waits until all is answered.

    For what must not come: once nothing is on its way, it would have come. An answer may lead to
    another question, which is sent within a few frames.
    """
    pending: list[Any] = []

    def ended(request: Any) -> None:
        if request in pending:
            pending.remove(request)

    def navigated(frame: Any) -> None:
        # Requests of the page before are not always reported as ended.
        if frame == page.main_frame:
            pending.clear()

    page.on("framenavigated", navigated)
    page.on("request", lambda one: pending.append(one) if "/queue/" in one.url else None)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)

    def wait() -> None:
        until = time.monotonic() + ANSWER_MILLISECONDS / 1000
        quiet = 0
        while quiet < 5:
            page.evaluate(_A_FRAME)
            quiet = 0 if pending else quiet + 1
            assert time.monotonic() < until, [one.url for one in pending]

    return wait


def wait_until_pictures_failed(page: Any) -> None:
    """Wait until the handlers of pictures that cannot be loaded have run.

    A picture of ours that is asked for after them fails after them.
    """
    page.evaluate(
        """async () => {
             await new Promise((failed) => {
               const last = new Image();
               last.onerror = failed;
               last.src = `no-such-picture-${performance.now()}`;
             });
             for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
           }"""
    )


def answers(page: Any) -> list[str]:
    return [text.strip() for text in page.locator(_ANSWERS).all_inner_texts()]


def text_of(mark: Any) -> str:
    """What a box of the page shows when the pointer rests on it."""
    return str(mark.locator("title").text_content())


def digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def box_on_screen(page: Any, mark: Any) -> BBox:
    """Where a mark lies on the page image, in page pixels, as the person sees it."""
    image = page.locator("#page-view img").bounding_box()
    box = mark.bounding_box()
    natural = mark.evaluate("node => node.dataset.bbox.split(',').map(Number)")
    assert len(natural) == 4
    scale = 1240 / image["width"]
    left, top = (box["x"] - image["x"]) * scale, (box["y"] - image["y"]) * scale
    return (left, top, left + box["width"] * scale, top + box["height"] * scale)


def covered(box: BBox, truth: BBox) -> float:
    """The share of `truth` that lies inside `box`."""
    width = min(box[2], truth[2]) - max(box[0], truth[0])
    height = min(box[3], truth[3]) - max(box[1], truth[1])
    area = (truth[2] - truth[0]) * (truth[3] - truth[1])
    return max(0.0, width) * max(0.0, height) / area
