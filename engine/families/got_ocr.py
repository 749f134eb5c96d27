"""GOT-OCR 2.0: the text of a page, plain or formatted. It cannot chat, and its capabilities say so.

Each page is read on its own and streamed when it is done, so a long document shows its first page
early and one bad page does not spoil the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from engine.errors import ModelError
from engine.families.base import (
    Capabilities,
    ModelRequest,
    Outcome,
    Preparation,
    Run,
    RunCancelled,
)
from engine.families.hub import configuration, is_cached, load_weights, text_head_size
from engine.families.margins import with_margin
from engine.families.page_by_page import PageByPageFamily
from engine.hardware import choose_attention
from engine.settings import ModelSettings, Settings

if TYPE_CHECKING:
    import torch

# The frames that the model was trained to read inside (transformers' GotOcr2Processor, `color`).
_COLORS: Final = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class GotInputs:
    """One page's tensors for `generate`: input_ids (1, n), pixel_values (patches, 3, h, w)."""

    tensors: Mapping[str, torch.Tensor]
    generation: Mapping[str, Any]


class GotOCRFamily(PageByPageFamily):
    """stepfun-ai/GOT-OCR-2.0-hf, native in transformers.

    Generation options of its own: `format` (LaTeX and Markdown), `crop_to_patches` (for small
    print), `color` (reads inside the frame that is drawn on the page in this colour). A drawn box
    is told to the model.
    """

    reads_boxes: ClassVar[bool] = True

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"ocr"}), chat=False, multiple_pages=True, boxes=False
    )

    def __init__(
        self, model_id: str, settings: Settings, model: Any, processor: Any, attention: Any
    ) -> None:
        super().__init__(model_id, settings.model(model_id))
        self.model = model
        self.processor = processor
        self.attention = attention

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> GotOCRFamily:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        model_settings = settings.model(model_id)
        processor = configuration(model_id, model_settings, AutoProcessor.from_pretrained)
        attention = choose_attention(
            model_settings.attn_implementation,
            model_settings.dtype,
            text_head_size(model_id, model_settings),
        )
        # Its vision encoder adds relative positions to the scores, which transformers computes
        # eagerly only.
        model = load_weights(
            model_id,
            model_settings,
            attention,
            AutoModelForImageTextToText,
            attention_parts=("text_config",),
            # bitsandbytes' int8 product takes no four-dimensional input (windows of patches).
            unquantised=("model.vision_tower",),
        )
        return cls(model_id, settings, model, processor, attention)

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return is_cached(model)

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> GotInputs:
        import torch

        from engine.families.decoding import greedy

        options = {**self.settings.generation, **request.prompt.generation}
        formatted = bool(options.pop("format", False))
        cropped = bool(options.pop("crop_to_patches", False))
        color = options.pop("color", None)
        if color is not None and color not in _COLORS:
            raise ModelError(
                "model.unknown_color",
                model_id=self.model_id,
                color=color,
                known=", ".join(_COLORS),
            )
        if preparation.stop.is_set():
            raise RunCancelled
        image = request.pages[0].load_image()
        scale = min(1.0, request.pixel_share) ** 0.5
        if scale < 1.0:
            # The processor stretches all pages to one size: a smaller one needs a margin.
            image = with_margin(image, request.pixel_share)
        # The checkpoint has no chat template: its processor writes the published prompt.
        tensors = dict(
            self.processor(
                image,
                return_tensors="pt",
                format=formatted,
                crop_to_patches=cropped,
                color=color,
                # Pixels of the image; a margin leaves its left upper corner where it is.
                box=request.bbox and [edge * scale for edge in request.bbox],
            )
        )
        said = torch.tensor([request.so_far], dtype=torch.long)
        tensors["input_ids"] = torch.cat([tensors["input_ids"], said], dim=1)
        tensors["attention_mask"] = torch.ones_like(tensors["input_ids"])
        return GotInputs(tensors, {**greedy(options), "max_new_tokens": request.max_new_tokens})

    def generate_answer(self, inputs: GotInputs, run: Run) -> Outcome:
        import torch
        from transformers import StoppingCriteriaList

        from engine.families.decoding import GeneratedOnly, Watch

        tensors = {name: value.to(self.model.device) for name, value in inputs.tensors.items()}
        length = tensors["input_ids"].shape[1]
        tensors["pixel_values"] = tensors["pixel_values"].to(self.model.dtype)
        watch = Watch(run.stop, length)
        (end,) = self._ends()
        with torch.inference_mode():
            sequence = self.model.generate(
                **tensors,
                streamer=GeneratedOnly(run.streamer),
                stopping_criteria=StoppingCriteriaList([watch]),
                eos_token_id=end,
                **inputs.generation,
            )[0].tolist()
        said = sequence[length:]
        return Outcome(watch.finish_reason(said, {end}), length, len(said))

    def silent_ids(self) -> frozenset[int]:
        ends = self.tokenizer.all_special_ids
        return frozenset((*self._ends(), *map(int, ends)))

    def _ends(self) -> tuple[int]:
        return (int(self.tokenizer.convert_tokens_to_ids("<|im_end|>")),)

    def unload(self) -> None:
        del self.model

    def describe(self) -> Mapping[str, str]:
        return {
            "attention": self.attention.reason(),
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "quantization": self.settings.quantization,
        }
