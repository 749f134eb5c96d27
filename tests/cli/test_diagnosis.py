"""Tests of `doctor`'s diagnosis of a machine: results of trial runs, returned as values."""

import json
from pathlib import Path

import pytest
import torch

from engine import Settings
from engine.cli import diagnosis, main
from engine.core.attention import SDPA_BACKENDS


def test_every_kernel_was_tried_and_the_general_one_runs(fake_settings: Settings) -> None:
    machine = diagnosis.examine(fake_settings)
    assert set(machine.kernels) == set(SDPA_BACKENDS)
    assert machine.kernels["MATH"] is None
    assert machine.packages["torch"] == torch.__version__.partition("+")[0]
    assert machine.attention.eager_over_sdpa > 0
    # Eager and SDPA compute the same thing; what differs is rounding.
    assert machine.attention.max_difference < 1e-4


@pytest.mark.skipif(torch.cuda.is_available(), reason="says why not, and here it may work")
def test_without_a_gpu_it_says_why_there_is_no_flash_attention(fake_settings: Settings) -> None:
    machine = diagnosis.examine(fake_settings)
    assert machine.flash_attn_problem == "no CUDA GPU"
    assert machine.kernels["CUDNN_ATTENTION"]
    assert machine.memory_bytes is None
    assert not any(fits for fit in machine.fits for _, _, fits in fit.precisions)


def test_attention_is_tried_at_the_heads_of_the_model_that_is_asked_about(
    fake_settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    text = {"hidden_size": 96, "num_attention_heads": 2}
    config = {"model_type": "no_such_type", "text_config": text}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    update = {"repo_id": str(folder), "attn_implementation": "eager"}
    models = {"fake": fake_settings.model("fake").model_copy(update=update)}
    found = diagnosis.examine(fake_settings.model_copy(update={"models": models}), "fake")
    assert (found.head_size, found.dtype) == (48, "float32")
    assert found.choice is not None and found.choice.implementation == "eager"


def test_an_unknown_model_is_refused_before_anything_is_measured(
    fake_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--model", "nope"]) == 2
    assert "nope" in capsys.readouterr().err
