"""What is too large is refused before it fills the memory, and calls over max_calls wait."""

import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.served import PATIENCE_SECONDS, Served, data_url, page_bytes, serving, wait_for
from tests.fakes import FakeFamily

# max_file_mb * 8 + 64, in whole megabytes.
LIMIT = 65 * 1024 * 1024
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    more = "[limits]\nmax_file_mb = 0.05\n[api]\nmax_calls = 1\n"
    with serving(tmp_path_factory.mktemp("served"), more=more) as served:
        yield served


def asked(http: httpx.Client, content: bytes) -> httpx.Response:
    file = {"file": ("scan.png", content)}
    return http.post("api/ask", data={"question": "What is the total?"}, files=file)


def test_a_file_over_the_limit_is_refused_by_its_name(app: Served) -> None:
    with app.http() as http:
        found = asked(http, page_bytes() + b"\0" * 60_000)
    assert found.status_code == 413
    assert "scan.png is" in found.json()["error"]["message"]


@pytest.mark.parametrize("path", ["api/ask", "v1/chat/completions", "gradio_api/mcp/"])
def test_a_request_that_says_it_is_too_large_is_not_read(app: Served, path: str) -> None:
    where = urlsplit(app.url)
    with socket.create_connection((where.hostname, where.port), PATIENCE_SECONDS) as line:
        line.sendall(
            f"POST /{path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Content-Length: {LIMIT + 1}\r\n\r\n".encode()
        )
        assert b" 413 " in line.recv(1000).split(b"\r\n")[0]


def test_a_request_that_does_not_say_so_is_cut(app: Served) -> None:
    def endless() -> Iterator[bytes]:
        yield HEAD
        for _ in range(LIMIT // 1_000_000 + 2):
            yield b"x" * 1_000_000

    with app.http(headers={"Content-Type": "multipart/form-data; boundary=x"}) as http:
        found = http.post("api/ask", content=endless())
    assert found.status_code == 413
    assert found.json()["error"]["code"] == "request_too_large"
    app.wait_until_idle()


def test_a_long_data_url_is_refused_before_it_is_decoded(app: Served) -> None:
    image = {"type": "image_url", "image_url": {"url": data_url(b"x" * 4_000_000)}}
    body = {"model": "fake", "messages": [{"role": "user", "content": [image]}]}
    with app.http() as http:
        found = http.post("v1/chat/completions", json=body)
    assert found.status_code == 413
    assert "is 3.8 MB" in found.json()["error"]["message"]


def test_calls_beyond_max_calls_wait_for_their_turn(app: Served) -> None:
    FakeFamily.gate = threading.Event()
    answers: list[str] = []

    def ask() -> None:
        with app.http() as http:
            answers.append(asked(http, page_bytes()).json()["answer"])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_for(lambda: FakeFamily.pieces_said == 1)
    most, until = 0, time.monotonic() + 0.5
    while time.monotonic() < until:
        most = max(most, len(app.engine._runs.session_ids()))
        time.sleep(0.01)
    assert most == 1
    FakeFamily.gate.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert answers == ["The total is 42."] * 3
    app.wait_until_idle()
