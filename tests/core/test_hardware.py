"""Tests of hardware decisions: precision, CUDA initialisation per process, memory limits."""

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine import Engine, Settings, load_settings
from engine.core import hardware
from engine.core.errors import ModelError
from engine.core.hardware import Device, check_precision, choose_precision
from engine.families import FAMILIES
from engine.families.weights import hub
from tests.fakes import FAKE_MODELS_TOML, FakeFamily, save_page

AMPERE = Device("cuda", "NVIDIA RTX A2000", (8, 6), 6_000_000_000)
TURING = Device("cuda", "Tesla T4", (7, 5), 15_000_000_000)
CPU = Device("cpu", "CPU")


@pytest.mark.parametrize(
    ("where", "cpu_has_it", "dtype"),
    [
        (AMPERE, False, "bfloat16"),
        (TURING, True, "float16"),
        (CPU, True, "bfloat16"),
        (CPU, False, "float32"),
    ],
)
def test_auto_is_bfloat16_where_the_device_computes_in_it(
    where: Device, cpu_has_it: bool, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: cpu_has_it)
    chosen = choose_precision("auto", where)
    assert chosen.dtype == dtype
    for language in ("en", "ru"):
        assert dtype in chosen.reason(language)
        assert "auto" in chosen.reason(language)


@pytest.mark.parametrize("where", [AMPERE, TURING, CPU])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_precision_that_is_written_is_never_changed(where: Device, dtype: str) -> None:
    assert choose_precision(dtype, where).dtype == dtype


def test_an_older_gpu_is_told_which_line_to_write() -> None:
    model = load_settings().model("qwen_vl_2b")
    with pytest.raises(ModelError) as refused:
        check_precision("qwen_vl_2b", model, TURING)
    assert 'dtype = "auto" in [models.qwen_vl_2b]' in refused.value.text()
    check_precision("qwen_vl_2b", model.model_copy(update={"dtype": "auto"}), TURING)
    check_precision("qwen_vl_2b", model, AMPERE)


@pytest.fixture
def gpu_without_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A machine whose GPU NVML counts; what starts CUDA in this process is written down."""
    started: list[str] = []

    def start(*_: object) -> None:
        started.append("CUDA")
        raise RuntimeError("CUDA was started in the app's process")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name in ("_lazy_init", "init", "get_device_properties", "mem_get_info"):
        monkeypatch.setattr(torch.cuda, name, start)
    hardware.device.cache_clear()
    yield started
    hardware.device.cache_clear()


class AnsweringFamily(FakeFamily):
    """Answers in a process of its own, where nothing is faked."""


def test_the_apps_process_does_not_start_cuda_where_a_model_has_its_own(
    gpu_without_cuda: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "fake", "tests.core.test_hardware:AnsweringFamily")
    path = tmp_path / "auto.toml"
    path.write_text(FAKE_MODELS_TOML + "[generation]\nworker_process = 'auto'\n", encoding="utf-8")
    settings = load_settings(path)
    with Engine(settings) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        assert engine.ask(session_id, "What?").answer().text == "The total is 42."
        engine.models()
        # The answer came from another process: this one loaded nothing.
        assert FakeFamily.loads == 0
    assert gpu_without_cuda == []


@pytest.mark.parametrize(
    ("platform_name", "release", "fraction"),
    [
        ("win32", "11", 0.95),
        ("linux", "5.15.153.1-microsoft-standard-WSL2", 0.95),
        ("linux", "6.8.0-45-generic", None),
        ("darwin", "24.0.0", None),
    ],
)
def test_memory_has_an_end_where_the_driver_would_go_on_in_the_computers(
    platform_name: str, release: str, fraction: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []
    monkeypatch.setattr(hardware, "sys", types.SimpleNamespace(platform=platform_name, modules={}))
    monkeypatch.setattr(hardware.platform, "release", lambda: release)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", limits.append)
    hardware.keep_out_of_shared_memory()
    assert limits == ([] if fraction is None else [fraction])


def test_memory_has_its_end_before_weights_are_loaded(
    fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    class Weights:
        @classmethod
        def from_pretrained(cls, *_: object, **__: object) -> torch.nn.Module:
            done.append("loaded")
            return torch.nn.Linear(1, 1)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.cuda, "set_per_process_memory_fraction", lambda share: done.append(f"{share}")
    )
    monkeypatch.setattr(hub, "device", lambda: CPU)
    attention = hub.choose_attention("eager", "float32", ())
    hub.load_weights("fake", fake_settings.model("fake"), attention, Weights)
    assert done == ["0.95", "loaded"]
