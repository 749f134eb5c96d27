"""Tests of gpu_memory: it reports the memory of the GPU that models run on."""

from pathlib import Path

import pytest

from engine.core.attention import AttentionChoice
from engine.core.hardware import Device, GpuMemory, gpu_memory
from engine.core.settings_file import load_settings
from engine.families.weights import hub

FIRST = GpuMemory(1000 * 2**20, 8192 * 2**20)
SECOND = GpuMemory(5120 * 2**20, 16384 * 2**20)
ONE = "GPU-11111111-aaaa, [N/A], 1000, 8192"
TWO = "GPU-22222222-bbbb, Disabled, 5120, 16384"
WITH_MIG = "GPU-33333333-cccc, Enabled, 70000, 81559"


@pytest.fixture(autouse=True)
def no_choice_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)


def install(lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake nvidia-smi that reports all GPUs, or with --id=0 the first by PCI bus."""
    rows = tmp_path / "rows"
    rows.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f"*--id=0*) head -1 {rows} | cut -d, -f3- ;;\n*) cat {rows} ;;\nesac\n",
        encoding="utf-8",
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.parametrize("uuid", ["22222222-bbbb", "GPU-22222222-bbbb", "GPU-22222222-BBBB"])
def test_the_gpu_of_the_loaded_model_is_told(
    uuid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install([ONE, TWO], tmp_path, monkeypatch)
    assert gpu_memory(uuid) == SECOND


@pytest.mark.parametrize(
    ("lines", "visible", "order", "expected"),
    [
        ([ONE], None, None, FIRST),
        ([ONE, TWO], None, None, None),  # CUDA's first is its fastest, whichever that is
        ([ONE, TWO], None, "PCI_BUS_ID", FIRST),
        ([ONE, TWO], "1,0", "PCI_BUS_ID", SECOND),
        ([ONE, TWO], "1", None, None),
        ([ONE, TWO], "GPU-2222", None, SECOND),
        ([ONE], "", None, None),
        ([ONE], "-1", None, None),
        ([ONE], "3", None, None),
        ([ONE], "MIG-9999", None, None),
        ([WITH_MIG], None, None, None),
    ],
)
def test_before_a_model_is_loaded_only_what_is_certain_is_told(
    lines: list[str],
    visible: str | None,
    order: str | None,
    expected: GpuMemory | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(lines, tmp_path, monkeypatch)
    for name, value in (("CUDA_VISIBLE_DEVICES", visible), ("CUDA_DEVICE_ORDER", order)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert gpu_memory() == expected


def test_an_instance_of_a_shared_gpu_is_not_told_as_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install([WITH_MIG], tmp_path, monkeypatch)
    assert gpu_memory("99999999-dddd") is None
    assert gpu_memory("33333333-cccc") is None


def test_a_model_says_which_gpu_it_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_settings().model("smolvlm")
    attention = AttentionChoice("eager", "eager", "attention.eager_requested")
    monkeypatch.setattr(
        hub, "device", lambda: Device("cuda", "T4", (7, 5), 15 * 10**9, "22222222-bbbb")
    )
    facts = hub.run_facts(model, attention)
    assert facts["gpu_uuid"] == "22222222-bbbb"
    assert facts["dtype"] == "float16"
    assert "7.5" in facts["dtype_en"] and "7.5" in facts["dtype_ru"]
    monkeypatch.setattr(hub, "device", lambda: Device("cpu", "CPU"))
    assert "gpu_uuid" not in hub.run_facts(model, attention)
