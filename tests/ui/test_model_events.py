"""The model card: what it offers, and what happens when a person asks for it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine import Engine, Settings, load_settings
from engine.core.errors import ModelError
from engine.core.hardware import GpuMemory, gpu_memory
from engine.core.stop_event import StopEvent
from engine.models.control import ModelState
from engine.models.manager import ModelManager
from tests.fakes import FakeFamily
from ui.events.model import ModelCards
from ui.views.model_card import card

LOCAL = "[models.local]\nfamily = 'qwen_vl'\nrepo_id = '{folder}'\n"


def drawn(engine: Engine, act: str, model_id: str) -> list[dict[str, object]]:
    async def collect() -> list[dict[str, object]]:
        return [one async for one in ModelCards(engine).act(act, model_id, "en")]

    return asyncio.run(collect())


def test_a_model_is_loaded_and_unloaded_from_its_card(fake_settings: Settings) -> None:
    with Engine(fake_settings) as engine:
        loaded = drawn(engine, "load", "fake")
        assert loaded[-1]["actions"] == [{"act": "unload", "title": "Unload it"}]
        assert "In memory now" in loaded[-1]["facts"]
        gone = drawn(engine, "unload", "fake")
        assert gone[-1]["actions"] == [{"act": "load", "title": "Load it now"}]
        assert not any(info.loaded for info in engine.models())


def test_a_model_that_answers_is_not_unloaded(fake_settings: Settings) -> None:
    with Engine(fake_settings) as engine:
        models = engine._models
        models.acquire("fake", StopEvent(), lambda event: None)
        refused = drawn(engine, "unload", "fake")[-1]
        assert refused["problem"] == ModelError("model.in_use", model_id="fake").text("en")
        models.release("fake")
        assert drawn(engine, "unload", "fake")[-1]["problem"] == ""


def test_why_a_download_failed_stays_on_the_card(tmp_path: Path) -> None:
    overlay = tmp_path / "settings.toml"
    overlay.write_text(LOCAL.format(folder=tmp_path), encoding="utf-8")
    with Engine(load_settings(overlay)) as engine:
        last = drawn(engine, "download", "local")[-1]
        named = {"model_id": "local", "repo_id": str(tmp_path)}
        assert last["problem"] == ModelError("hub.local_folder", **named).text("en")


def test_where_it_is_not_allowed_a_card_offers_nothing(tmp_path: Path) -> None:
    overlay = tmp_path / "settings.toml"
    overlay.write_text("[app]\nmodel_control = 'never'\n", encoding="utf-8")
    with Engine(load_settings(overlay)) as engine:
        shown = drawn(engine, "look", "lite")[-1]
        assert shown["actions"] == []
        refused = drawn(engine, "load", "lite")[0]
        assert refused["problem"] == ModelError("model.no_control", model_id="lite").text("en")
        assert not any(info.loaded for info in engine.models())


def test_visitors_of_a_space_do_not_move_its_models(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.app.lets_control_models
    monkeypatch.setenv("SPACE_ID", "somebody/scanchat")
    assert not settings.app.lets_control_models


@pytest.mark.parametrize(
    ("state", "busy", "share"),
    [
        (ModelState(), "", None),
        (ModelState("loading"), "Loading the model", None),
        (ModelState("downloading"), "Contacting the model hub", None),
        (
            ModelState("downloading", 1_500_000_000, 6_000_000_000),
            "Downloading: 1.50 of 6.00 GB",
            0.25,
        ),
    ],
)
def test_the_card_says_how_far_it_is(
    settings: Settings, state: ModelState, busy: str, share: float | None
) -> None:
    shown = card(ModelManager(settings).infos(), "qwen_vl_2b", "en", state=state)
    assert (shown["busy"], shown["share"]) == (busy, share)
    assert bool(shown["actions"]) == (state.work is None)


def test_the_card_says_how_full_the_gpu_is(settings: Settings) -> None:
    models, gpu = ModelManager(settings).infos(), GpuMemory(11_500_000_000, 16_000_000_000)
    assert "GPU memory free now: 4.5 of 16.0 GB" in card(models, "lite", "en", gpu=gpu)["facts"]
    russian = card(models, "lite", "ru", gpu=gpu)["facts"]
    assert "Памяти видеокарты свободно: 4,5 из 16,0 ГБ" in russian


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("echo 'GPU-1, [N/A], 5120, 16384'", GpuMemory(5120 * 2**20, 16384 * 2**20)),
        ("echo 'GPU-1, [N/A], [N/A], 16384'", None),
        ("echo 'something else'", None),
        ("echo 'No devices were found'; exit 6", None),
    ],
)
def test_the_gpus_memory_is_what_its_own_tool_says(
    said: str, expected: GpuMemory | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{said}\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gpu_memory() == expected


def test_the_card_shows_the_gpu_that_its_model_runs_on(
    fake_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "GPU-1111, [N/A], 1000, 8192\\nGPU-2222, [N/A], 0, 16384\\n"
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\nprintf '{rows}'\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(FakeFamily, "describe", lambda self: {"gpu_uuid": "2222"})
    with Engine(fake_settings) as engine:
        assert not any("GPU memory" in str(fact) for fact in drawn(engine, "", "fake")[-1]["facts"])  # type: ignore[attr-defined]
        shown = drawn(engine, "load", "fake")[-1]["facts"]
        assert "GPU memory free now: 17.2 of 17.2 GB" in shown  # type: ignore[operator]


def test_the_card_of_a_loaded_model_says_what_auto_became(settings: Settings) -> None:
    facts = (("dtype_en", "float16: this GPU is older."), ("dtype_ru", "float16: старая."))
    models = [replace(info, loaded=True, facts=facts) for info in ModelManager(settings).infos()]
    for language, said in (("en", "float16: this GPU is older."), ("ru", "float16: старая.")):
        assert said in card(models, "smolvlm", language)["facts"]
        assert said not in card(models, "qwen_vl_2b", language)["facts"]
