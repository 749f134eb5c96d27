"""Configuration of the official client for servers other than OpenAI's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.settings import ModelSettings
from engine.families.openai_server.failures import ServerInfo

if TYPE_CHECKING:
    import openai


def unsent_headers(server: ServerInfo) -> dict[str, Any]:
    """Return headers that the client must not send, although it would by default."""
    import openai

    # OpenAI account ids from the environment must not go to another server.
    names = ["OpenAI-Organization", "OpenAI-Project"]
    if server.key is None:
        names.append("Authorization")
    return dict.fromkeys(names, openai.Omit())


def async_client(server: ServerInfo, model: ModelSettings) -> openai.AsyncOpenAI:
    import httpx2
    import openai

    timeout = httpx2.Timeout(model.read_seconds, connect=model.connect_seconds)
    return openai.AsyncOpenAI(
        base_url=server.base_url,
        api_key=server.key or "none",
        max_retries=0,
        # A redirect could send pages to a server that the user did not choose.
        http_client=httpx2.AsyncClient(timeout=timeout, follow_redirects=False),
    )
