"""A chat completion request: the settings' generation in the server's own words."""

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

# Of `generate`'s arguments those that OpenAI's API has under the same name.
_SAMPLING: Final = ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty")
# Further ones of each kind of server: our name -> its name.
_MORE: Final[Mapping[str, Mapping[str, str]]] = {
    "openai": {},
    "vllm": {name: name for name in ("top_k", "min_p", "repetition_penalty")},
    "sglang": {name: name for name in ("top_k", "min_p", "repetition_penalty")},
    "llama_cpp": {"top_k": "top_k", "min_p": "min_p", "repetition_penalty": "repeat_penalty"},
}
# These servers fill in what a request leaves out from the generation_config.json: vLLM since
# 0.6 repetition_penalty, temperature, top_k, top_p and min_p (ModelConfig.get_diff_sampling_param),
# SGLang by --sampling-defaults model. At temperature 0 vLLM resets top_p, top_k and min_p by itself
# (SamplingParams.__post_init__), but not the penalty: Qwen2.5-VL's 1.05 works against the equal
# numbers and tags of tables and boxes. In-process it is 1.0 too
# (engine.families.decoding.generate.greedy).
_FILL_IN: Final = ("vllm", "sglang")
_NO_PENALTY: Final[Mapping[str, float]] = {"repetition_penalty": 1.0}
# These hand `chat_template_kwargs` to the template, which passes over names that it does not know
# (vLLM and SGLang: pages "Reasoning Outputs" and "Reasoning Parser" of their documentation;
# llama.cpp: tools/server/README.md).
_TAKE_TEMPLATE_KWARGS: Final = ("vllm", "sglang", "llama_cpp")
_OURS: Final = ("max_new_tokens", "do_sample")


@dataclass(frozen=True, slots=True)
class ServerInputs:
    """A prepared prompt.

    Attributes:
        body: fields of the request.
        frames: (document_id, page_index) -> (width, height) that boxes on that page are in.
        most_characters: an answer that is longer is ended.
        spans: what of the pages an answer must be made of; None for a free answer.
        view: how the conversation was made to fit; None where nothing is to be remembered.
    """

    conversation: str
    question: str
    body: Mapping[str, Any]
    frames: Mapping[PageKey, Size]
    most_characters: int
    spans: PageSpans | None
    view: ContextView | None


def check_options(model_id: str, model: ModelSettings) -> None:
    """Refuse a key of the settings' `generation` that would be sent to nobody.

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
    """A request without `model` and `stream`: greedy unless the settings or the user say otherwise.

    Args:
        spans: what of the pages the answer must be made of; None for a free answer.
        keeps_tags: the model writes boxes in special tokens, which the server has to send.
        thinks: the model may think before it answers, unless it is told not to.
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
