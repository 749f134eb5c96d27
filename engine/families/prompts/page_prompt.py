"""Fills placeholders of published prompts: the page's size, or a box that the user drew."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from engine.core.geometry import to_model_frame
from engine.core.schema import Size
from engine.families.base import ModelRequest


class Sized(Protocol):
    """A resized image. `size` is the (width, height) of the frame of its boxes."""

    @property
    def size(self) -> Size: ...


def names_box(request: ModelRequest) -> bool:
    """Whether the prompt contains the drawn box; see `filled`."""
    return _is_of_a_page(request) and "{bbox}" in request.prompt.text


def filled(request: ModelRequest, seen: Mapping[tuple[Any, ...], Sized]) -> ModelRequest:
    """Return the request with the placeholders of its prompt filled in.

    {width} and {height} are the page's size in pixels. {bbox} is the drawn box (the whole page
    without one) in the frame of the resized image, as `[x1, y1, x2, y2]`. Prompts with a user's
    own words are not changed.

    Args:
        seen: (document_id, page_index) -> the resized image.
    """
    if not _is_of_a_page(request):
        return request
    page = request.pages[0]
    text = request.prompt.text.replace("{width}", str(page.width))
    text = text.replace("{height}", str(page.height))
    if "{bbox}" in text:
        drawn = request.bbox or (0.0, 0.0, float(page.width), float(page.height))
        size = seen[page.document_id, page.page_index].size
        box = to_model_frame(drawn, model_size=size, page_size=page.size)
        text = text.replace("{bbox}", str([round(value) for value in box]))
    return replace(request, prompt=replace(request.prompt, text=text))


def _is_of_a_page(request: ModelRequest) -> bool:
    """Whether the prompt is about one page and contains no words of the user."""
    return not request.question and len(request.pages) == 1
