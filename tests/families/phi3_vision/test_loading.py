"""Memory while Phi-3.5-vision loads, and what is said when a file is not whole."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from transformers import AutoModelForImageTextToText

from engine.families.phi3_vision import Phi3VConfig, Phi3VForCausalLM
from tests.families.phi3_vision.published import ROOT, write_folder

MEASURE = """
import json, re, sys
from pathlib import Path
import torch
import engine.families.phi3_vision
from transformers import AutoModelForImageTextToText, CLIPVisionModel, Phi3Model

def memory(kind):
    status = Path("/proc/self/status").read_text()
    return int(re.search(kind + r":\\s+(\\d+)", status)[1]) * 1024

Path("/proc/self/clear_refs").write_text("5")
before = memory("VmRSS")
model = AutoModelForImageTextToText.from_pretrained(sys.argv[1], dtype=getattr(torch, sys.argv[2]))
touched = sum(float(p.view(-1)[::512].float().sum()) for p in model.parameters())
print(json.dumps([memory("VmHWM") - before, sum(p.nbytes for p in model.parameters())]))
"""


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 300 MB in shards of 60 MB, bfloat16 as published."""
    folder = tmp_path_factory.mktemp("sharded")
    config = Phi3VConfig(
        hidden_size=768,
        intermediate_size=2048,
        num_hidden_layers=15,
        num_attention_heads=8,
        num_key_value_heads=8,
        vocab_size=16_000,
        pad_token_id=0,
        eos_token_id=1,
        vision_config={"hidden_size": 512, "intermediate_size": 1024, "num_attention_heads": 8}
        | {"num_hidden_layers": 4, "image_size": 336, "patch_size": 14},
        img_processor={"image_dim_out": 512, "name": "clip_vision_model"},
    )
    with torch.device("meta"):
        model = Phi3VForCausalLM(config).to(torch.bfloat16)
    # What stood in memory before is random enough: only sizes are looked at.
    model.to_empty(device="cpu").save_pretrained(folder, max_shard_size="60MB")
    assert len(list(folder.glob("*.safetensors"))) > 3
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_loading_shards_takes_little_more_than_their_size(sharded: Path, dtype: str) -> None:
    """Peak resident memory over that of the imports, also where every tensor is cast."""
    size = sum(path.stat().st_size for path in sharded.glob("*.safetensors"))
    assert size > 250e6
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(sharded), dtype],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    peak, model_bytes = json.loads(re.search(r"\[.*\]", done.stdout)[0])
    assert model_bytes > 0.99 * size
    assert peak <= 1.2 * size


def test_a_cut_file_and_a_missing_shard_are_told_apart(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, shards=3)
    shards = sorted(folder.glob("*.safetensors"))
    shards[0].write_bytes(shards[0].read_bytes()[:-10])
    with pytest.raises(SafetensorError):
        AutoModelForImageTextToText.from_pretrained(folder)
    shards[0].unlink()
    with pytest.raises(FileNotFoundError):
        AutoModelForImageTextToText.from_pretrained(folder)
