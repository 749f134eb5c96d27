"""Reverse proxies that serve the app under /scan/: a small one of ours, and nginx."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bench.app_process import ROOT, free_port

PREFIX = "/scan"
_OWN = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@contextmanager
def small_proxy(app_url: str, folder: Path) -> Iterator[str]:
    """Passes /scan/... on without its prefix, streaming; anything else is not found."""
    client = httpx.AsyncClient(base_url=app_url, timeout=None, trust_env=False)

    async def forward(request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        if not request.url.path.startswith(f"{PREFIX}/"):
            return PlainTextResponse("not ours", 404)
        headers = {key: value for key, value in request.headers.items() if key not in _OWN}
        headers |= {"x-forwarded-host": request.headers["host"], "x-forwarded-proto": "http"}
        sent = client.build_request(
            request.method,
            httpx.URL(path, query=request.url.query.encode()),
            headers=headers,
            content=request.stream(),
        )
        answer = await client.send(sent, stream=True)

        async def body() -> AsyncIterator[bytes]:
            try:
                async for piece in answer.aiter_raw():
                    yield piece
            finally:
                await answer.aclose()

        kept = {key: value for key, value in answer.headers.items() if key not in _OWN}
        return StreamingResponse(body(), answer.status_code, kept)

    methods = ["GET", "HEAD", "POST", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", forward, methods=methods)])
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait_for(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)


def nginx_path() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@contextmanager
def nginx(app_url: str, folder: Path) -> Iterator[str]:
    """nginx with the location block that docs/deploy.md gives."""
    port = free_port()
    (block,) = re.findall(
        r"```nginx\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"), re.S
    )
    block = block.replace("http://127.0.0.1:7860/", app_url)
    assert app_url in block
    temporary = "\n".join(
        f"{name}_temp_path {folder / name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"""daemon off; pid {folder / "nginx.pid"}; error_log {folder / "error.log"};
events {{}}
http {{
access_log off;
{temporary}
server {{ listen 127.0.0.1:{port};
{block}
}} }}
""",
        encoding="utf-8",
    )
    command = [str(nginx_path()), "-p", str(folder), "-e", str(folder / "error.log"), "-c", config]
    process = subprocess.Popen(command)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")
