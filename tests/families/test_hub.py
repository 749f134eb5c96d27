"""Trouble with the hub, the disk and the files: one sentence each, with what mends it."""

import errno
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError
from safetensors import SafetensorError

from engine import Engine, EngineError, load_settings
from engine.core.errors import ModelError
from engine.core.settings import ModelSettings
from engine.families.weights.hub import (
    check_reachable,
    configuration,
    hub_errors,
    is_cached,
    is_whole,
)
from tests.fakes import save_page
from tests.families import tiny

MODEL = ModelSettings(family="qwen_vl", repo_id="Someone/Model")
RESPONSE = httpx.Response(403, request=httpx.Request("GET", "https://hub.invalid/model"))
TROUBLE = {
    "not reachable": (LocalEntryNotFoundError("offline"), "python -m engine download mine"),
    "gated": (GatedRepoError("403", response=RESPONSE), "hf auth login"),
    "unknown": (RepositoryNotFoundError("404", response=RESPONSE), "settings.toml"),
    "disk full": (OSError(errno.ENOSPC, "No space left"), "python -m engine download mine"),
    "cut off": (SafetensorError("incomplete"), "python -m engine download mine"),
}


@pytest.mark.parametrize("name", TROUBLE)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_each_trouble_is_one_sentence_with_its_remedy(name: str, language: str) -> None:
    trouble, remedy = TROUBLE[name]
    with pytest.raises(ModelError) as caught, hub_errors("mine", MODEL):
        raise trouble
    text = caught.value.text(language)
    assert "Someone/Model" in text and remedy in text
    assert "\n" not in text and "Traceback" not in text


def test_no_two_troubles_are_told_alike() -> None:
    texts = set()
    for trouble, _ in TROUBLE.values():
        with pytest.raises(ModelError) as caught, hub_errors("mine", MODEL):
            raise trouble
        texts.add(caught.value.text("en"))
    assert len(texts) == len(TROUBLE)


def test_memory_that_runs_out_is_no_trouble_with_the_hub() -> None:
    with pytest.raises(OSError, match="Cannot allocate memory"), hub_errors("mine", MODEL):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")


def test_an_error_that_already_speaks_to_the_user_is_left_as_it_is() -> None:
    mine = ModelError("hub.disk_full", model_id="a", repo_id="b")
    with pytest.raises(ModelError) as caught, hub_errors("mine", MODEL):
        raise mine
    assert caught.value is mine


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Callable[[str], EngineError]]:
    """asked(repo_id) -> the error that a question to such a model ends with."""
    engines: list[Engine] = []

    def ask(repo_id: str) -> EngineError:
        overlay = tmp_path / "hub.toml"
        overlay.write_text(
            f"default_model = 'mine'\n[models.mine]\n"
            f"family = 'qwen_vl'\nrepo_id = '{repo_id}'\ndtype = 'float32'\n",
            encoding="utf-8",
        )
        engines.append(Engine(load_settings(overlay)))
        session_id = engines[-1].create_session()
        engines[-1].add_document(session_id, save_page(tmp_path), name="page.png")
        with pytest.raises(EngineError) as caught:
            engines[-1].ask(session_id, "What?").answer()
        return caught.value

    yield ask
    for engine in engines:
        engine.close()


def test_a_question_to_a_model_that_is_not_here_names_the_download(
    asked: Callable[[str], EngineError],
) -> None:
    assert "python -m engine download mine" in asked("Someone/Not-Here").text("en")


