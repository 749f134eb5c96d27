"""A tiny SmolVLM checkpoint as Hugging Face publishes one: random weights, real structure."""

from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3ImageProcessor,
    Idefics3Processor,
    PreTrainedTokenizerFast,
)

from tests.families.tiny import byte_tokenizer, peaked

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<end_of_utterance>",
    "<fake_token_around_image>",
    "<global-img>",
    "<image>",
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)
# What HuggingFaceTB/SmolVLM-500M-Instruct publishes in chat_template.json (transformers' own tests
# of its processor carry it too).
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
    "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
    "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
# Granite-Docling's own tokens and what its template renders for one image and a prompt
# (ibm-granite/granite-docling-258M's model card: its template without documents and tools).
GRANITE_SPECIAL = (
    "<|end_of_text|>",
    "<|start_of_role|>",
    "<|end_of_role|>",
    *SPECIAL[3:],
    *(f"<loc_{place}>" for place in range(501)),
    *(f"<{tag}>" for tag in ("doctag", "otsl", "ched", "fcel", "nl", "text", "picture", "caption")),
    *(f"</{tag}>" for tag in ("doctag", "otsl", "text", "picture", "caption")),
)
GRANITE_TEMPLATE = (
    "{% for message in messages %}{{ '<|start_of_role|>' + message['role'] + '<|end_of_role|>' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>' }}"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{{ '<|end_of_text|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}"
)
TILE = 64  # pixels; 512 published
TILE_TOKENS = 16  # 64 published


def save(directory: Path) -> Path:
    """Write a SmolVLM checkpoint, its processor and its tokenizer."""
    tokenizer = byte_tokenizer(SPECIAL, pad="<|im_end|>", eos="<end_of_utterance>")
    return _save(directory, tokenizer, TEMPLATE)


def save_granite(directory: Path) -> Path:
    """Write a Granite-Docling checkpoint, its processor and its tokenizer."""
    tokenizer = byte_tokenizer(GRANITE_SPECIAL, pad="<|end_of_text|>", eos="<|end_of_text|>")
    return _save(directory, tokenizer, GRANITE_TEMPLATE)


def _save(directory: Path, tokenizer: PreTrainedTokenizerFast, template: str) -> Path:
    hidden = 64
    torch.manual_seed(0)
    config = Idefics3Config(
        text_config={
            "model_type": "llama",
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": hidden // 2,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 8192,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
        },
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": TILE,
            "patch_size": 8,
        },
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Idefics3ForConditionalGeneration(config)
    peaked(model)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        eos_token_id=[tokenizer.eos_token_id],
        pad_token_id=tokenizer.pad_token_id,
    )
    model.save_pretrained(directory)
    images = Idefics3ImageProcessor(
        size={"longest_edge": 4 * TILE},
        max_image_size={"longest_edge": TILE},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    Idefics3Processor(
        images, tokenizer, image_seq_len=TILE_TOKENS, chat_template=template
    ).save_pretrained(directory)
    return directory
