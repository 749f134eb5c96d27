"""Phi-3.5-vision on transformers' own Phi-3 and CLIP: no remote code, no flash-attn.

The language model is Phi3Model with rope type "longrope". This module adds the vision side
(vision.py), image positions in the ids, and two things that `generate` needs:

Images. An image position has a negative id: -i for the i-th image. Features are written to these
positions in order, in the order of `pixel_values`. With a filled cache, pass the images of the
whole conversation (those in the cache are not encoded again) or only the new ones.

LongRoPE. Up to `original_max_position_embeddings` tokens the short factors rotate the keys of all
positions, beyond that the long factors do. Keys cached with the other set are wrong, so `generate`
resets the cache and recomputes the whole sequence when the set changes: when the conversation
passes the limit, even in the middle of an answer, and when a cache was cropped below it. The cache
object is reused, static caches included. This needs the ids and the images of the whole
conversation; if they are missing, a ValueError is raised. A direct call of `forward` with a cache
from the other side of the limit mixes the two sets, as the reference does.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import (
    Cache,
    GenerationMixin,
    LogitsProcessorList,
    Phi3Model,
    Phi3PreTrainedModel,
)
from transformers.initialization import zeros_
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast

from engine.families.phi3_vision.configuration import Phi3VConfig
from engine.families.phi3_vision.loading import LoadsLazily
from engine.families.phi3_vision.rotary import Phi3VRotaryEmbedding, factors_for
from engine.families.phi3_vision.vision import Phi3ImageEmbedding, image_positions


class Phi3VPreTrainedModel(Phi3PreTrainedModel):  # type: ignore[no-untyped-call]
    """Common base class with the attributes that transformers reads."""

    config: Phi3VConfig
    input_modalities: ClassVar[list[str]] = ["image", "text"]  # type: ignore[misc]
    # The vision side stays on one device: its separators are parameters beside its layers, and a
    # split could put them on different devices.
    _no_split_modules: ClassVar[list[str]] = [  # type: ignore[misc]
        "Phi3DecoderLayer",
        "Phi3ImageEmbedding",
    ]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, Phi3ImageEmbedding):
            # transformers' own zeros_ skips parameters that the checkpoint has filled.
            zeros_(module.glb_GN)
            zeros_(module.sub_GN)


class Phi3VModel(Phi3VPreTrainedModel, Phi3Model):  # type: ignore[no-untyped-call]
    """Phi3Model that also takes images."""

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__(config)
        self.vision_embed_tokens = Phi3ImageEmbedding(config)
        self.rotary_emb = Phi3VRotaryEmbedding(config)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        pixel_values: Tensor | None = None,
        image_sizes: Tensor | None = None,
        **kwargs: Any,
    ) -> BaseModelOutputWithPast:
        """Return hidden states (batch, seq, H) of ids (batch, seq). Images: Phi3ImageEmbedding.

        Raises:
            ValueError: the number of image positions in the ids does not match the images.
        """
        if input_ids is not None and inputs_embeds is None:
            inputs_embeds = self._embed(input_ids, pixel_values, image_sizes)
        elif pixel_values is not None:
            raise ValueError("pixel_values need input_ids: inputs_embeds do not say where they go.")
        output: BaseModelOutputWithPast = super().forward(
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        return output

    def _embed(
        self, input_ids: Tensor, pixel_values: Tensor | None, image_sizes: Tensor | None
    ) -> Tensor:
        """Return text and image embeddings, (batch, seq, H)."""
        embeds: Tensor = self.embed_tokens(input_ids.clamp(min=0))
        if pixel_values is None:
            # Decoding feeds one id at a time; a check there would need a device sync.
            decoding = input_ids.shape[1] == 1 or torch.compiler.is_compiling()
            if not decoding and bool(image_positions(input_ids).any()):
                raise ValueError("input_ids hold image positions, but no pixel_values came along.")
            return embeds
        if image_sizes is None:
            raise ValueError("pixel_values need image_sizes, which the processor returns beside.")
        positions = image_positions(input_ids)
        features = self.vision_embed_tokens(pixel_values, image_sizes)
        if int(positions.sum()) != len(features):
            raise ValueError(
                f"input_ids hold {int(positions.sum())} image positions, the images fill "
                f"{len(features)}. Build both with one call of the processor."
            )
        features = features.to(device=embeds.device, dtype=embeds.dtype)
        return embeds.masked_scatter(positions.unsqueeze(-1).to(embeds.device), features)


class Phi3VForCausalLM(LoadsLazily, Phi3VPreTrainedModel, GenerationMixin):  # type: ignore[no-untyped-call]
    """The published architecture: next-token scores for text with images."""

    _tied_weights_keys: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "lm_head.weight": "model.embed_tokens.weight"
    }

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__(config)
        self.model = Phi3VModel(config)
        self.vocab_size = config.vocab_size
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        pixel_values: Tensor | None = None,
        image_sizes: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        return_dict: bool | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast | tuple[Any, ...]:
        """Return logits (batch, seq or logits_to_keep, vocabulary).

        Args:
            input_ids: (batch, seq); -i marks the positions of the i-th image.
            pixel_values: (images, slots, 3, 336, 336), the rows of the batch in order.
            image_sizes: (images, 2), height and width in pixels after the HD transform.
            logits_to_keep: number of last positions to score; 0 means all.
        """
        output = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            pixel_values=pixel_values,
            image_sizes=image_sizes,
            **kwargs,
        )
        hidden = output.last_hidden_state
        positions = (
            slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        )
        scores = CausalLMOutputWithPast(
            logits=self.lm_head(hidden[:, positions]),
            past_key_values=output.past_key_values,
            hidden_states=output.hidden_states,
            attentions=output.attentions,
        )
        return scores.to_tuple() if return_dict is False else scores

    def prepare_inputs_for_generation(  # type: ignore[override]  # the images are named
        self,
        input_ids: Tensor,
        next_sequence_length: int | None = None,
        past_key_values: Cache | None = None,
        attention_mask: Tensor | None = None,
        is_first_iteration: bool | None = False,
        pixel_values: Tensor | None = None,
        image_sizes: Tensor | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Prepare the next forward pass; see the module's docstring for caches and images."""
        rebuilt = past_key_values is not None and self._empty_if_stale(
            past_key_values,
            input_ids,
            kwargs.get("position_ids"),
            decoding=not is_first_iteration and next_sequence_length == 1,
        )
        if rebuilt:
            next_sequence_length = None
        mixin: Any = super()
        inputs: dict[str, Any] = mixin.prepare_inputs_for_generation(
            input_ids,
            next_sequence_length=next_sequence_length,
            past_key_values=past_key_values,
            attention_mask=attention_mask,
            is_first_iteration=is_first_iteration,
            **kwargs,
        )
        needs_images = rebuilt or is_first_iteration or past_key_values is None
        if needs_images and pixel_values is not None and image_sizes is not None:
            first = self._first_image(input_ids, inputs["input_ids"], image_sizes)
            if first < len(image_sizes):
                inputs["pixel_values"] = pixel_values[first:]
                inputs["image_sizes"] = image_sizes[first:]
        return inputs

    def _empty_if_stale(
        self, cache: Cache, input_ids: Tensor, position_ids: Tensor | None, *, decoding: bool
    ) -> bool:
        """Reset a cache whose keys were rotated by the other set of factors; return whether.

        Args:
            cache: may be empty.
            input_ids: (batch, seq), including those in the cache.
            position_ids: (batch, seq), not counting padding; None for ids without padding.
            decoding: the ids are one longer than at the last call.
        """
        marked = getattr(cache, "rope_factors", None)
        width = (input_ids if position_ids is None else position_ids).shape[-1]
        if decoding and marked == factors_for(width, self.config):
            return False  # lengths only grow here, so most steps need no device sync
        length = input_ids.shape[1] if position_ids is None else int(position_ids.max()) + 1
        factors = factors_for(length, self.config)
        cached = int(cache.get_seq_length())
        stale = cached > 0 and factors != (marked or factors_for(cached, self.config))
        if stale and length > input_ids.shape[1]:
            raise ValueError(
                f"The cache must be computed again, because a conversation of {length} tokens and "
                f"one of {cached} take different rotary factors, and only the new ids are here. "
                "Pass the ids of the whole conversation."
            )
        if stale:
            cache.reset()  # type: ignore[no-untyped-call]
        cache.rope_factors = factors  # type: ignore[attr-defined]  # travels with copies of it
        return stale

    def _first_image(self, whole: Tensor, rest: Tensor, image_sizes: Tensor) -> int:
        """Return the index of the first given image that is not in the cache.

        Args:
            whole: all ids, (batch, seq).
            rest: ids that the cache does not hold, (batch, n).
            image_sizes: (images, 2), height and width in pixels.
        """
        counts = self.model.vision_embed_tokens.token_counts(image_sizes)
        wanted = int(image_positions(rest).sum())
        if sum(counts) == wanted:
            return 0
        if sum(counts) == int(image_positions(whole).sum()) and len(whole) == 1:
            for first in range(len(counts) + 1):
                if sum(counts[first:]) == wanted:
                    return first
        raise ValueError(
            f"The new ids hold {wanted} image positions, and the {len(counts)} images given fill "
            f"{sum(counts)}. Pass the images of the whole conversation, or only those of the new "
            "part if the conversation stays below "
            f"{self.config.original_max_position_embeddings} tokens."
        )

    def _expand_inputs_for_generation(  # type: ignore[override]  # plain tensors
        self,
        expand_size: int = 1,
        is_encoder_decoder: bool = False,
        input_ids: Tensor | None = None,
        **model_kwargs: Any,
    ) -> tuple[Tensor, dict[str, Any]]:
        """Repeat rows for beams. The images of a row are repeated together with it."""
        names = ("pixel_values", "image_sizes")
        images = {name: model_kwargs.pop(name) for name in names if name in model_kwargs}
        if expand_size > 1 and input_ids is not None:
            owned = [len(row[image_positions(row)].unique()) for row in input_ids]
            for name, value in images.items():
                if value is None:
                    continue
                rows = value.split(owned) if len(owned) > 1 else (value,)
                images[name] = torch.cat([row for row in rows for _ in range(expand_size)])
        mixin: Any = super()
        ids, others = mixin._expand_inputs_for_generation(
            expand_size, is_encoder_decoder, input_ids, **model_kwargs
        )
        return ids, {**others, **images}

    def _get_logits_processor(self, *args: Any, **kwargs: Any) -> LogitsProcessorList:
        """Return the usual processors with ids clamped to 0: penalties use ids as indices."""
        mixin: Any = super()
        usual: LogitsProcessorList = mixin._get_logits_processor(*args, **kwargs)
        if not usual:
            return usual
        return LogitsProcessorList([lambda ids, scores: usual(ids.clamp(min=0), scores)])
