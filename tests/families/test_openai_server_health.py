"""How a server is: what a look finds, who is told, and when it is left alone."""

import json
import socket
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.app_process import free_port
from engine import Engine, Settings, load_settings
from engine.cli import main
from engine.core.schema import Failed
from engine.families.openai_server.breaker import (
    FAILURES,
    FIRST_SECONDS,
    LONGEST_SECONDS,
    CircuitBreaker,
)
from engine.families.openai_server.characters import CharacterTokenizer, SpecialTokenBuffer
from engine.families.openai_server.failures import ServerInfo, retry_after, server_of
from engine.families.openai_server.family import OpenAIServerFamily
from engine.families.openai_server.health import look, watch_of
from engine.index.page_index import PageIndex
from engine.models.control import ModelState
from engine.models.manager import ModelManager
from tests.families.driving import session_with
from tests.families.openai_api import ApiServer, Exchange, api_server
from ui.views.model_card import card

TAGGED = "a < b <|ref|>Total<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|><|im_end|> <|x c <"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server(lambda exchange: exchange.answer("128.50")) as running:
        yield running


def at(base_url: str, **parts: Any) -> ServerInfo:
    values = {"model_id": "srv", "model": "m", "api_key_env": None, "key": None, **parts}
    return ServerInfo(base_url=base_url, **values)


def settings_for(tmp_path: Path, base_url: str) -> Path:
    path = tmp_path / "srv.toml"
    path.write_text(
        f"default_model = 'srv'\ncache_dir = '{tmp_path / 'cache'}'\n"
        f"[models.srv]\nfamily = 'openai_server'\nbase_url = '{base_url}'\nmodel = 'm'\n",
        encoding="utf-8",
    )
    return path


def test_a_look_finds_the_model_and_its_context(server: ApiServer) -> None:
    server.models = [{"id": "m", "max_model_len": 32768}, {"id": "other"}, "nonsense", {}]
    health = look(at(server.base_url))
    assert health.problem is None
    assert health.models == ("m", "other")
    assert health.context_tokens == 32768


