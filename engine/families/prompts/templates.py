"""Renders a conversation to the ids of a prompt, by the checkpoint's own chat template.

The template is rendered with placeholders for images and earlier answers. An image becomes its run
of ids. An answer becomes its generated ids, not its text tokenised again, because the KV cache is
matched by ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.core.schema import ImagePart, Message, TextPart
from engine.families.pages.sequential import PageByPageFamily
from engine.families.prompts.images import SeenImage
from engine.families.prompts.memory import AnswerIds
from engine.families.prompts.token_ids import ImageSpan, PromptIds

# Placeholder of an earlier answer in the rendered template: a private-use character, removed from
# users' texts.
ANSWER: Final = "\ue000"


class ChatPrompts(PageByPageFamily):
    """Base of chat families: builds their prompts.

    Attributes:
        processor: the checkpoint's processor, with its tokenizer and template.
        answers: the ids of earlier answers, which a prompt repeats.
    """

    processor: Any
    answers: AnswerIds

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    @property
    def image_placeholder(self) -> str:
        """Text that the chat template writes for an image."""
        return str(self.processor.image_token)

    @property
    def image_token_id(self) -> int:
        """Id that is repeated for every token position of an image."""
        return int(self.processor.image_token_id)

    def image_ids(self, image: SeenImage) -> list[int]:
        """Return the ids of an image, image.tokens of them."""
        return [self.image_token_id] * image.tokens

    def count_text(self, text: str) -> int:
        """Return the number of tokens of a text on its own."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_of(
        self, messages: tuple[Message, ...], seen: Mapping[tuple[Any, ...], SeenImage]
    ) -> PromptIds:
        answers = [message for message in messages if message.role == "assistant"]
        keys = iter(
            key
            for message in messages
            for part in message.parts
            if isinstance(part, ImagePart) and (key := (part.document_id, part.page_index)) in seen
        )
        rendered = self.render(messages, seen)
        ids: list[int] = []
        images: list[ImageSpan] = []
        for number, segment in enumerate(rendered.split(ANSWER)):
            for piece_number, piece in enumerate(segment.split(self.image_placeholder)):
                if piece_number:
                    key = next(keys)
                    start = len(ids)
                    ids += self.image_ids(seen[key])
                    images.append(ImageSpan(start, len(ids), key))
                ids += self.tokenizer(piece, add_special_tokens=False)["input_ids"]
            if number < len(answers):
                ids += self._answer_ids(answers[number].text)
        return PromptIds(tuple(ids), tuple(images))

    def render(
        self, messages: tuple[Message, ...], seen: Mapping[tuple[Any, ...], SeenImage]
    ) -> str:
        """Render the conversation with the checkpoint's template, earlier answers as ANSWER."""
        chat = [
            {
                "role": message.role,
                "content": [{"type": "text", "text": ANSWER}]
                if message.role == "assistant"
                else [
                    {"type": "image"}
                    if isinstance(part, ImagePart)
                    else {"type": "text", "text": self._plain(part.text)}
                    for part in message.parts
                    if isinstance(part, TextPart) or (part.document_id, part.page_index) in seen
                ],
            }
            for message in messages
        ]
        text: str = self.processor.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=True, **self._template_options
        )
        return text

    @property
    def _template_options(self) -> dict[str, bool]:
        """Switch thinking off in templates that have a switch for it.

        Only for chat models. OCR models do not think, and a template may write something into the
        prompt that they were not trained on, such as GLM-4.5V's "/nothink".
        """
        template = str(getattr(self.processor, "chat_template", None) or "")
        if self.capabilities.chat and "enable_thinking" in template:
            return {"enable_thinking": False}
        return {}

    def _plain(self, text: str) -> str:
        """Remove everything from a text that the tokenizer would encode as a special token."""
        tokens = (ANSWER, *self.tokenizer.get_added_vocab())
        before = None
        # Repeated, because a removal may join the parts of another token.
        while text != before:
            before = text
            for token in tokens:
                text = text.replace(token, "")
        return text

    def _answer_ids(self, text: str) -> list[int]:
        generated = self.answers.get(text.strip())
        if generated is not None:
            return list(generated)
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
