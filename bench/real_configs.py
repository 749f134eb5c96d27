"""The published sizes of the models that bench.gpu builds with random weights.

Only values that change shapes, memory or time are listed; the rest is the classes' default. Tests
compare the number of parameters with the model cards, on torch's "meta" device, so a wrong size is
detected.

Sources:
- Qwen/Qwen2-VL-2B-Instruct: UbiquitousLearning/mllm,
  mllm/models/qwen2vl/configuration_qwen2vl.hpp at 95b6e6ae9b83cbea83d76729bb6470e93af26796.
- Qwen/Qwen3-VL-2B-Instruct: config.json of the checkpoint as several public test suites quote it
  (2,127,532,032 parameters). The "2B" of pytorch/torchtitan's experiments/qwen3_vl is another size.
- stepfun-ai/GOT-OCR-2.0-hf: the defaults of transformers' GotOcr2Config, which are its own.
- rednote-hilab/dots.ocr, microsoft/Phi-3.5-vision-instruct, deepseek-ai/DeepSeek-OCR: the published
  config.json; Phi's LongRoPE factors are left at 1, which changes numbers but no time.
"""

from typing import Any, Final

# The common part of every config of `tiny`: small enough for a CPU, with the real structure.
_TINY_TEXT: Final = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 512,
}
_QWEN_IDS: Final = {
    "image_token_id": 151_655,
    "video_token_id": 151_656,
    "vision_start_token_id": 151_652,
    "vision_end_token_id": 151_653,
    "tie_word_embeddings": True,
}
_TINY_QWEN_IDS: Final = {
    "image_token_id": 500,
    "video_token_id": 501,
    "vision_start_token_id": 502,
    "vision_end_token_id": 503,
    "tie_word_embeddings": True,
}
# As in the published files; the classes' defaults lie outside a tiny vocabulary.
_TINY_ENDS: Final = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def _mrope(theta: float, section: list[int], **more: object) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": theta, "mrope_section": section, **more}


REAL: Final[dict[str, dict[str, Any]]] = {
    "qwen2_vl_2b": {
        **_QWEN_IDS,
        "text_config": {
            "hidden_size": 1536,
            "intermediate_size": 8960,
            "num_hidden_layers": 28,
            "num_attention_heads": 12,
            "num_key_value_heads": 2,
            "vocab_size": 151_936,
            "max_position_embeddings": 32_768,
            "rope_parameters": _mrope(1_000_000.0, [16, 24, 24]),
        },
        "vision_config": {
            "depth": 32,
            "embed_dim": 1280,
            "hidden_size": 1536,
            "num_heads": 16,
            "mlp_ratio": 4,
        },
    },
    "qwen3_vl_2b": {
        **_QWEN_IDS,
        "text_config": {
            "hidden_size": 2048,
            "intermediate_size": 6144,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 151_936,
            "max_position_embeddings": 262_144,
            "rope_parameters": _mrope(5_000_000.0, [24, 20, 20], mrope_interleaved=True),
        },
        "vision_config": {
            "depth": 24,
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_heads": 16,
            "num_position_embeddings": 2304,
            "out_hidden_size": 2048,
            "deepstack_visual_indexes": [5, 11, 17],
        },
    },
    "got_ocr_hf": {},
    "dots_ocr": {
        "attention_bias": True,
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151_936,
        "max_position_embeddings": 131_072,
        "rope_theta": 1_000_000.0,
        "use_sliding_window": False,
        "tie_word_embeddings": False,
        "image_token_id": 151_665,
        "vision_config": {
            "embed_dim": 1536,
            "hidden_size": 1536,
            "intermediate_size": 4224,
            "num_hidden_layers": 42,
            "num_attention_heads": 12,
        },
    },
    "phi3_vision": {
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": 32_064,
        "max_position_embeddings": 131_072,
        "original_max_position_embeddings": 4096,
        "rope_scaling": {"type": "su", "short_factor": [1.0] * 48, "long_factor": [1.0] * 48},
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 32_000,
    },
    "deepseek_ocr": {
        "architectures": ["DeepseekOCRForCausalLM"],
        "bos_token_id": 0,
        "eos_token_id": 1,
        "first_k_dense_replace": 1,
        "hidden_size": 1280,
        "intermediate_size": 6848,
        "max_position_embeddings": 8192,
        "moe_intermediate_size": 896,
        "n_group": 1,
        "n_routed_experts": 64,
        "n_shared_experts": 2,
        "num_attention_heads": 10,
        "num_experts_per_tok": 6,
        "num_hidden_layers": 12,
        "num_key_value_heads": 10,
        "topk_group": 1,
        "topk_method": "greedy",
        "vocab_size": 129_280,
        "vision_config": {
            "image_size": 1024,
            "width": {
                "clip-l-14-224": {
                    "heads": 16,
                    "image_size": 224,
                    "layers": 24,
                    "patch_size": 14,
                    "width": 1024,
                },
                "sam_vit_b": {
                    "downsample_channels": [512, 1024],
                    "global_attn_indexes": [2, 5, 8, 11],
                    "heads": 12,
                    "layers": 12,
                    "width": 768,
                },
            },
        },
    },
}

