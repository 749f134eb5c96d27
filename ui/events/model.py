"""The model card wired to the engine: what a model is, and loading, unloading, downloading it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import gradio as gr

from engine import Engine, EngineError
from engine.core.hardware import gpu_memory
from ui.events.updates import EVENT, Updates, unchanged
from ui.state.uploads import told
from ui.views.model_card import Card, card
from ui.views.screen import Screen

# How often the card of a model that is being loaded or fetched is drawn.
_LOOK_SECONDS: Final = 0.5


class ModelCards:
    """Makes model cards of what is true now, and does what they offer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def show(self, model_id: str, language: str, problem: EngineError | None = None) -> Card:
        """A model's card; asked anew, because what is in memory changes with the answers."""
        models = await asyncio.to_thread(self._engine.models)
        facts = (dict(model.facts) for model in models)
        in_use = next((said["gpu_uuid"] for said in facts if "gpu_uuid" in said), None)
        gpu = await asyncio.to_thread(gpu_memory, in_use)
        control = self._engine.model_control
        state = control.state(model_id) if control.is_allowed else None
        return card(models, model_id, language, state=state, gpu=gpu, problem=problem)

    async def act(self, act: str, model_id: str, language: str) -> AsyncIterator[Card]:
        """Do what a card's button says, and draw the card until it is done."""
        control = self._engine.model_control
        does = {"load": control.load, "unload": control.unload, "download": control.download}
        problem: EngineError | None = None
        if act in does:
            try:
                await asyncio.to_thread(does[act], model_id)
            except Exception as error:  # noqa: BLE001 - told to the user as one sentence
                problem = told(error)
        yield await self.show(model_id, language, problem)
        while control.is_allowed and control.state(model_id).work is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            yield await self.show(model_id, language)
        if problem is None:
            yield await self.show(model_id, language)


def wire_model_card(screen: Screen, cards: ModelCards, after: Sequence[Any]) -> None:
    """Connect the card's own events; choosing a model is ui/app.py's.

    Args:
        after: events that may bring a model into memory. Not the chat's `change`: it is told before
            the page knows its language too, and an answer to it that comes late would undo that.
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
    # The card of the model that was chosen before must not come back.
    screen.model.input(None, cancels=[acting], api_visibility="private")
