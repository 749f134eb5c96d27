"""A tiny dots.ocr checkpoint in the published form, with a tokenizer that has the real tokens."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from engine.families.dots_ocr import DotsOCRForCausalLM

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "parity"
OWN = FIXTURES / "dots_ocr"
# Only the parity tests follow the variable; the others need this checkpoint's sizes.
PARITY = Path(os.environ.get("SCANCHAT_PARITY_DIR", str(FIXTURES))) / "dots_ocr"

# The published vocabulary from <|endoftext|> (151643) on; the fixture shifts ids by 151185.
SPECIAL_TOKENS = """
<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|>
<|box_end|> <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|>
<|image_pad|> <|video_pad|> <tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|>
<|fim_pad|> <|repo_name|> <|file_sep|> <|imgpad|> <|img|> <|endofimg|> <|systemprompt|>
<|endofsystemprompt|> <|user|> <|endofuser|> <|assistant|> <|endofassistant|> [PAD]
""".split()  # noqa: SIM905 - a list would be thirty lines

PREPROCESSOR_CONFIG = {
    "min_pixels": 3136,
    "max_pixels": 11289600,
    "patch_size": 14,
    "temporal_patch_size": 1,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "DotsVLProcessor",
    "auto_map": {"AutoProcessor": "configuration_dots.DotsVLProcessor"},
}


def tiny_tokenizer(first_special_id: int) -> Tokenizer:
    """Bytes, fillers up to the first special id, then the published special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    fillers = [f"filler{number}" for number in range(first_special_id - len(alphabet))]
    vocabulary = {token: number for number, token in enumerate([*alphabet, *fillers])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS]
    )
    return tokenizer


def publish(folder: Path, source: Path) -> None:
    """Fill a folder as the published repository is filled: auto_map everywhere, no code."""
    for name in ("config.json", "model.safetensors"):
        shutil.copy(source / name, folder / name)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    image_token_id = config["image_token_id"]
    shift = 151665 - image_token_id
    tiny_tokenizer(151643 - shift).save(str(folder / "tokenizer.json"))
    files = {
        "preprocessor_config.json": PREPROCESSOR_CONFIG,
        "tokenizer_config.json": {
            "tokenizer_class": "Qwen2Tokenizer",
            "eos_token": "<|endoftext|>",
            "pad_token": "[PAD]",
            "model_max_length": 131072,
            "chat_template": "{{ 'the template of the tokenizer' }}",
        },
        "chat_template.json": {"chat_template": "{{ 'the template of the processor' }}"},
        "generation_config.json": {
            "eos_token_id": [151643 - shift, 151673 - shift],
            "max_length": 32768,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dots_ocr")
    publish(folder, OWN)
    return folder


def load(folder: Path, attn_implementation: str) -> DotsOCRForCausalLM:
    """A checkpoint as the vectors were made: float32, CPU, no training."""
    loaded = DotsOCRForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation=attn_implementation
    )
    return loaded.eval()


@pytest.fixture(scope="session", params=["eager", "sdpa"])
def model(request: pytest.FixtureRequest) -> DotsOCRForCausalLM:
    """This repository's parity checkpoint, once per attention implementation."""
    return load(OWN, request.param)
