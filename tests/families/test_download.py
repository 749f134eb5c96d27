"""Downloads against a small hub of our own on this machine, from the shell and from the card."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from engine.core.errors import ModelError
from engine.core.settings import ModelSettings
from engine.families.weights.hub import configuration, is_cached, is_whole
from engine.models.download import OnProgress, download
from tests.families import local_hub
from tests.families.local_hub import LocalHub, serving

COMMIT = "c" * 40
MODEL = ModelSettings(family="qwen_vl", repo_id="Someone/Model")
FILES = {
    "config.json": b"{}",
    "tokenizer.json": b"[]",
    "model-00001-of-00002.safetensors": b"first shard",
    "model-00002-of-00002.safetensors": b"second shard",
    "model.safetensors.index.json": json.dumps(
        {
            "weight_map": {
                "a": "model-00001-of-00002.safetensors",
                "b": "model-00002-of-00002.safetensors",
            }
        }
    ).encode(),
    # What no model here needs: what every repository has, pictures, code, and weights of a format
    # that can hold code.
    ".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text",
    "assets/teaser.png": b"picture",
    "modeling_model.py": b"raise SystemExit",
    "pytorch_model.bin": b"pickle",
}


@pytest.fixture
def endpoint() -> Iterator[str]:
    with serving() as hub:
        hub.publish("Someone/Model", FILES, commit=COMMIT)
        yield hub.endpoint


@pytest.fixture
def environment(endpoint: str, tmp_path: Path) -> dict[str, str]:
    """For a process that knows this hub alone: its address is read when a module is imported."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))
    }
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hub"),
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(
        "[models.mine]\nfamily = 'qwen_vl'\nrepo_id = 'Someone/Model'\n", encoding="utf-8"
    )
    return path


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        timeout=120,
    )


def test_a_download_brings_weights_and_no_code_and_shows_its_progress(
    environment: dict[str, str], overlay: Path, tmp_path: Path
) -> None:
    done = run(["-m", "engine", "download", "mine", "--settings", str(overlay)], environment)
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    (snapshot,) = (tmp_path / "hub").rglob(f"snapshots/{COMMIT}")
    assert str(snapshot) in done.stdout
    wanted = {name for name in FILES if name.endswith((".json", ".safetensors"))}
    assert {path.name for path in snapshot.iterdir()} == wanted
    assert all((snapshot / name).read_bytes() == FILES[name] for name in wanted)
    assert is_whole(snapshot)


# Asks for a download as the model card does, and writes down what the card would show.
FROM_THE_CARD = """
import json, sys, time
from engine import Engine, load_settings
with Engine(load_settings(sys.argv[1])) as engine:
    control = engine.model_control
    control.download("mine")
    seen = []
    while control.state("mine").work:
        state = control.state("mine")
        seen.append([state.done_bytes, state.total_bytes])
        time.sleep(0.002)
    last = control.state("mine")
    seen.append([last.done_bytes, last.total_bytes])
    print(json.dumps([seen, last.problem and str(last.problem)]))
"""


def test_the_screen_sees_the_bytes_of_a_download_grow(
    environment: dict[str, str], overlay: Path, tmp_path: Path
) -> None:
    done = run(["-c", FROM_THE_CARD, str(overlay)], environment)
    assert done.returncode == 0, done.stderr
    seen, problem = json.loads(done.stdout)
    assert problem is None
    wanted = sum(
        len(content) for name, content in FILES.items() if name.endswith((".json", ".safetensors"))
    )
    assert {total for _, total in seen} <= {0, wanted}
    assert seen[-1] == [wanted, wanted]
    assert [one for one, _ in seen] == sorted(one for one, _ in seen)
    assert not done.stderr.strip(), "no bar is drawn where nobody sees it"
    (snapshot,) = (tmp_path / "hub").rglob(f"snapshots/{COMMIT}")
    assert is_whole(snapshot)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalHub]:
    """The same hub for this process."""
    with serving() as served:
        served.publish("Someone/Model", FILES, commit=COMMIT)
        local_hub.use(monkeypatch, served, tmp_path / "cache")
        yield served


def listen(done: int, total: int) -> None:
    """Stands for the card."""


# From the shell, and from the card.
ASKED = pytest.mark.parametrize("on_progress", [None, listen], ids=["shell", "card"])


@ASKED
def test_what_was_downloaded_is_there(hub: LocalHub, on_progress: OnProgress | None) -> None:
    assert not is_cached(MODEL)
    folder = download("mine", MODEL, on_progress)
    assert is_cached(MODEL)
    assert configuration("mine", MODEL, lambda place, **_: Path(place)) == folder


