"""The real app while something goes wrong: killed in an answer, a disk that takes no more, a flood.

What the engine alone does of it is in tests/sessions/test_database.py and others;
docs/reliability.md has the whole table.
"""

import asyncio
import contextlib
import io
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image

from bench.soak.echo import SLOWLY
from bench.soak.load import Served, serving
from bench.soak.tab import RefusedError, Tab, closed
from engine import Engine
from tests.fakes import save_page
from tests.keeping import loaded_index
from ui.actions.conversation import ConversationActions

WAIT_SECONDS = 120.0


@asynccontextmanager
async def browser(app: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.url, trust_env=False, timeout=WAIT_SECONDS) as http:
        yield http


def page_png(side: int = 300) -> bytes:
    """A page of noise, which takes about side * side * 3 bytes."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(buffer, "PNG")
    return buffer.getvalue()


async def loaded(http: httpx.AsyncClient, key: str | None = None) -> Tab:
    tab = Tab(http, key)
    await tab.load()
    return tab


async def drop(tab: Tab, name: str, data: bytes) -> None:
    file = await tab.upload(name, data)
    await tab.fire("page-view", "attach", {"question": {"text": "", "files": [file]}})
    tab.put("question", {"text": "", "files": []})


def question(text: str) -> dict[str, Any]:
    return {"question": {"text": text, "files": []}, "task": "question"}


@pytest.mark.parametrize("how", ["killed", "told to end"])
def test_a_server_that_ends_in_mid_answer_comes_back_with_all_of_it(
    tmp_path: Path, how: str
) -> None:
    """Another process on the same folder: the answer is there as far as it came.

    Killed: kill -9, and what the store wrote every two seconds stays. Told to end: what `docker
    stop` and systemd send; the app ends by itself, soon and whole, though a reader hangs on.
    """

    async def before(app: Served) -> str:
        async with browser(app) as http:
            tab = await loaded(http)
            await drop(tab, "small.png", page_png(40))
            await tab.fire("question", "submit", question("What is whole?"))
            slow = question(f"{SLOWLY} what is being answered now, up to the very end?")
            events = tab.event("question", "submit", slow)
            answered = 0.0
            async for _ in events:
                # The answer repeats the question.
                if tab.chat.count(SLOWLY[:3]) >= 2 and not answered:
                    answered = time.monotonic()
                if answered and time.monotonic() - answered > (3 if how == "killed" else 0.5):
                    break
            if how == "killed":
                app.process.kill()
                app.process.wait(30)
                with pytest.raises(httpx.HTTPError):
                    await closed(events)
                    await http.get("config")
            else:
                app.process.terminate()
                # In a thread: the reader's connection stays open meanwhile.
                assert await asyncio.to_thread(app.process.wait, 9) == 0
                with contextlib.suppress(httpx.HTTPError):
                    await closed(events)
            return tab.key

    async def after(app: Served, key: str) -> str:
        async with browser(app) as http:
            tab = await loaded(http, key)
            said = tab.chat
            # The conversation goes on.
            await tab.fire("question", "submit", question("And now?"))
            assert said.count("What is whole?") == 2, said
            assert "And now? " in tab.chat
            return said

    with serving(with_models=False, folder=tmp_path) as app:
        key = asyncio.run(before(app))
    if how == "told to end":
        left = (tmp_path / "gradio").rglob("*")
        assert not [path for path in left if path.is_file()]
    with serving(with_models=False, folder=tmp_path) as app:
        said = asyncio.run(after(app, key))
    # As far as it came, and marked.
    assert said.count(SLOWLY[:3]) >= 2
    assert said.count("the very end?") == 1
    marked = "A restart of the app cut off this answer" if how == "killed" else "Stopped"
    assert marked in said, said


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a running process are Linux's")
def test_a_disk_that_takes_no_more_stops_neither_the_app_nor_what_fits(tmp_path: Path) -> None:
    """No file may grow beyond 64 kB, wherever the app writes: uploads, pictures, rows."""

    async def drive(app: Served) -> None:
        async with browser(app) as http:
            tab = await loaded(http)
            await drop(tab, "small.png", page_png(40))
            await tab.fire("question", "submit", question("Is it there?"))
            assert "40x40" in tab.chat
            hard = app.process.rlimit(psutil.RLIMIT_FSIZE)[1]
            app.process.rlimit(psutil.RLIMIT_FSIZE, (64 * 1024, hard))
            with pytest.raises(RefusedError, match="507 The server's disk has no room"):
                await tab.upload("large.png", page_png(400))
            # The conversation goes on in memory, and nothing that was kept is lost.
            await tab.fire("question", "submit", question("And while the disk is full?"))
            assert tab.chat.count("And while the disk is full?") == 2
            app.process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, hard))
            await tab.fire("question", "submit", question("And after it?"))
            await drop(tab, "large.png", page_png(400))
            again = await loaded(http, tab.key)
            for words in ("Is it there?", "And while the disk is full?", "And after it?"):
                assert again.chat.count(words) == 2
            assert "large.png" in again.chat

    with serving(with_models=False, folder=tmp_path) as app:
        asyncio.run(drive(app))


@pytest.mark.parametrize("bad", [False, True], ids=["good files", "bad files"])
def test_thousands_of_files_in_one_drop_are_a_few_sentences(
    fake_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: bool
) -> None:
    monkeypatch.setattr("engine.chat.engine.build_index", loaded_index)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    data = b"PK\x03\x04 an archive" if bad else save_page(tmp_path).read_bytes()
    files = []
    for number in range(3000):
        files.append(str(tmp_path / f"{number}.png"))
        Path(files[-1]).write_bytes(data)
    talk = ConversationActions(fake_engine)
    key = talk.start("en", remember=True, tab="one").session_id or ""

    async def dropped() -> list[str]:
        last = [change async for change in talk.attach(key, files, "en", "one")][-1]
        return [message["content"][0]["text"] for message in last.messages or []]

    started = time.monotonic()
    said = asyncio.run(dropped())
    assert time.monotonic() - started < 60
    most = fake_engine.settings.limits.max_documents_per_session
    documents = fake_engine.documents(key.rpartition(".")[2])
    if bad:
        assert len(documents) == 0
        assert len(said) == 11
        assert "More of these files" in said[-1]
    else:
        assert len(documents) == most
        assert len(said) == most + 1
        assert f"already has {most} documents" in said[-1]
        # And the conversation goes on.
        assert fake_engine.ask(key.rpartition(".")[2], "Well?").answer().text
