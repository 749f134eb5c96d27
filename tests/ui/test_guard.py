import asyncio

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.security.url_guard import UrlGuardMiddleware, only_local_files


@pytest.fixture
def client() -> TestClient:
    route = Route("/{path:path}", lambda request: PlainTextResponse("served"))
    return TestClient(Starlette(routes=[route], middleware=[Middleware(UrlGuardMiddleware)]))


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.org/a.png",
        "/gradio_api/file=HTTP://example.org",
        "/gradio_api/file=http%3A%2F%2Fexample.org",
        "/gradio_api/file=ftp://example.org/a",
        "/gradio_api/proxy=https://example.org",
    ],
)
def test_addresses_are_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/gradio_api/file=/tmp/gradio/a.webp", "/", "/config"])
def test_our_own_files_are_served(client: TestClient, path: str) -> None:
    assert client.get(path).text == "served"


def test_an_upload_field_refuses_addresses() -> None:
    with gr.Blocks():
        field = gr.MultimodalTextbox()
    only_local_files(field)
    with pytest.raises(PermissionError):
        asyncio.run(field.async_move_resource_to_block_cache("https://example.org/a.png"))
    assert asyncio.run(field.async_move_resource_to_block_cache(None)) is None