@pytest.mark.parametrize("lost", ["config.json", "model-00002-of-00002.safetensors"])
def test_a_download_that_lost_a_file_is_not_there(hub: LocalHub, lost: str) -> None:
    (download("mine", MODEL) / lost).unlink()
    assert not is_cached(MODEL)


def test_settings_of_the_processor_that_the_repository_has_are_missed(hub: LocalHub) -> None:
    hub.publish("Someone/Model", FILES | {"preprocessor_config.json": b"{ }"})
    folder = download("mine", MODEL)
    assert is_cached(MODEL)
    (folder / "preprocessor_config.json").unlink()
    assert not is_cached(MODEL)


def test_a_makers_new_commit_comes_with_the_next_download_and_not_with_loading(
    hub: LocalHub,
) -> None:
    def load(place: str, **_: str) -> bytes:
        return (Path(place) / "config.json").read_bytes()

    download("mine", MODEL)
    hub.publish("Someone/Model", FILES | {"config.json": b'{"new": 1}'}, commit="d" * 40)
    asked = len(hub.asked)
    assert configuration("mine", MODEL, load) == b"{}"
    assert len(hub.asked) == asked
    download("mine", MODEL)
    assert is_cached(MODEL)
    assert configuration("mine", MODEL, load) == b'{"new": 1}'


def test_an_update_that_does_not_fit_the_disk_leaves_the_model_there(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    download("mine", MODEL)
    larger = {"model-00001-of-00002.safetensors": b"0" * 60_000_000}
    hub.publish("Someone/Model", FILES | larger, commit="d" * 40)
    monkeypatch.setattr(
        "engine.models.download.shutil.disk_usage", lambda folder: SimpleNamespace(free=1000)
    )
    with pytest.raises(ModelError):
        download("mine", MODEL)
    assert is_cached(MODEL)


def test_an_update_that_is_cut_off_leaves_the_model_there_and_is_told(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    download("mine", MODEL)
    news = {"model-00001-of-00002.safetensors": b"new", "config.json": b'{"new": 1}'}
    hub.publish("Someone/Model", FILES | news, commit="d" * 40)
    monkeypatch.setattr("engine.models.download._missing_bytes", lambda *_: 0)

    def cut(*args: object, **options: object) -> str:
        raise httpx2.ReadError("the connection was reset")

    monkeypatch.setattr("huggingface_hub._snapshot_download.hf_hub_download", cut)
    with pytest.raises(ModelError, match="Someone/Model"):
        download("mine", MODEL)
    monkeypatch.undo()


def test_a_shard_without_its_index_is_no_whole_model(hub: LocalHub) -> None:
    folder = download("mine", MODEL)
    (folder / "model.safetensors.index.json").unlink()
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert not is_whole(folder)
    assert not is_cached(MODEL)


@ASKED
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_download_that_does_not_fit_the_disk_is_refused_before_it_begins(
    hub: LocalHub,
    on_progress: OnProgress | None,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    weights = b"0" * 60_000_000
    hub.publish("Someone/Model", FILES | {"model-00001-of-00002.safetensors": weights})
    free = 51_000_000
    monkeypatch.setattr(
        "engine.models.download.shutil.disk_usage", lambda folder: SimpleNamespace(free=free)
    )
    with pytest.raises(ModelError) as caught:
        download("mine", MODEL, on_progress)
    text = caught.value.text(language)
    assert "Someone/Model" in text and "python -m engine download mine" in text
    assert "0.1" in text and str(tmp_path / "cache") in text and "HF_HOME" in text
    assert not list(tmp_path.rglob("*.safetensors"))
    free = 70_000_000
    download("mine", MODEL, on_progress)
    free = 0
    download("mine", MODEL, on_progress)  # nothing is missing
    assert is_cached(MODEL)


@ASKED
def test_a_licence_that_was_not_accepted_is_told_as_such(
    hub: LocalHub, on_progress: OnProgress | None
) -> None:
    hub.gated.add("Someone/Model")
    with pytest.raises(ModelError) as caught:
        download("mine", MODEL, on_progress)
    assert caught.value.key == "hub.gated"


@ASKED
def test_without_a_network_a_download_of_what_is_there_changes_nothing(
    hub: LocalHub, on_progress: OnProgress | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = download("mine", MODEL)
    local_hub.unplug(monkeypatch)
    assert download("mine", MODEL, on_progress) == folder
