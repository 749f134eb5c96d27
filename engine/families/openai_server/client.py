"""Client for streamed chat completions, with retries and cancellation.

The official client runs on an event loop in its own thread, so a run can be cancelled while it
waits. Cancelling closes the connection, which tells the server to stop. Texts reach the caller on
the caller's thread.

A request is retried only before the first text of its answer. A field that a server rejects as
unknown (not every OpenAI-compatible API has it) is left out from then on.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import random
import re
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from engine.core.settings import ModelSettings
from engine.families.openai_server.breaker import CircuitBreaker
from engine.families.openai_server.connection import async_client, unsent_headers
from engine.families.openai_server.failures import RequestFailure, ServerInfo

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk

logger = logging.getLogger(__name__)

# Interval at which a waiting run checks its stop event.
_TICK_SECONDS: Final = 0.05
_FIRST_PAUSE_SECONDS: Final = 0.5
# No retry if the server asks for a longer pause.
_LONGEST_PAUSE_SECONDS: Final = 30.0
_CLOSING_SECONDS: Final = 5.0
# A field that a server may not know -> its replacement; None for nothing.
_OPTIONAL: Final[Mapping[str, str | None]] = {
    "stream_options": None,
    "temperature": None,
    "max_tokens": "max_completion_tokens",
}
# What engine.families.openai_server.request adds for models that may think.
_TEMPLATE: Final = "chat_template_kwargs"
_NO_THINKING: Final = {"enable_thinking": False}
_CAP: Final = re.compile(
    r"(?:at most|maximum|no more than|less than|up to|limit|<=)\D{0,40}?(\d{2,7})\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ServerReply:
    """How an answer ended, as reported by the server; None for what it did not report.

    Attributes:
        pieces: number of events with text of the answer.
        thoughts: number of events with reasoning text.
        stopped: the caller ended the answer.
    """

    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    pieces: int = 0
    thoughts: int = 0
    stopped: bool = False


class _Thought:
    """Queue item: an event with reasoning text."""


@dataclass(frozen=True, slots=True)
class _Pause:
    seconds: float
    attempt: int


class _Failed(Exception):  # noqa: N818 - carries a Failure to the caller's thread
    def __init__(self, failure: RequestFailure) -> None:
        super().__init__(failure.error.key)
        self.failure = failure


class ServerClient:
    """Sends requests to one server for one model of the settings. Thread-safe.

    Args:
        breaker: the server's circuit breaker.
    """

    def __init__(self, server: ServerInfo, model: ModelSettings, breaker: CircuitBreaker) -> None:
        self.server = server
        self._model = model
        self._breaker = breaker
        self._unknown: set[str] = set()
        # The most tokens that the server gives an answer, once it has said so.
        self._most_tokens: int | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"server-{server.model_id}", daemon=True
        )
        self._thread.start()
        self._client = async_client(server, model)

    def chat(
        self,
        body: Mapping[str, Any],
        *,
        on_text: Callable[[str], bool],
        on_pause: Callable[[float, int], None],
        on_thought: Callable[[], None] = lambda: None,
        stop: threading.Event,
    ) -> ServerReply:
        """Send a request and forward the answer's text as it arrives.

        Args:
            body: fields of the request, without `model` and `stream`; those of `extra_body` are
                sent unchanged.
            on_text: takes a piece of text, "" for a keep-alive; returns False to end the answer.
            on_pause: called with (seconds, number of the next attempt) before a retry.
            on_thought: called for each event with only reasoning text.
            stop: ends the answer; checked every 0.05 s. Closing the connection may take up to 5 s
                more.
        Raises:
            GenerationError: the server is unreachable, fails, or rejects the request; table
                [server] of the texts.
            SessionError: the prompt is too long for it.
        """
        if not self._breaker.may_try():
            seconds = f"{self._breaker.seconds_left:.0f}"
            raise self.server.error("paused", seconds=seconds)
        items: queue.SimpleQueue[str | _Thought | _Pause | ServerReply | _Failed] = (
            queue.SimpleQueue()
        )
        closed = threading.Event()
        running = asyncio.run_coroutine_threadsafe(
            self._run(dict(body), items.put, closed), self._loop
        )
        heard = False
        try:
            while not stop.is_set():
                try:
                    item = items.get(timeout=_TICK_SECONDS)
                except queue.Empty:
                    continue
                if isinstance(item, _Failed):
                    self._note(item.failure)
                    raise item.failure.error
                if isinstance(item, ServerReply):
                    self._breaker.succeeded()
                    return item
                if isinstance(item, _Pause):
                    on_pause(item.seconds, item.attempt)
                    continue
                heard = True
                if isinstance(item, _Thought):
                    on_thought()
                elif not on_text(item):
                    break
            if heard:
                self._breaker.succeeded()
            else:
                self._breaker.gave_up()
            return ServerReply(stopped=True)
        finally:
            running.cancel()
            closed.wait(_CLOSING_SECONDS)

    def close(self) -> None:
        """Cancel every request and end the thread."""

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self._client.close()

        if self._thread.is_alive():
            try:
                asyncio.run_coroutine_threadsafe(end(), self._loop).result(_CLOSING_SECONDS)
            except TimeoutError:
                logger.warning("connections to %s did not close in time", self.server.base_url)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_CLOSING_SECONDS)
        if not self._loop.is_running():
            self._loop.close()

    def _note(self, failure: RequestFailure) -> None:
        logger.warning("%s: %s", self.server.model_id, failure.error)
        if failure.away:
            self._breaker.failed()
        else:
            self._breaker.succeeded()

    async def _run(
        self, body: dict[str, Any], put: Callable[[Any], None], closed: threading.Event
    ) -> None:
        try:
            async with asyncio.timeout(self._model.total_seconds):
                put(await self._ask(body, put))
        except TimeoutError:
            seconds = f"{self._model.total_seconds:g}"
            put(_Failed(RequestFailure(self.server.error("too_slow", seconds=seconds), away=True)))
        except _Failed as error:
            put(error)
        except Exception as error:
            # The caller waits for a result, whatever the error is.
            logger.exception("asking %s failed", self.server.base_url)
            put(_Failed(self.server.failure(error)))
        finally:
            closed.set()

    async def _ask(self, body: dict[str, Any], put: Callable[[Any], None]) -> ServerReply:
        """Return the answer to a request, with retries for transient failures."""
        attempt = 0
        while True:
            started = [False]
            try:
                return await self._answer(self._known(body), put, started)
            except _Failed as error:
                failure = error.failure
            except Exception as error:
                failure = self.server.failure(error)
                if failure.error.key == "server.garbled":
                    logger.warning("%s was not understood", self.server.base_url, exc_info=error)
                if started[0] and failure.error.key == "server.unreachable":
                    failure = replace(failure, error=self.server.error("cut"))
            if started[0]:
                raise _Failed(failure)
            if self._learns(body, failure):
                continue
            seconds = self._pause(attempt, failure)
            if not failure.passing or seconds is None:
                raise _Failed(failure)
            attempt += 1
            logger.info("%s: attempt %d in %.1f s", self.server.model_id, attempt + 1, seconds)
            put(_Pause(seconds, attempt + 1))
            await asyncio.sleep(seconds)

    def _pause(self, attempt: int, failure: RequestFailure) -> float | None:
        """Return the seconds before the next attempt; None for no further attempt."""
        if attempt >= self._model.retries:
            return None
        wished = failure.retry_after
        if wished is not None:
            return wished if wished <= _LONGEST_PAUSE_SECONDS else None
        # Half of the pause is random, so that clients that failed together do not retry together.
        pause = _FIRST_PAUSE_SECONDS * 2**attempt
        return float(min(pause * random.uniform(0.5, 1.0), _LONGEST_PAUSE_SECONDS))

    def _known(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request without the fields that this server rejected as unknown."""
        known: dict[str, Any] = {}
        for name, value in body.items():
            instead = _OPTIONAL.get(name) if name in self._unknown else name
            if name == "max_tokens" and self._most_tokens is not None:
                value = min(value, self._most_tokens)
            if name == "extra_body" and _TEMPLATE in self._unknown:
                value = {key: one for key, one in value.items() if key != _TEMPLATE}
            if instead is not None:
                known[instead] = value
        return known

    def _learns(self, body: Mapping[str, Any], failure: RequestFailure) -> bool:
        """Record optional fields named in a rejection; return whether there was a new one."""
        if failure.error.key != "server.refused":
            return False
        message = str(failure.error.values.get("detail", ""))
        if "max_tokens" in message and self._learns_cap(body, message):
            return True
        added = body.get("extra_body", {}).get(_TEMPLATE) == _NO_THINKING
        if "chat_template" in message and added and _TEMPLATE not in self._unknown:
            # vLLM refuses any such value for models with Mistral's own tokenizer.
            self._unknown.add(_TEMPLATE)
            return True
        named = {
            name
            for name in _OPTIONAL
            if name in body and name in message and name not in self._unknown
        }
        self._unknown |= named
        return bool(named)

    def _learns_cap(self, body: Mapping[str, Any], message: str) -> bool:
        """Record the most tokens that a server gives, if a rejection names fewer than asked for."""
        asked = min(int(body.get("max_tokens", 0)), self._most_tokens or sys.maxsize)
        fewer = [int(number) for number in _CAP.findall(message) if int(number) < asked]
        if not fewer:
            return False
        self._most_tokens = max(fewer)
        return True

    async def _answer(
        self, body: Mapping[str, Any], put: Callable[[Any], None], started: list[bool]
    ) -> ServerReply:
        """Make one attempt. Sets started[0] to True at the first text of the answer."""
        create: Callable[..., Awaitable[Any]] = self._client.chat.completions.create
        stream = await create(
            **body, model=self.server.model, stream=True, extra_headers=unsent_headers(self.server)
        )
        reply = ServerReply()
        chunks = 0
        async with stream:
            async for chunk in stream:
                chunks += 1
                thoughts = reply.thoughts
                text, reply = _read(chunk, reply)
                started[0] = started[0] or bool(text)
                put(_Thought() if reply.thoughts > thoughts and not text else text)
        if not chunks:
            raise _Failed(
                RequestFailure(self.server.error("garbled", detail="no events"), away=True)
            )
        if reply.finish_reason is None:
            raise _Failed(RequestFailure(self.server.error("cut"), passing=True, away=True))
        return reply


def _read(chunk: ChatCompletionChunk, reply: ServerReply) -> tuple[str, ServerReply]:
    """Return (text, updated reply) of one event. Reasoning text is counted, not returned."""
    text, thinks = "", False
    for choice in chunk.choices or ():
        text += (choice.delta.content or "") if choice.delta else ""
        # SGLang, llama.cpp and older vLLM use reasoning_content; newer vLLM and Ollama reasoning
        # (https://docs.vllm.ai/en/v0.11.2/features/reasoning_outputs/).
        names = ("reasoning", "reasoning_content")
        thinks = thinks or any(getattr(choice.delta, name, None) for name in names)
        reply = replace(reply, finish_reason=choice.finish_reason or reply.finish_reason)
    reply = replace(reply, pieces=reply.pieces + bool(text), thoughts=reply.thoughts + thinks)
    if chunk.usage is not None:
        reply = replace(
            reply,
            prompt_tokens=chunk.usage.prompt_tokens,
            completion_tokens=chunk.usage.completion_tokens,
        )
    return text, reply
