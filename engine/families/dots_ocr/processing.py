"""Processor of dots.ocr: pages and questions -> model inputs, and its two published prompt forms.

The published files name the class `DotsVLProcessor`. With the same name here, transformers finds
this class and does not ask to run the repository's code.

Two prompt forms are published, and they differ (see CHAT_TEMPLATES). "serving", the default, is
the form of the authors' own client and server recipe; "readme" is the form of the model card's
`apply_chat_template` example. The chat template beside a checkpoint is not read.

This module does not rasterise PDFs, nor parse answers.
Try: `AutoProcessor.from_pretrained(folder)` after `import engine.families.dots_ocr`.

Sources: model card and repository of rednote-hilab/dots.ocr; image rule: arXiv:2409.12191.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image
from transformers import AutoTokenizer, PreTrainedTokenizerBase, ProcessorMixin
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (
    Qwen2VLImageProcessorPil,
    smart_resize,
)

IMAGE_TOKEN = "<|imgpad|>"
# 151643 and 151673 in the published vocabulary.
STOP_TOKENS = ("<|endoftext|>", "<|endofassistant|>")
MIN_PIXELS = 3136
MAX_PIXELS = 11_289_600

# Common to both forms: system and assistant turns, and a suffix that is added whenever the last
# turn is not an assistant's, whatever add_generation_prompt says. A final assistant turn has no end
# token, so the model continues it (Continue after a truncated answer).
_TEMPLATE = """
{%- macro parts(content) -%}
    {%- if content is string -%}{{ content }}
    {%- else -%}
        {%- for part in content -%}
            {%- if part.type == 'image' -%}<|img|><|imgpad|><|endofimg|>
            {%- elif part.type == 'text' -%}{{ part.text }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
{%- for message in messages -%}
    {%- if message.role == 'system' -%}
        {{ '<|system|>' ~ parts(message.content) ~ '<|endofsystem|>\\n' }}
    {%- elif message.role == 'user' -%}
        USER_TURN
    {%- elif message.role == 'assistant' -%}
        {{ '<|assistant|>' ~ parts(message.content) }}
        {%- if not loop.last -%}<|endofassistant|>{%- endif -%}
    {%- endif -%}
{%- endfor -%}
{%- if messages[-1].role != 'assistant' -%}<|assistant|>{%- endif -%}
"""
_WRAPPED = "{{ '<|user|>' ~ parts(message.content) ~ '<|endofuser|>' }}"
# The published list branch omits the wrappers and leaves a space from the template's own source.
_BARE_LIST = (
    "{%- if message.content is string -%}" + _WRAPPED + "{%- else -%}"
    "{{ ' ' ~ parts(message.content) }}{%- endif -%}"
)
CHAT_TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "serving": _TEMPLATE.replace("USER_TURN", _WRAPPED),
        "readme": _TEMPLATE.replace("USER_TURN", _BARE_LIST),
    }
)
DEFAULT_CHAT_TEMPLATE = "serving"


class DotsImageProcessor(Qwen2VLImageProcessorPil):
    """Image -> rows of 14 x 14 patches, with dots.ocr's defaults.

    It uses the PIL backend because that reproduces the reference's pixels exactly. torchvision's
    resize differs by up to 0.03, which changes the image features by up to 0.007.
    """

    size = {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS}  # noqa: RUF012 - a hook
    temporal_patch_size = 1

    def convert_to_rgb(self, image: Any, *args: Any, **options: Any) -> Any:
        """Convert an image to RGB, with transparent areas in white.

        transformers' own conversion drops the alpha channel, so the colour beneath it appears,
        mostly black. The authors' client pastes on white.
        """
        if isinstance(image, Image.Image) and image.has_transparency_data:
            paper = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
        return super().convert_to_rgb(image, *args, **options)

    def resized_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size of an image after the resize; boxes are in pixels of that size.

        Args:
            size: (width, height) in pixels.
        Returns:
            (width, height) in pixels, multiples of 28.
        Raises:
            ValueError: one side is more than 200 times the other.
        """
        width, height = size
        new_height, new_width = smart_resize(
            height,
            width,
            factor=self.patch_size * self.merge_size,
            min_pixels=self.size["shortest_edge"],
            max_pixels=self.size["longest_edge"],
        )
        return new_width, new_height


class DotsVLProcessor(ProcessorMixin):
    """Image processor and tokenizer of dots.ocr behind one call.

    `processor(images=[...], text=prompt, return_tensors="pt")` returns input_ids (B, T),
    attention_mask (B, T), pixel_values (S, 588) and image_grid_thw (images, 3). Each `<|imgpad|>`
    in the text becomes one token per 2 x 2 patches of its image.
    """

    def __init__(
        self,
        image_processor: DotsImageProcessor,
        tokenizer: PreTrainedTokenizerBase,
        chat_template: str | None = None,
    ) -> None:
        """
        Args:
            image_processor: cuts images into patches.
            tokenizer: with the published special tokens.
            chat_template: "serving" (the default), "readme", or the text of a template.
        """
        # Not the tokenizer's own image_token: a Qwen tokenizer class may bring another model's.
        self.image_token = IMAGE_TOKEN
        self.image_token_id = tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
        name = chat_template if chat_template is not None else DEFAULT_CHAT_TEMPLATE
        super().__init__(  # type: ignore[no-untyped-call]
            image_processor,
            tokenizer,
            chat_template={**CHAT_TEMPLATES, "default": CHAT_TEMPLATES.get(name, name)},
        )

    @classmethod
    def from_pretrained(  # type: ignore[override]  # upstream spells the hub options out
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> DotsVLProcessor:
        """Load from published files.

        The base class would use transformers' torchvision image processor, because the published
        preprocessor_config.json names `Qwen2VLImageProcessor`, and the checkpoint's template.

        Args:
            pretrained_model_name_or_path: a folder or a repository id.
            chat_template: see __init__.
            kwargs: hub options (revision, cache_dir, token, local_files_only, ...), and `size`.
        """
        for unused in ("_from_auto", "trust_remote_code"):
            kwargs.pop(unused, None)
        hub = {key: value for key, value in kwargs.items() if key != "size"}
        return cls(
            DotsImageProcessor.from_pretrained(pretrained_model_name_or_path, **kwargs),
            AutoTokenizer.from_pretrained(pretrained_model_name_or_path, **hub),
            chat_template=chat_template,
        )

    @property
    def stop_token_ids(self) -> list[int]:
        """Ids that end an answer, whatever generation_config.json says."""
        ids = self.tokenizer.convert_tokens_to_ids(list(STOP_TOKENS))
        return [int(token) for token in ids]

    @property
    def unused_input_names(self) -> list[str]:
        """Tokenizer outputs to drop: the model has no token types."""
        return ["token_type_ids"]

    def replace_image_token(
        self, image_inputs: Mapping[str, Any], image_idx: int, **kwargs: Any
    ) -> str:
        """Return the placeholders of one image: one per 2 x 2 patches."""
        patches = int(image_inputs["image_grid_thw"][image_idx].prod())
        tokens: int = patches // self.image_processor.merge_size**2
        return self.image_token * tokens
