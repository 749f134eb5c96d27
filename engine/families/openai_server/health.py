"""Health check of a server: whether it answers, whether it has the model, and its context length.

vLLM, SGLang, llama.cpp and transformers serve have `GET /health`; hosted servers have not, so a
404 there is not a failure. `GET /v1/models` lists the models of a server that supports it, and
vLLM and SGLang report there the tokens of prompt and answer together. llama.cpp reports them at
`GET /props`, and Ollama at `GET /api/ps`, for a model in memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import EngineError
from engine.core.proxy import PROXY_LOGIN, is_proxy_login
from engine.families.base import ServerState
from engine.families.openai_server.breaker import breaker_of
from engine.families.openai_server.failures import ServerInfo

if TYPE_CHECKING:
    import httpx2

logger = logging.getLogger(__name__)

# The UI waits for a health check, so its time-out is shorter than those of a question.
_LOOK_SECONDS: Final = 3.0
# An older result is checked again.
_FRESH_SECONDS: Final = 10.0
_LONGEST_LIST: Final = 20
# A status of /health below this counts as healthy.
_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Health:
    """Result of a health check.

    Attributes:
        problem: why the server cannot take questions; None if it can.
        milliseconds: response time of /health.
        models: the names that it lists; () if it lists none.
        context_tokens: context length of the model; None if the server does not report it.
    """

    problem: EngineError | None = None
    milliseconds: float = 0.0
    models: tuple[str, ...] = ()
    context_tokens: int | None = None


def look(server: ServerInfo) -> Health:
    """Check a server: up to three requests with time-outs of 3 s. Never raises."""
    import httpx2

    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    base = server.base_url.rstrip("/")
    root = base.removesuffix("/v1")
    started = time.monotonic()
    try:
        with httpx2.Client(timeout=_LOOK_SECONDS, headers=headers) as client:
            status = client.get(f"{root}/health").status_code
            if status == PROXY_LOGIN:
                return Health(server.error("proxy_login"))
            if status >= _ERROR:
                return Health(server.error("unwell", status=status))
            milliseconds = (time.monotonic() - started) * 1000
            answer = client.get(f"{base}/models")
            if answer.status_code in (401, 403):
                variable = server.api_key_env or "-"
                refused = server.error("no_access", status=answer.status_code, variable=variable)
                return Health(refused, milliseconds)
            listed = _listed(answer.json()) if answer.is_success else {}
            named = _names(server.model) & listed.keys()
            own = next((listed[name] for name in named if listed[name]), None)
            context_tokens = own or _given(client, server, root)
    except httpx2.TimeoutException:
        return Health(server.error("silent"))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        if is_proxy_login(error):
            return Health(server.error("proxy_login"))
        return Health(server.error("unreachable", detail=server.sanitise(error)))
    except ValueError:
        return Health(server.error("garbled", detail="GET /models"))
    names = tuple(listed)
    problem = None
    if names and not named:
        shown = ", ".join(server.sanitise(name) for name in names[:_LONGEST_LIST])
        problem = server.error("not_listed", model=server.model, known=shown)
    return Health(problem, milliseconds, names, context_tokens)


def _listed(body: Any) -> Mapping[str, int | None]:
    """Return model name -> context length (None if not reported) of a /models response."""
    rows = body.get("data") if isinstance(body, dict) else None
    found: dict[str, int | None] = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            found[row["id"]] = _length(row.get("max_model_len"))
    return found


def _given(client: httpx2.Client, server: ServerInfo, root: str) -> int | None:
    """Return the model's context length from the server's own endpoint; None if not reported.

    llama.cpp: default_generation_settings.n_ctx, per slot (tools/server/README.md).
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
        # The endpoint is optional.
        return None
    if not isinstance(body, dict):
        return None
    defaults, rows = body.get("default_generation_settings"), body.get("models")
    if isinstance(defaults, dict):
        return _length(defaults.get("n_ctx"))
    names = _names(server.model)
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and (row.get("name") in names or row.get("model") in names):
            return _length(row.get("context_length"))
    return None


def _names(model: str) -> set[str]:
    """Return the names under which a server may list a model.

    In Ollama's names the tag is optional and defaults to "latest"; it lists names with their tag
    (ollama/ollama, docs/api.md, "Model names").
    """
    return {model, f"{model}:latest", model.removesuffix(":latest")}


def _length(value: Any) -> int | None:
    """Return a reported number of tokens if it is a positive integer, else None."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value > 0 else None


class HealthWatch:
    """The latest health check of a server. New checks run on their own thread. Thread-safe."""

    def __init__(self, server: ServerInfo) -> None:
        self._server = server
        self._health: Health | None = None
        self._seen_at = float("-inf")
        self._looking: threading.Thread | None = None
        self._looked_loaded = False
        self._lock = threading.Lock()

    @property
    def last(self) -> Health | None:
        """The latest result, however old; None before the first one."""
        return self._health

    def health(self, *, wait_seconds: float) -> Health | None:
        """Return the result of a recent or new check; None if the check is still running.

        Args:
            wait_seconds: how long to wait for a running check.
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
        """Check once more if the context length is unknown: Ollama reports that of loaded models
        only."""
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
                # A model that the server unloaded gets the same context length next time.
                health = replace(health, context_tokens=self._health.context_tokens)
            self._health, self._seen_at, self._looking = health, time.monotonic(), None


_watches: dict[ServerInfo, HealthWatch] = {}
_guard = threading.Lock()


def watch_of(server: ServerInfo) -> HealthWatch:
    """Return the watch of a server and model."""
    with _guard:
        return _watches.setdefault(server, HealthWatch(server))


def state_of(server: ServerInfo, *, wait_seconds: float) -> ServerState:
    """Return the state of a server as messages for the user."""
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
