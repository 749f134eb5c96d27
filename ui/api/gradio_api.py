"""The app's endpoints for gradio_client: /ask (streaming), /parse, /fields, /models.

They have no component on the screen. If a token is set, each call checks it itself, because
Gradio's queue can be reached by several routes.

Try it: `Client(url).predict(handle_file("scan.png"), "What is the total?", api_name="/ask")`
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from gradio.utils import get_upload_folder

from ui import i18n
from ui.api.access import Access
from ui.api.calls import Calls
from ui.api.data_urls import SentFile, uploaded_file
from ui.api.errors import ApiError, public_error
from ui.api.schemas import (
    AnswerBody,
    AskInput,
    FieldsBody,
    FieldsInput,
    Language,
    ModelBody,
    ParseBody,
    ParseInput,
)

NAMES = ("ask", "parse", "fields", "models")


def wire_named(app: gr.Blocks, calls: Calls, access: Access) -> None:
    """Add the endpoints to an app that is being built."""
    for name, function in zip(NAMES, _functions(calls, access), strict=True):
        api(function, api_name=name, concurrency_limit=None)
    for event in app.fns.values():
        if event.api_name in NAMES:
            for component in event.inputs:
                _fetch_nothing(component)
            (result,) = event.outputs
            result.label = str(event.api_name)  # type: ignore[union-attr]


def _functions(calls: Calls, access: Access) -> tuple[Callable[..., Any], ...]:
    async def ask(
        file: gr.FileData,
        question: str,
        model: str = "",
        pages: list[int] | None = None,
        verbatim: bool = False,
        language: Language = "en",
        request: gr.Request | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Ask a question about a scan and get the answer with its places on the page, streamed.

        Args:
            file: an image, multi-page TIFF or PDF.
            question: the question, in any language the model knows.
            model: the id of a model; empty takes the default one.
            pages: the pages to look at, from 0; without it all of them.
            verbatim: answer only with words that are printed on the page.
            language: of sentences that are not on the page.

        Returns:
            The answer so far; in the last one finish_reason is set.
        """
        try:
            await _let_in(access, request)
            inputs = AskInput(
                question=question,
                model=model,
                pages=pages or [],
                verbatim=verbatim,
                language=language,
            )
            async for answer in calls.follow(_file(file), inputs):
                yield answer
        except Exception as error:
            raise _as_gradio(error, language) from error

    async def parse(
        file: gr.FileData,
        task: str = "layout",
        model: str = "",
        pages: list[int] | None = None,
        language: Language = "en",
        request: gr.Request | None = None,
    ) -> ParseBody:
        """Read a scan's layout (regions with boxes in reading order) or its text.

        Args:
            file: an image, multi-page TIFF or PDF.
            task: layout, ocr, or another task of the model.
            model: the id of a model; empty takes the default one.
            pages: the pages to read, from 0; without it all of them.
            language: of sentences that are not on the page.

        Returns:
            The pages with their regions; boxes are pixels of the upright page.
        """
        try:
            await _let_in(access, request)
            inputs = ParseInput(task=task, model=model, pages=pages or [], language=language)
            return await calls.parse(_file(file), inputs)  # type: ignore[return-value]
        except Exception as error:
            raise _as_gradio(error, language) from error

    async def fields(
        file: gr.FileData,
        type: str = "auto",
        model: str = "",
        language: Language = "en",
        pages: list[int] | None = None,
        one_document: bool = False,
        request: gr.Request | None = None,
    ) -> FieldsBody:
        """Read the fields of a receipt, invoice, passport or another document, with their checks.

        Args:
            file: an image, multi-page TIFF or PDF.
            type: auto, or a document type such as receipt, invoice, passport, driver_licence.
            model: the id of a model; empty takes the default one.
            language: of titles and checks.
            pages: these pages only, from 0, as one document.
            one_document: do not look for several documents in the file.

        Returns:
            The document's type and its fields: printed text, parsed value, box, checks. Of a file
            of several documents those of the first, and all of them in `documents`.
        """
        try:
            await _let_in(access, request)
            inputs = FieldsInput(
                type=type,
                model=model,
                language=language,
                pages=pages or [],
                one_document=one_document,
            )
            return await calls.fields(_file(file), inputs)  # type: ignore[return-value]
        except Exception as error:
            raise _as_gradio(error, language) from error

    async def models(request: gr.Request | None = None) -> list[ModelBody]:
        """List the models of this app: what each can do, and whether it is on the machine.

        Returns:
            One object a model; default marks the one that answers when none is named.
        """
        try:
            await _let_in(access, request)
            return await calls.models()  # type: ignore[return-value]
        except Exception as error:
            raise _as_gradio(error, "en") from error

    # The yielded type, for the API's description: Gradio does not support iterators there.
    ask.__annotations__["return"] = AnswerBody
    return ask, parse, fields, models


async def _let_in(access: Access, request: gr.Request | None) -> None:
    """Check the token. Raises ApiError for a missing or wrong one. Gradio checks the login here."""
    shown = None if request is None else request.headers.get("authorization")
    refused = await access.refusal(shown, has_login=False)
    if refused is not None:
        raise refused


def _file(sent: Any) -> SentFile:
    """The uploaded file. Raises ApiError if it is not one."""
    values = sent if isinstance(sent, dict) else {}
    path, name = str(values.get("path") or ""), str(values.get("orig_name") or "")
    return uploaded_file(path, Path(get_upload_folder()), name=name)


def _as_gradio(error: Exception, language: str) -> gr.Error:
    known = public_error(error)
    return gr.Error(known.text(i18n.known(language)), print_exception=False)


def _fetch_nothing(component: Any) -> None:
    """Make an input refuse a web address with a message; Gradio would fetch it."""
    move = component.async_move_resource_to_block_cache

    async def move_local(path: Any) -> Any:
        if "://" in str(path):
            refused = ApiError("api.not_fetched", address=str(path)[:60])
            raise gr.Error(refused.text(i18n.DEFAULT_LANGUAGE), print_exception=False)
        return await move(path)

    component.async_move_resource_to_block_cache = move_local
