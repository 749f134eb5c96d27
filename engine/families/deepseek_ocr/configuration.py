"""The published config.json of DeepSeek-OCR v1, translated to transformers' UnlimitedOcr config.

The file's model_type is "deepseek_vl_v2", as in DeepSeek-VL2 and the original DeepSeek-OCR-2; only
`architectures` distinguishes them. Configs of other models are rejected. This module loads no
weights.

Try it: `python -c "from engine.families.deepseek_ocr import DeepseekOcrConfig as C; \
print(C.from_pretrained('FOLDER').text_config.layer_types)"`
"""

from collections.abc import Mapping
from typing import Any, Final, Self

from transformers import UnlimitedOcrConfig

from engine.core.errors import ModelError

ARCHITECTURE: Final = "DeepseekOCRForCausalLM"
# Constants of the published remote code that are missing in its config.json.
IMAGE_TOKEN_ID: Final = 128815
SAM_NECK_CHANNELS: Final = 256
_MLP_RATIO: Final = 4

# Keys of the language model with the same name in both configs.
_TEXT_KEYS: Final = (
    "attention_bias",
    "bos_token_id",
    "eos_token_id",
    "first_k_dense_replace",
    "hidden_act",
    "hidden_size",
    "intermediate_size",
    "max_position_embeddings",
    "moe_intermediate_size",
    "n_group",
    "n_routed_experts",
    "n_shared_experts",
    "num_attention_heads",
    "num_experts_per_tok",
    "num_hidden_layers",
    "num_key_value_heads",
    "pad_token_id",
    "rms_norm_eps",
    "routed_scaling_factor",
    "topk_group",
    "topk_method",
    "vocab_size",
)
# Values that the UnlimitedOcr classes assume; another value would silently give wrong numbers.
_REQUIRED: Final[Mapping[str, object]] = {
    "global_view_pos": "head",
    "moe_layer_freq": 1,
    "norm_topk_prob": False,
    "rope_scaling": None,
    "scoring_func": "softmax",
    "tie_word_embeddings": False,
    "tile_tag": "2D",
    "use_mla": False,
}


class DeepseekOcrConfig(UnlimitedOcrConfig):  # type: ignore[no-untyped-call]
    """UnlimitedOcrConfig, read from DeepSeek-OCR v1's own config.json."""

    model_type = "deepseek_vl_v2"

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Self:
        """Read the config of a published file, or of one that this class has saved.

        Raises:
            ModelError: the file describes another model.
        """
        if "text_config" not in config_dict:
            config_dict = translate(config_dict)
        return super().from_dict(config_dict, **kwargs)


def translate(published: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the published config.json to the keys of UnlimitedOcrConfig.

    Args:
        published: config.json as a dict. Fields of the language model are at its top level and
            again under `language_config`; the reference reads the former, so they win here too.
    Raises:
        ModelError: `architectures` or a setting is not DeepSeek-OCR v1's.
    """
    found = published.get("architectures") or ()
    if ARCHITECTURE not in found:
        raise ModelError(
            "deepseek.wrong_architecture",
            found=", ".join(map(str, found)) or "-",
            expected=ARCHITECTURE,
        )
    language = {**published.get("language_config", {}), **published}
    for key, required in _REQUIRED.items():
        value = language.get(key, required)
        if value not in (required, None):
            raise ModelError("deepseek.unsupported", key=key, value=value, expected=required)
    text = {key: language[key] for key in _TEXT_KEYS if key in language}
    text["rope_parameters"] = {
        "rope_type": "default",
        "rope_theta": float(language.get("rope_theta") or 10_000.0),
    }
    # The class's default is a sliding window of 128 generated tokens, which v1 does not have.
    text["layer_types"] = ["full_attention"] * text["num_hidden_layers"]
    return {
        "architectures": list(found),
        "dtype": language.get("dtype") or language.get("torch_dtype"),
        "image_token_id": published.get("image_token_id", IMAGE_TOKEN_ID),
        "text_config": text,
        "vision_config": _vision(published),
        "bos_token_id": text.get("bos_token_id"),
        "eos_token_id": text.get("eos_token_id"),
    }


def _vision(published: Mapping[str, Any]) -> dict[str, Any]:
    """Return the SAM and CLIP configs. The file's `mlp_ratio` is not used: both use 4."""
    widths = published["vision_config"]["width"]
    sam, clip = widths["sam_vit_b"], widths["clip-l-14-224"]
    return {
        "sam_config": {
            "hidden_size": sam["width"],
            "num_hidden_layers": sam["layers"],
            "num_attention_heads": sam["heads"],
            "global_attn_indexes": sam["global_attn_indexes"],
            "downsample_channels": sam["downsample_channels"],
            "mlp_dim": _MLP_RATIO * sam["width"],
            "image_size": published["vision_config"]["image_size"],
            # Not a published key: loading takes the real number from the tensors.
            "output_channels": published.get("fixture_sam_neck_channels", SAM_NECK_CHANNELS),
        },
        "encoder_config": {
            "hidden_size": clip["width"],
            "intermediate_size": _MLP_RATIO * clip["width"],
            "num_hidden_layers": clip["layers"],
            "num_attention_heads": clip["heads"],
            "image_size": clip["image_size"],
            "patch_size": clip["patch_size"],
        },
    }
