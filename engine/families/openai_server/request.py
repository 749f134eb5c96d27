"""Builds chat completion requests: generation options under each server's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import ModelError
from engine.families.openai_server import grammar

if TYPE_CHECKING:
    from engine.core.schema import Size
    from engine.core.settings import ModelSettings
    from engine.families.base import ModelRequest
    from engine.families.prompts.conversation import ContextView, PageKey
    from engine.index.verbatim import PageSpans

# Options that OpenAI's API has under the same name.
_SAMPLING: Final = ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty")
# Further options of each kind of server: our name -> its name.
_MORE: Final[Mapping[str, Mapping[str, str]]] = {
    "openai": {},
    "vllm": {name: name for name in ("top_k", "min_p", "repetition_penalty")},
    "sglang": {name: name for name in ("top_k", "min_p", "repetition_penalty")},
    "llama_cpp": {"top_k": "top_k", "min_p": "min_p", "repetition_penalty": "repeat_penalty"},
}
# These servers take missing options from generation_config.json: vLLM since 0.6 repetition_penalty,
# temperature, top_k, top_p and min_p (ModelConfig.get_diff_sampling_param), SGLang with
# --sampling-defaults model. At temperature 0 vLLM resets top_p, top_k and min_p by itself
# (SamplingParams.__post_init__), but not the penalty: Qwen2.5-VL's 1.05 penalises the repeated
# numbers and tags of tables and boxes. It is 1.0 in-process, too
# (engine.families.decoding.generate.greedy).
_FILL_IN: Final = ("vllm", "sglang")
_NO_PENALTY: Final[Mapping[str, float]] = {"repetition_penalty": 1.0}
# These pass `chat_template_kwargs` to the template, which ignores names that it does not use
# (vLLM and SGLang: pages "Reasoning Outputs" and "Reasoning Parser" of their documentation;
# llama.cpp: tools/server/README.md).
_TAKE_TEMPLATE_KWARGS: Final = ("vllm", "sglang", "llama_cpp")
# Switches of templates: of Qwen3, GLM and SmolLM3; of DeepSeek-V3.1 (their model cards).
_THINKING_SWITCHES: Final = ("enable_thinking", "thinking")
_OURS: Final = ("max_new_tokens", "do_sample")


@dataclass(frozen=True, slots=True)
class ServerInputs:
    """A prepared prompt.

    Attributes:
        body: fields of the request.
        frames: (document_id, page_index) -> (width, height) of the frame of boxes on that page.
        most_characters: a longer answer is ended.
        spans: the spans of the pages that an answer must consist of; None for a free answer.
        view: how the conversation was shortened to fit; None without a history.
    """

    conversation: str
    question: str
    body: Mapping[str, Any]
    frames: Mapping[PageKey, Size]
    most_characters: int
    spans: PageSpans | None
    view: ContextView | None


def check_options(model_id: str, model: ModelSettings) -> None:
    """Reject a key of the settings' `generation` that this kind of server does not support.

    Raises:
        ModelError: this kind of server has no such option.
    """
    known = (*_OURS, *_SAMPLING, *_MORE[model.api])
    for name in model.generation:
        if name not in known:
            raise ModelError(
                "server.unknown_option",
                model_id=model_id,
                option=name,
                api=model.api,
                known=", ".join(known),
            )


def body_of(
    model: ModelSettings,
    request: ModelRequest,
    messages: list[dict[str, Any]],
    *,
    max_tokens: int,
    spans: PageSpans | None,
    keeps_tags: bool,
    thinks: bool = False,
) -> dict[str, Any]:
    """Return a request without `model` and `stream`: greedy unless settings or user set sampling.

    Args:
        spans: the spans of the pages that the answer must consist of; None for a free answer.
        keeps_tags: the model writes boxes in special tokens, which the server must not strip.
        thinks: the model may think by default, so thinking is switched off.
    """
    generation = {**model.generation, **request.prompt.generation}
    sampled = bool(generation.get("do_sample", False))
    body: dict[str, Any] = {
        "messages": messages,
        "max_tokens": max_tokens,
        "stream_options": {"include_usage": True},
    }
    body |= {name: generation[name] for name in _SAMPLING if name in generation}
    if not sampled:
        body["temperature"] = 0
    wished = {**(_NO_PENALTY if model.api in _FILL_IN else {}), **generation}
    extra: dict[str, Any] = {
        theirs: wished[ours] for ours, theirs in _MORE[model.api].items() if ours in wished
    }
    if keeps_tags and model.api in ("vllm", "sglang"):
        extra["skip_special_tokens"] = False
    if request.so_far:
        extra |= {"continue_final_message": True, "add_generation_prompt": False}
    if spans is not None:
        extra |= grammar.constraint(model.api, grammar.grammar_of(spans))
    extra |= dict(model.extra_body)
    if thinks and model.api in _TAKE_TEMPLATE_KWARGS:
        kwargs = extra.get("chat_template_kwargs", {})
        if isinstance(kwargs, Mapping):
            extra["chat_template_kwargs"] = {"enable_thinking": False, **kwargs}
    return {**body, "extra_body": extra} if extra else body


def known_to_think(model: ModelSettings) -> bool:
    """Whether a model is known to write thoughts: by its settings, or by its name.

    Qwen, Moonshot and Zhipu call such checkpoints "Thinking" (Qwen3-VL-8B-Thinking,
    Kimi-VL-A3B-Thinking, GLM-4.1V-9B-Thinking).
    """
    if model.thinks is not None:
        return model.thinks
    kwargs = model.extra_body.get("chat_template_kwargs", {})
    switched_on = isinstance(kwargs, Mapping) and any(
        kwargs.get(name) is True for name in _THINKING_SWITCHES
    )
    return switched_on or "thinking" in (model.model or "").lower()
