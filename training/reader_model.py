"""The reader's checkpoint: a small Qwen2-VL in the published format, and its processor.

It is built untrained here; training.train_reader trains it. It differs from the published
checkpoints in sizes alone: three text layers of width 128, two layers of width 64 in the vision
tower, a small vocabulary.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)

from training.reader_pages import LABELS

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
# The strings that the published template renders for text and images.
TEMPLATE = (
    "{%- if messages[0].role != 'system' -%}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif -%}"
    "{%- for message in messages -%}<|im_start|>{{ message.role }}\n{% for part in message.content"
    " -%}{%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>"
    "{%- else -%}{{ part.text }}{%- endif -%}{%- endfor -%}<|im_end|>\n{% endfor -%}"
    "{%- if add_generation_prompt -%}<|im_start|>assistant\n{% endif -%}"
)


def build_processor() -> Qwen2VLProcessor:
    """A byte-level tokenizer that merges the template's words; capitals and digits stay single."""
    words = [
        "system user assistant",
        " are a helpful assistant.",
        *(f"{label.lower()}?" for label in LABELS),
    ]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(words * 3, trainer)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="<|endoftext|>", eos_token="<|im_end|>"
    )
    images = Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * 1280)
    return Qwen2VLProcessor(  # type: ignore[no-untyped-call]
        images, fast, Qwen2VLVideoProcessor(), chat_template=TEMPLATE
    )


def build_model(tokenizer: Any, *, hidden: int = 128, layers: int = 3) -> Any:
    """Untrained weights, float32."""
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    head_size = 32
    config = Qwen2VLConfig(
        text_config={
            # Otherwise the published ids, which lie outside this vocabulary.
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": hidden // head_size,
            "num_key_value_heads": hidden // head_size,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 2048,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "mrope_section": [4, 6, 6],
            },
        },
        vision_config={
            "depth": 2,
            "embed_dim": 64,
            "num_heads": 2,
            "hidden_size": hidden,
            "mlp_ratio": 2,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    model = Qwen2VLForConditionalGeneration(config)
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]],
        pad_token_id=ids["<|endoftext|>"],
    )
    return model


def save(model: Any, processor: Any, out: Path) -> None:
    """Write the checkpoint in float16; `model` is unchanged."""
    halves = {
        name: value.half() for name, value in model.state_dict().items() if name != "lm_head.weight"
    }
    half: Any = Qwen2VLForConditionalGeneration(model.config)
    half.load_state_dict(halves, strict=False)
    half.half()
    half.generation_config = model.generation_config
    half.save_pretrained(out)
    processor.save_pretrained(out)
