"""Answer one question, from Send to the last token, as a stream of ScreenChange."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from engine import AskOptions, Engine, Transcript
from engine.chat.page_selection import pages_named
from engine.core.prompts import get_task
from ui.actions.batches import batches
from ui.actions.edit import forget_from
from ui.actions.show import ScreenUpdates
from ui.state.change import ScreenChange, UserInput
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.state.uploads import open_files
from ui.views import messages, page_view, status
from ui.views.page_view import PageKey
from ui.views.selection import Selection


class AnswerActions:
    """Answers questions, for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates, showing: ScreenUpdates) -> None:
        self._engine = engine
        self._screen_states = screen_states
        self._show = showing

    async def answer(
        self, screen_state: ScreenState, question: UserInput, language: str
    ) -> AsyncIterator[ScreenChange]:
        """Open the files of a question, then answer it, with two models if the user compares."""
        yield ScreenChange(
            session_id=screen_state.key,
            status=status.working("status.starting", language),
            running=True,
            clear_question=True,
            cut=False,
            editing=-1,
            suggested=(),
        )
        async with screen_state.lock:
            opened, reports = await open_files(
                self._engine, screen_state, question.files, turn_to=True
            )
        text = question.text.strip()
        if not text and get_task(question.task).needs_question:
            # Files sent without a question are only opened.
            screen_state.turns += (
                reports if question.files else [messages.NoticeTurn("chat.nothing_asked")]
            )
            yield self._show.whole(
                screen_state, language, status.idle("status.ready", language), running=False
            )
            return
        files = tuple((item.name, len(item.pages)) for item in opened)
        before = None if question.replaces is None else screen_state.asked(question.replaces)
        if before is not None:
            files = (*before.files, *files)
            forget_from(self._engine, screen_state, before)
        area = question.area
        number = area.number(self._engine.documents(screen_state.session_id)) if area else None
        history = self._engine.history(screen_state.session_id)
        position = sum(message.role == "user" for message in history)
        asked = messages.QuestionTurn(
            text, question.task, files, number, area, position, time.time()
        )
        screen_state.turns.append(asked)
        screen_state.turns += [turn for turn in reports if isinstance(turn, messages.ErrorTurn)]
        if question.files and not self._engine.documents(screen_state.session_id):
            yield self._show.whole(
                screen_state, language, status.idle("status.ready", language), running=False
            )
            return
        if question.other is not None and question.other != question.model_id:
            # The other model answers first, so the conversation continues from the chosen one.
            beside = replace(question, model_id=question.other, options=AskOptions())
            async for change in self.stream(
                screen_state, beside, text, language, beside=True, sent=True
            ):
                yield change
            if (
                screen_state.transcript is None
                or screen_state.transcript.finish_reason == "cancelled"
            ):
                return
            self._engine.rewind(screen_state.session_id, position)
        async for change in self.stream(screen_state, question, text, language, sent=True):
            yield change

    async def stream(
        self,
        screen_state: ScreenState,
        question: UserInput,
        text: str,
        language: str,
        *,
        resume: bool = False,
        beside: bool = False,
        sent: bool = False,
    ) -> AsyncIterator[ScreenChange]:
        """Answer a question and show the answer in the screen state.

        Args:
            resume: continue the last answer, which was cut at the limit of tokens.
            beside: another model's answer to the same question follows.
            sent: the question came from the text box, which is cleared.
        """
        screen_state.last = replace(question, text=text, files=())
        transcript = screen_state.transcript = Transcript()
        screen_state.recalled = None
        if get_task(question.task).output == "layout":
            screen_state.layout = transcript
        area = question.area
        screen_state.language = language
        screen_state.turns.append(messages.AnswerTurn(transcript, question.task, beside=beside))
        self._screen_states.keep(screen_state)
        yield replace(
            self._show.whole(screen_state, language, status.of_answer(transcript, language)),
            clear_area=True,
            # The previous change sent these, too (docs/architecture.md, lost updates).
            running=True,
            clear_question=sent,
        )
        pinned = question.pages
        if pinned and get_task(question.task).needs_question:
            # A page that the question names takes precedence over the chosen pages.
            documents = self._engine.documents(screen_state.session_id)
            pinned = pinned if pages_named(text, documents).pages is None else ()
        stream = self._engine.ask(
            screen_state.session_id,
            text,
            model_id=question.model_id,
            task=question.task,
            pages=pinned or None if area is None else [_page(area)],
            preprocess=question.preprocess,
            language=language,
            bbox=None if area is None else area.bbox,
            verbatim=question.verbatim,
            resume=resume,
            options=replace(question.options, only_pages=bool(question.pages)),
        )
        shown: PageKey | None = None
        async with aclosing(batches(stream)) as handfuls:
            async for events in handfuls:
                for event in events:
                    transcript.add(event)
                if screen_state.transcript is not transcript:
                    break  # the user started a new chat meanwhile
                best = page_view.best_page(transcript)
                if best is not None and best != shown:
                    screen_state.recalled = None
                    screen_state.look_at(best, to_evidence=True)
                shown = best
                yield ScreenChange(
                    messages=messages.messages(screen_state.turns, screen_state.language),
                    status=status.of_answer(
                        transcript, screen_state.language, pressed=screen_state.pressed
                    ),
                    view=self._show.view(screen_state),
                )
        self._screen_states.keep(screen_state)
        if beside and transcript.finish_reason != "cancelled":
            return
        screen_state.running = False
        # Send the viewer's boxes again (docs/architecture.md, lost updates).
        view = self._show.view(screen_state) if screen_state.transcript is transcript else None
        yield ScreenChange(
            running=False, cut=transcript.finish_reason == "length", savable=True, view=view
        )


def _page(area: Selection) -> PageKey:
    return (area.document_id, area.page_index)
