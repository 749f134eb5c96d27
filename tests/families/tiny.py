"""Tiny checkpoints in the published format, built by the tests: random weights, real structure."""

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    GotOcr2Config,
    GotOcr2ForConditionalGeneration,
    GotOcr2ImageProcessor,
    GotOcr2Processor,
    PreTrainedTokenizerFast,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from training.reader_model import SPECIAL as QWEN_SPECIAL

# Renders what the published Qwen2-VL template renders for text and images (model card of
# Qwen/Qwen2-VL-2B-Instruct): a default system turn, turns between im_start and im_end.
QWEN2_TEMPLATE = """\
{%- if messages[0].role != 'system' -%}<|im_start|>system
You are a helpful assistant.<|im_end|>
{% endif -%}
{%- for message in messages -%}<|im_start|>{{ message.role }}
{% for part in message.content -%}
{%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>
{%- else -%}{{ part.text }}{%- endif -%}
{%- endfor -%}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}"""
# Qwen3-VL writes no default system turn.
QWEN3_TEMPLATE = QWEN2_TEMPLATE.split("{% endif -%}\n", 1)[1]


def byte_tokenizer(special: tuple[str, ...], *, pad: str, eos: str) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer without merges: any text, one token a byte, the special ones whole."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=pad, eos_token=eos)


def save_qwen2_vl(directory: Path, *, layers: int = 2, hidden: int = 64) -> Path:
    """A Qwen2-VL checkpoint as Qwen/Qwen2-VL-2B-Instruct publishes one, with random weights."""
    tokenizer = byte_tokenizer(QWEN_SPECIAL, pad="<|endoftext|>", eos="<|im_end|>")
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in QWEN_SPECIAL}
    torch.manual_seed(0)
    config = Qwen2VLConfig(
        text_config={
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "vocab_size": len(tokenizer),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1_000_000.0,
                "mrope_section": [hidden // 4 - 4, 2, 2],
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
    peaked(model)
    finish(model, ids, directory)
    images = Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * 1280)
    Qwen2VLProcessor(
        images, tokenizer, Qwen2VLVideoProcessor(), chat_template=QWEN2_TEMPLATE
    ).save_pretrained(directory)
    return directory


def save_qwen3_vl(directory: Path, *, layers: int = 2, hidden: int = 64) -> Path:
    """A Qwen3-VL checkpoint as Qwen/Qwen3-VL-2B-Instruct publishes one, with random weights."""
    tokenizer = byte_tokenizer(QWEN_SPECIAL, pad="<|endoftext|>", eos="<|im_end|>")
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in QWEN_SPECIAL}
    torch.manual_seed(0)
    config = Qwen3VLConfig(
        text_config={
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": hidden // 2,
            "vocab_size": len(tokenizer),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5_000_000.0,
                "mrope_section": [hidden // 4 - 4, 2, 2],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 3,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": hidden,
            "deepstack_visual_indexes": [0, 1],
            "num_position_embeddings": 256,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    model = Qwen3VLForConditionalGeneration(config)
    peaked(model)
    finish(model, ids, directory)
    images = Qwen2VLImageProcessor(
        patch_size=16,
        min_pixels=64 * 64,
        max_pixels=32 * 32 * 1280,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    Qwen3VLProcessor(
        images, tokenizer, Qwen3VLVideoProcessor(), chat_template=QWEN3_TEMPLATE
    ).save_pretrained(directory)
    return directory


GOT_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<imgpad>")


def save_got_ocr(directory: Path, *, hidden: int = 64) -> Path:
    """A GOT-OCR 2 checkpoint as stepfun-ai/GOT-OCR-2.0-hf publishes one, with random weights."""
    tokenizer = byte_tokenizer(GOT_SPECIAL, pad="<|endoftext|>", eos="<|endoftext|>")
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in GOT_SPECIAL}
    torch.manual_seed(0)
    config = GotOcr2Config(
        text_config={
            "model_type": "qwen2",
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "vocab_size": len(tokenizer),
        },
        vision_config={
            "hidden_size": 64,
            "output_channels": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 1024,
            "patch_size": 16,
            "mlp_dim": 128,
            # Every patch attends to its window alone: half a second less for each page.
            "global_attn_indexes": [],
            "window_size": 4,
        },
        image_token_index=ids["<imgpad>"],
    )
    model = GotOcr2ForConditionalGeneration(config)
    peaked(model)
    finish(model, ids, directory)
    processor = GotOcr2Processor(
        GotOcr2ImageProcessor(size={"height": 1024, "width": 1024}), tokenizer
    )
    processor.save_pretrained(directory)
    return directory


def peaked(model: torch.nn.Module) -> None:
    """Weights wide enough that attention is peaked and greedy choices differ by a clear margin."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                weight.normal_(0, 1.5 / weight[0].numel() ** 0.5)
            elif "bias" in name:
                weight.normal_(0, 0.05)


def finish(model: torch.nn.Module, ids: dict[str, int], directory: Path) -> None:
    """Write a Qwen model or one that ends like it."""
    # As published: sampling by default, which OCR must override.
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        top_p=0.8,
        repetition_penalty=1.05,
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]],
        pad_token_id=ids["<|endoftext|>"],
    )
    model.save_pretrained(directory)
