"""A conversation in the format of OpenAI's chat API: roles, texts, and pages as data URLs.

The same conversation always gives the same request, so a server with a prefix cache can reuse its
keys and values.
"""

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from engine.core.errors import RunCancelled
from engine.core.schema import ImagePart, Message, Page, Size, TextPart
from engine.families.openai_server.characters import without_control
from engine.families.openai_server.formats import resized
from engine.families.prompts.conversation import PageKey

# Image placeholder of published prompts; a server's template inserts its own.
_PLACEHOLDER: Final = "<image>\n"
# Higher levels take longer and make a page little smaller.
_PNG_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page and the size at which it is sent. size: (width, height) in pixels."""

    page: Page
    size: Size

    def data_url(self) -> str:
        """Return the resized page as a PNG data URL (lossless)."""
        return data_url(resized(self.page.load_image(), self.size))


def data_url(image: Image.Image) -> str:
    """Return an RGB image as a PNG data URL."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def chat_messages(
    messages: tuple[Message, ...],
    sent: Mapping[PageKey, SentPage],
    *,
    question: str,
    is_stopped: Callable[[], bool],
    image_mark: str = "",
    so_far: str = "",
) -> list[dict[str, Any]]:
    """Return the `messages` of a request.

    Args:
        messages: the conversation; the last message is the question with its prompt.
        sent: the pages to send; others are left out.
        question: the user's own words in the last message.
        is_stopped: called before each page is loaded.
        image_mark: placeholder of images in texts; "" leaves that to the server.
        so_far: the beginning of the answer, if a truncated answer is continued.
    Raises:
        RunCancelled: the run was stopped.
        EngineError: a page cannot be read.
    """
    chat: list[dict[str, Any]] = []
    for number, message in enumerate(messages, start=1):
        is_last = number == len(messages)
        if message.role == "assistant":
            chat.append({"role": "assistant", "content": without_control(message.text)})
            continue
        content: list[dict[str, Any]] = []
        marks = 0
        for part in message.parts:
            if isinstance(part, TextPart):
                text = _prompt(part.text, question) if is_last else without_control(part.text)
                text, marks = image_mark * marks + text, 0
                content.append({"type": "text", "text": text})
            elif isinstance(part, ImagePart):
                page = sent.get((part.document_id, part.page_index))
                if page is None:
                    continue
                if is_stopped():
                    raise RunCancelled
                content.append({"type": "image_url", "image_url": {"url": page.data_url()}})
                marks += 1
        chat.append({"role": "user", "content": content})
    if so_far:
        chat.append({"role": "assistant", "content": so_far})
    return chat


def _prompt(text: str, question: str) -> str:
    """Return the prompt; only the user's words in it are freed of control tokens."""
    text = text.removeprefix(_PLACEHOLDER)
    return text.replace(question, without_control(question)) if question else text
