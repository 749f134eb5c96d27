"""GOT-OCR 2.0: the text of a page, plain or formatted. It cannot chat, and its capabilities say so.

Each page has its own prompt and is streamed as it is generated, so a long document shows its first
page early and a failing page does not affect the others. With `mode = "multi_page"` in the
settings, one prompt holds several pages, for text that runs on from page to page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from engine.core.errors import ModelError, RunCancelled
from engine.core.schema import Notice, Page, Step
from engine.core.settings import ModelSettings, Settings
from engine.families.base import Capabilities, ModelRequest, Outcome, Preparation, Run
from engine.families.pages.margins import with_margin
from engine.families.pages.run import ReadingInputs
from engine.families.pages.sequential import PageByPageFamily
from engine.families.weights.hub import (
    attention_of,
    configuration,
    is_cached,
    load_weights,
    run_facts,
)

if TYPE_CHECKING:
    import torch
    from PIL import Image

MULTI_PAGE: Final = "multi_page"
# It was trained on 2 to 8 pages at once (arXiv:2409.01704, section 3.4).
MOST_PAGES: Final = 8
# Colours of frames that the model was trained on (transformers' GotOcr2Processor, `color`).
_COLORS: Final = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class GotInputs:
    """One prompt's tensors for `generate`: input_ids (1, n), pixel_values (patches, 3, h, w)."""

    tensors: Mapping[str, torch.Tensor]
    generation: Mapping[str, Any]


class GotOCRFamily(PageByPageFamily):
    """stepfun-ai/GOT-OCR-2.0-hf, native in transformers.

    The task "markdown" is its published "OCR with format". Generation options of its own:
    `format` (formatted output for plain OCR too), `crop_to_patches` (for small print) and `color`
    (reads inside the frame of this colour on the page). The prompt contains a drawn box.
    """

    modes: ClassVar[tuple[str, ...]] = (MULTI_PAGE,)
    reads_boxes: ClassVar[bool] = True
    # One more reason not to quantise these: bitsandbytes' int8 product does not take
    # four-dimensional input (windows of patches).
    unquantised: ClassVar[tuple[str, ...]] = ("model.vision_tower", "model.multi_modal_projector")

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"ocr", "markdown"}), chat=False, multiple_pages=True, boxes=False
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
        cls.check_mode(model_id, model_settings)
        processor = configuration(model_id, model_settings, AutoProcessor.from_pretrained)
        attention = attention_of(model_id, model_settings, language_only=True)
        # The vision encoder adds relative positions to the scores; transformers supports that in
        # eager attention only.
        model = load_weights(
            model_id,
            model_settings,
            attention,
            AutoModelForImageTextToText,
            attention_parts=("text_config",),
            unquantised=cls.unquantised,
        )
        return cls(model_id, settings, model, processor, attention)

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return is_cached(model)

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    def prepare(self, request: ModelRequest, preparation: Preparation) -> ReadingInputs:
        """Prepare one prompt for all pages in multi-page mode, else one prompt per page."""
        pages = len(request.pages)
        if self.settings.mode != MULTI_PAGE or pages == 1:
            return super().prepare(request, preparation)
        if pages > MOST_PAGES:
            preparation.emit(Notice("notice.one_by_one", {"pages": pages, "most": MOST_PAGES}))
            return super().prepare(request, preparation)
        resumed = self._resumed(request) if request.resume else {}
        ids = [index for record in resumed.values() for index in record.ids]
        asked = replace(request, so_far=tuple(ids))
        answer = self.prepare_prompt(asked, preparation)
        return ReadingInputs(request, answer, lambda *_: None, resumed=resumed)

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> GotInputs:
        import torch

        from engine.families.decoding.generate import greedy

        options = {**self.settings.generation, **request.prompt.generation}
        formatted = bool(options.pop("format", False)) or request.task == "markdown"
        cropped = bool(options.pop("crop_to_patches", False))
        color = options.pop("color", None)
        if color is not None and color not in _COLORS:
            raise ModelError(
                "model.unknown_color",
                model_id=self.model_id,
                color=color,
                known=", ".join(_COLORS),
            )
        images = [self._image(page, request, preparation) for page in request.pages]
        scale = min(1.0, request.pixel_share) ** 0.5
        # The checkpoint has no chat template: its processor writes the published prompt.
        tensors = dict(
            self.processor(
                images,
                return_tensors="pt",
                format=formatted,
                crop_to_patches=cropped,
                color=color,
                multi_page=len(images) > 1,
                # Image pixels. A margin does not move the image's top left corner.
                box=request.bbox and [edge * scale for edge in request.bbox],
            )
        )
        generated = torch.tensor([request.so_far], dtype=torch.long)
        tensors["input_ids"] = torch.cat([tensors["input_ids"], generated], dim=1)
        tensors["attention_mask"] = torch.ones_like(tensors["input_ids"])
        return GotInputs(tensors, {**greedy(options), "max_new_tokens": request.max_new_tokens})

    def _image(self, page: Page, request: ModelRequest, preparation: Preparation) -> Image.Image:
        if preparation.stop.is_set():
            raise RunCancelled
        values = {"page": request.pages.index(page) + 1, "pages": len(request.pages)}
        preparation.emit(Step("step.preparing", values, page.page_index))
        image = page.load_image()
        # The processor stretches all pages to one size, so a smaller page needs a margin.
        return image if request.pixel_share >= 1.0 else with_margin(image, request.pixel_share)

    def generate_answer(self, inputs: GotInputs, run: Run) -> Outcome:
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        from engine.families.decoding.overflow import FiniteLogitsProcessor
        from engine.families.decoding.stopping import GeneratedIdsStreamer, RunStoppingCriteria

        tensors = {name: value.to(self.model.device) for name, value in inputs.tensors.items()}
        length = tensors["input_ids"].shape[1]
        tensors["pixel_values"] = tensors["pixel_values"].to(self.model.dtype)
        watch = RunStoppingCriteria(run.stop, length, self.words)
        (end,) = self._ends()
        with torch.inference_mode():
            sequence = self.model.generate(
                **tensors,
                streamer=GeneratedIdsStreamer(run.streamer),
                stopping_criteria=StoppingCriteriaList([watch]),
                logits_processor=LogitsProcessorList(
                    [FiniteLogitsProcessor(self.model, self.model_id)]
                ),
                eos_token_id=end,
                **inputs.generation,
            )[0].tolist()
        generated = sequence[length:]
        return Outcome(watch.finish_reason(generated, {end}), length, len(generated))

    def silent_ids(self) -> frozenset[int]:
        ends = self.tokenizer.all_special_ids
        return frozenset((*self._ends(), *map(int, ends)))

    def _ends(self) -> tuple[int]:
        return (int(self.tokenizer.convert_tokens_to_ids("<|im_end|>")),)

    def unload(self) -> None:
        del self.model

    def describe(self) -> Mapping[str, str]:
        return run_facts(self.settings, self.attention)
