"""A proxy that asks for a user name and a password: one sentence that says so and where they go."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, load_settings
from engine.core.errors import ModelError
from engine.core.schema import Failed
from engine.core.settings import ModelSettings
from engine.families.openai_server.failures import server_of
from engine.families.openai_server.health import look
from engine.families.weights.hub import configuration
from engine.models.download import download
from tests.families.driving import session_with
from tests.families.local_hub import LocalHub, use

MODEL = ModelSettings(family="qwen_vl", repo_id="Someone/Model")


class AsksForALogin(BaseHTTPRequestHandler):
    """Answers every request as RFC 9110, 15.5.8 says."""

    def do_GET(self) -> None:
        self.send_response(407)
        self.send_header("Proxy-Authenticate", 'Basic realm="office"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    # https goes through a tunnel, http does not.
    do_CONNECT = do_HEAD = do_POST = do_GET  # noqa: N815 - names of http.server

    def log_message(self, *args: Any) -> None:
        """Nothing is logged."""


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A proxy that is set for this process as for any program."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), AsksForALogin)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hub(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub behind that proxy, and an empty cache."""
    import huggingface_hub

    use(monkeypatch, LocalHub(f"{scheme}://hub.invalid"), tmp_path / "cache")
    # The client in use read the variables before they were set.
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_download_says_that_the_proxy_asks_for_a_login(language: str) -> None:
    with pytest.raises(ModelError) as caught:
        download("mine", MODEL)
    assert caught.value.key == "hub.proxy_login"
    text = caught.value.text(language)
    assert "407" in text and "HTTPS_PROXY" in text and "engine download mine" in text


@pytest.mark.usefixtures("hub")
def test_a_file_of_the_hub_that_is_loaded_says_so_too() -> None:
    from huggingface_hub import hf_hub_download

    with pytest.raises(ModelError) as caught:
        configuration("mine", MODEL, lambda repo_id, **_: hf_hub_download(repo_id, "config.json"))
    assert caught.value.key == "hub.proxy_login"


def test_a_question_to_a_server_says_that_the_proxy_asks_for_a_login(
    scheme: str, tmp_path: Path
) -> None:
    path = tmp_path / "srv.toml"
    path.write_text(
        "default_model = 'srv'\n[models.srv]\nfamily = 'openai_server'\n"
        f"base_url = '{scheme}://server.invalid/v1'\nmodel = 'm'\n",
        encoding="utf-8",
    )
    settings = load_settings(path)
    seen = look(server_of("srv", settings.model("srv"))).problem
    assert seen is not None and seen.key == "server.proxy_login"
    with Engine(settings) as engine:
        (*_, failed) = engine.ask(session_with(engine, tmp_path, "x"), "How much?")
    assert isinstance(failed, Failed)
    assert failed.error.key == "server.proxy_login"
    assert "NAME:PASSWORD" in failed.error.text("en")