# The same structure, small enough for a dry run on a CPU.
TINY: Final[dict[str, dict[str, Any]]] = {
    "qwen2_vl_2b": {
        **_TINY_QWEN_IDS,
        "text_config": {**_TINY_TEXT, "rope_parameters": _mrope(1e6, [8, 4, 4])},
        "vision_config": {
            "depth": 2,
            "embed_dim": 64,
            "hidden_size": 64,
            "num_heads": 2,
            "mlp_ratio": 2,
        },
    },
    "qwen3_vl_2b": {
        **_TINY_QWEN_IDS,
        "text_config": {
            **_TINY_TEXT,
            "head_dim": 32,
            "rope_parameters": _mrope(5e6, [8, 4, 4], mrope_interleaved=True),
        },
        "vision_config": {
            "depth": 3,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "num_position_embeddings": 256,
            "out_hidden_size": 64,
            "deepstack_visual_indexes": [0, 1],
        },
    },
    "got_ocr_hf": {
        "image_token_index": 500,
        "text_config": {**_TINY_TEXT, **_TINY_ENDS, "model_type": "qwen2"},
        "vision_config": {
            "hidden_size": 64,
            "output_channels": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "mlp_dim": 128,
            "global_attn_indexes": [1],
            "window_size": 4,
        },
    },
    "dots_ocr": {
        **_TINY_TEXT,
        **_TINY_ENDS,
        "attention_bias": True,
        "use_sliding_window": False,
        "tie_word_embeddings": False,
        "image_token_id": 500,
        "vision_config": {
            "embed_dim": 64,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
        },
    },
    "phi3_vision": {
        **_TINY_TEXT,
        **_TINY_ENDS,
        "max_position_embeddings": 131_072,
        "original_max_position_embeddings": 4096,
        "rope_scaling": {"type": "su", "short_factor": [1.0] * 16, "long_factor": [1.0] * 16},
        "img_processor": {"image_dim_out": 64, "name": "clip_vision_model"},
        "vision_config": {
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_attention_heads": 2,
            "num_hidden_layers": 3,
            "image_size": 336,
            "patch_size": 14,
        },
    },
    "deepseek_ocr": {
        **_TINY_TEXT,
        **_TINY_ENDS,
        "architectures": ["DeepseekOCRForCausalLM"],
        "image_token_id": 500,
        "num_key_value_heads": 2,
        "first_k_dense_replace": 1,
        "moe_intermediate_size": 32,
        "n_group": 1,
        "n_routed_experts": 8,
        "n_shared_experts": 2,
        "num_experts_per_tok": 2,
        "topk_group": 1,
        "topk_method": "greedy",
        "vision_config": {
            "image_size": 1024,
            "width": {
                "clip-l-14-224": {
                    "heads": 2,
                    "image_size": 224,
                    "layers": 2,
                    "patch_size": 14,
                    "width": 64,
                },
                "sam_vit_b": {
                    "downsample_channels": [32, 64],
                    "global_attn_indexes": [1],
                    "heads": 2,
                    "layers": 2,
                    "width": 64,
                },
            },
        },
    },
}

# The language models of the other models of settings.toml, which int8 and int4 quantise: class and
# sizes. Sources: the published config.json of each; PaddleOCR-VL's are the defaults of
# transformers' PaddleOCRTextConfig, and DeepSeek-OCR-2 has the decoder of DeepSeek-OCR.
_QWEN3_VL: Final = {
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151_936,
}
_LLAMA: Final = "transformers:LlamaModel"
_SMOLLM2_135M: Final = {
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
}
LANGUAGE_MODELS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "qwen3_vl_4b": (
        "transformers:Qwen3VLTextModel",
        {**_QWEN3_VL, "hidden_size": 2560, "intermediate_size": 9728},
    ),
    "qwen3_vl_8b": (
        "transformers:Qwen3VLTextModel",
        {**_QWEN3_VL, "hidden_size": 4096, "intermediate_size": 12_288},
    ),
    "paddleocr_vl": ("transformers.models.paddleocr_vl:PaddleOCRTextModel", {}),
    "glm_ocr": (
        "transformers:GlmOcrTextModel",
        {
            "hidden_size": 1536,
            "intermediate_size": 4608,
            "num_hidden_layers": 16,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 59_392,
        },
    ),
    "deepseek_ocr2": (
        "transformers:DeepseekOcr2TextModel",
        {
            "hidden_size": 1280,
            "intermediate_size": 6848,
            "moe_intermediate_size": 896,
            "num_hidden_layers": 12,
            "num_attention_heads": 10,
            "num_key_value_heads": 10,
            "n_routed_experts": 64,
            "n_shared_experts": 2,
            "num_experts_per_tok": 6,
            "vocab_size": 129_280,
            "mlp_layer_types": ["dense", *["sparse"] * 11],
        },
    ),
    "granite_docling": (_LLAMA, {**_SMOLLM2_135M, "vocab_size": 100_352}),
    "smolvlm": (
        _LLAMA,
        {
            "hidden_size": 960,
            "intermediate_size": 2560,
            "num_hidden_layers": 32,
            "num_attention_heads": 15,
            "num_key_value_heads": 5,
            "vocab_size": 49_280,
        },
    ),
    "smolvlm_256m": (_LLAMA, {**_SMOLLM2_135M, "vocab_size": 49_280}),
}
