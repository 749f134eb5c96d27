"""The app with its API in this process: a real server on loopback, and the fake model behind it."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from bench.app_process import free_port
from engine import Engine, Settings, load_settings
from engine.chat import engine as chat_engine
from engine.core.passwords import users_of_pairs
from engine.families import FAMILIES
from tests.fakes import FAKE_MODELS_TOML, FakeFamily, draw_page
from tests.keeping import loaded_index
from ui import Api, build_app, launch_options
from ui.api import access
from ui.security.login import login_options

TOKEN = "a token of more than twenty characters"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WRONG = {"Authorization": "Bearer another token of that length"}
USER = ("anna", "correct horse")
# On a machine that does something else at the same time.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running app. url: without a slash at its end."""

    url: str
    engine: Engine
    app: gr.Blocks

    def http(self, **options: Any) -> httpx.Client:
        limits = {"timeout": PATIENCE_SECONDS, "trust_env": False}
        return httpx.Client(base_url=self.url, **limits, **options)

    def sessions(self) -> list[str]:
        return list(self.engine._sessions._lifecycle._awake)

    def wait_until_idle(self) -> None:
        """No run and no session is left."""
        wait_for(lambda: not self.sessions() and not self.engine._runs.session_ids())


def wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def fake_settings(folder: Path, more: str = "") -> Settings:
    overlay = folder / "settings.toml"
    places = f"data_dir = '{folder / 'data'}'\ncache_dir = '{folder / 'cache'}'\n"
    overlay.write_text(places + FAKE_MODELS_TOML + more, encoding="utf-8")
    return load_settings(overlay)


@contextmanager
def serving(
    folder: Path, *, more: str = "", token: str = "", login: bool = False, root_path: str = ""
) -> Iterator[Served]:
    """The app on a free port, its model FakeFamily, until the block ends.

    Args:
        more: TOML that is laid over the settings.
        login: whether USER has to log in for the screen.
    """
    FakeFamily.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANCHAT_API_TOKEN", token)
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        patch.setitem(FAMILIES, "fake", "tests.fakes:FakeFamily")
        patch.setattr(access, "_WRONG_TOKEN_SECONDS", 0.0)
        # The fake model needs no OCR.
        patch.setattr(chat_engine, "build_index", loaded_index)
        settings = fake_settings(folder, more)
        users = users_of_pairs([":".join(USER)]) if login else {}
        with Engine(settings) as engine:
            api = Api(engine, settings)
            app = build_app(engine, settings, api)
            try:
                _, url, _ = app.launch(
                    server_name="127.0.0.1",
                    server_port=free_port(),
                    prevent_thread_lock=True,
                    quiet=True,
                    root_path=root_path or None,
                    **launch_options(settings, api),
                    **login_options(users, "Log in"),
                )
                api.check(app)
                yield Served(str(url).rstrip("/"), engine, app)
            finally:
                app.close(verbose=False)


def page_bytes(text: str = "Total 42.00", *, kind: str = "PNG", pages: int = 1) -> bytes:
    """Drawn one-line pages as a file."""
    drawn = [draw_page([(f"{text} {n}" if n else text, 40, 60)])[0] for n in range(pages)]
    file = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": drawn[1:]} if pages > 1 else {}
    more |= {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    drawn[0].save(file, kind, **more)
    return file.getvalue()


def data_url(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
