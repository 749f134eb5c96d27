"""A DeepSeek-OCR checkpoint of any size with random weights, sharded under the published names."""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.families.tiny_deepseek_ocr import FOLDER


def save_random(
    folder: Path,
    *,
    hidden: int,
    layers: int,
    experts: int,
    expert_width: int = 64,
    dtype: torch.dtype = torch.float32,
    shard_bytes: int = 10**8,
) -> Path:
    """Write config.json, shards and their index.

    Args:
        hidden: width of the language model, a multiple of 4 heads.
        expert_width: of a routed expert.
        shard_bytes: size of a shard.
    """
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    sizes = {
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "moe_intermediate_size": expert_width,
        "n_routed_experts": experts,
        "num_experts_per_tok": 2,
        "num_hidden_layers": layers,
    }
    config.update(sizes)
    config["language_config"].update(sizes)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shapes = _shapes(hidden, layers, experts, expert_width)
    torch.manual_seed(0)
    # One pool of numbers: a gigabyte of fresh ones would take longer than loading it.
    pool = torch.randn(max(map(math.prod, shapes.values())) + 10_000).to(dtype)
    weight_map: dict[str, str] = {}
    shards: list[dict[str, torch.Tensor]] = [{}]
    filled = 0
    for number, (name, shape) in enumerate(sorted(shapes.items())):
        count, offset = math.prod(shape), 37 * number % 10_000
        # About unit output: norms near one, weights by their fan-in.
        scale = 1.0 if len(shape) < 2 else math.prod(shape[1:]) ** -0.5
        values = pool[offset : offset + count].view(shape) * scale
        if "norm" in name and len(shape) == 1:
            values = 1 + 0.1 * values
        if filled and filled + values.nbytes > shard_bytes:
            shards.append({})
            filled = 0
        shards[-1][name] = values.contiguous()
        filled += values.nbytes
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(shard, file)
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def _shapes(hidden: int, layers: int, experts: int, expert_width: int) -> dict[str, list[int]]:
    """The fixture's vision stages with a language model of other sizes."""
    shapes: dict[str, list[int]] = {}
    text_width = json.loads((FOLDER / "config.json").read_text())["hidden_size"]
    for line in (FOLDER / "NAMES.txt").read_text(encoding="utf-8").splitlines():
        name, shape, _ = line.split("\t")
        if name.startswith("model.layers."):
            continue
        known = json.loads(shape)
        if ".sam_model." not in name and ".vision_model." not in name:
            known = [hidden if size == text_width else size for size in known]
        shapes[name] = known
    for layer in range(layers):
        at = f"model.layers.{layer}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{at}{norm}.weight"] = [hidden]
        for part in "qkvo":
            shapes[f"{at}self_attn.{part}_proj.weight"] = [hidden, hidden]
        widths = {"": 2 * hidden}
        if layer:
            shapes[f"{at}mlp.gate.weight"] = [experts, hidden]
            widths = {"shared_experts.": 2 * expert_width}
            widths |= {f"experts.{number}.": expert_width for number in range(experts)}
        for part, width in widths.items():
            shapes[f"{at}mlp.{part}gate_proj.weight"] = [width, hidden]
            shapes[f"{at}mlp.{part}up_proj.weight"] = [width, hidden]
            shapes[f"{at}mlp.{part}down_proj.weight"] = [hidden, width]
    return shapes
