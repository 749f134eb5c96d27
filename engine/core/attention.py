"""Choice of a model's attention implementation, from trial runs at the model's own shapes.

The choice is a value with its reason, so the log, the model card and `doctor` report the same.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.core.hardware import device, torch_dtype
from engine.core.i18n import DEFAULT_LANGUAGE, say

if TYPE_CHECKING:
    import torch

# The kernels that SDPA can select, by their names in torch.nn.attention.SDPBackend.
SDPA_BACKENDS: Final = (
    "FLASH_ATTENTION",
    "CUDNN_ATTENTION",
    "EFFICIENT_ATTENTION",
    "MATH",
)
# Names in configs of the width of a part and its number of heads. If there is an embed_dim,
# hidden_size is the width of the language model (Qwen2-VL's vision tower).
_WIDTHS: Final = ("embed_dim", "hidden_size", "width")
_HEADS: Final = ("num_attention_heads", "num_heads", "heads")
_LANGUAGE: Final = ("text_config", "language_config")
# For a config without one; the head size of 2B models and larger.
_USUAL_HEAD_SIZE: Final = 128
# Tokens of a trial: enough for a mask to have an effect.
_TOKENS: Final = 16


@dataclass(frozen=True, slots=True)
class AttentionShape:
    """The heads of one part of a model: its language model or a vision tower.

    Attributes:
        head_size: elements of one head.
        heads: number of query heads.
        kv_heads: number of key and value heads; fewer than `heads` in grouped-query attention.
    """

    head_size: int
    heads: int = 2
    kv_heads: int = 2


@dataclass(frozen=True, slots=True)
class AttentionChoice:
    """The attention implementation of a model, and the reason for it.

    Attributes:
        requested: the settings' attn_implementation.
        implementation: "sdpa", "eager" or "flash_attention_2", as transformers names it.
        key, values: the reason and what the user can do, a text of engine/core/texts.
    """

    requested: str
    implementation: str
    key: str
    values: tuple[tuple[str, str], ...] = ()

    def reason(self, language: str = DEFAULT_LANGUAGE) -> str:
        return say(self.key, language, **dict(self.values))


def attention_shapes(config: Mapping[str, Any]) -> tuple[AttentionShape, ...]:
    """The attention shapes in a checkpoint's config.json: the language model's first, each once.

    Args:
        config: as published, or `to_dict()` of a transformers config, which includes defaults.
    """
    named = (config.get(name) for name in _LANGUAGE)
    language = next((part for part in named if isinstance(part, Mapping)), config)
    others = [part for part in _parts(config) if part is not language and part is not config]
    shapes = (_shape(part) for part in (language, *others))
    return tuple(dict.fromkeys(shape for shape in shapes if shape is not None))


def _parts(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield config
    for part in config.values():
        if isinstance(part, Mapping):
            yield from _parts(part)


def _shape(part: Mapping[str, Any]) -> AttentionShape | None:
    """The shape of a part; None if the part has no attention."""

    def number(*names: str) -> int:
        found = (part.get(name) for name in names)
        return next((int(one) for one in found if isinstance(one, int) and one > 0), 0)

    width, heads = number(*_WIDTHS), number(*_HEADS)
    head_size = number("head_dim") or (width // heads if heads else 0)
    if not heads or not head_size:
        return None
    return AttentionShape(head_size, heads, number("num_key_value_heads") or heads)


def choose_attention(
    requested: str, dtype: str, shapes: Sequence[AttentionShape]
) -> AttentionChoice:
    """Choose the attention implementation of a model on this machine.

    "auto" and "sdpa" select SDPA if small forward passes on the real device, dtype and shapes agree
    with plain attention, else eager. flash_attention_2 is used only if it is requested and can be
    imported; otherwise SDPA replaces it without a trial.

    Args:
        requested: the settings' attn_implementation.
        dtype: the model's compute dtype; not "auto".
        shapes: shapes of all parts of the model that use this implementation; () tries usual heads.
    """
    shapes = shapes or (AttentionShape(_USUAL_HEAD_SIZE),)
    if requested == "eager":
        return AttentionChoice(requested, "eager", "attention.eager_requested")
    if requested == "flash_attention_2":
        problem = flash_attn_problem()
        if problem is None:
            return AttentionChoice(requested, "flash_attention_2", "attention.flash_requested")
        return AttentionChoice(
            requested, "sdpa", "attention.flash_unavailable", (("problem", problem),)
        )
    problem = sdpa_problem(dtype, shapes)
    if problem is None:
        sizes = ", ".join(str(size) for size in sorted({shape.head_size for shape in shapes}))
        return AttentionChoice(requested, "sdpa", "attention.sdpa", (("head_sizes", sizes),))
    return AttentionChoice(requested, "eager", "attention.sdpa_failed", (("problem", problem),))


def flash_attn_problem() -> str | None:
    """Why the flash-attn package cannot be used on this machine; None if it can."""
    if device().kind != "cuda":
        return "no CUDA GPU"
    if importlib.util.find_spec("flash_attn") is None:
        return "the package flash_attn is not installed"
    try:
        importlib.import_module("flash_attn")
    except Exception as error:  # noqa: BLE001 - a wheel built for another torch fails in any way
        return f"{type(error).__name__}: {error}"
    return None


def sdpa_problem(
    dtype: str, shapes: Sequence[AttentionShape], backend: str | None = None
) -> str | None:
    """Why SDPA cannot be used on this machine, from trial calls; None if it can.

    The calls are those of transformers' sdpa_attention_forward. Without a mask they are causal or
    not, for a whole prompt, a page or one token, with grouped heads. With a boolean mask, keys and
    values are repeated for all heads.

    Args:
        dtype: the model's compute dtype; not "auto".
        shapes: the shapes to try.
        backend: one of SDPA_BACKENDS, to allow only that kernel, which is tried without a mask and
            without groups; None lets torch choose.
    """
    for shape in shapes:
        for call in _CALLS[: 1 if backend else None]:
            problem = _call_problem(dtype, shape, call, backend)
            if problem is not None:
                heads = f"{shape.heads}/{shape.kv_heads} heads of {shape.head_size}"
                return problem if backend else f"{call.name}, {heads}: {problem}"
    return None


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    queries: int = _TOKENS
    causal: bool = False
    masked: bool = False
    grouped: bool = True


_CALLS: Final = (
    _Call("no mask", grouped=False),
    _Call("causal", causal=True),
    _Call("one token", queries=1),
    _Call("boolean mask", queries=_TOKENS // 2, masked=True, grouped=False),
)


def _call_problem(
    dtype: str, shape: AttentionShape, call: _Call, backend: str | None
) -> str | None:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    where, precision = device().kind, torch_dtype(dtype)
    generator = torch.Generator().manual_seed(0)

    def drawn(heads: int, tokens: int) -> torch.Tensor:
        values = torch.randn(1, heads, tokens, shape.head_size, generator=generator)
        return values.to(where, precision)

    grouped = call.grouped and shape.kv_heads != shape.heads
    query = drawn(shape.heads, call.queries)
    key, value = (drawn(shape.kv_heads if grouped else shape.heads, _TOKENS) for _ in range(2))
    allowed = torch.ones(call.queries, _TOKENS, dtype=torch.bool, device=where)
    if call.causal or call.masked:
        allowed = allowed.tril(_TOKENS - call.queries)
    options: dict[str, Any] = {"attn_mask": allowed[None, None]} if call.masked else {}
    if grouped:
        options["enable_gqa"] = True
    attend = torch.nn.functional.scaled_dot_product_attention
    try:
        if backend is None:
            result = attend(query, key, value, is_causal=call.causal, **options)
        else:
            with sdpa_kernel(getattr(SDPBackend, backend)):
                result = attend(query, key, value, is_causal=call.causal, **options)
    except (RuntimeError, AttributeError) as error:
        return str(error).splitlines()[0]
    plain = _plain(query.float(), key.float(), value.float(), allowed)
    difference = (plain - result.float()).abs().max().item()
    # Two half-precision roundings of values around 1; a wrong kernel differs by far more.
    tolerance = 1e-4 if dtype == "float32" else 3e-2
    # Written so that NaN is a difference.
    if difference <= tolerance:
        return None
    return f"results differ from plain attention by {difference:.2g}"


def _plain(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, allowed: torch.Tensor
) -> torch.Tensor:
    """Attention computed by its definition, (1, heads, queries, head_size).

    Args:
        allowed: (queries, tokens), True where a query may attend to a token.
    """
    repeats = query.shape[1] // key.shape[1]
    key, value = (one.repeat_interleave(repeats, dim=1) for one in (key, value))
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    mixed: torch.Tensor = scores.masked_fill(~allowed, float("-inf")).softmax(-1) @ value
    return mixed


def sdpa_backends(dtype: str, head_size: int) -> dict[str, str | None]:
    """Each of SDPA's kernels -> why it does not run on this machine; None if it runs."""
    shapes = (AttentionShape(head_size),)
    return {name: sdpa_problem(dtype, shapes, name) for name in SDPA_BACKENDS}
