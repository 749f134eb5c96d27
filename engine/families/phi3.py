"""Adapter of Phi-3.5-vision: chat over several pages and turns, with a KV cache between turns.

It differs from the other chat families in three ways. The ids at an image's positions are the
negative number of the image. Every piece of text between two images begins with `<s>`. LongRoPE
rotates the keys of a conversation of more than 4096 tokens with other factors than those of a
shorter one: a cache from the other side of that limit is dropped, and an answer that crosses it
is recomputed from the images. So `generate` gets the images whenever the answer may cross it.

`max_pixels` of the settings chooses how many crops of 336 x 336 pixels a page may have. torch and
transformers are imported when a model is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from PIL import Image

from engine.core.schema import ImagePart, Message
from engine.core.settings import ModelSettings, Settings
from engine.families.base import Capabilities, ModelRequest, Outcome, Preparation, Run
from engine.families.pages.margins import with_margin
from engine.families.prompts.images import SeenImage
from engine.families.prompts.templates import ANSWER
from engine.families.prompts.token_ids import ImageSpan, PromptIds
from engine.families.transformers_chat import TransformersChatFamily

if TYPE_CHECKING:
    from engine.families.decoding.generate import DecodingInputs

# A retry with more than this share of the pixels keeps its number of crops.
_SAME_CROPS: Final = 0.75
_TAG: Final = re.compile(r"<\|[^<>|]*\|>")


class Phi3VisionFamily(TransformersChatFamily):
    """microsoft/Phi-3.5-vision-instruct."""

    unquantised: ClassVar[tuple[str, ...]] = ("model.vision_embed_tokens",)
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "ocr", "markdown", "table", "describe", "document_type"}),
        chat=True,
        multiple_pages=True,
        boxes=False,
    )

    @classmethod
    def processor_of(cls, model_id: str, model: ModelSettings, *, local: bool = False) -> Any:
        import engine.families.phi3_vision  # noqa: F401 - teaches transformers its classes

        return super().processor_of(model_id, model, local=local)

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> TransformersChatFamily:
        family = super().load(model_id, settings)
        # The published generation_config.json lacks <|end|>, with which answers end.
        family.model.generation_config.eos_token_id = family.processor.stop_token_ids
        return family

    @property
    def image_placeholder(self) -> str:
        return "<|image_1|>"

    @property
    def image_token_id(self) -> int:
        """Id of the first image; that of the i-th image is -i."""
        return -1

    def see(self, image: Image.Image) -> SeenImage:
        return self._crop(image, self._crops())

    def see_smaller(self, image: Image.Image, pixel_share: float) -> SeenImage:
        """Encode a page with fewer crops, or shrunk inside the same crops for a share near 1."""
        if pixel_share <= _SAME_CROPS:
            return self._crop(image, max(1, int(self._crops() * pixel_share)))
        return self.see(with_margin(image, pixel_share))

    def _crops(self) -> int:
        """Return the maximum number of crops of a page."""
        from engine.families.phi3_vision.processing import CROP

        pixels = self.settings.max_pixels
        if pixels is None:
            return int(self.processor.image_processor.num_crops)
        return max(1, pixels // CROP**2)

    def _crop(self, image: Image.Image, crops: int) -> SeenImage:
        outputs = self.processor.image_processor([image], num_crops=crops)
        (tokens,) = outputs.pop("num_img_tokens")
        height, width = outputs["image_sizes"][0].tolist()
        return SeenImage((width, height), int(tokens), None, lambda: outputs)

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> DecodingInputs:
        import torch

        inputs = super().prepare_prompt(request, preparation)
        length = len(inputs.prompt.ids)
        rotary = self.model.model.rotary_emb
        limit = self.model.config.original_max_position_embeddings

        def on_start() -> None:
            rotary.sequence_length = length if length > limit else 0

        generation = dict(inputs.generation)
        if inputs.prompt.images and length <= limit < length + inputs.generation["max_new_tokens"]:
            tensors = [inputs.image_tensors(span) for span in inputs.prompt.images]
            for name in ("pixel_values", "image_sizes"):
                whole = torch.cat([image[name] for image in tensors])
                generation[name] = whole.to(self.model.device)
        return replace(inputs, on_start=on_start, generation=generation)

    def generate_answer(self, inputs: DecodingInputs, run: Run) -> Outcome:
        from engine.families.phi3_vision.rotary import factors_for

        factors = factors_for(len(inputs.prompt.ids), self.model.config)
        cached = self.caches.take(inputs.conversation)
        if cached is not None and cached.cache.rope_factors == factors:
            self.caches.put(inputs.conversation, cached)
        try:
            return super().generate_answer(inputs, run)
        finally:
            cached = self.caches.take(inputs.conversation)
            if cached is not None:
                if not hasattr(cached.cache, "rope_factors"):
                    # The prefill was stopped before the model could mark the cache.
                    cached.cache.rope_factors = factors
                self.caches.put(inputs.conversation, cached)

    def prompt_of(
        self, messages: tuple[Message, ...], seen: Mapping[tuple[Any, ...], SeenImage]
    ) -> PromptIds:
        answers = [message.text for message in messages if message.role == "assistant"]
        keys = [
            key
            for message in messages
            for part in message.parts
            if isinstance(part, ImagePart) and (key := (part.document_id, part.page_index)) in seen
        ]
        counts = [seen[key].tokens for key in keys]
        ids: list[int] = []
        for number, segment in enumerate(self.render(messages, seen).split(ANSWER)):
            ids += self.processor.prompt_ids(segment, counts, continues=number > 0)
            if number < len(answers):
                ids += self._answer_ids(answers[number])
        images = []
        for image, (key, tokens) in enumerate(zip(keys, counts, strict=True), start=1):
            start = ids.index(-image)
            images.append(ImageSpan(start, start + tokens, key))
        return PromptIds(tuple(ids), tuple(images))

    def _plain(self, text: str) -> str:
        """Remove all tags: `<|image_7|>` is not a token, but the processor interprets it."""
        plain = super()._plain(text)
        while (without := super()._plain(_TAG.sub("", plain))) != plain:
            plain = without
        return plain
