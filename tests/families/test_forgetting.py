"""Deleting and rewinding reach the models: caches and what was said go, answers stay the same."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from engine import Engine, load_settings
from engine.families import FAMILIES
from engine.families.base import ModelRequest, Outcome, Run
from tests.fakes import FAKE_MODELS_TOML, FakeFamily
from tests.families.driving import loaded_family, session_with
from tests.keeping import loaded_index


def soon(fact: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not fact() and time.monotonic() < until:
        time.sleep(0.02)
    return fact()


@pytest.mark.parametrize("forget", [Engine.delete_session, Engine.new_chat])
def test_a_deleted_conversation_leaves_no_cache_and_no_words_in_the_model(
    tiny_engine: Callable[..., Engine], tmp_path: Path, forget: Callable[[Engine, str], None]
) -> None:
    engine = tiny_engine("qwen2_vl")
    gone, stays = (session_with(engine, tmp_path, "Total 42.00", "More") for _ in range(2))
    for session_id in (gone, stays):
        engine.ask(session_id, "What is the total?").answer()
        engine.ask(session_id, task="ocr").answer()  # page by page, in a cache of its own
    adapter = loaded_family(engine)
    assert set(adapter.caches._caches) == {gone, f"{gone}#pages", stays, f"{stays}#pages"}
    forget(engine, gone)
    assert soon(lambda: set(adapter.caches._caches) == {stays, f"{stays}#pages"})
    assert gone not in adapter.answers.conversations()


def test_after_a_rewind_the_answer_is_that_of_a_fresh_conversation(
    tiny_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl")
    fresh, rewound = (session_with(engine, tmp_path, "Total 42.00") for _ in range(2))
    for question in ("What is the total?", "Who paid?"):
        expected = engine.ask(fresh, question).answer().text
    for question in ("What is the total?", "Is there a date at all on this page?", "Why?"):
        engine.ask(rewound, question).answer()
    engine.rewind(rewound, 1)
    assert engine.ask(rewound, "Who paid?").answer().text == expected
    assert [one.text for one in engine.history(rewound)] == [
        one.text for one in engine.history(fresh)
    ]


class ForgettingFamily(FakeFamily):
    """Says how many conversations it was told to forget."""

    forgotten: ClassVar[int] = 0

    def forget(self, conversation: str) -> None:
        type(self).forgotten += 1

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        run.streamer.put(torch.tensor([ord(one) for one in f"forgot {self.forgotten}"]))
        run.streamer.end()
        return Outcome("stop", 7, 8)


@pytest.mark.parametrize("process", ["never", "always"])
def test_a_model_hears_of_a_deletion_in_this_process_and_in_its_own(
    process: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ForgettingFamily, "forgotten", 0)
    monkeypatch.setitem(FAMILIES, "fake", "tests.families.test_forgetting:ForgettingFamily")
    path = tmp_path / "fake.toml"
    path.write_text(f"{FAKE_MODELS_TOML}[generation]\nworker_process = '{process}'\n")
    with Engine(load_settings(path)) as engine:
        first, second = (session_with(engine, tmp_path, "Total 42.00") for _ in range(2))
        assert engine.ask(first, "?").answer().text == "forgot 0"
        engine.delete_session(first)
        assert engine.ask(second, "?").answer().text == "forgot 1"


def test_a_deleted_conversation_takes_no_pages_of_others_out_of_lite(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("engine.chat.engine.build_index", loaded_index)
    path = tmp_path / "lite.toml"
    table = (
        "family = 'lite'\nrepo_id = 'HuggingFaceTB/SmolLM2-135M-Instruct'\nlicence = 'apache-2.0'"
    )
    path.write_text(f"default_model = 'tiny'\n[models.tiny]\n{table}\n")
    with Engine(load_settings(path)) as engine:
        gone, stays = (session_with(engine, tmp_path, "Total 42.00", "More") for _ in range(2))
        kept = {one.document_id for one in engine.documents(stays)}
        for session_id in (gone, stays):
            engine.ask(session_id, "What is the total?").answer()
        adapter = loaded_family(engine)
        assert len({key[0] for key in adapter._read}) == 4
        engine.delete_session(gone)
        assert soon(lambda: {key[0] for key in adapter._read} == kept)
        assert {key[0] for key in adapter._forms._files} == kept
