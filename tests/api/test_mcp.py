"""The MCP server as the `mcp` package's own client sees it."""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from engine.core.errors import SettingsError
from engine.core.schema import Evidence
from tests.api.served import BEARER, TOKEN, WRONG, Served, data_url, page_bytes, serving, wait_for
from tests.fakes import FakeFamily
from ui import Api
from ui.api import serving as api_serving

QUESTION = {"file": data_url(page_bytes()), "question": "What is the total?"}


@asynccontextmanager
async def session(app: Served, **headers: str) -> AsyncIterator[ClientSession]:
    url = f"{app.url}/gradio_api/mcp/"
    async with (
        httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
        streamable_http_client(url, http_client=http) as (reading, writing, *_),
        ClientSession(reading, writing) as found,
    ):
        await found.initialize()
        yield found


def inside(app: Served, work: Callable[[ClientSession], Coroutine[Any, Any, Any]]) -> Any:
    """What a coroutine returns that is given a session."""

    async def run() -> Any:
        async with session(app) as found:
            return await work(found)

    return asyncio.run(run())


def call(app: Served, name: str, **values: Any) -> CallToolResult:
    found = inside(app, lambda session: session.call_tool(name, values))
    assert isinstance(found, CallToolResult)
    return found


def said(found: CallToolResult) -> str:
    (content,) = found.content
    assert isinstance(content, TextContent)
    return content.text


def test_the_tools_say_what_they_do_and_take(app: Served) -> None:
    tools = {one.name: one for one in inside(app, lambda one: one.list_tools()).tools}
    assert set(tools) == {"ask", "parse", "fields", "models"}
    for tool in tools.values():
        assert tool.title
        assert len(tool.description or "") > 100
        for value in tool.inputSchema["properties"].values():
            assert value["description"]
    assert tools["ask"].inputSchema["required"] == ["file", "question"]
    assert "evidence" in (tools["ask"].outputSchema or {})["properties"]


def test_an_answer_is_json_with_its_evidence(app: Served) -> None:
    FakeFamily.evidence = [Evidence("a document", 0, (40.0, 60.0, 200.0, 90.0), "42.00", 0.9)]
    found = call(app, "ask", **QUESTION)
    assert not found.isError
    assert found.structuredContent == json.loads(said(found))
    assert json.loads(said(found))["answer"] == "The total is 42."
    assert json.loads(said(found))["evidence"][0]["text"] == "42.00"
    app.wait_until_idle()


def test_every_tool_answers(app: Served) -> None:
    assert json.loads(said(call(app, "parse", file=QUESTION["file"], task="ocr")))["text"]
    models = json.loads(said(call(app, "models")))["models"]
    assert any(one["id"] == "fake" and one["default"] for one in models)
    FakeFamily.script = ["42.00"]
    fields = json.loads(said(call(app, "fields", file=QUESTION["file"], type="receipt")))
    assert fields["document_type"] == "receipt"


def test_a_file_that_gradios_upload_tool_sent_is_found_by_its_address(app: Served) -> None:
    with app.http() as http:
        (path,) = http.post("gradio_api/upload", files={"files": ("a.png", page_bytes())}).json()
    address = f"{app.url}/gradio_api/file={path}"
    assert json.loads(said(call(app, "ask", file=address, question="?")))["answer"]
    outside = call(app, "ask", file=f"{app.url}/gradio_api/file=/etc/passwd", question="?")
    assert outside.isError
    assert "uploaded file does not exist" in said(outside)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"file": "http://127.0.0.1:9/scan.png", "question": "?"}, "never fetches one"),
        ({"file": "/etc/passwd", "question": "?"}, "not a valid data URL"),
        ({"file": data_url(b"nothing"), "question": "?"}, "neither an image nor a PDF"),
        ({"question": "?"}, "'file' is a required property"),
        ({**QUESTION, "model": "nobody", "language": "ru"}, "nobody"),
    ],
)
def test_an_error_is_a_sentence_to_the_model(
    app: Served, values: dict[str, Any], sentence: str
) -> None:
    found = call(app, "ask", **values)
    assert found.isError
    assert sentence in said(found)
    assert "Traceback" not in said(found)
    app.wait_until_idle()


