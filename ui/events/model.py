"""Wire the model card to the engine: show a model's facts; load, unload and download it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import gradio as gr

from engine import Engine, EngineError
from engine.core.hardware import gpu_memory
from ui.events.updates import EVENT, Updates, unchanged
from ui.state.uploads import log_unexpected
from ui.views.model_card import Card, card
from ui.views.screen import Screen

# How often the card is redrawn while its model is being loaded or downloaded.
_LOOK_SECONDS: Final = 0.5


class ModelCards:
    """Builds model cards from the current state and executes their actions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def show(self, model_id: str, language: str, problem: EngineError | None = None) -> Card:
        """A model's card, built anew each time because answers load and unload models."""
        models = await asyncio.to_thread(self._engine.models)
        facts = (dict(model.facts) for model in models)
        in_use = next((fact["gpu_uuid"] for fact in facts if "gpu_uuid" in fact), None)
        gpu = await asyncio.to_thread(gpu_memory, in_use)
        control = self._engine.model_control
        state = control.state(model_id) if control.is_allowed else None
        return card(models, model_id, language, state=state, gpu=gpu, problem=problem)

    async def act(self, act: str, model_id: str, language: str) -> AsyncIterator[Card]:
        """Execute a card's action and yield the card until the work has ended.

        Args:
            act: "load", "unload" or "download"; anything else only yields the current card.
        """
        control = self._engine.model_control
        does = {"load": control.load, "unload": control.unload, "download": control.download}
        problem: EngineError | None = None
        if act in does:
            try:
                await asyncio.to_thread(does[act], model_id)
            except Exception as error:  # noqa: BLE001 - shown to the user as one sentence
                problem = log_unexpected(error)
        yield await self.show(model_id, language, problem)
        while control.is_allowed and control.state(model_id).work is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            yield await self.show(model_id, language)
        if problem is None:
            yield await self.show(model_id, language)


def wire_model_card(screen: Screen, cards: ModelCards, after: Sequence[Any]) -> None:
    """Connect the card's own events; ui/app.py connects the choice of a model.

    Args:
        after: events that may load a model. The chat's `change` must not be among them: it also
            fires before the page has its language, and a late reply would undo the language.
    """
    last = [screen.language, screen.model]

    async def show_model(language: str, model: str) -> Updates:
        return {screen.advice: await cards.show(model, language)}

    async def act(language: str, model: str, event: gr.EventData) -> AsyncIterator[Updates]:
        yield unchanged(screen)
        async for shown in cards.act(str(event.act), model, language):
            yield {screen.advice: shown}

    for event in after:
        event.then(show_model, last, screen.advice, **EVENT)
    acting = screen.advice.actonmodel(act, last, [screen.advice, screen.status], **EVENT)
    # A late card of the previously chosen model must not replace the new one.
    screen.model.input(None, cancels=[acting], api_visibility="private")
