"""/v1/chat/completions and /v1/models, as OpenAI's clients expect them.

Each request has its own session and carries the whole conversation, as with OpenAI: earlier turns
are taken over unchanged and only the last question is answered.

Try it: `OpenAI(base_url="http://127.0.0.1:7860/v1", api_key="...")`, with an image as a data URL.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from engine import AnswerStream, AskOptions, Settings
from engine.core.prompts import get_task
from engine.core.schema import Discarded, Failed, Step, StreamEvent, TextDelta
from engine.families import prompt_template
from ui import i18n
from ui.api.calls import Calls
from ui.api.completion_reply import CompletionReply, failed_chunk
from ui.api.completion_request import Chat, read_request
from ui.api.disconnect import ClientDisconnected, while_connected
from ui.api.errors import ApiError, error_response, language_of, public_error
from ui.api.sessions import ApiSession, finished, ticking

_HANGING_UP: Final = 499
# An SSE comment is sent after this long without an event. It keeps proxies from closing the
# connection and reveals a client that has gone.
_HEARTBEAT_SECONDS: Final = 5.0
_EVENT_STREAM: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def completions_app(calls: Calls) -> Starlette:
    """The app to mount at /v1."""
    front = _Front(calls)
    return Starlette(
        routes=[
            Route("/chat/completions", front.complete, methods=["POST"]),
            Route("/models", front.models),
            Route("/models/{model_id}", front.model),
        ],
        exception_handlers={HTTPException: _no_such_route},
    )


class _Front:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._started = int(time.time())

    async def complete(self, request: Request) -> Response:
        language = language_of(request.headers)
        try:
            body = await request.body()
            # On a thread: it may be tens of megabytes of JSON and base64.
            chat = await asyncio.to_thread(_read, body, self._calls.settings)
            language = chat.request.scanchat.language or language
            if chat.request.stream:
                return await self._streamed(request, chat, language)
            reply = await while_connected(request, self._completed(chat, language))
            return JSONResponse(reply)
        except (ClientDisconnected, ClientDisconnect):
            return Response(status_code=_HANGING_UP)
        except Exception as error:  # noqa: BLE001 - returned in OpenAI's format, and logged
            return error_response(public_error(error), language)

    async def models(self, _: Request) -> Response:
        data = [self._model(one) for one in await self._calls.models()]
        return JSONResponse({"object": "list", "data": data})

    async def model(self, request: Request) -> Response:
        wanted = request.path_params["model_id"]
        for one in await self._calls.models():
            if one["id"] == wanted:
                return JSONResponse(self._model(one))
        try:
            self._calls.settings.model(wanted)
        except Exception as error:  # noqa: BLE001 - returned in OpenAI's format
            return error_response(public_error(error), language_of(request.headers))
        raise HTTPException(404)

    def _model(self, one: dict[str, Any]) -> dict[str, Any]:
        more = {name: value for name, value in one.items() if name != "id"}
        head = {"id": one["id"], "object": "model", "created": self._started}
        return {**head, "owned_by": "scanchat", "scanchat": more}

    async def _completed(self, chat: Chat, language: str) -> dict[str, Any]:
        async with self._calls.api_sessions.api_session() as api_session:
            stream = await self._asked(api_session, chat, language)
            await finished(stream)
            return self._reply(api_session, chat, language).completion(stream.transcript)

    async def _streamed(self, request: Request, chat: Chat, language: str) -> Response:
        """The reply as server-sent events; a failure before the first event has an HTTP status."""
        async with AsyncExitStack() as stack:
            api_session = await while_connected(
                request, stack.enter_async_context(self._calls.api_sessions.api_session())
            )
            stream = await while_connected(request, self._asked(api_session, chat, language))
            events = ticking(stream, _HEARTBEAT_SECONDS)
            first = await anext(events)
            if isinstance(first, Failed):
                raise first.error
            exit_stack = stack.pop_all()
        reply = self._reply(api_session, chat, language)
        options = chat.request.stream_options
        usage = options is not None and options.include_usage
        body = _events(stream, events, first, reply, language, usage=usage)
        return _Streamed(exit_stack, body, media_type="text/event-stream", headers=_EVENT_STREAM)

    async def _asked(self, api_session: ApiSession, chat: Chat, language: str) -> AnswerStream:
        """Start the run after the earlier turns. Raises EngineError, as for a bad file."""
        settings = self._calls.settings
        model_id = chat.request.model or settings.default_model
        settings.model(model_id)  # before files are opened
        for turn in chat.turns:
            opened = [
                await api_session.open(file.name, file.source, file.password) for file in turn.files
            ]
            if turn.answer:
                pages = [
                    (page.document_id, page.page_index) for one in opened for page in one.pages
                ]
                api_session.engine.add_turn(
                    api_session.session_id, turn.question, turn.answer, pages
                )
        request = chat.request.scanchat
        return api_session.ask(
            chat.turns[-1].question,
            model_id=model_id,
            task=request.task,
            pages=request.pages,
            verbatim=request.verbatim,
            language=language,
            options=self._options(chat, model_id),
        )

    def _options(self, chat: Chat, model_id: str) -> AskOptions:
        """The request's options; the system text is put before the question in the prompt."""
        task = get_task(chat.request.scanchat.task)
        if not chat.system or not task.needs_question:
            return chat.options
        model = self._calls.settings.model(model_id)
        template = prompt_template(task, model_id=model_id, model=model)
        words = f"{chat.system}\n\n{{question}}"
        return replace(chat.options, prompt=template.replace("{question}", words))

    def _reply(self, api_session: ApiSession, chat: Chat, language: str) -> CompletionReply:
        model = chat.request.model or self._calls.settings.default_model
        notices = []
        unused = list(chat.unused)
        if chat.system and not get_task(chat.request.scanchat.task).needs_question:
            unused.append("system")
        if unused:
            notices.append(i18n.text("api.unused", language, names=", ".join(unused)))
        return CompletionReply(model, api_session.documents, language, notices)


class _Streamed(StreamingResponse):
    """A streamed reply that closes its session however it ends, even before its first chunk."""

    def __init__(self, exit_stack: AsyncExitStack, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self._exit_stack = exit_stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._exit_stack:
            await super().__call__(scope, receive, send)


async def _events(
    stream: AnswerStream,
    events: AsyncIterator[StreamEvent | None],
    first: StreamEvent | None,
    reply: CompletionReply,
    language: str,
    *,
    usage: bool,
) -> AsyncIterator[str]:
    """The body of a streamed reply."""
    yield reply.chunk(stream.transcript, "", role=True)
    event = first
    while True:
        match event:
            case None:
                yield ": \n\n"
            case Step():
                yield f": {event.text(language)}\n\n"
            case TextDelta(text):
                yield reply.chunk(stream.transcript, text)
            case Discarded():
                yield reply.discarded(stream.transcript, event.text(language))
        try:
            event = await anext(events)
        except StopAsyncIteration:
            break
    try:
        yield reply.last_chunks(stream.transcript, usage=usage)
    except Exception as error:  # noqa: BLE001 - returned in the stream, and logged
        yield failed_chunk(public_error(error), language)


def _read(body: bytes, settings: Settings) -> Chat:
    """Parse a body. Raises ApiError, SessionError."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ApiError("api.bad_request", problems=str(error)) from error
    return read_request(values, settings)


async def _no_such_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    refused = ApiError("api.no_route", status, code="not_found", path=request.url.path)
    return error_response(refused, language_of(request.headers))
