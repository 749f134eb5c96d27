"""The operations of the API for all its frontends: ask, parse, fields, models, as JSON values.

Try it: `curl -F file=@examples/invoice.png -F question="What is the total?" .../api/ask`
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

from engine import Engine, Settings, Transcript
from engine.chat.export.answer import answer_json, parse_json
from engine.core.errors import SessionError
from engine.core.prompts import get_task
from engine.core.schema import Answer, Page
from engine.families import family_class
from engine.fields import fields_json
from ui.api.data_urls import SentFile
from ui.api.schemas import AskInput, FieldsInput, ParseInput
from ui.api.sessions import ApiSession, ApiSessions, finished, ticking

Json: TypeAlias = dict[str, Any]
# How often an unchanged answer is sent again, and the shortest time between two changed ones.
_QUIET_SECONDS = 1.0
_BRISK_SECONDS = 0.05


class Calls:
    """The operations. Each has its own session and stops when it is cancelled."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.api_sessions = ApiSessions(engine, settings.api.max_calls)

    async def ask(self, file: SentFile, request: AskInput) -> Json:
        """Answer a question: JSON of the shape of AnswerBody. Raises EngineError."""
        async with self.api_sessions.api_session() as api_session:
            stream = await self._asked(api_session, file, request)
            await finished(stream)
            documents = tuple(api_session.documents)
            answer = stream.transcript.answer(documents, request.language)
            return answer_json(answer, api_session.pages)

    async def follow(self, file: SentFile, request: AskInput) -> AsyncIterator[Json]:
        """Stream an answer as it grows, whole each time; only the last has a finish_reason.

        An unchanged answer is sent again every second, so that a closed connection is noticed.

        Raises:
            EngineError: the run failed.
        """
        async with self.api_sessions.api_session() as api_session:
            stream = await self._asked(api_session, file, request)
            clock, sent = asyncio.get_running_loop().time, 0.0
            is_waiting = False
            # The tick is short, so an event that was held back is sent soon.
            async for event in ticking(stream, _BRISK_SECONDS):
                is_waiting = is_waiting or event is not None
                since = clock() - sent
                if stream.transcript.ended:
                    continue
                if since > (_BRISK_SECONDS if is_waiting else _QUIET_SECONDS):
                    yield self._so_far(stream.transcript, api_session.pages, request)
                    sent, is_waiting = clock(), False
            answer = stream.transcript.answer(tuple(api_session.documents), request.language)
            yield answer_json(answer, api_session.pages)

    async def parse(self, file: SentFile, request: ParseInput) -> Json:
        """Read the pages: JSON of the shape of ParseBody. Raises EngineError."""
        return (await self.read(file, request))[0]

    async def read(self, file: SentFile, request: ParseInput) -> tuple[Json, Answer, list[Page]]:
        """(result of `parse`, the answer behind it, the pages read)."""
        task = get_task(request.task)
        if task.needs_question:
            # A task that needs a question cannot be parsed with.
            raise SessionError("session.no_question")
        async with self.api_sessions.api_session() as api_session:
            document = await api_session.open(file.name, file.source, request.password)
            stream = api_session.ask(
                model_id=request.model, task=task.id, pages=request.pages, language=request.language
            )
            await finished(stream)
            answer = stream.transcript.answer(tuple(api_session.documents), request.language)
            numbers = request.pages or range(len(document.pages))
            pages = [document.pages[number] for number in sorted(set(numbers))]
            return parse_json(document, pages, answer, task), answer, pages

    async def fields(self, file: SentFile, request: FieldsInput) -> Json:
        """Read the fields of a file's documents: the shape of FieldsBody. Raises EngineError."""
        async with self.api_sessions.api_session() as api_session:
            await api_session.open(file.name, file.source, request.password)
            api_session.places(request.pages)  # raises for a missing page before any is read
            found = await api_session.fields(
                document_type=request.type,
                model_id=request.model,
                language=request.language,
                pages=request.pages,
                one_document=request.one_document,
            )
            return fields_json(found, request.language)

    async def models(self) -> list[Json]:
        """The models of the settings: a list of the shape of ModelBody."""
        return await asyncio.to_thread(self._models)

    def is_available(self, model_id: str) -> bool:
        """Whether a model can answer without a download. Raises ModelError for an unknown one."""
        model = self.settings.model(model_id)
        return family_class(model.family, model_id=model_id).is_available(model)

    def _models(self) -> list[Json]:
        return [
            {
                "id": info.model_id,
                "default": info.model_id == self.settings.default_model,
                "available": self.is_available(info.model_id),
                "loaded": info.loaded,
                "tasks": sorted(info.tasks),
                "boxes": info.capabilities.boxes,
                "good_for": list(info.settings.good_for),
                "repo_id": info.repo_id,
                "licence": info.settings.licence,
            }
            for info in self.engine.models()
        ]

    async def _asked(self, api_session: ApiSession, file: SentFile, request: AskInput) -> Any:
        await api_session.open(file.name, file.source, request.password)
        return api_session.ask(
            request.question,
            model_id=request.model,
            pages=request.pages,
            verbatim=request.verbatim,
            language=request.language,
        )

    def _so_far(self, transcript: Transcript, pages: list[Page], request: AskInput) -> Json:
        """JSON of a running answer; its finish_reason is None."""
        answer = Answer(
            text=transcript.text,
            model_id=transcript.model_id or request.model or self.settings.default_model,
            finish_reason="stop",
            evidence=tuple(transcript.evidence),
            usage=transcript.usage,
            notices=tuple(notice.text(request.language) for notice in list(transcript.notices)),
            certainty=transcript.certainty,
            suggestions=transcript.suggestions,
        )
        return {**answer_json(answer, pages), "finish_reason": None}