# As https://docs.ollama.com/api/ps and llama.cpp's tools/server/README.md show them.
PS = {"name": "m", "model": "m", "size": 6591830464, "size_vram": 5333539264}
OWN_PAGES = [
    ("openai", "/api/ps", {"models": [{**PS, "context_length": 4096}]}, 4096),
    ("openai", "/api/ps", {"models": [{**PS, "name": "m:latest", "model": "m:latest",
                                       "context_length": 4096}]}, 4096),
    ("openai", "/api/ps", {"models": [{**PS, "name": "n", "model": "n",
                                       "context_length": 4096}]}, None),
    ("openai", "/api/ps", {"models": []}, None),
    ("openai", "/props", {"default_generation_settings": {"n_ctx": 8192}}, None),
    ("llama_cpp", "/props", {"default_generation_settings": {"n_ctx": 8192}}, 8192),
    ("llama_cpp", "/props", {"default_generation_settings": {"n_ctx": 0}}, None),
    ("llama_cpp", "/props", {"default_generation_settings": {"n_ctx": True}}, None),
    ("llama_cpp", "/props", {"default_generation_settings": [8192]}, None),
    ("llama_cpp", "/props", {"models": "none"}, None),
    ("llama_cpp", "/props", [1], None),
    ("openai", "/api/ps", {"models": [7, {"name": "m", "context_length": "4096"}]}, None),
    ("vllm", "/props", {"default_generation_settings": {"n_ctx": 8192}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("api", "path", "body", "tokens"), OWN_PAGES)
def test_the_context_that_ollama_and_llama_cpp_gave_a_model_is_found(
    server: ApiServer, api: str, path: str, body: Any, tokens: int | None
) -> None:
    server.models = [{"id": "m", "object": "model", "owned_by": "library"}]
    server.pages[path] = json.dumps(body)
    health = look(at(server.base_url, api=api))
    assert health.problem is None
    assert health.context_tokens == tokens


@pytest.mark.parametrize("api", ["openai", "llama_cpp"])
@pytest.mark.parametrize("page", [None, "", "<html>", "{", "null", '"', "[[[["])
def test_a_server_without_such_a_page_is_well(
    server: ApiServer, api: str, page: str | None
) -> None:
    if page is not None:
        server.pages |= {"/api/ps": page, "/props": page}
    health = look(at(server.base_url, api=api))
    assert (health.problem, health.context_tokens) == (None, None)


def test_a_model_that_ollama_loads_with_the_first_question_is_kept_to_its_context(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ollama drops the beginning of what is too long, and says nothing."""
    monkeypatch.setattr(
        "engine.chat.engine.build_index",
        lambda page, *_, **__: PageIndex(page.document_id, page.page_index, *page.size, ()),
    )
    monkeypatch.setattr("engine.families.openai_server.health._FRESH_SECONDS", 0.0)
    path = settings_for(tmp_path, server.base_url)
    path.write_text(path.read_text("utf-8") + "context_tokens = 32768\n", "utf-8")
    loaded = json.dumps({"models": [{**PS, "context_length": 4096}]})

    def answer(exchange: Exchange) -> None:
        server.pages["/api/ps"] = loaded
        exchange.answer("128.50")

    server.behave = answer
    with Engine(load_settings(path)) as engine:
        session_id = session_with(engine, tmp_path, "x")
        assert engine.ask(session_id, "How much?").answer().text == "128.50"
        watch = watch_of(server_of("srv", load_settings(path).model("srv")))
        end = time.monotonic() + 20
        while time.monotonic() < end and not (watch.last and watch.last.context_tokens):
            time.sleep(0.02)
        # What is not loaded any more is loaded as before.
        server.pages["/api/ps"] = json.dumps({"models": []})
        watch.health(wait_seconds=20)
        (*_, last) = engine.ask(session_id, "word " * 4_000)
    assert isinstance(last, Failed) and last.error.key == "context.too_long"
    assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    ("model", "listed"),
    [("llama3", "llama3:latest"), ("llama3:latest", "llama3"), ("a/llama3:8b", "a/llama3:8b")],
)
def test_a_model_is_found_under_its_name_with_and_without_the_tag_latest(
    server: ApiServer, model: str, listed: str
) -> None:
    server.models = [{"id": listed, "max_model_len": 8192}, {"id": "other", "max_model_len": 1}]
    health = look(at(server.base_url, model=model))
    assert (health.problem, health.context_tokens) == (None, 8192)


@pytest.mark.parametrize("listed", ["llama3:8b", "llama3:latest:latest", "lama3:latest"])
def test_a_model_with_another_tag_is_another_model(server: ApiServer, listed: str) -> None:
    server.models = [{"id": listed}]
    problem = look(at(server.base_url, model="llama3")).problem
    assert problem is not None and problem.key == "server.not_listed"


@pytest.mark.parametrize("models", [None, []])
def test_a_server_that_lists_no_models_is_well(server: ApiServer, models: list[Any] | None) -> None:
    server.models = models
    assert look(at(server.base_url)).problem is None


@pytest.mark.parametrize("health", [404, 405])
def test_a_server_without_a_health_page_is_well(server: ApiServer, health: int) -> None:
    server.health = health
    assert look(at(server.base_url)).problem is None


def test_a_look_says_what_is_wrong(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key(base_url: str) -> str:
        problem = look(at(base_url)).problem
        return problem.key if problem else ""

    server.models = [{"id": "served-name"}]
    problem = look(at(server.base_url)).problem
    assert problem is not None and problem.key == "server.not_listed"
    assert "served-name" in str(problem)
    server.health = 503
    assert key(server.base_url) == "server.unwell"
    assert key(f"http://127.0.0.1:{free_port()}/v1") == "server.unreachable"
    monkeypatch.setattr("engine.families.openai_server.health._LOOK_SECONDS", 0.3)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        assert key(f"http://127.0.0.1:{mute.getsockname()[1]}/v1") == "server.silent"


def info_of(path: Path) -> tuple[Any, ...]:
    return ModelManager(load_settings(path)).infos()


@pytest.mark.parametrize(
    ("language", "where", "answers"),
    [("en", "Runs on the server", "The server answers"), ("ru", "Работает на", "Сервер отвечает")],
)
def test_the_card_says_where_the_model_runs_and_offers_no_download(
    server: ApiServer, tmp_path: Path, language: str, where: str, answers: str
) -> None:
    infos = info_of(settings_for(tmp_path, server.base_url))
    # The first look may take longer than a card waits.
    model = next(info for info in infos if info.model_id == "srv").settings
    OpenAIServerFamily.server_state("srv", model, wait_seconds=20)
    shown = card(infos, "srv", language, state=ModelState())
    assert shown["facts"][0].startswith(where) and server.base_url in shown["facts"][0]
    assert shown["facts"][1].startswith(answers)
    assert shown["actions"] == []
    assert not any("GB" in fact or "float" in fact for fact in shown["facts"])


def test_the_card_of_a_server_that_is_away_says_what_to_do(tmp_path: Path) -> None:
    infos = info_of(settings_for(tmp_path, f"http://127.0.0.1:{free_port()}/v1"))
    model = next(info for info in infos if info.model_id == "srv").settings
    OpenAIServerFamily.server_state("srv", model, wait_seconds=20)
    shown = card(infos, "srv", "en", state=ModelState())
    assert "cannot be reached" in shown["facts"][1] and "base_url" in shown["facts"][1]


def test_doctor_asks_the_server_to_read_a_page(
    server: ApiServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It is not OCR that is tested here, nor this machine's attention.
    monkeypatch.setattr(
        "engine.chat.engine.build_index",
        lambda page, *_, **__: PageIndex(page.document_id, page.page_index, *page.size, ()),
    )
    monkeypatch.setattr("engine.cli.diagnosis._TOKENS", 16)
    path = str(settings_for(tmp_path, server.base_url))
    server.behave = lambda exchange: exchange.answer("Time sheet, 5926, 128.50")
    assert main(["doctor", "--model", "srv", "--json", "--settings", path]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["server"]["works"] and told["reading"]["text_found"]
    assert "128.50" not in server.exchanges[0].words


def test_doctor_says_that_a_server_is_away_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(settings_for(tmp_path, f"http://127.0.0.1:{free_port()}/v1"))
    assert main(["doctor", "--model", "srv", "--settings", path]) == 1
    assert "cannot be reached" in capsys.readouterr().out


def test_models_and_download_know_that_nothing_is_to_be_fetched(
    server: ApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(settings_for(tmp_path, server.base_url))
    assert main(["models", "--json", "--settings", path]) == 0
    row = next(row for row in json.loads(capsys.readouterr().out) if row["model_id"] == "srv")
    assert (row["server"], row["repo_id"], row["cached"]) == (server.base_url, "m", False)
    assert main(["download", "srv", "--settings", path]) == 2
    assert "nothing to download" in capsys.readouterr().err


def test_a_server_is_in_process_and_makes_no_other_model_leave(
    server: ApiServer, tmp_path: Path
) -> None:
    settings = load_settings(settings_for(tmp_path, server.base_url))
    always = settings.generation.model_copy(update={"worker_process": "always"})
    manager = ModelManager(settings.model_copy(update={"generation": always}))
    assert not manager._has_own_process("srv")
    assert manager._stays_beside("srv")


def test_the_example_of_the_settings_is_a_vllm_server() -> None:
    settings: Settings = load_settings()
    example = settings.model("vllm_server")
    assert (example.family, example.api, example.repo_id) == (
        "openai_server",
        "vllm",
        example.model,
    )
    capabilities = OpenAIServerFamily.capabilities_of("vllm_server", example)
    assert capabilities.boxes and {"question", "layout"} <= capabilities.tasks


# The breaker


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try_after_a_pause() -> None:
    now = [0.0]
    breaker = CircuitBreaker(lambda: now[0])
    for _ in range(FAILURES - 1):
        breaker.failed()
        assert breaker.may_try()
    breaker.succeeded()
    for _ in range(FAILURES):
        assert breaker.may_try()
        breaker.failed()
    assert not breaker.may_try() and breaker.seconds_left == FIRST_SECONDS
    now[0] += FIRST_SECONDS
    assert breaker.may_try()
    assert not breaker.may_try(), "one tries alone"
    breaker.gave_up()
    assert breaker.may_try()
    breaker.failed()
    assert breaker.seconds_left == 2 * FIRST_SECONDS
    for _ in range(2_000):
        breaker.failed()
    assert breaker.seconds_left == LONGEST_SECONDS
    breaker.succeeded()
    assert breaker.may_try() and breaker.seconds_left == 0


# Characters


@given(st.lists(st.integers(0, len(TAGGED)), max_size=12))
def test_tags_are_whole_however_the_text_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TAGGED)]
    tags, characters = SpecialTokenBuffer(), CharacterTokenizer()
    ids: list[int] = []
    for start, end in pairwise(edges):
        ids += characters.encode(tags.put(TAGGED[start:end]))
    ids += characters.encode(tags.rest())
    assert ids == characters.encode(TAGGED)
    assert characters.decode(ids) == TAGGED
    assert characters.decode(ids, skip_special_tokens=True) == "a < b Total[[1, 2, 3, 4]] <|x c <"


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_survives_its_ids(text: str) -> None:
    characters = CharacterTokenizer()
    assert characters.decode(characters.encode(text)) == text


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0", 0.0), ("-2", 0.0), (None, None), ("", None), ("soon", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_the_words_of_a_server_are_shown_short_and_without_pages_and_keys() -> None:
    server = at("http://127.0.0.1:1/v1", key="abcdef")
    told = server.sanitise("key abcdef sk-12345678 data:image/png;base64,AAAA== " + "long " * 100)
    assert "abcdef" not in told and "sk-1" not in told and "AAAA" not in told
    assert len(told) < 260
    assert "abcdef" not in repr(server)
