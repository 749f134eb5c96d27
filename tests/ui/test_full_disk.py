"""What a browser hears when the server has no room for its file."""

import asyncio
import errno
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from engine.core.errors import DocumentError
from ui.security.disk_space import DiskSpaceMiddleware

CHUNKS = 5


def app_that_raises(error: OSError) -> tuple[Any, list[int]]:
    """An app that fails at the first piece of a body, and the pieces that were read."""
    read: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        read.append(len(message.get("body", b"")))
        raise error

    return DiskSpaceMiddleware(app), read


def upload(app: Any, path: str, language: str) -> tuple[httpx.Response, list[int]]:
    sent: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            sent.append(1000)
            yield b"x" * 1000

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://app"
        ) as http:
            headers = {"accept-language": language}
            return await http.post(path, content=pieces(), headers=headers)

    return asyncio.run(post()), sent


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_full_disk_is_one_sentence_once_the_file_is_here(number: int, language: str) -> None:
    app, read = app_that_raises(OSError(number, "no room"))
    response, sent = upload(app, "/gradio_api/upload", language)
    assert response.status_code == 507
    assert response.text == DocumentError("document.no_room").text(language)
    assert read == [1000]
    assert len(sent) == CHUNKS, "a browser reads no answer before it has sent everything"


def test_other_errors_and_other_routes_are_not_touched() -> None:
    for path, number in (("/gradio_api/upload", errno.EACCES), ("/other", errno.ENOSPC)):
        app, _ = app_that_raises(OSError(number, "something"))
        with pytest.raises(OSError, match="something"):
            upload(app, path, "en")
