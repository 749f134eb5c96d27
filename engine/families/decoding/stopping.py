"""Stopping criteria of `generate`, and a streamer that drops the prompt's ids."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from transformers import StoppingCriteria

from engine.core.schema import FinishReason
from engine.families.base import Streamer
from engine.families.pages.repetition import loop_length

# Tokens between two searches for a loop.
_LOOP_CHECK_EVERY: Final = 8


class RunStoppingCriteria(StoppingCriteria):
    """Ends `generate` on Stop or on a repetition loop.

    Args:
        text_of: ids -> text, special tokens included.
    """

    def __init__(
        self,
        stop: threading.Event,
        prompt_length: int,
        text_of: Callable[[Sequence[int]], str],
    ) -> None:
        self._stop = stop
        self._prompt_length = prompt_length
        self._text_of = text_of
        self.loop = 0

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        generated = input_ids.shape[1] - self._prompt_length
        looks = generated % _LOOP_CHECK_EVERY == 0
        ends = self.ends(input_ids[0, self._prompt_length :].tolist() if looks else [])
        return torch.full((input_ids.shape[0],), ends, device=input_ids.device, dtype=torch.bool)

    def ends(self, generated: list[int]) -> bool:
        """Whether the run must end.

        Args:
            generated: the generated ids, searched for a loop; empty for no search.
        """
        if generated and len(generated) % _LOOP_CHECK_EVERY == 0:
            self.loop = loop_length(generated, self._text_of)
        return self._stop.is_set() or self.loop > 0

    def finish_reason(self, generated: list[int], ends: set[int]) -> FinishReason:
        """Return why a run ended.

        Args:
            generated: the generated ids.
            ends: ids that end an answer.
        """
        if generated and generated[-1] in ends:
            return "stop"
        if self._stop.is_set():
            return "cancelled"
        return "repetition" if self.loop else "length"


class GeneratedIdsStreamer:
    """Forwards generated ids to a run's streamer, without the prompt that `generate` puts first.

    Args:
        ends: whether the end of `generate` is the end of the run; False if more pages follow.
    """

    def __init__(self, streamer: Streamer, *, ends: bool = True) -> None:
        self._streamer = streamer
        self._ends = ends
        self._prompt_seen = False

    def put(self, value: torch.Tensor) -> None:
        if self._prompt_seen:
            self._streamer.put(value.reshape(-1))
        self._prompt_seen = True

    def end(self) -> None:
        if self._ends:
            self._streamer.end()
