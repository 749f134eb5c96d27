"""The parity folder, models over it, and a folder with a tokenizer as the repository publishes it.

SCANCHAT_PARITY_DIR points the same tests at other checkpoints of the same format.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    DeepseekOcr2Config,
    DeepseekOcr2ForConditionalGeneration,
    DeepseekOcr2ImageProcessor,
    DeepseekOcr2Processor,
    PreTrainedTokenizerFast,
)

from engine import Engine, load_settings
from engine.families.deepseek_ocr import load_model
from tests.fakes import save_page

MakeEngine = Callable[..., Engine]

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


@pytest.fixture(scope="session")
def second_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random DeepSeek-OCR-2 as deepseek-community/DeepSeek-OCR-2 is laid out."""
    folder = tmp_path_factory.mktemp("ocr2")
    words = tokenizer()
    torch.manual_seed(0)
    config = DeepseekOcr2Config(
        vision_config={
            "sam_config": {
                "hidden_size": 16,
                "output_channels": 8,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "global_attn_indexes": [1],
                "downsample_channels": [12, 24],
            },
            "encoder_config": {
                "hidden_size": 24,
                "intermediate_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "vocab_size": 1,
                "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
            },
        },
        text_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "moe_intermediate_size": 16,
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
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(0, 1.5 / weight[0].numel() ** 0.5)
    model.save_pretrained(folder)
    DeepseekOcr2Processor(DeepseekOcr2ImageProcessor(), words).save_pretrained(folder)
    return folder


@pytest.fixture
def make_engine(published: Path, second_version: Path, tmp_path: Path) -> Iterator[MakeEngine]:
    """make_engine("deepseek_ocr", dtype="bfloat16") -> an engine over that tiny checkpoint."""
    folders = {"deepseek_ocr": published, "deepseek_ocr2": second_version}
    engines: list[Engine] = []

    def make(family: str, *, folder: Path | None = None, **table: object) -> Engine:
        table = {
            "family": family,
            "repo_id": str(folder or folders[family]),
            "dtype": "float32",
            "max_pixels": 512 * 512,
            "generation": {"max_new_tokens": 12},
            **table,
        }
        lines = [f"{key} = {toml(value)}" for key, value in table.items()]
        path = tmp_path / "tiny.toml"
        directories = f"default_model = 'tiny'\ncache_dir = '{tmp_path / 'cache'}'\n"
        path.write_text(directories + "[models.tiny]\n" + "\n".join(lines), encoding="utf-8")
        engines.append(Engine(load_settings(path)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def family_of(engine: Engine) -> Any:
    model = engine._models.acquire("tiny", threading.Event(), lambda event: None)
    engine._models.release("tiny")
    return model.family


def with_page(engine: Engine, tmp_path: Path) -> str:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return session_id
