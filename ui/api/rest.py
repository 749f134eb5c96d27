"""/api: ask, parse and fields as plain POSTs of a file, and models, with OpenAPI at /api/docs.

Try it: `curl -F file=@scan.png -F question="What is the total?" http://127.0.0.1:7860/api/ask`
"""

from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import fastapi_offline
from fastapi import FastAPI, Form, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

import engine
from engine.chat.export.answer import layout_of
from engine.core.prompts import get_task
from engine.layout import to_html, to_markdown
from ui import i18n
from ui.api.calls import Calls
from ui.api.data_urls import SentFile
from ui.api.disconnect import ClientDisconnected, while_connected
from ui.api.errors import BAD_REQUEST, ApiError, error_response, language_of, public_error
from ui.api.schemas import (
    AnswerBody,
    AskInput,
    ErrorBody,
    FieldsBody,
    FieldsInput,
    ModelBody,
    ParseBody,
    ParseInput,
)

_HANGING_UP: Final = 499
_FORM: Final = Form(media_type="multipart/form-data")
_TITLE: Final = "ScanChat"
# Local files of Swagger UI; by default its page loads them from another host.
_ASSETS: Final = Path(fastapi_offline.__file__).parent / "static"
_ERRORS: Final[dict[int | str, dict[str, Any]]] = {"default": {"model": ErrorBody}}
T = TypeVar("T")


class AskForm(AskInput):
    """A question about a file."""

    file: UploadFile
    """An image, multi-page TIFF or PDF."""


class ParseForm(ParseInput):
    """What to read of a file."""

    file: UploadFile
    """An image, multi-page TIFF or PDF."""
    format: Literal["json", "md", "html"] = "json"
    """json has the boxes; md and html are text for people."""


class FieldsForm(FieldsInput):
    """Which fields to read of a file."""

    file: UploadFile
    """An image, multi-page TIFF or PDF."""


def rest_app(calls: Calls) -> FastAPI:
    """The app to mount at /api, without its documentation page (docs_app)."""
    app = FastAPI(
        title=_TITLE,
        description=i18n.text("api.about", i18n.DEFAULT_LANGUAGE),
        version=engine.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Relative to the documentation page, so it is right under any sub-path.
        servers=[{"url": "../../api"}],
        root_path_in_servers=False,
        responses=_ERRORS,
    )
    _routes(app, calls)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        problems = f"{where}: {first['msg']}"
        refused = ApiError("api.bad_request", BAD_REQUEST, param=where, problems=problems)
        return error_response(refused, language_of(request.headers))

    @app.exception_handler(HTTPException)
    async def no_such_route(request: Request, error: HTTPException) -> Response:
        refused = ApiError(
            "api.no_route", error.status_code, code="not_found", path=request.url.path
        )
        return error_response(refused, language_of(request.headers))

    return app


def _routes(app: FastAPI, calls: Calls) -> None:
    @app.post("/ask", response_model=AnswerBody)
    async def ask(request: Request, form: Annotated[AskForm, _FORM]) -> Response:
        """Ask a question about a scan; the answer comes with its places on the page."""
        return await _answered(request, calls.ask(_file(form.file), form))

    @app.post("/parse", response_model=ParseBody, response_model_exclude_none=True)
    async def parse(request: Request, form: Annotated[ParseForm, _FORM]) -> Response:
        """Read a scan's layout (regions with boxes in reading order) or its text."""
        if form.format == "json":
            return await _answered(request, calls.parse(_file(form.file), form))
        return await _answered(request, _written(calls, form))

    @app.post("/fields", response_model=FieldsBody)
    async def fields(request: Request, form: Annotated[FieldsForm, _FORM]) -> Response:
        """Read the fields of a receipt, invoice, passport or another document, with checks."""
        return await _answered(request, calls.fields(_file(form.file), form))

    @app.get("/models", response_model=list[ModelBody])
    async def models(request: Request) -> Response:
        """List the models of this app."""
        return await _answered(request, calls.models())


async def _answered(request: Request, work: Coroutine[Any, Any, Any]) -> Response:
    """The response to a call: its result as JSON or as it is, or the error in OpenAI's format."""
    try:
        found = await while_connected(request, work)
    except ClientDisconnected:
        return Response(status_code=_HANGING_UP)
    except Exception as error:  # noqa: BLE001 - returned in OpenAI's format, and logged
        return error_response(public_error(error), language_of(request.headers))
    return found if isinstance(found, Response) else JSONResponse(found)


async def _written(calls: Calls, form: ParseForm) -> Response:
    """The layout as Markdown or HTML; for a task that outputs text, the text."""
    _, answer, pages = await calls.read(_file(form.file), form)
    if get_task(form.task).output == "text":
        return PlainTextResponse(answer.text)
    layouts = [layout_of(page, answer) for page in pages]
    if form.format == "html":
        return HTMLResponse(to_html(layouts, title=form.file.filename or _TITLE))
    return PlainTextResponse(to_markdown(layouts), media_type="text/markdown")


def _file(sent: UploadFile) -> SentFile:
    return SentFile(sent.filename or "scan", sent.file)


def docs_app(described: FastAPI) -> FastAPI:
    """/api/docs: Swagger UI of an app, with no file from another host."""
    app = FastAPI(title=_TITLE, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/openapi.json")
    async def openapi() -> JSONResponse:
        schema = described.openapi()
        bearer = {"type": HTTPBearer().model.type_.value, "scheme": "bearer"}
        schema.setdefault("components", {})["securitySchemes"] = {"token": bearer}
        return JSONResponse({**schema, "security": [{"token": []}, {}]})

    @app.get("/")
    async def page() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=_TITLE,
            swagger_js_url="assets/swagger-ui-bundle.js",
            swagger_css_url="assets/swagger-ui.css",
            swagger_favicon_url="assets/favicon.png",
        )

    app.mount("/assets", StaticFiles(directory=_ASSETS))
    return app
