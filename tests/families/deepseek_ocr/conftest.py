"""The parity folder, models over it, and a folder with a tokenizer as the repository publishes it.

SCANCHAT_PARITY_DIR points the same tests at other checkpoints of the same format.
"""

import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from engine.families.deepseek_ocr import load_model

ROOT = Path(__file__).resolve().parents[3]
FOLDER = (
    Path(os.environ.get("SCANCHAT_PARITY_DIR", ROOT / "tests/fixtures/parity")) / "deepseek_ocr"
)
# An end that never comes: the reference ran with EOS switched off.
NO_TOKEN = 1_000_000
BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"


@cache
def meta() -> dict[str, Any]:
    return json.loads((FOLDER / "META.json").read_text(encoding="utf-8"))


@cache
def vectors() -> dict[str, torch.Tensor]:
    return load_file(FOLDER / "vectors.safetensors")


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


@pytest.fixture(scope="session")
def model_with() -> Callable[[str], Any]:
    """model_with("sdpa") -> the float32 model, loaded once."""
    return cache(
        lambda attention: load_model(FOLDER, dtype=torch.float32, attn_implementation=attention)
    )


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint with tokenizer files as the hub repository has them, remote code named."""
    folder = tmp_path_factory.mktemp("published")
    for name in ("config.json", "model.safetensors"):
        shutil.copy(FOLDER / name, folder / name)
    tokenizer().save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**saved, "tokenizer_class": "LlamaTokenizerFast"}))
    (folder / "processor_config.json").write_text('{"processor_class": "DeepseekVLV2Processor"}')
    return folder