def test_a_client_that_wants_to_know_is_told_how_far_the_answer_is(app: Served) -> None:
    FakeFamily.gate = gate = threading.Event()
    told: list[str] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")
        if message == "The total ":
            gate.set()  # the rest comes only if this came before it

    found = inside(app, lambda one: one.call_tool("ask", QUESTION, progress_callback=on_progress))
    assert json.loads(said(found))["answer"] == "The total is 42."
    assert "The total " in told


def test_a_client_that_hangs_up_ends_its_run(app: Served) -> None:
    FakeFamily.gate = threading.Event()  # never set

    async def leave(one: ClientSession) -> None:
        task = asyncio.create_task(one.call_tool("ask", QUESTION))
        await asyncio.to_thread(wait_for, lambda: FakeFamily.pieces_said == 1)
        task.cancel()

    inside(app, leave)
    app.wait_until_idle()
    assert FakeFamily.pieces_said == 1


def test_two_sessions_at_once_get_their_own_answers(app: Served) -> None:
    async def both() -> list[Any]:
        async def one(number: int) -> Any:
            async with session(app) as found:
                values = {"file": data_url(page_bytes(f"{number}")), "question": f"Q{number}"}
                return (await found.call_tool("ask", values)).structuredContent

        return await asyncio.gather(*(one(number) for number in range(4)))

    asked = asyncio.run(both())
    assert [one["answer"] for one in asked] == ["The total is 42."] * 4
    assert {request.question for request in FakeFamily.requests} == {f"Q{n}" for n in range(4)}
    shown = [{page.document_id for page in request.pages} for request in FakeFamily.requests]
    assert all(len(one) == 1 for one in shown)
    assert len(set.union(*shown)) == 4


def test_every_door_of_the_server_asks_for_the_token(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("guarded"), token=TOKEN) as app, app.http() as http:
        for path in ("", "/", "/http/", "/sse", "/schema", "/messages/?session_id=x"):
            for headers in ({}, WRONG):
                url = f"gradio_api/mcp{path}"
                for answer in (http.get(url, headers=headers), http.post(url, headers=headers)):
                    expected = 401 if path else 307  # to the address with the slash
                    assert answer.status_code == expected, (path, answer.status_code)

        async def with_token() -> Any:
            async with session(app, **BEARER) as found:
                return await found.call_tool("ask", QUESTION)

        assert not asyncio.run(with_token()).isError

        async def without() -> None:
            async with session(app):
                raise AssertionError("it was let in")

        with pytest.raises(BaseExceptionGroup) as caught:
            asyncio.run(without())
        assert "401" in str(leaves(caught.value))


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for one in group.exceptions:
        found += leaves(one) if isinstance(one, BaseExceptionGroup) else [one]
    return found


def test_the_old_transport_has_the_same_tools(app: Served) -> None:
    async def tools() -> set[str]:
        async with (
            sse_client(f"{app.url}/gradio_api/mcp/sse") as (reading, writing),
            ClientSession(reading, writing) as found,
        ):
            await found.initialize()
            return {tool.name for tool in (await found.list_tools()).tools}

    assert asyncio.run(tools()) == {"ask", "parse", "fields", "models"}


def test_a_missing_part_is_an_error_at_start(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.engine.settings
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "ui.api.mcp_tools", None)
        with pytest.raises(SettingsError, match=r"gradio\[mcp\]"):
            Api(app.engine, settings).launch_options()
    without = api_serving.Api(app.engine, settings)
    with monkeypatch.context() as patch:
        patch.setattr(app.app, "mcp_server_obj", None)
        patch.setattr(app.app, "mcp_error", "it did not start")
        with pytest.raises(SettingsError, match="it did not start"):
            without.check(app.app)
