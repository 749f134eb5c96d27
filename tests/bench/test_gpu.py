"""bench.gpu on the CPU: true sizes, the same tokens from both decoders, rows as the schema says."""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import jsonschema
import pytest
import torch

from bench import gpu, gpu_models, gpu_rows, gpu_runs
from bench.real_configs import REAL, TINY
from engine import load_settings

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "bench/gpu_schema.json").read_text(encoding="utf-8"))
# As the hub states them for the published safetensors.
STATED = {"qwen2_vl_2b": 2_208_985_600, "qwen3_vl_2b": 2_127_532_032}


@pytest.mark.parametrize("name", REAL)
def test_the_real_sizes_have_the_stated_number_of_parameters(name: str) -> None:
    model = gpu_models.build(
        name, tiny=False, dtype=torch.bfloat16, attention="sdpa", device="meta"
    )
    parameters = sum(weight.numel() for weight in model.parameters())
    settings_id = {"qwen2_vl_2b": "qwen_vl_2b"}.get(name, name)
    assert parameters == pytest.approx(load_settings().models[settings_id].parameters, rel=0.02)
    assert parameters == STATED.get(name, parameters)


@pytest.mark.parametrize("name", TINY)
def test_the_cache_of_fixed_shape_gives_the_same_tokens(name: str) -> None:
    model = gpu_models.build(name, tiny=True, dtype=torch.float32, attention="sdpa", device="cpu")
    with torch.inference_mode():
        page = gpu_models.MODELS[name].page(model, gpu_rows.DRY_PAGE)
        usual = gpu_runs.answer(model, page, "usual", 16, "cpu")
        static = gpu_runs.answer(model, page, "static", 16, "cpu")
        # A decoder that does not look at the prompt would say the same whatever stands there.
        blind = replace(page, ids=page.ids[:, : gpu_models.BEFORE], image={})
        blind = replace(blind, positions=page.positions[..., : gpu_models.BEFORE])
        without = gpu_runs.answer(model, blind, "static", 16, "cpu")
    assert static.ids == usual.ids
    assert without.ids != usual.ids
    # The model attends as before once the static run is over.
    assert model.config.get_text_config()._attn_implementation == "sdpa"


def test_the_bytes_of_a_token_leave_out_vision_and_an_unread_table() -> None:
    model = gpu_models.build(
        "dots_ocr", tiny=True, dtype=torch.float32, attention="sdpa", device="cpu"
    )
    sizes = {"embedding": 512 * 64, "head": 512 * 64, "norm": 64}
    # q (64 x 64), k and v (64 x 32) with biases, o without, and three of the MLP; two norms.
    layer = 64 * 64 + 64 + 2 * (64 * 32 + 32) + 64 * 64 + 3 * 64 * 128 + 2 * 64
    assert gpu_runs.bytes_per_token(model) == 4 * (2 * layer + sizes["norm"] + sizes["head"])
    vision = sum(weight.numel() for weight in model.vision_tower.parameters())
    everything = 2 * layer + sum(sizes.values()) + vision
    assert gpu_runs.weight_bytes(model) == 4 * everything


def test_of_experts_only_those_are_counted_that_a_token_is_sent_to() -> None:
    model = gpu_models.build(
        "deepseek_ocr", tiny=True, dtype=torch.float32, attention="sdpa", device="cpu"
    )
    before = gpu_runs.bytes_per_token(model)
    model.config.get_text_config().num_experts_per_tok *= 2
    # One layer of two has experts: 8 of them, gate, up and down of 64 x 32; two more are read.
    assert gpu_runs.bytes_per_token(model) - before == 4 * 2 * 3 * 64 * 32


@pytest.mark.slow
def test_a_dry_run_writes_a_valid_row_for_every_variant(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    command = [sys.executable, "-m", "bench.gpu", "--dry-run", "--models", "qwen2_vl_2b"]
    command += ["--tokens", "6", "--out", str(out)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=300)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        jsonschema.validate(row, SCHEMA)
    assert [(row["precision"], row["variant"]) for row in rows] == [
        ("float16", "usual"),
        ("float16", "static"),
        ("bfloat16", "static"),
        ("int8", "static"),
        ("int4", "static"),
    ]
    assert all(row["left_out"] is None for row in rows), rows
    assert all(row["load_seconds"] > 0 and row["tokens"] == 6 for row in rows)


def test_a_row_with_figures_and_a_reason_is_no_valid_row() -> None:
    options = argparse.Namespace(dry_run=True)
    row = asdict(gpu_rows.empty_row("dots_ocr", "graph", "int8", options, "sdpa"))
    row["page"] = list(row["page"])
    jsonschema.validate({**row, "left_out": "bitsandbytes is missing"}, SCHEMA)
    for broken in (row, {**row, "left_out": "why", "ttft_seconds": 1.0}, {**row, "new": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


@pytest.mark.skipif(torch.cuda.is_available(), reason="here it would really run")
def test_without_a_gpu_the_row_says_so() -> None:
    options = argparse.Namespace(dry_run=False, precisions=["float16"], decoders=["graph"])
    rows = list(gpu.run_model("dots_ocr", options))
    assert [row.left_out for row in rows] == ["no CUDA GPU here"]
