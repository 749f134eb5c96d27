"""Adapter of models on OpenAI-compatible servers, with the same tasks, boxes and evidence.

The server has weights, tokenizer and caches. The adapter builds prompts, resizes pages to the size
that boxes refer to, and processes answers. It needs no GPU and no process of its own. Several runs
go to the server at once, which batches them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from engine.core.errors import ModelError
from engine.core.i18n import say
from engine.core.prompts import load_tasks
from engine.core.schema import FinishReason, Notice, Page, Size, Step
from engine.families.base import (
    Capabilities,
    ModelRequest,
    Outcome,
    Preparation,
    PromptCounter,
    Run,
    ServerState,
)
from engine.families.openai_server import grammar, health
from engine.families.openai_server.answer import StreamedAnswer
from engine.families.openai_server.breaker import breaker_of
from engine.families.openai_server.characters import CLOSING_ID, OPENING_ID, CharacterTokenizer
from engine.families.openai_server.client import ServerClient, ServerReply
from engine.families.openai_server.counting import ServerCounter, pages_of
from engine.families.openai_server.failures import ServerInfo, server_of
from engine.families.openai_server.fitting import ContextFitter
from engine.families.openai_server.formats import ANY_CHAT, FORMATS
from engine.families.openai_server.messages import chat_messages
from engine.families.openai_server.request import (
    ServerInputs,
    body_of,
    check_options,
    known_to_think,
)
from engine.families.pages.run import ReadingInputs
from engine.families.pages.sequential import PageByPageFamily, conversation_of
from engine.families.pages.streaming import PageRecord
from engine.families.pages.thinking import ThoughtFilter
from engine.families.prompts.conversation import PageKey, PromptConversation
from engine.families.prompts.page_prompt import filled
from engine.layout.cells import CellParser

if TYPE_CHECKING:
    from engine.core.settings import ModelSettings, Settings
    from engine.index.verbatim import PageSpans

# A token is at most a word, and this is a long word: a longer answer exceeds max_tokens.
_MOST_CHARACTERS_A_TOKEN: Final = 40
# How long `load` waits for the first health check.
_LOOK_SECONDS: Final = 1.0


class OpenAIServerFamily(PageByPageFamily):
    """See the module's docstring."""

    capabilities: ClassVar[Capabilities] = ANY_CHAT
    stays_beside_others: ClassVar[bool] = True
    runs_elsewhere: ClassVar[bool] = True
    has_reading_pixels: ClassVar[bool] = True

    def __init__(self, model_id: str, model: ModelSettings, server: ServerInfo) -> None:
        super().__init__(model_id, model)
        self._format = FORMATS[model.box_format]
        self._server = server
        self._client = ServerClient(server, model, breaker_of(server.base_url))
        self._can = self.capabilities_of(model_id, model)
        self._characters = CharacterTokenizer()
        self._fitting = ContextFitter(server, model)
        # conversation -> its active runs; conversations to delete after their last run
        self._running: dict[str, int] = {}
        self._to_forget: set[str] = set()
        self._guard = threading.RLock()

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> OpenAIServerFamily:
        model = settings.model(model_id)
        cls.check_mode(model_id, model)
        cls.capabilities_of(model_id, model)
        check_options(model_id, model)
        server = server_of(model_id, model)
        if server.api_key_env and not server.key:
            raise ModelError("server.no_key", model_id=model_id, variable=server.api_key_env)
        health.watch_of(server).health(wait_seconds=_LOOK_SECONDS)
        return cls(model_id, model, server)

    @classmethod
    def capabilities_of(cls, model_id: str, model: ModelSettings) -> Capabilities:
        own = FORMATS[model.box_format].capabilities
        tasks = frozenset(model.tasks) or own.tasks
        known = load_tasks()
        for task in sorted(tasks):
            if task not in known:
                raise ModelError(
                    "server.unknown_task", model_id=model_id, task=task, known=", ".join(known)
                )
            layout_without_boxes = known[task].output == "layout" and not own.boxes
            unprompted = not {cls.prompts_of(model), "default"} & set(known[task].prompts)
            if layout_without_boxes or unprompted:
                raise ModelError(
                    "server.unprompted_task",
                    model_id=model_id,
                    task=task,
                    box_format=model.box_format,
                )
        return Capabilities(
            tasks,
            chat=own.chat if model.chat is None else model.chat,
            multiple_pages=own.multiple_pages
            if model.multiple_pages is None
            else model.multiple_pages,
            boxes=own.boxes,
        )

    @classmethod
    def prompts_of(cls, model: ModelSettings) -> str:
        return FORMATS[model.box_format].prompts

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        """Whether the model has an address and its server's circuit breaker is closed."""
        return model.base_url is not None and not breaker_of(model.base_url).seconds_left

    @classmethod
    def counter(cls, model_id: str, settings: Settings) -> PromptCounter | None:
        model = settings.model(model_id)
        return ServerCounter(FORMATS[model.box_format], model)

    @classmethod
    def server_state(
        cls, model_id: str, model: ModelSettings, *, wait_seconds: float
    ) -> ServerState | None:
        return health.state_of(server_of(model_id, model), wait_seconds=wait_seconds)

    @property
    def parallel_runs(self) -> int:
        return self.settings.parallel

    @property
    def tokenizer(self) -> CharacterTokenizer:
        return self._characters

    def silent_ids(self) -> frozenset[int]:
        return frozenset()

    def cell_parser(self, task: str) -> CellParser | None:
        return self._format.parser(task) if self._format.parser else None

    def thoughts(self, inputs: ServerInputs, run: Run) -> ThoughtFilter | None:
        """Return a filter for models that may write thoughts into the answer; None if verbatim.

        Whether the server's template opened a thought is unknown, and a page may print such a tag.
        Text before a lone closing tag is left out only for models that are known to think.
        """
        return self._thoughts(run) if inputs.spans is None else None

    def _thoughts(self, run: Run | None = None) -> ThoughtFilter | None:
        thinks = self._format.thinks if self.settings.thinks is None else self.settings.thinks
        if not thinks:
            return None
        return ThoughtFilter(
            self._characters,
            opening=OPENING_ID,
            closing=CLOSING_ID,
            may_lack_opening=known_to_think(self.settings),
            lone_closing=Notice("notice.lone_closing_tag", {"model_id": self.model_id}),
            emit=run.emit if run else lambda _: None,
            error=self._server.only_thought(),
        )

    def frame(self, inputs: ServerInputs, page: Page) -> Size:
        return inputs.frames.get((page.document_id, page.page_index), page.size)

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> ServerInputs:
        if request.verbatim and not grammar.can_constrain(self.settings.api):
            raise self._server.error("no_verbatim", api=self.settings.api)
        if not self._can.chat:
            request = replace(request, history=())
        thoughts = self._thoughts()
        if thoughts is not None:
            request = replace(request, so_far=tuple(thoughts.put(request.so_far)))
        sent = pages_of(request, self._format, self.settings)
        if not self._can.multiple_pages:
            # Earlier turns keep their text. A one-page model gets only the question's page.
            asked = {(page.document_id, page.page_index) for page in request.pages}
            sent = {key: page for key, page in sent.items() if key in asked}
        request = filled(request, sent)
        view, most = self._fitting.fitted(request, sent, preparation)
        so_far = self._characters.decode(request.so_far)
        messages = chat_messages(
            PromptConversation(request, sent).messages(view),
            sent,
            question=request.question,
            is_stopped=preparation.stop.is_set,
            image_mark=self._format.vllm_image_mark if self.settings.api == "vllm" else "",
            so_far=so_far,
        )
        spans = self._spans(request, preparation) if request.verbatim else None
        return ServerInputs(
            conversation=request.conversation,
            question=request.question,
            body=body_of(
                self.settings,
                request,
                messages,
                max_tokens=most,
                spans=spans,
                keeps_tags=self._format.tags,
                thinks=self._format.thinks,
            ),
            frames={key: self._format.frame or page.size for key, page in sent.items()},
            most_characters=most * _MOST_CHARACTERS_A_TOKEN,
            spans=spans,
            view=view if request.history else None,
        )

    def generate(self, inputs: ReadingInputs, run: Run) -> Outcome:
        conversation = inputs.request.conversation
        with self._guard:
            self._running[conversation] = self._running.get(conversation, 0) + 1
        try:
            return super().generate(inputs, run)
        finally:
            with self._guard:
                self._running[conversation] -= 1
                if not self._running[conversation]:
                    del self._running[conversation]
                    if conversation in self._to_forget:
                        self._to_forget.remove(conversation)
                        self.forget(conversation)

    def generate_answer(self, inputs: ServerInputs, run: Run) -> Outcome:
        if inputs.view is not None:
            self._fitting.views.put(conversation_of(inputs.conversation), inputs.view)
        answer = StreamedAnswer(
            self._characters, run, most_characters=inputs.most_characters, spans=inputs.spans
        )
        thinks = False

        def thinking() -> None:
            nonlocal thinks
            if not thinks:
                run.emit(Step("step.model_thinking"))
            thinks = True

        reply = self._client.chat(
            inputs.body,
            on_text=answer.add,
            on_pause=lambda seconds, attempt: run.emit(
                Step("step.server_again", {"seconds": f"{seconds:.0f}", "attempt": attempt})
            ),
            on_thought=thinking,
            stop=run.stop,
        )
        health.watch_of(self._server).model_answered()
        reason = self._reason(reply, answer, run)
        if reply.thoughts and not answer.pieces and reason != "cancelled":
            raise self._server.only_thought()
        answer.finish(reason, inputs.question, self._server)
        run.streamer.end()
        tokens = reply.completion_tokens
        return Outcome(
            reason,
            reply.prompt_tokens or 0,
            answer.pieces if tokens is None else tokens,
            counts_ids=False,
        )

    def _reason(self, reply: ServerReply, answer: StreamedAnswer, run: Run) -> FinishReason:
        """Return why an answer ended, by this program or by the server's report."""
        if answer.ended_for is not None:
            return answer.ended_for
        if reply.stopped or run.stop.is_set():
            return "cancelled"
        if reply.finish_reason == "content_filter":
            raise self._server.error("filtered")
        return "length" if reply.finish_reason == "length" else "stop"

    def forget(self, conversation: str) -> None:
        with self._guard:
            if conversation in self._running:
                # Its run may still store results, so deletion waits for the run to end.
                self._to_forget.add(conversation)
                return
            super().forget(conversation)
            self._fitting.views.forget(conversation)

    def unload(self) -> None:
        self._client.close()

    def describe(self) -> Mapping[str, str]:
        return {"server": self._server.base_url}

    def _resumed(self, request: ModelRequest) -> dict[PageKey, PageRecord]:
        """Return the records of a truncated run, if the server can continue an answer.

        Other servers regenerate it. So does a verbatim answer, whose grammar is for a whole answer.
        """
        with self._guard:
            return super()._resumed(request) if self._continues and not request.verbatim else {}

    def _remember(self, request: ModelRequest, records: list[PageRecord]) -> None:
        with self._guard:
            super()._remember(request, records)

    @property
    def _continues(self) -> bool:
        """Whether the server can continue the beginning of an answer."""
        return self.settings.api in ("vllm", "sglang")

    def _spans(self, request: ModelRequest, preparation: Preparation) -> PageSpans:
        indexes = preparation.indexes(request.pages)
        return grammar.page_spans(indexes, not_there=say("answer.not_on_page", request.language))
