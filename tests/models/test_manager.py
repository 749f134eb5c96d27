"""Models in memory: loaded once, switched fairly, given back; retries and fallbacks are told."""

import errno
import threading
import time
from pathlib import Path

import pytest
import torch

from engine import Engine, EngineError, Settings, load_settings
from engine.core.schema import Discarded, Failed, Finished, TextDelta
from engine.families import FAMILIES
from engine.families.base import ModelRequest, Preparation
from tests.fakes import FAKE_MODELS_TOML, FakeFamily, save_page

TWO_MODELS = (
    FAKE_MODELS_TOML
    + """
fallback = "other"
[models.other]
family = "fake"
repo_id = "tests/other"
dtype = "float32"
"""
)


class FailingFamily(FakeFamily):
    """Fails for the first `failures` runs, then answers like FakeFamily."""

    error: Exception = RuntimeError("broken")
    failures = 0
    shares: tuple[float, ...] = ()

    def generate(self, inputs, run):
        cls = type(self)
        cls.shares = (*cls.shares, inputs.pixel_share)
        if self.model_id == "fake" and cls.failures > 0:
            cls.failures -= 1
            run.streamer.put(torch.tensor([ord(c) for c in "half "]))
            raise cls.error
        return super().generate(inputs, run)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    FakeFamily.reset()
    FailingFamily.reset()
    FailingFamily.failures, FailingFamily.shares = 0, ()
    monkeypatch.setitem(FAMILIES, "fake", "tests.models.test_manager:FailingFamily")
    path = tmp_path / "two.toml"
    path.write_text(TWO_MODELS, encoding="utf-8")
    return load_settings(path)


def ask(engine: Engine, tmp_path: Path, model_id: str = "fake"):
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return engine.ask(session_id, "?", model_id=model_id)


def loaded(engine: Engine) -> set[str]:
    return {info.model_id for info in engine.models() if info.loaded}


