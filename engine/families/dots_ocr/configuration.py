"""Configuration of dots.ocr and its successor dots.mocr (model_type "dots_ocr").

The published config.json is flat: the fields of the Qwen2 language model are at the top level, the
vision tower's in `vision_config`. Defaults are the published sizes of rednote-hilab/dots.ocr.

Settings of the processor are elsewhere (processing.py).
Try: `DotsOCRConfig.from_pretrained(folder)`.
"""

from __future__ import annotations

from typing import Any

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig, Qwen2Config


@strict
class DotsVisionConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """Sizes of the vision tower; the names are those of the published `vision_config`.

    Attributes:
        embed_dim: width D of the tower.
        hidden_size: output width of the merger, the language model's width.
        intermediate_size: width of the gated MLP in a block.
        num_hidden_layers: number of blocks.
        num_attention_heads: heads of width embed_dim / num_attention_heads, a multiple of four
            (half of the rotary angles are for rows, half for columns).
        num_channels: image channels.
        patch_size: side of a patch in pixels.
        spatial_merge_size: a square of this many patches per side becomes one image token.
        temporal_patch_size: frames per patch; 1 in the published models.
        use_bias: biases in qkv, proj and the MLPs of the blocks.
        post_norm: an RMSNorm after the last block.
        rms_norm_eps: epsilon of every RMSNorm in the tower. The merger's LayerNorm has 1e-6.
        is_causal: always false; present because the published file has it.
    """

    model_type = "dots_vit"
    base_config_key = "vision_config"

    embed_dim: int = 1536
    hidden_size: int = 1536
    intermediate_size: int = 4224
    num_hidden_layers: int = 42
    num_attention_heads: int = 12
    num_channels: int = 3
    patch_size: int = 14
    spatial_merge_size: int = 2
    temporal_patch_size: int = 1
    use_bias: bool = False
    post_norm: bool = True
    rms_norm_eps: float = 1e-5
    initializer_range: float = 0.02
    init_merger_std: float = 0.02
    is_causal: bool = False


@strict
class DotsOCRConfig(Qwen2Config):  # type: ignore[no-untyped-call]
    """A Qwen2 configuration that contains the vision tower's.

    Attributes:
        vision_config: the tower.
        image_token_id: `<|imgpad|>`; image features replace its embeddings.
        video_token_id: `<|video_pad|>`; published, never used.
    """

    model_type = "dots_ocr"
    # Not `sub_configs_defaults`, which transformers 5.17 to 5.20 do not know.
    sub_configs = {"vision_config": DotsVisionConfig}  # noqa: RUF012
    # transformers turns the published `rope_theta` into `rope_parameters`. This is the default for
    # a file without it.
    default_theta = 1_000_000.0

    vocab_size: int = 151_936
    hidden_size: int = 1536
    intermediate_size: int = 8960
    num_hidden_layers: int = 28
    num_attention_heads: int = 12
    num_key_value_heads: int | None = 2
    max_position_embeddings: int = 131_072
    sliding_window: int | None = 131_072
    image_token_id: int = 151_665
    video_token_id: int = 151_656
    vision_config: dict[str, Any] | PreTrainedConfig | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.vision_config, PreTrainedConfig):
            # The published file asks for flash_attention_2 inside vision_config. That would
            # override the user's setting and fail if flash-attn is not installed.
            sizes = {
                key: value
                for key, value in (self.vision_config or {}).items()
                if key not in ("attn_implementation", "model_type")
            }
            self.vision_config = DotsVisionConfig(**sizes)
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]
