"""Every family from a repository as it is published: fetched, there, loaded offline, asked twice.

A tiny checkpoint stands for the weights; what lies beside them is the published one's
(tests/families/repositories.py), and a hub on this machine serves it.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import Engine, load_settings
from engine.cli import main
from engine.cli.diagnosis import stated_shapes
from engine.core.schema import Failed, TextDelta
from engine.families import family_class
from engine.families.decoding.generate import DecodingInputs, end_ids
from engine.families.weights.hub import is_cached
from engine.models.manager import ModelManager
from tests.families import local_hub
from tests.families.conftest import MORE, TINY
from tests.families.driving import loaded_family, session_with
from tests.families.repositories import REPOSITORIES
from tests.families.test_invariants import DECODED

# An answer that is wrong for want of a cache is wrong from its second token on.
NEW_TOKENS = 4


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[local_hub.LocalHub]:
    with local_hub.serving() as served:
        local_hub.use(monkeypatch, served, tmp_path / "cache")
        yield served


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Path]:
    """The settings file whose model "tiny" is the published repository of a family."""

    def write(name: str) -> Path:
        model = (TINY | MORE)[name]
        path = tmp_path / "published.toml"
        path.write_text(
            f"default_model = 'tiny'\ndata_dir = '{tmp_path / 'data'}'\n"
            f"[models.tiny]\nfamily = '{model.family}'\n"
            f"repo_id = '{REPOSITORIES[name].repo_id}'\ndtype = 'float32'\n"
            f"max_pixels = {56 * 56 * 16}\ngeneration = {{ max_new_tokens = {NEW_TOKENS} }}\n"
            + (f"mode = '{model.mode}'\n" if model.mode else ""),
            encoding="utf-8",
        )
        return path

    return write


def listed(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `engine models` says of it."""
    capsys.readouterr()
    assert main(["models", "--json", "--settings", str(path)]) == 0
    rows = json.loads(capsys.readouterr().out)
    return dict(next(row for row in rows if row["model_id"] == "tiny"))


def plain_answer(family: Any, inputs: DecodingInputs) -> list[int]:
    """The greedy ids without any cache: the whole prompt and all images again for each token."""
    model, ends = family.model, end_ids(family.model)
    images: dict[str, list[torch.Tensor]] = {}
    for span in inputs.prompt.images:
        for key, value in inputs.image_tensors(span).items():
            images.setdefault(key, []).append(value)
    tensors = {key: torch.cat(values) for key, values in images.items()}
    ids, positions, said = list(inputs.prompt.ids), inputs.positions, list[int]()
    inputs.on_start()
    while len(said) < NEW_TOKENS and not ends & set(said):
        where = {} if positions is None else {"position_ids": positions}
        everything = torch.tensor([ids])
        with torch.inference_mode():
            output = model(
                input_ids=everything,
                attention_mask=torch.ones_like(everything),
                use_cache=False,
                **where,
                **tensors,
            )
        scores = output.logits[:, -1]
        for guard in inputs.guards:
            scores = guard(everything, scores)
        said.append(int(scores.argmax()))
        ids.append(said[-1])
        if positions is not None:
            following = positions.max() + 1
            positions = torch.cat([positions, following.expand(*positions.shape[:2], 1)], dim=-1)
    return said


def ask(engine: Engine, session_id: str, task: str) -> str:
    """Ask, or read: the text. Random weights may write no text and no box; that is told."""
    events = list(engine.ask(session_id, "What is the total?", task=task))
    last = events[-1]
    if isinstance(last, Failed):
        assert last.error.key in ("model.empty_answer", "model.empty_tokens", "layout.no_cells")
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_download_is_there_loads_offline_and_answers_twice_as_without_a_cache(
    name: str,
    hub: local_hub.LocalHub,
    settings_of: Callable[[str], Path],
    checkpoints: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    hub.publish(REPOSITORIES[name].repo_id, checkpoints(name))
    path = settings_of(name)
    assert not listed(path, capsys)["cached"]
    assert main(["download", "tiny", "--settings", str(path)]) == 0
    assert listed(path, capsys)["cached"]
    settings = load_settings(path)
    model = settings.model("tiny")
    assert is_cached(model)

    local_hub.unplug(monkeypatch)
    asked = len(hub.asked)
    adapter = family_class(model.family, model_id="tiny")
    # A page that is read region by region has several prompts; a table is asked in one.
    task = "table" if adapter.reads_regions else (TINY | MORE)[name].task
    # What answers for others, reports ready and is scored asks this; the rest reads a config.
    assert ModelManager(settings).can_answer("tiny", task)
    assert (adapter.counter("tiny", settings) is not None) == adapter.capabilities.chat
    assert stated_shapes("tiny", model)
    with Engine(settings) as engine:
        session_id = session_with(engine, tmp_path, "Total 42.00")
        family = loaded_family(engine)
        prompts: list[DecodingInputs] = []
        prepare = family.prepare_prompt

        def recorded(*arguments: Any) -> Any:
            prompts.append(prepare(*arguments))
            return prompts[-1]

        monkeypatch.setattr(family, "prepare_prompt", recorded)
        texts = []
        for turn in range(2):
            texts.append(ask(engine, session_id, task))
            if name in DECODED or name in MORE:
                assert family.counters.generated_ids == plain_answer(family, prompts[-1]), turn
                assert (family.counters.reused_tokens > 0) == (turn > 0)
        if not (name in DECODED or name in MORE):
            assert texts[0] and texts[0] == texts[1]
    assert len(hub.asked) == asked


@pytest.mark.parametrize("name", REPOSITORIES)
def test_what_loading_fetched_by_itself_is_there_as_well(
    name: str,
    hub: local_hub.LocalHub,
    settings_of: Callable[[str], Path],
    checkpoints: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.publish(REPOSITORIES[name].repo_id, checkpoints(name))
    settings = load_settings(settings_of(name))
    model = settings.model("tiny")
    adapter = family_class(model.family, model_id="tiny")
    adapter.load("tiny", settings)
    assert is_cached(model)
    assert not any(path.endswith((".py", ".png", ".onnx")) for path in hub.asked)
    local_hub.unplug(monkeypatch)
    adapter.load("tiny", settings)
