"""A real family that says what a test wants: forwards, caches and streams run, logits are set."""

from collections.abc import Callable
from typing import Any

from engine import Engine
from engine.core.stop_event import StopEvent

# (page_index of the newest page, which attempt at it) -> the whole output of the model.
Script = Callable[[int, int], str]


class Scripted:
    """Makes the loaded model of an engine write a script.

    Attributes:
        prompts: ids of every prompt that the model was asked to answer.
        sizes: the frame of the newest page of each prompt.
    """

    def __init__(self, engine: Engine, script: Script, *, model_id: str = "tiny") -> None:
        model = engine._models.acquire(model_id, StopEvent(), lambda event: None)
        engine._models.release(model_id)
        self.family: Any = model.family
        self.script = script
        self.prompts: list[list[int]] = []
        self.sizes: list[tuple[int, int]] = []
        self._attempts: dict[int, int] = {}
        self._ids: list[int] = []
        self._start = 0
        self._answer = self.family.generate_answer
        self.family.generate_answer = self.generate_answer
        self.family.model.register_forward_hook(self.choose)

    def text_of(self, prompt: int) -> str:
        """What the model was asked, images left out."""
        family = self.family
        ids = [index for index in self.prompts[prompt] if index != family.image_token_id]
        return str(family.tokenizer.decode(ids))

    def generate_answer(self, inputs: Any, run: Any) -> Any:
        key = inputs.prompt.images[-1].key
        page = key[1]
        self.prompts.append(list(inputs.prompt.ids))
        self.sizes.append(inputs.frames[key[:2]])
        if not inputs.so_far:
            self._attempts[page] = self._attempts.get(page, 0) + 1
        text = self.script(page, self._attempts[page])
        tokenizer = self.family.processor.tokenizer
        ends = self.family.model.generation_config.eos_token_id
        end = ends[0] if isinstance(ends, list) else ends
        self._ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], end]
        self._start = len(inputs.prompt.ids) - len(inputs.so_far)
        return self._answer(inputs, run)

    def choose(self, module: Any, args: Any, output: Any) -> Any:
        """Make the next id of the script the likeliest."""
        said = output.past_key_values.get_seq_length() - self._start
        if 0 <= said < len(self._ids):
            output.logits[:] = -10.0
            output.logits[:, -1, self._ids[said]] = 10.0
        return output
