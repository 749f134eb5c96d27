"""GOT-OCR 2.0: the text of a page, plain or formatted. It cannot chat, and its capabilities say so.

Each page is read on its own and streamed when it is done, so a long document shows its first page
early and one bad page does not spoil the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.families.base import (
    Capabilities,
    ModelFamily,
    ModelRequest,
    Outcome,
    Preparation,
    Run,
    RunCancelled,
)
from engine.families.hub import configuration, is_cached, load_weights, text_head_size
from engine.hardware import choose_attention
from engine.schema import FinishReason, Step
from engine.settings import ModelSettings, Settings

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class PageInputs:
    """One page's tensors for `generate`: input_ids (1, n), pixel_values (patches, 3, h, w)."""

    page_index: int
    tensors: Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class GotInputs:
    pages: tuple[PageInputs, ...]
    generation: Mapping[str, Any]


class GotOCRFamily(ModelFamily):
    """stepfun-ai/GOT-OCR-2.0-hf, native in transformers."""

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

    def prepare(self, request: ModelRequest, preparation: Preparation) -> GotInputs:
        from engine.families.decoding import greedy

        options = {**self.settings.generation, **request.prompt.generation}
        formatted = bool(options.pop("format", False))
        cropped = bool(options.pop("crop_to_patches", False))
        pages = []
        for number, page in enumerate(request.pages, start=1):
            if preparation.stop.is_set():
                raise RunCancelled
            values = {"page": number, "pages": len(request.pages)}
            preparation.emit(Step("step.preparing", values, page.page_index))
            # The checkpoint has no chat template: its processor writes the published prompt.
            tensors = self.processor(
                page.load_image(), return_tensors="pt", format=formatted, crop_to_patches=cropped
            )
            pages.append(PageInputs(page.page_index, dict(tensors)))
        return GotInputs(
            tuple(pages), {**greedy(options), "max_new_tokens": request.max_new_tokens}
        )

    def generate(self, inputs: GotInputs, run: Run) -> Outcome:
        import torch
        from transformers import StoppingCriteriaList

        from engine.families.decoding import GeneratedOnly, Watch

        prompt_tokens = said = 0
        finish: FinishReason = "stop"
        end = self.tokenizer.convert_tokens_to_ids("<|im_end|>")
        separator = self.tokenizer("\n\n", add_special_tokens=False, return_tensors="pt")
        for number, page in enumerate(inputs.pages, start=1):
            if run.stop.is_set():
                return Outcome("cancelled", prompt_tokens, said)
            values = {"page": number, "pages": len(inputs.pages)}
            run.emit(Step("step.reading_page", values, page.page_index))
            if number > 1:
                run.streamer.put(separator["input_ids"][0])
            tensors = {name: value.to(self.model.device) for name, value in page.tensors.items()}
            length = tensors["input_ids"].shape[1]
            tensors["pixel_values"] = tensors["pixel_values"].to(self.model.dtype)
            watch = Watch(run.stop, length)
            with torch.inference_mode():
                sequence = self.model.generate(
                    **tensors,
                    streamer=GeneratedOnly(run.streamer, ends=False),
                    stopping_criteria=StoppingCriteriaList([watch]),
                    eos_token_id=end,
                    **inputs.generation,
                )[0].tolist()
            prompt_tokens += length
            said += len(sequence) - length
            ended = watch.finish_reason(sequence[length:], {end})
            # The worst of the pages is what the user should know.
            finish = finish if ended == "stop" else ended
        run.streamer.end()
        return Outcome(finish, prompt_tokens, said)

    def unload(self) -> None:
        del self.model

    def describe(self) -> Mapping[str, str]:
        return {
            "attention": self.attention.reason(),
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "quantization": self.settings.quantization,
        }
