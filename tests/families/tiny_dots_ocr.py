"""A tiny dots.ocr checkpoint as a published folder, for tests that run every family.

The parity checkpoint's sizes do not divide by what bitsandbytes' 4-bit kernel needs; these do.
"""

import json
from pathlib import Path

import torch

from engine.families.dots_ocr import DotsOCRConfig, DotsOCRForCausalLM
from tests.families.dots_ocr.conftest import OWN, publish
from tests.families.tiny import peaked


def save(directory: Path) -> Path:
    """Random weights in the published form; it samples unless told not to, as others do."""
    source = directory / "source"
    source.mkdir(parents=True)
    config = json.loads((OWN / "config.json").read_text(encoding="utf-8"))
    config["intermediate_size"] = 128
    config["vision_config"] |= {"embed_dim": 64, "intermediate_size": 128}
    torch.manual_seed(0)
    model = DotsOCRForCausalLM(DotsOCRConfig(**config))
    peaked(model)
    model.save_pretrained(source)
    (source / "config.json").write_text(json.dumps(config), encoding="utf-8")
    publish(directory, source)
    path = directory / "generation_config.json"
    generation = json.loads(path.read_text(encoding="utf-8"))
    generation |= {"do_sample": True, "temperature": 0.7, "top_p": 0.8, "repetition_penalty": 1.05}
    path.write_text(json.dumps(generation), encoding="utf-8")
    return directory
