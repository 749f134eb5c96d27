"""Counts the tokens of a question to a chat model, without the model's weights.

Page images are not decoded for it: a blank image of the same size takes as many tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from engine.core.prompts import get_task
from engine.core.schema import ImagePart, Message
from engine.core.settings import ModelSettings
from engine.families.base import ModelRequest, PromptSize
from engine.families.prompts.conversation import ContextView, PromptConversation, reserved
from engine.families.prompts.images import SeenImage, SeenImages
from engine.families.prompts.token_ids import PromptIds
from engine.families.weights.hub import configuration


class ChatFamily(Protocol):
    """The interface of a family that counting uses."""

    images: SeenImages

    @property
    def context_tokens(self) -> int | None: ...

    def prompt_of(
        self, messages: tuple[Message, ...], seen: Mapping[tuple[Any, ...], SeenImage]
    ) -> PromptIds: ...


@dataclass(frozen=True, slots=True)
class ModelWithoutWeights:
    """Replaces a model where tokens are only counted."""

    config: Any

    @classmethod
    def of(cls, model_id: str, model: ModelSettings) -> ModelWithoutWeights:
        """Load the config of a local checkpoint. Raises ModelError."""
        from transformers import AutoConfig

        load = partial(AutoConfig.from_pretrained, local_files_only=True)
        return cls(configuration(model_id, model, load))


class ChatCounter:
    """Counts tokens with a family that has no weights."""

    def __init__(self, family: ChatFamily) -> None:
        self._family = family

    def size_of(self, request: ModelRequest) -> PromptSize:
        """Return how much of the context a question takes when nothing is shortened."""
        known = {
            (page.document_id, page.page_index): page
            for document in request.documents
            for page in document.pages
        }
        reading = get_task(request.task).reads_page
        messages = PromptConversation(request, known).messages(ContextView())
        seen = {
            (part.document_id, part.page_index): self._family.images.of_size(
                known[part.document_id, part.page_index].size,
                request.pixel_share,
                reading=reading,
            )
            for message in messages
            for part in message.parts
            if isinstance(part, ImagePart)
        }
        tokens = len(self._family.prompt_of(messages, seen).ids)
        limit = self._family.context_tokens
        needed = tokens + reserved(request.max_new_tokens, limit) if limit else 0
        images = {key: image.tokens for key, image in seen.items()}
        return PromptSize(tokens, images, limit, limit is None or needed <= limit)
