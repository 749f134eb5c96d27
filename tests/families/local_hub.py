"""A small model hub on this machine: what huggingface_hub asks for, over HTTP, and nothing else."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest


@dataclass
class LocalHub:
    """What the hub has, by repository id; a test may publish another commit at any time.

    Attributes:
        endpoint: its address, for HF_ENDPOINT.
        asked: the paths of all requests.
        gated: ids of repositories whose licence nobody here has accepted.
    """

    endpoint: str
    asked: list[str] = field(default_factory=list)
    gated: set[str] = field(default_factory=set)
    _repositories: dict[str, tuple[str, Mapping[str, bytes]]] = field(default_factory=dict)

    def publish(
        self, repo_id: str, files: Path | Mapping[str, bytes], *, commit: str = "c" * 40
    ) -> None:
        """Put a folder, or contents by path, where `main` of a repository is."""
        if isinstance(files, Path):
            paths = [path for path in sorted(files.rglob("*")) if path.is_file()]
            files = {path.relative_to(files).as_posix(): path.read_bytes() for path in paths}
        self._repositories[repo_id] = (commit, files)

    def answer_to(self, path: str) -> tuple[str, str, bytes] | None:
        """(commit, media type, content) for a path; None where there is nothing."""
        self.asked.append(path)
        for repo_id, (commit, files) in self._repositories.items():
            about, file = f"/api/models/{repo_id}", f"/{repo_id}/resolve/"
            if path.startswith(f"{about}/tree/"):
                # .../tree/REVISION or .../tree/REVISION/FOLDER
                folder = path.removeprefix(f"{about}/tree/").partition("/")[2]
                entries = [
                    {"type": "file", "path": name, "size": len(content), "oid": etag(content)}
                    for name, content in files.items()
                    if not folder or name.startswith(f"{folder}/")
                ]
                if not entries:
                    return None
                return commit, "application/json", json.dumps(entries).encode()
            if path == about or path.startswith(f"{about}/"):
                siblings = [{"rfilename": name} for name in files]
                told = {"id": repo_id, "sha": commit, "siblings": siblings}
                return commit, "application/json", json.dumps(told).encode()
            if path.startswith(file):
                # .../resolve/REVISION/PATH
                name = path.removeprefix(file).partition("/")[2]
                if name in files:
                    return commit, "application/octet-stream", files[name]
        return None


def etag(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@contextmanager
def serving() -> Iterator[LocalHub]:
    """A hub that listens until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            found = hub.answer_to(unquote(urlsplit(self.path).path))
            gated = any(repo_id in self.path for repo_id in hub.gated)
            if found is None or gated:
                # Without the header the client takes it for trouble of the server's.
                self.send_response(403 if gated else 404)
                self.send_header("X-Error-Code", "GatedRepo" if gated else "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            commit, kind, content = found
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{etag(content)}"')
            self.send_header("X-Repo-Commit", commit)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test's output is the command's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub = LocalHub(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def use(monkeypatch: pytest.MonkeyPatch, hub: LocalHub, home: Path) -> None:
    """Make this hub the one of this process, with a cache of its own.

    huggingface_hub reads its variables when it is imported, and looks its constants up anew with
    every call; transformers keeps a client with the address that it had first.
    """
    from huggingface_hub import constants

    monkeypatch.setattr("transformers.utils.hub._hf_api", None)
    template = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def unplug(monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_OFFLINE=1 on a machine without a network: no name is known, no host is reached."""
    import socket

    from huggingface_hub import constants

    def refused(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
