"""Behind a proxy that serves the app under /scan/, all of the API is under /scan/."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import openai
import pytest
from gradio_client import Client, handle_file
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.api.served import BEARER, TOKEN, data_url, page_bytes, serving
from tests.sub_path_proxy import PREFIX, small_proxy


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address behind the proxy, without a slash at its end; a token guards it."""
    folder = tmp_path_factory.mktemp("served")
    with (
        serving(folder, token=TOKEN, root_path=PREFIX) as app,
        small_proxy(f"{app.url}/", folder) as outside,
    ):
        yield f"{outside}{PREFIX}"


def test_the_openai_client_asks_and_streams(url: str) -> None:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=TOKEN, max_retries=0)
    parts = [
        {"type": "text", "text": "What is the total?"},
        {"type": "image_url", "image_url": {"url": data_url(page_bytes())}},
    ]
    chunks = client.chat.completions.create(
        model="fake",
        messages=[{"role": "user", "content": parts}],  # type: ignore[list-item,misc]
        stream=True,
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == "The total is 42."
    client.close()


def test_gradio_client_uploads_and_asks(url: str, scan: Path) -> None:
    client = Client(f"{url}/", headers=BEARER, verbose=False)
    found = client.predict(handle_file(scan), "What is the total?", api_name="/ask")
    client.close()
    assert found["answer"] == "The total is 42."


def test_an_mcp_client_calls_a_tool(url: str) -> None:
    async def ask() -> object:
        async with (
            httpx.AsyncClient(headers=BEARER, timeout=60, trust_env=False) as http,
            streamable_http_client(f"{url}/gradio_api/mcp/", http_client=http) as (
                reading,
                writing,
                *_,
            ),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            values = {"file": data_url(page_bytes()), "question": "What is the total?"}
            return (await session.call_tool("ask", values)).structuredContent

    found = asyncio.run(ask())
    assert isinstance(found, dict)
    assert found["answer"] == "The total is 42."


def test_the_openapi_page_finds_its_files_and_its_server(url: str) -> None:
    with httpx.Client(trust_env=False, follow_redirects=True) as http:
        page = http.get(f"{url}/api/docs")
        assert str(page.url) == f"{url}/api/docs/"
        named = re.findall(r"(?:src|href)=\"([^\"]+)\"|url: '([^']+)'", page.text)
        addresses = [urljoin(str(page.url), one or other) for one, other in named]
        assert len(addresses) == 4
        for address in addresses:
            assert address.startswith(f"{url}/api/docs/")
            assert http.get(address).status_code == 200
        schema = f"{url}/api/docs/openapi.json"
        server = urljoin(schema, http.get(schema).json()["servers"][0]["url"])
        assert http.get(f"{server}/models", headers=BEARER).status_code == 200
        assert http.get(f"{url}/ready").json() == {"status": "ready"}
