"""A tiny GLM-OCR checkpoint as it is published: random weights, real structure, the same files.

preprocessor_config.json is the published one word for word, as townsendmerino/goinfer quotes it
(multimodal/glm_ocr_test.go at commit af26fe3b9b230feb886e5f750c3a2c7b3e1c7874); the tokenizer has
the published names of what the prompt needs, at other ids.
"""

from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    GlmOcrConfig,
    GlmOcrForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from tests.families.tiny import byte_tokenizer, peaked

SPECIAL = (
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
    "<|begin_of_image|>",
    "<|end_of_image|>",
    "<|begin_of_video|>",
    "<|end_of_video|>",
    "<|image|>",
    "<|video|>",
)
PREPROCESSOR = """\
{
    "size": {"shortest_edge": 12544, "longest_edge": 9633792},
    "do_rescale": true,
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "image_processor_type": "Glm46VImageProcessor",
    "processor_class": "Glm46VProcessor"
}
"""
# Renders what zai-org/GLM-OCR's chat_template.jinja renders for a page and a prompt; see
# test_glm_ocr.py for who says so.
TEMPLATE = (
    "[gMASK]<sop>{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "{{ '<|begin_of_image|><|image|><|end_of_image|>' }}"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)


def save(directory: Path) -> Path:
    """Write the checkpoint, its processor's settings and its tokenizer."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=byte_tokenizer(
            SPECIAL, pad="<|endoftext|>", eos="<|endoftext|>"
        ).backend_tokenizer,
        pad_token="<|endoftext|>",
        eos_token="<|endoftext|>",
    )
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    torch.manual_seed(1)  # with 0 it repeats one line end for ever
    config = GlmOcrConfig(
        text_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 32,
            "vocab_size": len(tokenizer),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "mrope_section": [4, 6, 6],  # of the 16 pairs; published: [16, 24, 24] of 64
            },
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 64,
        },
        image_token_id=ids["<|image|>"],
        video_token_id=ids["<|video|>"],
        image_start_token_id=ids["<|begin_of_image|>"],
        image_end_token_id=ids["<|end_of_image|>"],
        video_start_token_id=ids["<|begin_of_video|>"],
        video_end_token_id=ids["<|end_of_video|>"],
    )
    model = GlmOcrForConditionalGeneration(config)
    peaked(model)
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=[ids["<|endoftext|>"], ids["<|user|>"]],
        pad_token_id=ids["<|endoftext|>"],
    )
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    (directory / "preprocessor_config.json").write_text(PREPROCESSOR, encoding="utf-8")
    (directory / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    return directory
