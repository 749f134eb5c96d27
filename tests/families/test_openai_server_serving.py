"""Against a real server: `transformers serve` on loopback, with a tiny Qwen2-VL of random weights.

The same checkpoint runs in this process as family qwen_vl, so what the server is sent can be held
to what that family makes of the same question: as many prompt tokens, and the same greedy answer.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.app_process import free_port
from engine import AskOptions, Engine, load_settings
from engine.chat.options import LONGEST_ANSWER
from engine.core.schema import Failed, Finished, Page, TextDelta, UsageReport
from engine.core.stop_event import StopEvent
from engine.index.page_index import PageIndex
from tests.families.driving import session_with

CEILING_SECONDS = 120.0
MAX_PIXELS = 56 * 56 * 16
TOKENS = 24


@dataclass(frozen=True)
class Serving:
    """A running server."""

    process: subprocess.Popen[bytes]
    base_url: str
    folder: Path


@pytest.fixture(scope="module")
def serving(
    checkpoints: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    folder = checkpoints("qwen2_vl")
    home = tmp_path_factory.mktemp("home")
    # /v1/models lists the hub's cache, and fails where there is none.
    (home / "hub").mkdir()
    port = free_port()
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home)}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        end = time.monotonic() + CEILING_SECONDS
        while not answers(f"http://127.0.0.1:{port}/health"):
            text = (home / "log").read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None and time.monotonic() < end, text
            time.sleep(0.2)
        yield Serving(process, f"http://127.0.0.1:{port}/v1", folder)
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture
def make_engine(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Engine]]:
    """make_engine(key=value, ...) -> models `served`, on the server, and `tiny`, run here."""

    def build(engine: Engine, page: Page, steps: object) -> PageIndex:
        return PageIndex(page.document_id, page.page_index, page.width, page.height, ())

    monkeypatch.setattr(Engine, "_build_index", build)
    engines: list[Engine] = []

    def make(**table: Any) -> Engine:
        lines = {
            "base_url": serving.base_url,
            "model": str(serving.folder),
            "box_format": "qwen2_vl",
            **table,
        }
        path = tmp_path / "serving.toml"
        shared = f"max_pixels = {MAX_PIXELS}\ngeneration = {{ max_new_tokens = {TOKENS} }}\n"
        path.write_text(
            f"default_model = 'served'\ncache_dir = '{tmp_path / 'cache'}'\n"
            f"[models.tiny]\nfamily = 'qwen_vl'\nrepo_id = '{serving.folder}'\n"
            f"dtype = 'float32'\n{shared}[models.served]\nfamily = 'openai_server'\n{shared}"
            + "".join(f"{name} = {toml(value)}\n" for name, value in lines.items()),
            encoding="utf-8",
        )
        engines.append(Engine(load_settings(path)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def loaded(engine: Engine) -> Any:
    """The loaded adapter itself: its client is not public."""
    model = engine._models.acquire("served", StopEvent(), lambda event: None)
    engine._models.release("served")
    return model.family


def told(events: list[Any]) -> tuple[str, int, int]:
    """(text, prompt tokens, completion tokens)."""
    used = next(event.usage for event in events if isinstance(event, UsageReport))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, used.prompt_tokens, used.completion_tokens


def test_a_server_answers_what_the_same_checkpoint_answers_in_this_process(
    make_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    """Over two turns and a second page, so the conversation is told in the same way as well."""
    engine = make_engine()
    said: dict[str, list[tuple[str, int, int]]] = {}
    for model_id in ("served", "tiny"):
        session_id = session_with(engine, tmp_path, "Total 42.00", "Date 14 March")
        turns = []
        for question in ("What is the total?", "And the date?"):
            events = list(engine.ask(session_id, question, model_id=model_id))
            assert isinstance(events[-1], Finished), events[-1]
            turns.append(told(events))
        said[model_id] = turns
    first, second = said["served"]
    assert first[0] and first == said["tiny"][0]
    # The server encodes its own answer again from its text, which random bytes do not survive.
    assert second[1] > first[1]


def test_the_stream_equals_the_whole_text(
    make_engine: Callable[..., Engine], serving: Serving, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = session_with(engine, tmp_path, "Total 42.00")
    client = loaded(engine)._client
    chat, sent = client.chat, []

    def recorded(body: dict[str, Any], **rest: Any) -> Any:
        sent.append(body)
        return chat(body, **rest)

    client.chat = recorded
    events = list(engine.ask(session_id, task="ocr"))
    whole = {**sent[0], "model": str(serving.folder), "stream": False}
    request = urllib.request.Request(
        f"{serving.base_url}/chat/completions",
        json.dumps(whole).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=CEILING_SECONDS) as response:
        answer = json.load(response)
    streamed, prompt_tokens, completion_tokens = told(events)
    # A cut answer may end inside a character; that server's stream leaves such a rest out.
    content = answer["choices"][0]["message"]["content"].rstrip("\ufffd")
    assert content and streamed.rstrip("\ufffd") == content
    assert prompt_tokens == answer["usage"]["prompt_tokens"]
    assert completion_tokens == answer["usage"]["completion_tokens"]


def test_a_model_that_the_server_does_not_have_is_named(
    make_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = make_engine(model="somebody/else")
    last = list(engine.ask(session_with(engine, tmp_path, "x"), "?"))[-1]
    assert isinstance(last, Failed)
    assert last.error.key == "server.unknown_model"
    assert "somebody/else" in str(last.error)


def test_stop_ends_the_work_of_the_server(
    make_engine: Callable[..., Engine], serving: Serving, tmp_path: Path
) -> None:
    """The whole answer would take the server minutes; it is idle soon after Stop."""
    endless = {"min_new_tokens": LONGEST_ANSWER, "do_sample": True, "top_k": 0}
    engine = make_engine(extra_body={"generation_config": json.dumps(endless)})
    options = AskOptions(max_new_tokens=LONGEST_ANSWER, temperature=1.0)
    stream = engine.ask(session_with(engine, tmp_path, "x"), "?", options=options)
    events = []
    for event in stream:
        events.append(event)
        if isinstance(event, TextDelta):
            stream.stop()
    assert events[-1] == Finished("cancelled", "served")
    server = psutil.Process(serving.process.pid)

    def seconds_of_work() -> float:
        before = server.cpu_times()
        time.sleep(0.5)
        after = server.cpu_times()
        return float(after.user + after.system - before.user - before.system)

    end = time.monotonic() + CEILING_SECONDS / 4
    while seconds_of_work() > 0.05:
        assert time.monotonic() < end, "the server goes on writing"


def test_the_screen_hears_how_the_server_is(make_engine: Callable[..., Engine]) -> None:
    from engine.families.openai_server.family import OpenAIServerFamily

    engine = make_engine()
    model = engine.settings.model("served")
    state = OpenAIServerFamily.server_state("served", model, wait_seconds=CEILING_SECONDS)
    assert state is not None and state.works
    assert [key for key, _ in state.lines] == ["server.where", "server.answers"]
