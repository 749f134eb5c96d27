"""What the API can do, for all its fronts: ask, parse, fields, models, as JSON values.

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
# How long an answer that does not move is not sent again; how often one that moves is.
_QUIET_SECONDS = 1.0
_BRISK_SECONDS = 0.05


class Calls:
    """The operations. Each has a session of its own, and stops when it is cancelled."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.visits = ApiSessions(engine, settings.api.max_calls)

    async def ask(self, file: SentFile, wish: AskInput) -> Json:
        """An answer: the shape of AnswerBody. Raises EngineError."""
        async with self.visits.visit() as visit:
            stream = await self._asked(visit, file, wish)
            await finished(stream)
            documents = tuple(visit.documents)
            answer = stream.transcript.answer(documents, wish.language)
            return answer_json(answer, visit.pages)

    async def follow(self, file: SentFile, wish: AskInput) -> AsyncIterator[Json]:
        """An answer as it grows, whole each time; in the last one finish_reason is set.

        What did not change is sent again every second, so that a caller who has gone is noticed.

        Raises:
            EngineError: the run failed.
        """
        async with self.visits.visit() as visit:
            stream = await self._asked(visit, file, wish)
            clock, sent = asyncio.get_running_loop().time, 0.0
            is_waiting = False
            # A tick comes soon where something was not sent yet.
            async for event in ticking(stream, _BRISK_SECONDS):
                is_waiting = is_waiting or event is not None
                since = clock() - sent
                if stream.transcript.ended:
                    continue
                if since > (_BRISK_SECONDS if is_waiting else _QUIET_SECONDS):
                    yield self._so_far(stream.transcript, visit.pages, wish)
                    sent, is_waiting = clock(), False
            answer = stream.transcript.answer(tuple(visit.documents), wish.language)
            yield answer_json(answer, visit.pages)

    async def parse(self, file: SentFile, wish: ParseInput) -> Json:
        """What is on the pages: the shape of ParseBody. Raises EngineError."""
        return (await self.read(file, wish))[0]

    async def read(self, file: SentFile, wish: ParseInput) -> tuple[Json, Answer, list[Page]]:
        """`parse`, with the answer and the pages that it was made of."""
        task = get_task(wish.task)
        if task.needs_question:
            # Such a task would end in "the question is empty", which is no help here.
            raise SessionError("session.no_question")
        async with self.visits.visit() as visit:
            document = await visit.open(file.name, file.source)
            stream = visit.ask(
                model_id=wish.model, task=task.id, pages=wish.pages, language=wish.language
            )
            await finished(stream)
            answer = stream.transcript.answer(tuple(visit.documents), wish.language)
            numbers = wish.pages or range(len(document.pages))
            pages = [document.pages[number] for number in sorted(set(numbers))]
            return parse_json(document, pages, answer, task), answer, pages

    async def fields(self, file: SentFile, wish: FieldsInput) -> Json:
        """The fields of a file's documents: the shape of FieldsBody. Raises EngineError."""
        async with self.visits.visit() as visit:
            await visit.open(file.name, file.source)
            visit.places(wish.pages)  # a page that is not there is told before any is read
            found = await visit.fields(
                document_type=wish.type,
                model_id=wish.model,
                language=wish.language,
                pages=wish.pages,
                one_document=wish.one_document,
            )
            return fields_json(found, wish.language)

    async def models(self) -> list[Json]:
        """The models of the settings: the shape of ModelBody."""
        return await asyncio.to_thread(self._models)

    def is_available(self, model_id: str) -> bool:
        """Whether a model can answer without a download. Raises ModelError: it is unknown."""
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

    async def _asked(self, visit: ApiSession, file: SentFile, wish: AskInput) -> Any:
        await visit.open(file.name, file.source)
        return visit.ask(
            wish.question,
            model_id=wish.model,
            pages=wish.pages,
            verbatim=wish.verbatim,
            language=wish.language,
        )

    def _so_far(self, transcript: Transcript, pages: list[Page], wish: AskInput) -> Json:
        """An answer that has not ended."""
        answer = Answer(
            text=transcript.text,
            model_id=transcript.model_id or wish.model or self.settings.default_model,
            finish_reason="stop",
            evidence=tuple(transcript.evidence),
            usage=transcript.usage,
            notices=tuple(notice.text(wish.language) for notice in list(transcript.notices)),
        )
        return {**answer_json(answer, pages), "finish_reason": None}