def test_choosing_another_model_unloads_the_one_before(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        ask(engine, tmp_path, "fake").answer()
        assert loaded(engine) == {"fake"}
        ask(engine, tmp_path, "other").answer()
        assert loaded(engine) == {"other"}


def test_two_models_stay_when_the_settings_allow_two(settings: Settings, tmp_path: Path) -> None:
    generation = settings.generation.model_copy(update={"resident_models": 2})
    with Engine(settings.model_copy(update={"generation": generation})) as engine:
        ask(engine, tmp_path, "fake").answer()
        ask(engine, tmp_path, "other").answer()
        assert loaded(engine) == {"fake", "other"}


def test_a_run_is_never_unloaded_under_its_feet_and_the_switch_is_fair(
    settings: Settings, tmp_path: Path
) -> None:
    FailingFamily.gate = threading.Event()
    FailingFamily.script = ["a ", "b "]
    with Engine(settings) as engine:
        first = ask(engine, tmp_path, "fake")
        deadline = time.monotonic() + 5
        while FailingFamily.pieces_said == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        switch = ask(engine, tmp_path, "other")
        late = ask(engine, tmp_path, "fake")
        time.sleep(0.2)
        assert loaded(engine) == {"fake"}
        assert switch.transcript.step is not None
        assert switch.transcript.step.key == "step.waiting_model"
        FailingFamily.gate.set()
        assert first.answer().text == switch.answer().text == late.answer().text == "a b "


def test_of_two_resident_models_the_idle_one_makes_room_and_not_the_one_that_answers(
    settings: Settings, tmp_path: Path
) -> None:
    third = settings.models["other"].model_copy(update={"repo_id": "tests/third"})
    generation = settings.generation.model_copy(update={"resident_models": 2})
    changed = {"generation": generation, "models": {**settings.models, "third": third}}
    with Engine(settings.model_copy(update=changed)) as engine:
        ask(engine, tmp_path, "other").answer()
        FailingFamily.gate, FailingFamily.pieces_said = threading.Event(), 0
        FailingFamily.script = ["a ", "b "]
        # No run of it has ended yet, so it seems the least recently used.
        running = ask(engine, tmp_path, "fake")
        deadline = time.monotonic() + 5
        while FailingFamily.pieces_said == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        new = ask(engine, tmp_path, "third")
        while FailingFamily.pieces_said == 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert loaded(engine) == {"fake", "third"}
        FailingFamily.gate.set()
        assert running.answer().text == new.answer().text == "a b "


def test_stop_ends_the_waiting_for_another_model(settings: Settings, tmp_path: Path) -> None:
    FailingFamily.gate = threading.Event()
    with Engine(settings) as engine:
        first = ask(engine, tmp_path, "fake")
        waiting = ask(engine, tmp_path, "other")
        waiting.stop()
        assert list(waiting)[-1] == Finished("cancelled", "other")
        FailingFamily.gate.set()
        first.answer()


def test_an_idle_model_is_unloaded_when_the_settings_say_so(
    settings: Settings, tmp_path: Path
) -> None:
    generation = settings.generation.model_copy(update={"idle_unload_seconds": 0.05})
    with Engine(settings.model_copy(update={"generation": generation})) as engine:
        ask(engine, tmp_path).answer()
        time.sleep(0.1)
        engine.unload_idle_models()
        assert loaded(engine) == set()
        ask(engine, tmp_path).answer()
        assert FailingFamily.loads == 2


def test_running_out_of_memory_is_tried_again_at_half_the_pixels_and_said(
    settings: Settings, tmp_path: Path
) -> None:
    FailingFamily.failures, FailingFamily.error = 1, torch.OutOfMemoryError("CUDA out of memory.")
    with Engine(settings) as engine:
        stream = ask(engine, tmp_path)
        events = list(stream)
    assert FailingFamily.shares == (1.0, 0.5)
    discarded = [event for event in events if isinstance(event, Discarded)]
    assert [event.key for event in discarded] == ["discarded.out_of_memory"]
    assert stream.transcript.text == "The total is 42."
    assert stream.transcript.model_id == "fake"


def test_out_of_memory_twice_goes_to_the_fallback_and_says_who_answered(
    settings: Settings, tmp_path: Path
) -> None:
    FailingFamily.failures, FailingFamily.error = 2, torch.OutOfMemoryError("CUDA out of memory.")
    with Engine(settings) as engine:
        stream = ask(engine, tmp_path)
        events = list(stream)
    keys = [event.key for event in events if isinstance(event, Discarded)]
    assert keys == ["discarded.out_of_memory", "discarded.fallback"]
    told = next(one for one in events if isinstance(one, Discarded) and "reason" in one.values)
    assert "ran out of memory" in told.text("en")
    assert "memory" not in told.text("ru").replace("CUDA out of memory", ""), "why, in Russian too"
    assert events[-1] == Finished("stop", "other")
    assert stream.transcript.text == "The total is 42."


MEMORY_ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate"),
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


@pytest.mark.parametrize("error", MEMORY_ERRORS, ids=lambda error: type(error).__name__)
def test_a_model_that_does_not_fit_into_memory_says_so_with_the_next_step(
    settings: Settings, tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FailingFamily, "load_error", error)
    monkeypatch.setattr(FailingFamily, "is_available", classmethod(lambda cls, model: False))
    with Engine(settings) as engine:
        (*_, failed) = ask(engine, tmp_path)
    assert isinstance(failed, Failed)
    assert failed.error.key == "model.no_memory_to_load"
    assert "int4" in failed.error.text("en")
    assert "\n" not in failed.error.text("en")


def test_the_fallback_of_a_model_that_does_not_fit_into_memory_is_told_the_reason(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(cls: type[FakeFamily], model_id: str, settings: Settings) -> FakeFamily:
        if model_id == "fake":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return cls(model_id, settings.model(model_id))

    monkeypatch.setattr(FailingFamily, "load", classmethod(load))
    with Engine(settings) as engine:
        events = list(ask(engine, tmp_path))
    (told,) = [event for event in events if isinstance(event, Discarded)]
    assert told.key == "discarded.fallback"
    assert "does not fit into the memory" in told.text("en")
    assert events[-1] == Finished("stop", "other")


@pytest.mark.parametrize("error", MEMORY_ERRORS, ids=lambda error: type(error).__name__)
def test_running_out_of_memory_before_the_run_is_tried_again_at_half_the_pixels(
    settings: Settings, tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = FakeFamily.prepare
    shares: list[float] = []

    def out_of_memory(
        self: FakeFamily, request: ModelRequest, preparation: Preparation
    ) -> ModelRequest:
        shares.append(request.pixel_share)
        if request.pixel_share == 1.0:
            raise error
        return prepare(self, request, preparation)

    monkeypatch.setattr(FailingFamily, "prepare", out_of_memory)
    with Engine(settings) as engine:
        events = list(ask(engine, tmp_path))
    assert shares == [1.0, 0.5]
    told = [event.key for event in events if isinstance(event, Discarded)]
    assert (told, events[-1]) == (["discarded.out_of_memory"], Finished("stop", "fake"))


def test_a_model_that_runs_out_of_memory_without_a_text_is_told_like_any_other(
    settings: Settings, tmp_path: Path
) -> None:
    FailingFamily.failures, FailingFamily.error = 1, MemoryError()
    with Engine(settings) as engine:
        events = list(ask(engine, tmp_path))
    told = [event.key for event in events if isinstance(event, Discarded)]
    assert (told, events[-1]) == (["discarded.out_of_memory"], Finished("stop", "fake"))


def test_a_failing_model_falls_back_and_what_it_had_said_is_withdrawn(
    settings: Settings, tmp_path: Path
) -> None:
    FailingFamily.failures, FailingFamily.error = 1, RuntimeError("broken")
    with Engine(settings) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        events = list(engine.ask(session_id, "?"))
        history = engine.history(session_id)
    assert TextDelta("half ") in events
    assert events[-1] == Finished("stop", "other")
    assert history[-1].text == "The total is 42."


def test_no_fallback_downloads_anything(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FailingFamily, "is_available", classmethod(lambda cls, model: False))
    FailingFamily.failures, FailingFamily.error = 1, RuntimeError("broken")
    with Engine(settings) as engine, pytest.raises(EngineError, match="fake failed"):
        ask(engine, tmp_path).answer()
