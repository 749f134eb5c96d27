"""Estimates a prompt's tokens for a server, which alone has the tokenizer; rather too many.

A byte-level tokenizer has four to five bytes of English or about six of Russian per token, and one
digit or mark of a table. At three bytes per token only tables are underestimated; the server then
rejects the prompt, and the user gets a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.core.prompts import get_task
from engine.core.schema import ImagePart, Message, Page, TextPart
from engine.core.settings import ModelSettings
from engine.families.base import ModelRequest, PromptSize
from engine.families.openai_server.formats import BoxFormat
from engine.families.openai_server.messages import SentPage
from engine.families.prompts.conversation import ContextView, PageKey, PromptConversation, reserved
from engine.families.prompts.token_ids import ImageSpan, PromptIds

_BYTES_A_TOKEN: Final = 3
# Tokens that a chat template writes around a message.
_MESSAGE_TOKENS: Final = 6


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text."""
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)


def prompt_of(
    messages: tuple[Message, ...], sent: Mapping[PageKey, SentPage], box_format: BoxFormat
) -> PromptIds:
    """Return a prompt of the estimated length. Its ids are all 0; its image spans are estimates."""
    images: list[ImageSpan] = []
    tokens = 0
    for message in messages:
        tokens += _MESSAGE_TOKENS
        for part in message.parts:
            if isinstance(part, TextPart):
                tokens += text_tokens(part.text)
            elif isinstance(part, ImagePart):
                key = (part.document_id, part.page_index)
                if key in sent:
                    end = tokens + box_format.tokens_of(sent[key].size)
                    images.append(ImageSpan(tokens, end, key))
                    tokens = end
    return PromptIds((0,) * tokens, tuple(images))


def pages_of(
    request: ModelRequest, box_format: BoxFormat, model: ModelSettings
) -> dict[PageKey, SentPage]:
    """Return every page of a request's conversation with the size at which it is sent."""
    pages: dict[PageKey, Page] = {
        (page.document_id, page.page_index): page
        for document in request.documents
        for page in document.pages
    }
    wanted = {
        (part.document_id, part.page_index)
        for message in PromptConversation(request, pages).messages(ContextView())
        for part in message.parts
        if isinstance(part, ImagePart)
    }
    most = model.most_pixels(reading=get_task(request.task).reads_page)
    return {
        key: SentPage(
            page,
            box_format.shown_at(page.size, max_pixels=most, pixel_share=request.pixel_share),
        )
        for key, page in pages.items()
        if key in wanted
    }


class ServerCounter:
    """Estimates how much of a server's context a question takes."""

    def __init__(self, box_format: BoxFormat, model: ModelSettings) -> None:
        self._format = box_format
        self._model = model

    def size_of(self, request: ModelRequest) -> PromptSize:
        """Return how much of the context a question takes when nothing is shortened."""
        sent = pages_of(request, self._format, self._model)
        messages = PromptConversation(request, sent).messages(ContextView())
        tokens = len(prompt_of(messages, sent, self._format).ids)
        limit = self._model.context_tokens
        fits = limit is None or tokens + reserved(request.max_new_tokens, limit) <= limit
        images = {key: self._format.tokens_of(page.size) for key, page in sent.items()}
        return PromptSize(tokens, images, limit, fits)
