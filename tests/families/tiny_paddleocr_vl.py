"""A tiny PaddleOCR-VL checkpoint as it is published: random weights, real structure."""

import json
from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    PaddleOCRVLConfig,
    PaddleOCRVLForConditionalGeneration,
    PaddleOCRVLImageProcessor,
    PaddleOCRVLProcessor,
    PreTrainedTokenizerFast,
)

from tests.families.tiny import byte_tokenizer, peaked

SPECIAL = (
    "<unk>",
    "<s>",
    "</s>",
    "<|begin_of_sentence|>",
    "<|end_of_sentence|>",
    "<|IMAGE_PLACEHOLDER|>",
    "<|IMAGE_START|>",
    "<|IMAGE_END|>",
    "<|video_pad|>",
)
# The text model's keys, which stand at the top of the published config.json.
FLAT = (
    "head_dim",
    "hidden_act",
    "hidden_size",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "pad_token_id",
    "rms_norm_eps",
    "rope_parameters",
    "use_bias",
    "vocab_size",
)
# Renders what PaddlePaddle/PaddleOCR-VL's chat_template.jinja renders for a page and a prompt.
TEMPLATE = (
    "<|begin_of_sentence|>{% for message in messages %}{{ 'User: ' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "{{ '<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>' }}{% endif %}{% endfor %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:\\n' }}{% endif %}"
)


def save(directory: Path) -> Path:
    """Write the checkpoint, its processor and its tokenizer."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=byte_tokenizer(SPECIAL, pad="<unk>", eos="</s>").backend_tokenizer,
        pad_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        image_token="<|IMAGE_PLACEHOLDER|>",
    )
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    torch.manual_seed(0)
    config = PaddleOCRVLConfig(
        text_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 32,
            "vocab_size": len(tokenizer),
            "tie_word_embeddings": False,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 500_000.0,
                "mrope_section": [4, 6, 6],
            },
        },
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
        },
        image_token_id=ids["<|IMAGE_PLACEHOLDER|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|IMAGE_START|>"],
        vision_end_token_id=ids["<|IMAGE_END|>"],
        tie_word_embeddings=False,
    )
    model = PaddleOCRVLForConditionalGeneration(config)
    peaked(model)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        eos_token_id=[ids["</s>"]],
        pad_token_id=ids["<unk>"],
    )
    model.save_pretrained(directory)
    _flatten(directory / "config.json")
    images = PaddleOCRVLImageProcessor(
        size={"shortest_edge": 112_896, "longest_edge": 1_003_520},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    PaddleOCRVLProcessor(images, tokenizer, chat_template=TEMPLATE).save_pretrained(directory)
    return directory


def _flatten(path: Path) -> None:
    """Write a config as the published one is written, before transformers had the model.

    The text model's keys stand at the top, the rotary ones as `rope_scaling` and `rope_theta`, and
    the vision tower has the model's own type.
    """
    config = json.loads(path.read_text(encoding="utf-8"))
    config |= {key: value for key, value in config.pop("text_config").items() if key in FLAT}
    rope = config.pop("rope_parameters")
    config |= {
        "model_type": "paddleocr_vl",
        "rope_scaling": {
            "mrope_section": rope["mrope_section"],
            "rope_type": "default",
            "type": "default",
        },
        "rope_theta": rope["rope_theta"],
        "tie_word_embeddings": False,
        "use_cache": False,
    }
    config["vision_config"]["model_type"] = "paddleocr_vl"
    config["vision_config"].pop("rope_parameters", None)
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")
