"""The MCP tools: ask, parse, fields, models, at Gradio's own MCP address.

Gradio's MCP server (launch(mcp_server=True)) provides the transports; this module replaces its
tools. Gradio's own tools would call the app over HTTP without the caller's token, return the result
as a printed Python dict, continue after the caller has gone, and accept web addresses.

Try it: docs/api.md shows a client and the configuration of one.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from gradio.utils import get_upload_folder
from mcp import types
from mcp.server.lowlevel import Server
from pydantic import BaseModel
from starlette.routing import Mount

from ui import i18n
from ui.api.access import Access, TokenGuard
from ui.api.body_limit import BodyLimit, most_megabytes
from ui.api.calls import Calls, Json
from ui.api.data_urls import SentFile, read_file
from ui.api.errors import ApiError, public_error
from ui.api.schemas import AnswerBody, AskInput, FieldsBody, FieldsInput, ParseBody, ParseInput

logger = logging.getLogger(__name__)

_ADDRESS: Final = "/gradio_api/mcp"
# tool -> (arguments besides the file, result)
_TOOLS: Final[Mapping[str, tuple[type[BaseModel], type[BaseModel]]]] = {
    "ask": (AskInput, AnswerBody),
    "parse": (ParseInput, ParseBody),
    "fields": (FieldsInput, FieldsBody),
}
_MODELS: Final = "models"


class McpTools:
    """Installs the tools in Gradio's MCP server when the app starts."""

    def __init__(self, calls: Calls, access: Access) -> None:
        self._calls = calls
        self._access = access

    @asynccontextmanager
    async def lifespan(self, gradio: Any) -> AsyncIterator[None]:
        """Replace the tools and add the token check before the first request.

        Without Gradio's MCP server this does nothing; `Api.check` reports that.
        """
        carrier = gradio.get_blocks().mcp_server_obj
        if carrier is not None:
            self._replace_tools(carrier.mcp_server)
            megabytes = most_megabytes(self._calls.settings)
            (mount,) = (
                route
                for route in gradio.routes
                if isinstance(route, Mount) and route.path == _ADDRESS
            )
            mount.app = TokenGuard(BodyLimit(mount.app, megabytes), self._access)
        yield

    def _replace_tools(self, server: Server[Any, Any]) -> None:
        @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]
        async def list_tools() -> list[types.Tool]:
            return _tools()

        @server.call_tool()  # type: ignore[untyped-decorator]
        async def call_tool(name: str, values: dict[str, Any]) -> types.CallToolResult:
            language = i18n.known(str(values.get("language", i18n.DEFAULT_LANGUAGE)))
            try:
                found = await self._call(server, name, values)
            except Exception as error:  # noqa: BLE001 - returned to the client, and logged
                return _result({"error": public_error(error).text(language)}, failed=True)
            return _result(found)

    async def _call(self, server: Server[Any, Any], name: str, values: dict[str, Any]) -> Json:
        if name == _MODELS:
            return {"models": await self._calls.models()}
        if name not in _TOOLS:
            raise ApiError("api.unknown_tool", name=name)
        file = await asyncio.to_thread(self._file, str(values.pop("file", "")))
        if name == "parse":
            return await self._calls.parse(file, ParseInput.model_validate(values))
        if name == "fields":
            return await self._calls.fields(file, FieldsInput.model_validate(values))
        return await self._ask(server, file, AskInput.model_validate(values))

    async def _ask(self, server: Server[Any, Any], file: SentFile, request: AskInput) -> Json:
        """The answer. A client that sent a progress token also gets it while it grows."""
        context = server.request_context
        token = context.meta.progressToken if context.meta is not None else None
        if token is None:
            return await self._calls.ask(file, request)
        found: Json = {}
        number = 0
        async for found in self._calls.follow(file, request):
            number += 1
            await context.session.send_progress_notification(
                token, number, message=found["answer"], related_request_id=str(context.request_id)
            )
        return found

    def _file(self, text: str) -> SentFile:
        return read_file(text, self._calls.settings, uploads=Path(get_upload_folder()))


def _tools() -> list[types.Tool]:
    file = {"type": "string", "description": i18n.text("api.tool_file", "en")}
    tools = []
    for name, (takes, gives) in _TOOLS.items():
        schema = takes.model_json_schema()
        schema["properties"] = {"file": file, **schema["properties"]}
        schema["required"] = ["file", *schema.get("required", ())]
        schema["additionalProperties"] = False
        tools.append(
            types.Tool(
                name=name,
                title=i18n.text(f"api.tool_{name}_title", "en"),
                description=i18n.text(f"api.tool_{name}", "en"),
                inputSchema=schema,
                outputSchema=gives.model_json_schema(),
                annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=False),
            )
        )
    listing = types.Tool(
        name=_MODELS,
        title=i18n.text("api.tool_models_title", "en"),
        description=i18n.text("api.tool_models", "en"),
        inputSchema={"type": "object", "properties": {}, "additionalProperties": False},
        annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=False),
    )
    return [*tools, listing]


def _result(found: Json, *, failed: bool = False) -> types.CallToolResult:
    text = found["error"] if failed else json.dumps(found, ensure_ascii=False)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structuredContent=None if failed else found,
        isError=failed,
    )
