"""The app driven over HTTP alone, as the page's own JavaScript drives it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx


class Visitor:
    """One browser tab without a browser. base_url: of the app, with its sub-path if it has one."""

    def __init__(self, base_url: str, **options: Any) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=120, trust_env=False, **options)
        self._hash = secrets.token_hex(6)

    def config(self) -> dict[str, Any]:
        return self._ok(self.http.get("config")).json()

    def log_in(self, name: str, password: str) -> int:
        """The status code of the login."""
        form = {"username": name, "password": password}
        return self.http.post("login", data=form).status_code

    def upload(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as file:
            answer = self.http.post("gradio_api/upload", files={"files": (path.name, file)})
        (where,) = self._ok(answer).json()
        return {"path": where, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}

    def ask(self, question: str, file: Path, **values: Any) -> list[Any]:
        """Ask about a file; everything that the app sent back, oldest first.

        Args:
            values: element id -> value, beside the question's.
        """
        config = self.config()
        of_id = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
        props = {one["id"]: one["props"] for one in config["components"]}
        event = next(
            one for one in config["dependencies"] if [of_id["question"], "submit"] in one["targets"]
        )
        given = {
            of_id["question"]: {"text": question, "files": [self.upload(file)]},
            **{of_id[name]: value for name, value in values.items()},
        }
        data = [given.get(number, props[number].get("value")) for number in event["inputs"]]
        body = {
            "data": data,
            "fn_index": event["id"],
            "session_hash": self._hash,
            "trigger_id": of_id["question"],
        }
        self._ok(self.http.post("gradio_api/queue/join", json=body))
        return list(self._messages())

    def _messages(self) -> Iterator[Any]:
        where = f"gradio_api/queue/data?session_hash={self._hash}"
        with self.http.stream("GET", where) as stream:
            for line in stream.iter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[len("data:") :])
                yield message
                if message["msg"] == "process_completed":
                    assert message["success"], message
                    return

    def _ok(self, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        return answer
