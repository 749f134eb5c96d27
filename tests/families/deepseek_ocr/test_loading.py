"""Config translation, refusals, published tensor names, and memory while loading."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from engine.core.errors import ModelError
from engine.families.deepseek_ocr import (
    DeepseekOcrConfig,
    DeepseekOcrForConditionalGeneration,
    DeepseekVLV2Processor,
    load_model,
)
from engine.families.weights.checkpoint import read_checkpoint
from tests.families.deepseek_ocr.random_checkpoint import save_random
from tests.families.tiny_deepseek_ocr import FOLDER, ROOT

MEASURE = """
import json, re, sys
from pathlib import Path
import torch
from engine.families.deepseek_ocr import load_model
from transformers import UnlimitedOcrForConditionalGeneration

def memory(kind):
    status = Path("/proc/self/status").read_text()
    return int(re.search(kind + r":\\s+(\\d+)", status)[1]) * 1024

Path("/proc/self/clear_refs").write_text("5")
before = memory("VmRSS")
model = load_model(sys.argv[1], dtype=torch.bfloat16)
print(json.dumps([memory("VmHWM") - before, sum(p.nbytes for p in model.parameters())]))
"""


def copy_with(folder: Path, **changes: object) -> Path:
    """The tiny checkpoint with other config keys."""
    shutil.copy(FOLDER / "model.safetensors", folder / "model.safetensors")
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **changes}), encoding="utf-8")
    return folder


def test_the_published_config_is_translated_in_full() -> None:
    published = json.loads((FOLDER / "published_config.json").read_text(encoding="utf-8"))
    config = DeepseekOcrConfig.from_dict(published)
    text, sam = config.text_config, config.vision_config.sam_config
    clip = config.vision_config.encoder_config
    assert text.layer_types == ["full_attention"] * 12
    assert text.mlp_layer_types == ["dense"] + ["sparse"] * 11
    assert (text.hidden_size, text.num_attention_heads, text.head_dim) == (1280, 10, 128)
    assert (text.n_routed_experts, text.num_experts_per_tok, text.moe_intermediate_size) == (
        64,
        6,
        896,
    )
    assert (text.rms_norm_eps, text.rope_parameters["rope_theta"]) == (1e-6, 10_000.0)
    assert (sam.hidden_size, sam.mlp_dim, sam.output_channels) == (768, 3072, 256)
    assert list(sam.downsample_channels) == [512, 1024]
    assert list(sam.global_attn_indexes) == [2, 5, 8, 11]
    assert (clip.hidden_size, clip.intermediate_size, clip.num_hidden_layers) == (1024, 4096, 24)
    assert config.image_token_id == 128815
    assert (text.vocab_size, text.bos_token_id, text.eos_token_id) == (129280, 0, 1)
    assert config.dtype == torch.bfloat16


def test_the_top_level_of_the_config_wins_as_in_the_reference() -> None:
    published = json.loads((FOLDER / "published_config.json").read_text(encoding="utf-8"))
    published["language_config"]["num_experts_per_tok"] = 2
    assert DeepseekOcrConfig.from_dict(published).text_config.num_experts_per_tok == 6
    del published["num_experts_per_tok"]
    assert DeepseekOcrConfig.from_dict(published).text_config.num_experts_per_tok == 2


def test_a_saved_config_is_read_back(tmp_path: Path) -> None:
    config = DeepseekOcrConfig.from_pretrained(FOLDER)
    config.save_pretrained(tmp_path)
    saved, again = config.to_dict(), AutoConfig.from_pretrained(tmp_path).to_dict()
    for read in (saved, again):
        read.pop("_name_or_path")
    assert again == saved


@pytest.mark.parametrize(
    "architectures", [["DeepseekOCR2ForCausalLM"], ["DeepseekVLV2ForCausalLM"], None]
)
def test_a_checkpoint_of_another_architecture_is_refused(
    tmp_path: Path, architectures: list[str] | None
) -> None:
    folder = copy_with(tmp_path, architectures=architectures)
    with pytest.raises(ModelError, match="deepseek-community/DeepSeek-OCR-2"):
        load_model(folder)


@pytest.mark.parametrize(
    "change", [{"use_mla": True}, {"norm_topk_prob": True}, {"tile_tag": "1D"}]
)
def test_settings_that_the_classes_do_not_compute_are_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    with pytest.raises(ModelError, match=next(iter(change))):
        load_model(copy_with(tmp_path, **change))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_parity_of_tensor_names_nothing_missing_nothing_left_over(attention: str) -> None:
    model, info = DeepseekOcrForConditionalGeneration.from_pretrained(
        FOLDER, dtype=torch.float32, attn_implementation=attention, output_loading_info=True
    )
    assert not any(info[f"{kind}_keys"] for kind in ("missing", "unexpected", "mismatched"))
    published = load_file(FOLDER / "model.safetensors")
    unused = published.pop("model.vision_model.embeddings.patch_embedding.weight")
    assert sum(p.numel() for p in model.parameters()) == sum(t.numel() for t in published.values())
    assert unused.shape[0] == model.config.vision_config.encoder_config.hidden_size
    config = model.config
    for part in (config.text_config, config.vision_config.sam_config):
        assert part._attn_implementation == attention


@pytest.mark.parametrize(
    ("lost", "added"),
    [
        ("model.norm.weight", {}),
        ("model.layers.1.mlp.experts.3.up_proj.weight", {}),
        ("", {"model.extra.weight": torch.zeros(2)}),
        ("", {"lm_head.weight": torch.zeros(3, 5)}),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    tmp_path: Path, lost: str, added: dict[str, torch.Tensor]
) -> None:
    folder = copy_with(tmp_path)
    tensors = load_file(FOLDER / "model.safetensors") | added
    tensors.pop(lost, None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="do not fit DeepSeek-OCR"):
        load_model(folder)


def test_auto_classes_load_the_published_folder_without_its_code(published: Path) -> None:
    config = AutoConfig.from_pretrained(published)
    assert isinstance(config, DeepseekOcrConfig)
    processor = AutoProcessor.from_pretrained(published)
    assert isinstance(processor, DeepseekVLV2Processor)
    model = AutoModelForImageTextToText.from_pretrained(published, dtype=torch.float32)
    assert isinstance(model, DeepseekOcrForConditionalGeneration)
    assert model.config.image_token_id == processor.image_token_id


def test_the_tokenizer_is_read_from_its_file_whatever_class_is_named(published: Path) -> None:
    words = AutoProcessor.from_pretrained(published).tokenizer
    named = json.loads((published / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert named["tokenizer_class"] == "LlamaTokenizerFast"
    assert words.tokenize("a b") == ["a", " ", "b"]


@pytest.mark.parametrize("before", [None, "0"])
def test_loading_leaves_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    name = "HF_DEACTIVATE_ASYNC_LOAD"
    monkeypatch.delenv(name, raising=False)
    if before is not None:
        monkeypatch.setenv(name, before)
    load_model(FOLDER)
    assert os.environ.get(name) == before


def test_stored_tensors_are_those_of_safetensors(tmp_path: Path) -> None:
    tensors = {
        "odd": torch.arange(7, dtype=torch.uint8),
        "b": torch.randn(3, 5).to(torch.bfloat16),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
    }
    save_file(tensors, tmp_path / "model.safetensors")
    stored = read_checkpoint(tmp_path)
    assert set(stored) == set(tensors)
    for name, tensor in tensors.items():
        assert torch.equal(stored[name][...], tensor)
        assert stored[name].dtype == tensor.dtype


def test_writing_to_a_loaded_tensor_never_writes_to_the_file(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(4)}, tmp_path / "model.safetensors")
    read_checkpoint(tmp_path)["a"][...].fill_(1)
    assert torch.equal(load_file(tmp_path / "model.safetensors")["a"], torch.zeros(4))


def test_a_cut_file_and_a_missing_shard_are_told_apart(tmp_path: Path) -> None:
    folder = save_random(tmp_path, hidden=16, layers=2, experts=2, shard_bytes=10**5)
    shards = sorted(folder.glob("*.safetensors"))
    assert len(shards) > 2
    shards[0].write_bytes(shards[0].read_bytes()[:-10])
    with pytest.raises(SafetensorError):
        load_model(folder)
    shards[0].unlink()
    with pytest.raises(FileNotFoundError):
        load_model(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_loading_shards_takes_little_more_than_their_size(tmp_path: Path) -> None:
    """Peak resident memory over that of the imports, in a process of its own."""
    folder = save_random(
        tmp_path,
        hidden=512,
        layers=4,
        experts=64,
        expert_width=448,
        dtype=torch.bfloat16,
        shard_bytes=60_000_000,
    )
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    assert size > 250e6
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    peak, model_bytes = json.loads(re.search(r"\[.*\]", done.stdout)[0])
    assert model_bytes > 0.99 * size
    assert peak <= 1.2 * size
