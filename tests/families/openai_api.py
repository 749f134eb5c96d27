"""A server of OpenAI's chat API that does what a test wants: answers, stalls, cuts, refuses."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

# What is said when a test does not care.
USAGE = {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79}


class Exchange:
    """One request to /v1/chat/completions, and the means to answer it.

    Attributes:
        number: 1 for the first request of the server.
        body: the request's JSON.
        gone: set when the client was found to have gone away.
    """

    def __init__(self, handler: BaseHTTPRequestHandler, number: int, body: dict[str, Any]) -> None:
        self._handler = handler
        self.number = number
        self.body = body
        self.headers = handler.headers
        self.gone = threading.Event()

    @property
    def pictures(self) -> list[Image.Image]:
        """The images of the request, in order."""
        urls = [
            part["image_url"]["url"]
            for message in self.body["messages"]
            if isinstance(message["content"], list)
            for part in message["content"]
            if part["type"] == "image_url"
        ]
        return [
            Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))
            for url in urls
        ]

    @property
    def words(self) -> str:
        """All texts of the request."""
        parts = [message["content"] for message in self.body["messages"]]
        texts = [
            part if isinstance(part, str) else " ".join(p.get("text", "") for p in part)
            for part in parts
        ]
        return "\n".join(texts)

    def begin(self) -> None:
        """The head of a stream."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/event-stream")
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()

    def send(self, data: str) -> None:
        """One event. Raises OSError where the client has gone away."""
        event = f"data: {data}\n\n".encode()
        try:
            self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
            self._handler.wfile.flush()
        except OSError:
            self.gone.set()
            raise

    def say(self, text: str, **delta: str) -> None:
        """A piece of the answer."""
        choice = {"index": 0, "delta": {"content": text, **delta}, "finish_reason": None}
        self.send(json.dumps({"id": "1", "model": "m", "choices": [choice]}))

    def finish(self, reason: str = "stop", usage: dict[str, int] | None = USAGE) -> None:
        """The end of the stream. usage: None for a server that counts nothing."""
        choice = {"index": 0, "delta": {}, "finish_reason": reason}
        self.send(json.dumps({"id": "1", "model": "m", "choices": [choice]}))
        if usage is not None:
            self.send(json.dumps({"id": "1", "model": "m", "choices": [], "usage": usage}))
        self.send("[DONE]")
        self._handler.wfile.write(b"0\r\n\r\n")

    def answer(self, *pieces: str, reason: str = "stop") -> None:
        """A whole answer."""
        self.begin()
        for piece in pieces:
            self.say(piece)
        self.finish(reason)

    def refuse(self, status: int, message: object, **headers: str) -> None:
        """A refusal in OpenAI's form."""
        body = json.dumps({"error": {"message": message}}).encode()
        self.reply(status, body, **{"Content-Type": "application/json", **headers})

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        """Any other response."""
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Content-Length", str(len(body)))
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def wait_for_nobody(self) -> None:
        """Write until the client is gone, as a model would."""
        try:
            while True:
                self.say("word ")
                time.sleep(0.01)
        except OSError:
            return


Behaviour = Callable[[Exchange], None]


@dataclass
class ApiServer:
    """A running server.

    Attributes:
        behave: answers one request.
        exchanges: the requests so far.
        models: rows of GET /v1/models; None for a server that has no such page.
        health: status of GET /health.
        pages: path -> the text of another page.
    """

    base_url: str
    behave: Behaviour
    exchanges: list[Exchange] = field(default_factory=list)
    models: list[dict[str, Any]] | None = None
    health: int = 200
    pages: dict[str, str] = field(default_factory=dict)


@contextmanager
def api_server(behave: Behaviour) -> Iterator[ApiServer]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Nothing is logged."""

        def do_GET(self) -> None:
            if self.path == "/health":
                self._json(server.health, {})
            elif self.path == "/v1/models" and server.models is not None:
                self._json(200, {"object": "list", "data": server.models})
            elif self.path in server.pages:
                self._reply(200, server.pages[self.path])
            else:
                self._json(404, {"detail": "Not Found"})

        def _json(self, status: int, value: Any) -> None:
            self._reply(status, json.dumps(value))

        def _reply(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                exchange = Exchange(self, len(server.exchanges) + 1, body)
                server.exchanges.append(exchange)
            self.close_connection = True
            server.behave(exchange)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """Clients that go away are what is tested."""

    lock = threading.Lock()
    listening = Quiet(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    # A handler that a test holds must not hold the test's end.
    listening.block_on_close = False
    server = ApiServer(f"http://127.0.0.1:{listening.server_port}/v1", behave)
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
