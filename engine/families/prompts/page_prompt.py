"""Published prompts that speak of the page itself: its size, or a box that the user drew."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from engine.core.geometry import to_model_frame
from engine.core.schema import Size
from engine.families.base import ModelRequest


class Sized(Protocol):
    """An image as the model sees it. size: (width, height) of the frame of its boxes."""

    @property
    def size(self) -> Size: ...


def names_box(request: ModelRequest) -> bool:
    """Whether the prompt tells the model of the drawn box; see `filled`."""
    return _is_of_a_page(request) and "{bbox}" in request.prompt.text


def filled(request: ModelRequest, seen: Mapping[tuple[Any, ...], Sized]) -> ModelRequest:
    """The request with what its prompt says about the page in its place.

    {width} and {height} are the page's, {bbox} is the drawn box in the frame of the image that the
    model sees, as `[x1, y1, x2, y2]`. A user's own words are never looked at.

    Args:
        seen: (document_id, page_index) -> the image that the model sees.
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
    """Whether the prompt is about one page and holds no words of the user's."""
    return not request.question and len(request.pages) == 1
