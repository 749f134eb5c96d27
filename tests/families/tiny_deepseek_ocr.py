"""Tiny DeepSeek-OCR checkpoints, v1 and v2, as their repositories lay them out.

v1 is the parity fixture with a tokenizer; SCANCHAT_PARITY_DIR puts another of the same format in
its place.
"""

import json
import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    DeepseekOcr2Config,
    DeepseekOcr2ForConditionalGeneration,
    DeepseekOcr2ImageProcessor,
    DeepseekOcr2Processor,
    GenerationConfig,
    PreTrainedTokenizerFast,
)

from tests.families.tiny import peaked

ROOT = Path(__file__).resolve().parents[2]
FOLDER = (
    Path(os.environ.get("SCANCHAT_PARITY_DIR", ROOT / "tests/fixtures/parity")) / "deepseek_ocr"
)
BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"


@cache
def meta() -> dict[str, Any]:
    return json.loads((FOLDER / "META.json").read_text(encoding="utf-8"))


def vocabulary_size() -> int:
    return int(json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))["vocab_size"])


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a character, and the special tokens where the fixture's remapping puts them."""
    places = dict(meta()["special_token_remap"]["tiny"])
    for name, token in (("bos", BOS), ("eos", EOS), ("pad", PAD)):
        places[token] = places.pop(name)
    taken = {number: token for token, number in places.items()}
    characters = iter(["\n", *map(chr, range(32, 127)), *map(chr, range(0xE000, 0xE400))])
    vocabulary = {
        taken.get(number) or next(characters): number for number in range(vocabulary_size())
    }
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in places])
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=BOS, eos_token=EOS, pad_token=PAD
    )


def save_first(folder: Path) -> Path:
    """The parity checkpoint with tokenizer files as the hub has them, remote code named."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "model.safetensors"):
        shutil.copy(FOLDER / name, folder / name)
    words = tokenizer()
    words.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**saved, "tokenizer_class": "LlamaTokenizerFast"}))
    (folder / "processor_config.json").write_text('{"processor_class": "DeepseekVLV2Processor"}')
    _sampling(words).save_pretrained(folder)
    return folder


def save_second(folder: Path) -> Path:
    """A random DeepSeek-OCR-2 as deepseek-community/DeepSeek-OCR-2 is laid out."""
    words = tokenizer()
    torch.manual_seed(0)
    config = DeepseekOcr2Config(
        vision_config={
            "sam_config": {
                "hidden_size": 16,
                "output_channels": 8,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                # Every patch attends to its window alone: half a second less for each page.
                "global_attn_indexes": [],
                "downsample_channels": [12, 64],
            },
            "encoder_config": {
                "hidden_size": 64,
                "intermediate_size": 64,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "vocab_size": 1,
                "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
            },
        },
        text_config={
            # bitsandbytes' 4-bit kernel wants widths that divide by 64.
            "hidden_size": 64,
            "intermediate_size": 64,
            "moe_intermediate_size": 64,
            "n_routed_experts": 4,
            "n_shared_experts": 2,
            "num_attention_heads": 2,
            "num_experts_per_tok": 2,
            "num_hidden_layers": 2,
            "mlp_layer_types": ["dense", "sparse"],
            "vocab_size": len(words),
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
        },
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    model = DeepseekOcr2ForConditionalGeneration(config)
    peaked(model)
    model.generation_config = _sampling(words)
    model.save_pretrained(folder)
    DeepseekOcr2Processor(DeepseekOcr2ImageProcessor(), words).save_pretrained(folder)
    return folder


def _sampling(words: PreTrainedTokenizerFast) -> GenerationConfig:
    """Sampling by default, which OCR must override."""
    return GenerationConfig(
        do_sample=True,
        temperature=0.7,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
