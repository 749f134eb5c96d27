"""The settings that a user can change on the screen: their components and values.

The settings of generative models (length, temperature, page detail, prompt) are disabled for a
model that copies its answers from the page.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from engine import AskOptions
from engine.chat.options import LONGEST_ANSWER
from engine.core.settings import PreprocessSettings
from ui import i18n

# Slider value that means: take the value of settings.toml.
AS_SET: Final = 0
_LONGEST: Final = 8192
_WARMEST: Final = 1.5
_DETAILS: Final = (1.0, 0.75, 0.5, 0.25)
STEPS: Final = ("deskew", "contrast", "denoise")
WRITING: Final = ("max_new_tokens", "temperature", "detail", "prompt", "reset_prompt")


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """The user's settings for the next question."""

    verbatim: bool
    preprocess: PreprocessSettings
    options: AskOptions
    other: str | None = None
    pages: tuple[tuple[str, int], ...] = ()


def build_knobs(
    properties: Mapping[str, Mapping[str, Any]], defaults: PreprocessSettings
) -> dict[str, Any]:
    """Lay the components out; call it inside the accordion.

    Args:
        properties: component name -> its properties that depend on language, model and task.
    """
    knobs: dict[str, Any] = {
        "verbatim": gr.Checkbox(
            value=False, elem_id="verbatim", container=False, **properties["verbatim"]
        ),
        "hint": gr.HTML(elem_id="settings-hint", **properties["hint"]),
    }
    with gr.Row():
        for name in STEPS:
            knobs[name] = gr.Checkbox(
                value=getattr(defaults, name),
                elem_id=name,
                container=False,
                min_width=120,
                **properties[name],
            )
    with gr.Row(elem_id="writing"):
        knobs["max_new_tokens"] = gr.Slider(
            AS_SET, _LONGEST, value=AS_SET, step=64, elem_id="max-new-tokens", min_width=150,
            buttons=[], **properties["max_new_tokens"],
        )  # fmt: skip
        knobs["temperature"] = gr.Slider(
            0, _WARMEST, value=0, step=0.1, elem_id="temperature", min_width=150,
            buttons=[], **properties["temperature"],
        )  # fmt: skip
        knobs["detail"] = gr.Dropdown(
            value=_DETAILS[0], elem_id="detail", min_width=130, **properties["detail"]
        )
    knobs["pins"] = gr.Dropdown(
        [], value=[], multiselect=True, elem_id="pins", **properties["pins"]
    )
    knobs["context"] = gr.HTML("", elem_id="context", apply_default_css=False, js_on_load=None)
    knobs["other"] = gr.Dropdown(value="", elem_id="other-model", **properties["other"])
    knobs["prompt"] = gr.Textbox(elem_id="prompt", lines=3, max_lines=10, **properties["prompt"])
    knobs["reset_prompt"] = gr.Button(
        elem_id="reset-prompt", size="sm", **properties["reset_prompt"]
    )
    return knobs


def details(everything: str) -> list[tuple[str, float]]:
    """The choices of page detail, (name, share of full detail). everything: name of full detail."""
    return [(everything if share == 1 else f"{share:.0%}", share) for share in _DETAILS]


def inputs(screen: Any) -> list[Any]:
    """The components whose values `read` takes, in its order."""
    names = (
        "verbatim",
        *STEPS,
        "max_new_tokens",
        "temperature",
        "detail",
        "prompt",
        "other",
        "pins",
    )
    return [getattr(screen, name) for name in names]


def read(values: Sequence[Any], template: str | None) -> QuestionSettings:
    """Settings from the values of `inputs`. Values out of range are clamped.

    Args:
        template: the task's default prompt; None if the model takes no prompt.
    """
    verbatim, *steps, length, temperature, detail, prompt, other, pins = values
    flags = dict(zip(STEPS, map(bool, steps), strict=True))
    options = AskOptions()
    if template is not None:
        words = str(prompt or "").strip()
        own = bool(words) and words != template.strip()
        tokens = int(_between(length, AS_SET, LONGEST_ANSWER))
        warmth = _between(temperature, 0.0, _WARMEST)
        share = _between(detail, _DETAILS[-1], 1.0)
        options = AskOptions(
            max_new_tokens=tokens if tokens > AS_SET else None,
            temperature=warmth if warmth > 0 else None,
            detail=share if share < 1 else None,
            prompt=words if own else None,
        )
    steps_chosen = PreprocessSettings(**flags)
    return QuestionSettings(
        bool(verbatim), steps_chosen, options, str(other) if other else None, pages(pins)
    )


def title(pins: Any, language: str) -> str:
    """The accordion's title; it shows how many pages are chosen."""
    chosen = len(pages(pins))
    if not chosen:
        return i18n.text("settings.title", language)
    return i18n.count("settings.pinned", chosen, language)


def pin(document_id: str, page_index: int) -> str:
    """A page as the value of a choice: "document_id/page_index"."""
    return f"{document_id}/{page_index}"


def pages(pins: Any) -> tuple[tuple[str, int], ...]:
    """The pages of the values of `pin`; malformed values from a browser are ignored."""
    found = []
    for value in pins if isinstance(pins, list | tuple) else ():
        document_id, _, number = str(value).rpartition("/")
        if document_id and number.isdecimal():
            found.append((document_id, int(number)))
    return tuple(found)


def _between(value: Any, lowest: float, highest: float) -> float:
    # NaN is a float, and the comparisons below would not clamp it.
    is_number = isinstance(value, int) or (isinstance(value, float) and not math.isnan(value))
    return float(min(max(value if is_number else lowest, lowest), highest))
