"""A browser tab without the browser: what the page's JavaScript sends and receives."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
from gradio_client.utils import apply_diff  # type: ignore[import-untyped]

_FINISHED: Final = "process_completed"
_KEY_ID: Final = "#key"


class RefusedError(Exception):
    """The app answered an event with an error."""


class Tab:
    """A loaded page. `key` is the visitor's key that the browser stores; None is a new visitor."""

    def __init__(self, http: httpx.AsyncClient, key: str | None = None) -> None:
        self._http = http
        self._hash = secrets.token_hex(6)
        self._values: dict[int, Any] = {}
        self._of_id: dict[str, int] = {}
        self._events: list[dict[str, Any]] = []
        self._first_key = key

    async def load(self) -> None:
        """Load the page: its configuration and its first event."""
        config = (await self._ok(self._http.get("config"))).json()
        for component in config["components"]:
            self._values[component["id"]] = component["props"].get("value")
            elem_id = component["props"].get("elem_id")
            if elem_id:
                self._of_id[elem_id] = component["id"]
            if component["type"] == "browserstate":
                self._of_id[_KEY_ID] = component["id"]
        self._events = config["dependencies"]
        self._values[self._of_id[_KEY_ID]] = self._first_key
        (loaded,) = [one for one in self._events if [t[1] for t in one["targets"]] == ["load"]]
        async for _ in self._fired(loaded, None):
            pass

    @property
    def key(self) -> str:
        return str(self._values[self._of_id[_KEY_ID]] or "")

    @property
    def chat(self) -> str:
        """The whole chat as text."""
        return json.dumps(self.value("chat"), ensure_ascii=False)

    def value(self, elem_id: str) -> Any:
        return self._values[self._of_id[elem_id]]

    def put(self, elem_id: str, value: Any) -> None:
        """Set a component's value, as typing does."""
        self._values[self._of_id[elem_id]] = value

    async def upload(self, name: str, data: bytes) -> dict[str, Any]:
        files = {"files": (name, data)}
        (path,) = (await self._ok(self._http.post("gradio_api/upload", files=files))).json()
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def event(
        self, elem_id: str, name: str, given: dict[str, Any] | None = None, **data: Any
    ) -> AsyncIterator[None]:
        """Fire an event; `chat` and `value` are up to date after each step.

        Args:
            elem_id: of the component.
            given: element id -> value, for the inputs.
            data: of the event.
        """
        trigger = self._of_id[elem_id]
        dependency = next(one for one in self._events if [trigger, name] in one["targets"])
        for key, value in (given or {}).items():
            self._values[self._of_id[key]] = value
        return self._fired(dependency, trigger, data or None)

    async def fire(
        self, elem_id: str, name: str, given: dict[str, Any] | None = None, **data: Any
    ) -> None:
        """An event to its end."""
        async for _ in self.event(elem_id, name, given, **data):
            pass

    async def press(self, elem_id: str) -> None:
        """Click while another event runs, without waiting for the outcome."""
        trigger = self._of_id[elem_id]
        dependency = next(one for one in self._events if [trigger, "click"] in one["targets"])
        await self._join(dependency, trigger, None)

    async def _join(self, dependency: dict[str, Any], trigger: int | None, data: Any) -> str:
        body = {
            "data": [self._values.get(number) for number in dependency["inputs"]],
            "fn_index": dependency["id"],
            "session_hash": self._hash,
            "trigger_id": trigger,
            "event_data": data,
        }
        joined = await self._ok(self._http.post("gradio_api/queue/join", json=body))
        return str(joined.json()["event_id"])

    async def _fired(
        self, dependency: dict[str, Any], trigger: int | None, data: Any = None
    ) -> AsyncIterator[None]:
        event_id = await self._join(dependency, trigger, data)
        where = f"gradio_api/queue/data?session_hash={self._hash}"
        pending: list[Any] | None = None
        async with self._http.stream("GET", where) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[len("data:") :])
                if message.get("event_id") != event_id or "output" not in message:
                    continue
                if not message.get("success", True):
                    raise RefusedError(str(message))
                output = message["output"].get("data", [])
                if message["msg"] == _FINISHED:
                    # A generator's last message repeats its last step.
                    if pending is None:
                        self._take(dependency["outputs"], output)
                        yield
                    return
                if pending is None:
                    pending = list(output)
                else:
                    pending = [
                        apply_diff(before, after)
                        for before, after in zip(pending, output, strict=True)
                    ]
                self._take(dependency["outputs"], pending)
                yield
        raise RefusedError("the stream ended before the event did")

    def _take(self, outputs: list[int], values: list[Any]) -> None:
        for number, value in zip(outputs, values, strict=False):
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" in value:
                    self._values[number] = value["value"]
            else:
                self._values[number] = value

    async def _ok(self, request: Any) -> httpx.Response:
        answer: httpx.Response = await request
        if answer.status_code != 200:
            raise RefusedError(
                f"{answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
            )
        return answer


async def closed(events: AsyncIterator[None]) -> None:
    """Abandon an event, as a closed tab does."""
    closing = getattr(events, "aclose", None)
    if closing is not None:
        await asyncio.wait_for(closing(), 10)
