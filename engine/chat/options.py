"""Options that a user may change for one question: length, temperature, page detail, the prompt."""

from dataclasses import dataclass

from engine.core.errors import SessionError

LONGEST_ANSWER = 16_384
HIGHEST_TEMPERATURE = 2.0
LEAST_DETAIL = 0.05
_LONGEST_PROMPT = 20_000


@dataclass(frozen=True, slots=True)
class AskOptions:
    """Overrides of the settings for one question; None takes the settings'.

    Attributes:
        max_new_tokens: 1 to 16,384.
        temperature: 0 is greedy; above it tokens are sampled, 2 at most.
        detail: share of the model's max_pixels that a page may have, 0.05 to 1.
        prompt: the task's prompt for the model, with "{question}" for the user's words.
        only_pages: the model is shown no other page than the question's. Images of earlier turns
            are left out, their text stays.
    Raises:
        SessionError: a value is outside its range.
    """

    max_new_tokens: int | None = None
    temperature: float | None = None
    detail: float | None = None
    prompt: str | None = None
    only_pages: bool = False

    def __post_init__(self) -> None:
        limits = {
            "max_new_tokens": (1, LONGEST_ANSWER),
            "temperature": (0.0, HIGHEST_TEMPERATURE),
            "detail": (LEAST_DETAIL, 1.0),
        }
        for name, (lowest, highest) in limits.items():
            value = getattr(self, name)
            if value is not None and not lowest <= value <= highest:
                raise SessionError(
                    "session.bad_option", option=name, value=value, low=lowest, high=highest
                )
        if self.prompt is not None and len(self.prompt) > _LONGEST_PROMPT:
            raise SessionError("session.long_prompt", limit=_LONGEST_PROMPT)

    def generation(self) -> dict[str, bool | int | float | str]:
        """Keyword arguments of `generate` that these options change."""
        changed: dict[str, bool | int | float | str] = {}
        if self.max_new_tokens is not None:
            changed["max_new_tokens"] = self.max_new_tokens
        if self.temperature is not None:
            changed["do_sample"] = self.temperature > 0
            if self.temperature > 0:
                changed["temperature"] = self.temperature
        return changed
