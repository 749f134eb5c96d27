"""Adapters of DeepSeek-OCR v1 and v2: one page per question, boxes in the answers, no chat.

Both were trained on single prompts in the "plain" format, so prompts contain no earlier turns. The
page comes first in the prompt and its keys and values are cached: a second question about it does
not encode it again. torch and transformers are imported when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from PIL import Image

from engine.core.attention import AttentionChoice
from engine.core.errors import ModelError
from engine.core.schema import ImagePart, Message, TextPart
from engine.core.settings import ModelSettings, Settings
from engine.families.base import Capabilities, ModelRequest, Preparation
from engine.families.pages.margins import with_margin
from engine.families.prompts.images import SeenImage
from engine.families.prompts.token_ids import ImageSpan, PromptIds
from engine.families.transformers_chat import TransformersChatFamily
from engine.families.weights.hub import attention_of, configuration, load_weights
from engine.layout.cells import CellParser
from engine.layout.deepseek_tags import DeepseekTagParser

if TYPE_CHECKING:
    from engine.families.decoding.generate import DecodingInputs

# Boxes in answers run from 0 to this along both sides of the page, whatever its shape.
BOX_RANGE: Final = 999
# A retry with more than this share of the pixels keeps its mode.
_SAME_MODE: Final = 0.75
V1_MODEL_TYPE: Final = "deepseek_vl_v2"
V2_MODEL_TYPE: Final = "deepseek_ocr2"


class DeepseekOcrFamily(TransformersChatFamily):
    """deepseek-ai/DeepSeek-OCR.

    [models.ID] generation takes two keys of its own: `ngram_size` (0 turns the n-gram processor
    off) and `ngram_window`. `mode` chooses how a page is cut into views; without it `max_pixels`
    does (see processing.mode_for).
    """

    # One more reason not to quantise these: bitsandbytes' int8 product does not take
    # four-dimensional input (windows of patches). The experts are stacked tensors, which
    # bitsandbytes does not quantise anyway.
    unquantised: ClassVar[tuple[str, ...]] = ("model.vision_tower", "model.multi_modal_projector")
    modes: ClassVar[tuple[str, ...]] = ("tiny", "small", "base", "large", "gundam")

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "ocr", "layout", "locate", "figure"}),
        chat=False,
        multiple_pages=False,
        boxes=True,
    )
    model_type: ClassVar[str] = V1_MODEL_TYPE
    architecture: ClassVar[str] = "DeepseekOCRForCausalLM"

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> TransformersChatFamily:
        model_settings = settings.model(model_id)
        cls.check_mode(model_id, model_settings)
        cls._check_family(model_id, model_settings)
        processor = cls.processor_of(model_id, model_settings)
        requested = model_settings.attn_implementation
        if requested == "flash_attention_2":
            # SAM adds relative positions to the scores, which that kernel does not support.
            attention = AttentionChoice(requested, "sdpa", "deepseek.no_flash_attention")
        else:
            attention = attention_of(model_id, model_settings)
        model = load_weights(
            model_id,
            model_settings,
            attention,
            cls._classes()[1],
            unquantised=cls.unquantised,
        )
        return cls(model_id, settings, model, processor, attention)

    @classmethod
    def processor_of(cls, model_id: str, model: ModelSettings, *, local: bool = False) -> Any:
        load = partial(cls._classes()[0].from_pretrained, local_files_only=local)
        return configuration(model_id, model, load)

    @classmethod
    def _classes(cls) -> tuple[Any, Any]:
        """Return the classes whose from_pretrained loads the processor and the model."""
        from engine.families import deepseek_ocr

        return deepseek_ocr.DeepseekVLV2Processor, deepseek_ocr.DeepseekOcrForConditionalGeneration

    @classmethod
    def _check_family(cls, model_id: str, model: ModelSettings) -> None:
        """Check the checkpoint's model_type.

        v1 and the original v2 share one, so v1's config also checks the architecture.

        Raises:
            ModelError: the checkpoint is not this family's.
        """
        from transformers import PreTrainedConfig

        config = configuration(model_id, model, PreTrainedConfig.get_config_dict)[0]
        if config.get("model_type") != cls.model_type:
            found = ", ".join(map(str, config.get("architectures") or ())) or "-"
            raise ModelError("deepseek.wrong_architecture", found=found, expected=cls.architecture)

    @property
    def tokenizer(self) -> Any:
        from engine.families.deepseek_ocr.processing import TagKeepingTokenizer

        return TagKeepingTokenizer(self.processor.tokenizer)

    def see(self, image: Image.Image) -> SeenImage:
        from engine.families.deepseek_ocr.processing import mode_for, see

        views = see(image, self.settings.mode or mode_for(self.settings.max_pixels))
        return SeenImage((BOX_RANGE, BOX_RANGE), views.tokens, None, views.tensors)

    def see_smaller(self, image: Image.Image, pixel_share: float) -> SeenImage:
        """Encode a page in a smaller mode, because a page always fills the mode's size."""
        from engine.families.deepseek_ocr.processing import MODES, mode_for, see

        mode = self.settings.mode or mode_for(self.settings.max_pixels)
        if pixel_share > _SAME_MODE:
            # A small reduction: the same mode, with the page shrunk a little inside its frame.
            views = see(with_margin(image, pixel_share), mode)
            frame = round(BOX_RANGE * pixel_share**0.5)
            return SeenImage((frame, frame), views.tokens, None, views.tensors)
        pixels = MODES[mode].view_size ** 2
        smaller = mode_for(int(pixels if MODES[mode].tiles else pixels * pixel_share))
        views = see(image, smaller)
        return SeenImage((BOX_RANGE, BOX_RANGE), views.tokens, None, views.tensors)

    def cell_parser(self, task: str) -> CellParser:
        return DeepseekTagParser()

    def silent_ids(self) -> frozenset[int]:
        inner = self.processor.tokenizer
        special = (inner.bos_token_id, inner.eos_token_id, inner.pad_token_id)
        return super().silent_ids() | {index for index in special if index is not None}

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> DecodingInputs:
        from engine.families.deepseek_ocr.guard import (
            NGRAM_SIZE,
            WHITELIST,
            WINDOW,
            NGramLogitsProcessor,
        )

        # Tags of the template stay. Tags in the user's words are removed: the model obeys them.
        asked = replace(
            request.prompt,
            text=request.prompt.text.replace(request.question, self._plain(request.question))
            if request.question
            else request.prompt.text,
        )
        alone = replace(request, history=(), pages=request.pages[:1], prompt=asked)
        inputs = super().prepare_prompt(alone, preparation)
        options = dict(inputs.generation)
        ngram_size = int(options.pop("ngram_size", NGRAM_SIZE))
        window = int(options.pop("ngram_window", WINDOW))
        guards: tuple[NGramLogitsProcessor, ...] = ()
        if ngram_size:
            known = self.processor.tokenizer.get_vocab()
            cells = [known[tag] for tag in WHITELIST if tag in known]
            guards = (NGramLogitsProcessor(ngram_size, window, cells, len(inputs.prompt.ids)),)
        return replace(inputs, generation=options, guards=guards)

    def prompt_of(
        self, messages: tuple[Message, ...], seen: Mapping[tuple[Any, ...], SeenImage]
    ) -> PromptIds:
        parts = messages[-1].parts
        text = "\n".join(part.text for part in parts if isinstance(part, TextPart))
        keys = [
            (part.document_id, part.page_index) for part in parts if isinstance(part, ImagePart)
        ]
        tokens = seen[keys[0]].tokens if keys else 0
        ids = self._plain_ids(text, tokens)
        if not keys:
            return PromptIds(tuple(ids), ())
        start = ids.index(self.image_token_id)
        return PromptIds(tuple(ids), (ImageSpan(start, start + tokens, keys[0]),))

    def _plain_ids(self, text: str, image_tokens: int) -> list[int]:
        """Return the ids of a prompt in the plain format, the same for v1 and v2."""
        from engine.families.deepseek_ocr import DeepseekVLV2Processor

        return DeepseekVLV2Processor(self.processor.tokenizer).prompt_ids(text, image_tokens)


class DeepseekOcr2Family(DeepseekOcrFamily):
    """deepseek-community/DeepSeek-OCR-2, native in transformers: its own classes are used as is."""

    # Its processor has one way of cutting a page.
    modes: ClassVar[tuple[str, ...]] = ()
    model_type: ClassVar[str] = V2_MODEL_TYPE
    architecture: ClassVar[str] = "DeepseekOcr2ForConditionalGeneration"

    @classmethod
    def _classes(cls) -> tuple[Any, Any]:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        return AutoProcessor, AutoModelForImageTextToText

    def see(self, image: Image.Image) -> SeenImage:
        import torch

        outputs = self.processor.image_processor(images=image.convert("RGB"), return_tensors="pt")
        placeholder = self.processor.replace_image_token(outputs, 0)
        tokens = len(placeholder) // len(self.processor.image_token)
        tensors = {name: torch.as_tensor(value) for name, value in outputs.items()}
        for name in tensors:
            if name.startswith("pixel_values"):
                tensors[name] = tensors[name].to(self.model.dtype)
        return SeenImage((BOX_RANGE, BOX_RANGE), tokens, None, lambda: tensors)
