"""dots.ocr on transformers 5: transformers' Qwen2 language model with our vision tower.

Loads the published checkpoints (rednote-hilab/dots.ocr, dots.mocr) by their published tensor names
without remote code and without flash-attn. Positions are plain 1-D: an image token counts as one
position, so the caches and decoding methods of transformers' Qwen2 work unchanged.

This module does not preprocess (processing.py), nor choose a device or dtype.
Try: `AutoModelForImageTextToText.from_pretrained(folder)` after `import engine.families.dots_ocr`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import Qwen2ForCausalLM
from transformers.cache_utils import Cache
from transformers.modeling_outputs import CausalLMOutputWithPast

from engine.families.dots_ocr.configuration import DotsOCRConfig, DotsVisionConfig
from engine.families.dots_ocr.vision import DotsVisionTower


class DotsOCRForCausalLM(Qwen2ForCausalLM):  # type: ignore[no-untyped-call]
    """The architecture named in the published config.json.

    Tensors: `vision_tower.*`, `model.*` and `lm_head.weight`, exactly as published.
    """

    config: DotsOCRConfig
    config_class = DotsOCRConfig
    input_modalities = ["image", "text"]  # noqa: RUF012
    _no_split_modules = ["Qwen2DecoderLayer", "DotsVisionBlock"]  # noqa: RUF012 - transformers' hook

    def __init__(self, config: DotsOCRConfig) -> None:
        super().__init__(config)
        tower_config = config.vision_config
        assert isinstance(tower_config, DotsVisionConfig)  # the configuration's __post_init__
        tower: DotsVisionTower = DotsVisionTower._from_config(tower_config)  # type: ignore[no-untyped-call]
        self.vision_tower = tower
        self.post_init()  # type: ignore[no-untyped-call]

    def get_image_features(self, pixel_values: Tensor, image_grid_thw: Tensor) -> Tensor:
        """Encode images to the features of their tokens, in order.

        Args:
            pixel_values: (S, 588), any float dtype; cast to the tower's.
            image_grid_thw: (images, 3): frames, rows, columns in patches.
        Returns:
            (sum of t * h * w / 4, hidden_size).
        """
        features: Tensor = self.vision_tower(pixel_values, image_grid_thw)
        return features

    def embed(self, input_ids: Tensor, pixel_values: Tensor, image_grid_thw: Tensor) -> Tensor:
        """Return token embeddings (B, T, hidden_size), with features at the image tokens.

        Rows that beam search (or num_return_sequences) repeated share one set of images.

        Raises:
            ValueError: the number of image tokens differs from the number of features, because
                the text was truncated or the images belong to another text.
        """
        copies = self._copies(input_ids, image_grid_thw)
        distinct = input_ids[::copies]
        embeds: Tensor = self.get_input_embeddings()(distinct)
        features = self.get_image_features(pixel_values, image_grid_thw)
        is_image = distinct == self.config.image_token_id  # (B / copies, T)
        tokens = int(is_image.sum())
        if tokens != features.shape[0]:
            raise ValueError(
                f"The text has {tokens} image tokens, but the images give {features.shape[0]} "
                "features. Pass text and images as one processor call made them, untruncated."
            )
        embeds = embeds.masked_scatter(
            is_image.unsqueeze(-1).to(embeds.device), features.to(embeds.device, embeds.dtype)
        )
        return embeds.repeat_interleave(copies, dim=0)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        pixel_values: Tensor | None = None,
        image_grid_thw: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Embed the images, then run one step of the language model.

        Args:
            input_ids: (B, T); with a filled cache, the tokens after it.
            attention_mask: (B, cached + T), 1 for real tokens, or the mask that generate prepared.
            position_ids: (B, T), plain 1-D; counted from the cache if absent.
            past_key_values: keys and values of the earlier tokens.
            inputs_embeds: (B, T, hidden_size) instead of input_ids; excludes images.
            pixel_values: (S, 588), the images whose tokens are in input_ids, and only those.
            image_grid_thw: (images, 3).
            labels, use_cache, logits_to_keep: as in transformers' Qwen2ForCausalLM.
        Returns:
            logits (B, T, vocab_size) and the cache.
        """
        if pixel_values is not None:
            if input_ids is None or inputs_embeds is not None or image_grid_thw is None:
                raise ValueError("pixel_values need input_ids and image_grid_thw beside them.")
            inputs_embeds = self.embed(input_ids, pixel_values, image_grid_thw)
            input_ids = None
        output: CausalLMOutputWithPast = super().forward(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            labels=labels,
            use_cache=use_cache,
            logits_to_keep=logits_to_keep,
            **kwargs,
        )
        return output

    def prepare_inputs_for_generation(  # type: ignore[override]  # names two of its kwargs
        self,
        input_ids: Tensor,
        next_sequence_length: int | None = None,
        pixel_values: Tensor | None = None,
        image_grid_thw: Tensor | None = None,
        is_first_iteration: bool | None = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Prepare the inputs of one step, without images that the cache already holds.

        So a second turn may pass the whole conversation with all its images and a filled cache:
        only new images are encoded.
        """
        if is_first_iteration and pixel_values is not None and image_grid_thw is not None:
            new = next_sequence_length if next_sequence_length is not None else input_ids.shape[1]
            pixel_values, image_grid_thw = self._uncached_images(
                input_ids, input_ids.shape[1] - new, pixel_values, image_grid_thw
            )
        prepared: dict[str, Any] = super().prepare_inputs_for_generation(  # type: ignore[misc]
            input_ids,  # type: ignore[arg-type]
            next_sequence_length=next_sequence_length,
            pixel_values=pixel_values,
            image_grid_thw=image_grid_thw,
            is_first_iteration=is_first_iteration,
            **kwargs,
        )
        return prepared

    def _expand_inputs_for_generation(
        self,
        expand_size: int = 1,
        is_encoder_decoder: bool = False,
        input_ids: Any = None,
        **model_kwargs: Any,
    ) -> tuple[Any, dict[str, Any]]:
        """Repeat every row for beams, but not the images: transformers would repeat each patch."""
        images: dict[str, Any] = {
            name: model_kwargs.pop(name)
            for name in ("pixel_values", "image_grid_thw")
            if name in model_kwargs
        }
        input_ids, model_kwargs = super()._expand_inputs_for_generation(  # type: ignore[misc]
            expand_size, is_encoder_decoder, input_ids, **model_kwargs
        )
        return input_ids, {**model_kwargs, **images}

    def _tokens_per_image(self, image_grid_thw: Tensor) -> Tensor:
        """Return the number of tokens of each image, (images,)."""
        merge: int = self.vision_tower.config.spatial_merge_size
        return image_grid_thw.prod(-1) // merge**2

    def _copies(self, input_ids: Tensor, image_grid_thw: Tensor) -> int:
        """Return how often (B, T) input_ids repeat each row for one set of images; else 1."""
        placed = int((input_ids == self.config.image_token_id).sum())
        given = int(self._tokens_per_image(image_grid_thw).sum())
        copies, rest = divmod(placed, given)
        if copies < 2 or rest or input_ids.shape[0] % copies:
            return 1
        repeated = input_ids[::copies].repeat_interleave(copies, dim=0)
        return copies if torch.equal(repeated, input_ids) else 1

    def _uncached_images(
        self, input_ids: Tensor, cached: int, pixel_values: Tensor, image_grid_thw: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Return the images with tokens after the first `cached` tokens of (B, T) input_ids."""
        distinct = input_ids[:: self._copies(input_ids, image_grid_thw)]
        columns = (distinct == self.config.image_token_id).nonzero()[:, 1]  # of all image tokens
        tokens = self._tokens_per_image(image_grid_thw)
        if cached == 0 or int(tokens.sum()) != len(columns):
            # Nothing cached, or the caller passed only the new images: embed() checks the count.
            return pixel_values, image_grid_thw
        pieces = torch.split(columns, tokens.tolist())
        is_new = torch.stack([piece.min() >= cached for piece in pieces]).to(image_grid_thw.device)
        if not is_new.any():
            return None, None
        keep = is_new.repeat_interleave(image_grid_thw.prod(-1)).to(pixel_values.device)
        return pixel_values[keep], image_grid_thw[is_new]
