"""A tiny Phi-3.5-vision checkpoint as Microsoft publishes one: random weights, real structure."""

from pathlib import Path

import torch
from transformers import GenerationConfig

from engine.families.phi3_vision import (
    Phi3VConfig,
    Phi3VForCausalLM,
    Phi3VImageProcessor,
    Phi3VProcessor,
)
from tests.families.tiny import byte_tokenizer, peaked

SPECIAL = (
    "<unk>",
    "<s>",
    "</s>",
    "<|endoftext|>",
    "<|assistant|>",
    "<|system|>",
    "<|end|>",
    "<|user|>",
)


def save(directory: Path, *, hidden: int = 64, limit: int = 4096) -> Path:
    """A Phi-3.5-vision checkpoint as Microsoft publishes one, with random weights.

    Args:
        limit: tokens up to which LongRoPE's short factors hold.
    """
    tokenizer = byte_tokenizer(SPECIAL, pad="<|endoftext|>", eos="<|endoftext|>")
    tokenizer.bos_token = "<s>"
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    torch.manual_seed(0)
    rotated = hidden // 4 // 2
    config = Phi3VConfig(
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        vocab_size=len(tokenizer),
        max_position_embeddings=131_072,
        original_max_position_embeddings=limit,
        rope_scaling={
            "type": "su",
            "short_factor": [1.0 + 0.1 * n for n in range(rotated)],
            "long_factor": [1.0 + 4.0 * n for n in range(rotated)],
        },
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_attention_heads": 4,
            "num_hidden_layers": 3,
            "image_size": 336,
            "patch_size": 14,
        },
        img_processor={"image_dim_out": 64, "name": "clip_vision_model"},
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<s>"],
        eos_token_id=ids["</s>"],
    )
    model = Phi3VForCausalLM(config)
    peaked(model)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        # As published: <|end|>, which ends every answer, is missing.
        eos_token_id=ids["</s>"],
        pad_token_id=ids["<|endoftext|>"],
    )
    model.save_pretrained(directory)
    Phi3VProcessor(Phi3VImageProcessor(), tokenizer).save_pretrained(directory)
    return directory
