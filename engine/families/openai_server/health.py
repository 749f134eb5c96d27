"""A look at a server: does it answer, does it have the model, how long may a prompt be.

`GET /health` is what vLLM, SGLang, llama.cpp and transformers serve have; hosted servers have none,
and a missing page is no sign of illness. `GET /v1/models` names the models, where a server lists
any, and vLLM and SGLang say there how many tokens a prompt and its answer may have. llama.cpp says
it at `GET /props`, and Ollama, of a model that it has in memory, at `GET /api/ps`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import EngineError
from engine.families.base import ServerState
from engine.families.openai_server.breaker import breaker_of
from engine.families.openai_server.failures import ServerInfo

if TYPE_CHECKING:
    import httpx2

logger = logging.getLogger(__name__)

# A look is for somebody who waits for a page, so it is shorter than a question's time-outs.
_LOOK_SECONDS: Final = 3.0
# What was seen so long ago is looked at again.
_FRESH_SECONDS: Final = 10.0
_LONGEST_LIST: Final = 20
# Below it a server is well, whatever it says of its health.
_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Health:
    """What a look found.

    Attributes:
        problem: why it cannot be asked; None where it can.
        milliseconds: until it answered.
        models: the names that it lists; () where it lists none.
        context_tokens: of the model; None where the server does not say.
    """

    problem: EngineError | None = None
    milliseconds: float = 0.0
    models: tuple[str, ...] = ()
    context_tokens: int | None = None


def look(server: ServerInfo) -> Health:
    """Ask a server how it is. Takes a few seconds at most; never raises."""
    import httpx2

    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    base = server.base_url.rstrip("/")
    root = base.removesuffix("/v1")
    started = time.monotonic()
    try:
        with httpx2.Client(timeout=_LOOK_SECONDS, headers=headers) as client:
            status = client.get(f"{root}/health").status_code
            if status >= _ERROR:
                return Health(server.error("unwell", status=status))
            milliseconds = (time.monotonic() - started) * 1000
            answer = client.get(f"{base}/models")
            if answer.status_code in (401, 403):
                variable = server.api_key_env or "-"
                refused = server.error("no_access", status=answer.status_code, variable=variable)
                return Health(refused, milliseconds)
            listed = _listed(answer.json()) if answer.is_success else {}
            context_tokens = listed.get(server.model) or _given(client, server, root)
    except httpx2.TimeoutException:
        return Health(server.error("silent"))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Health(server.error("unreachable", detail=server.told(error)))
    except ValueError:
        return Health(server.error("garbled", detail="GET /models"))
    names = tuple(listed)
    problem = None
    if names and server.model not in listed:
        shown = ", ".join(server.told(name) for name in names[:_LONGEST_LIST])
        problem = server.error("not_listed", model=server.model, known=shown)
    return Health(problem, milliseconds, names, context_tokens)


def _listed(body: Any) -> Mapping[str, int | None]:
    """The models of a /models page -> their context, where it is said."""
    rows = body.get("data") if isinstance(body, dict) else None
    found: dict[str, int | None] = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            found[row["id"]] = _length(row.get("max_model_len"))
    return found


def _given(client: httpx2.Client, server: ServerInfo, root: str) -> int | None:
    """The context that a server gave its model, by a page of its own; None where it says nothing.

    llama.cpp: default_generation_settings.n_ctx, of one of its slots (tools/server/README.md).
    Ollama: context_length of each model in memory (https://docs.ollama.com/api/ps).
    """
    import httpx2

    path = {"llama_cpp": "/props", "openai": "/api/ps"}.get(server.api)
    if path is None:
        return None
    try:
        answer = client.get(root + path)
        body = answer.json() if answer.is_success else None
    except (httpx2.HTTPError, ValueError, RecursionError):
        # The server is well without it.
        return None
    if not isinstance(body, dict):
        return None
    defaults, rows = body.get("default_generation_settings"), body.get("models")
    if isinstance(defaults, dict):
        return _length(defaults.get("n_ctx"))
    names = (server.model, f"{server.model}:latest")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and (row.get("name") in names or row.get("model") in names):
            return _length(row.get("context_length"))
    return None


def _length(value: Any) -> int | None:
    """A number of tokens as a server may say it."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value > 0 else None


class HealthWatch:
    """The last look at a server; another one is made on a thread of its own. Thread-safe."""

    def __init__(self, server: ServerInfo) -> None:
        self._server = server
        self._health: Health | None = None
        self._seen_at = float("-inf")
        self._looking: threading.Thread | None = None
        self._looked_loaded = False
        self._lock = threading.Lock()

    @property
    def last(self) -> Health | None:
        """The last look, however long ago; None before it."""
        return self._health

    def health(self, *, wait_seconds: float) -> Health | None:
        """How the server is, or was a moment ago; None where it has not answered yet.

        Args:
            wait_seconds: for a look that is on its way.
        """
        with self._lock:
            if time.monotonic() - self._seen_at <= _FRESH_SECONDS:
                return self._health
            if self._looking is None:
                self._looking = threading.Thread(target=self._look, name="server-look", daemon=True)
                self._looking.start()
            looking = self._looking
        looking.join(wait_seconds)
        return None if looking.is_alive() else self._health

    def model_answered(self) -> None:
        """Look once more where the context is not known: Ollama tells it of a loaded model only."""
        with self._lock:
            known = self._health is not None and self._health.context_tokens is not None
            if known or self._looked_loaded:
                return
            self._looked_loaded, self._seen_at = True, float("-inf")
        self.health(wait_seconds=0)

    def _look(self) -> None:
        health = look(self._server)
        with self._lock:
            if self._health is not None and health.context_tokens is None:
                # A model that has left memory is loaded again as before.
                health = replace(health, context_tokens=self._health.context_tokens)
            self._health, self._seen_at, self._looking = health, time.monotonic(), None


_watches: dict[ServerInfo, HealthWatch] = {}
_guard = threading.Lock()


def watch_of(server: ServerInfo) -> HealthWatch:
    """The watch of a server and model."""
    with _guard:
        return _watches.setdefault(server, HealthWatch(server))


def state_of(server: ServerInfo, *, wait_seconds: float) -> ServerState:
    """How a server is, in sentences."""
    lines: list[tuple[str, Mapping[str, object]]] = [
        ("server.where", {"base_url": server.base_url, "model": server.model})
    ]
    health = watch_of(server).health(wait_seconds=wait_seconds)
    if health is None:
        return ServerState(False, (*lines, ("server.looking", {})))
    if health.problem is not None:
        return ServerState(False, (*lines, (health.problem.key, health.problem.values)))
    lines.append(("server.answers", {"milliseconds": f"{health.milliseconds:.0f}"}))
    if health.context_tokens is not None:
        lines.append(("server.context", {"tokens": health.context_tokens}))
    paused = breaker_of(server.base_url).seconds_left
    if paused:
        values = {**server.error("paused", seconds=f"{paused:.0f}").values}
        return ServerState(False, (*lines, ("server.paused", values)))
    return ServerState(True, tuple(lines))