def test_weights_that_were_cut_off_are_damaged(
    asked: Callable[[str], EngineError], tmp_path: Path
) -> None:
    folder = tiny.save_qwen2_vl(tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    text = asked(str(folder)).text("en")
    assert "damaged" in text and "python -m engine download mine" in text


@pytest.fixture
def small_files(tmp_path: Path) -> Path:
    """A folder with what a load reads beside the weights."""
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    return tmp_path


@pytest.mark.usefixtures("small_files")
def test_a_cache_that_lacks_a_shard_is_not_whole(tmp_path: Path) -> None:
    shards = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": shards[0], "b": shards[1]}}))
    (tmp_path / shards[0]).write_bytes(b"")
    assert not is_whole(tmp_path)
    (tmp_path / shards[1]).write_bytes(b"")
    assert is_whole(tmp_path)
    index.write_text("{")
    assert not is_whole(tmp_path)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_without_weights_config_or_tokenizer_is_not_whole(
    small_files: Path, missing: str
) -> None:
    (small_files / "model.safetensors").write_bytes(b"")
    assert is_whole(small_files)
    (small_files / missing).unlink()
    assert not is_whole(small_files)


def test_a_model_that_was_never_fetched_is_not_cached() -> None:
    assert not is_cached(MODEL)


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose resolver knows no host."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)


@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_hub_whose_name_is_not_known_is_told_before_its_client_tries(language: str) -> None:
    tried: list[str] = []

    def load(repo_id: str, **_: str) -> None:
        tried.append(repo_id)

    with pytest.raises(ModelError) as caught:
        configuration("mine", MODEL, load)
    assert not tried
    text = caught.value.text(language)
    assert "Someone/Model" in text and "python -m engine download mine" in text


@pytest.mark.usefixtures("no_names")
def test_a_folder_on_this_machine_needs_no_hub(tmp_path: Path) -> None:
    local = ModelSettings(family="qwen_vl", repo_id=str(tmp_path))
    assert configuration("mine", local, lambda repo_id, **options: (repo_id, options)) == (
        str(tmp_path),
        {},
    )


@pytest.mark.usefixtures("no_names")
def test_a_whole_checkpoint_in_the_hubs_cache_needs_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    commit = "0" * 40
    repository = tmp_path / "models--Someone--Model"
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / MODEL.revision).write_text(commit)
    with pytest.raises(ModelError):
        # A snapshot without its weights is not enough.
        check_reachable("mine", MODEL)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (snapshot / name).write_bytes(b"")
    check_reachable("mine", MODEL)


# What the environment says, the hub's address, and the host that a machine must know for it.
WAYS = {
    "no proxy": ({}, "https://huggingface.co", "huggingface.co"),
    "https": ({"HTTPS_PROXY": "http://proxy.corp:3128"}, "https://huggingface.co", "proxy.corp"),
    "small": ({"https_proxy": "http://proxy.corp:3128"}, "https://huggingface.co", "proxy.corp"),
    "all": ({"ALL_PROXY": "http://proxy.corp:3128"}, "https://huggingface.co", "proxy.corp"),
    "no scheme": ({"HTTPS_PROXY": "proxy.corp:3128"}, "https://huggingface.co", "proxy.corp"),
    "a name and a key": (
        {"HTTPS_PROXY": "http://me:key@proxy.corp:3128"},
        "https://huggingface.co",
        "proxy.corp",
    ),
    "not for this one": (
        {"HTTPS_PROXY": "http://proxy.corp:3128", "NO_PROXY": "localhost,huggingface.co"},
        "https://huggingface.co",
        "huggingface.co",
    ),
    "for none": (
        {"HTTPS_PROXY": "http://proxy.corp:3128", "NO_PROXY": "*"},
        "https://huggingface.co",
        "huggingface.co",
    ),
    "other scheme": ({"HTTPS_PROXY": "http://proxy.corp:3128"}, "http://hub.corp", "hub.corp"),
    "http": ({"HTTP_PROXY": "http://proxy.corp:3128"}, "http://hub.corp:8080", "proxy.corp"),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_host_that_must_be_known_is_the_first_on_the_way_to_the_hub(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables, endpoint, first = WAYS[name]
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
    known: set[str] = set()

    def resolve(host: str, *_: object, **__: object) -> list[object]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    known.update({"proxy.corp", "hub.corp", "huggingface.co"} - {first})
    with pytest.raises(ModelError):
        check_reachable("mine", MODEL)
    known.clear()
    known.add(first)
    check_reachable("mine", MODEL)
