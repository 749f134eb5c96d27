"""Tokens per second of one answer, for several decoders in one process. Used by bench.engine.

The prompt is the one that the engine itself builds from a drawn page. Each decoder prefills it
again and generates the same number of tokens. Only the tokens after the first are timed. The
decoders take turns, round by round, so that other work on the machine slows them alike.

    eager, sdpa   transformers' growing cache with either attention
    static        keys and values of fixed shape (`static_cache = true` in the settings)
    compiled      that, with the step fused by torch.compile, which needs a C++ compiler on a CPU
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import torch

from bench.gpu_models import PageInput
from bench.gpu_runs import Answered, answer
from engine.families.decoding.generate import DecodingInputs


def decoded(
    model: Any, inputs: Any, decoders: Sequence[str], tokens: int, rounds: int
) -> dict[str, Any]:
    """Time each decoder on one prompt.

    Returns:
        decoder -> tokens_per_second (the best of the rounds), prepare_seconds (of a compilation),
        and whether its tokens equal those of the first decoder; or why it was not measured.
    """
    if not isinstance(inputs, DecodingInputs):
        return dict.fromkeys(decoders, "not measured: this family decodes by generate alone")
    page = page_input(inputs)
    inputs.on_start()
    runs: dict[str, list[Answered]] = {decoder: [] for decoder in decoders}
    for _ in range(rounds):
        for decoder, done in runs.items():
            if decoder == "compiled" and not has_compiler():
                continue
            model.set_attn_implementation("eager" if decoder == "eager" else "sdpa")
            variant = decoder if decoder in ("static", "compiled") else "usual"
            with torch.inference_mode():
                done.append(answer(model, page, variant, tokens, "cpu"))
    said = next((done[0].ids for done in runs.values() if done), [])
    return {
        decoder: _row(done, said) if done else "not measured: no C++ compiler"
        for decoder, done in runs.items()
    }


def _row(runs: Sequence[Answered], said: list[int]) -> dict[str, Any]:
    prepared = [run.prepare_seconds for run in runs if run.prepare_seconds is not None]
    return {
        "tokens_per_second": max((len(run.ids) - 1) / run.decode_seconds for run in runs),
        "prepare_seconds": max(prepared, default=None),
        "same_tokens": all(run.ids == said for run in runs),
    }


def prompt_of(family: Any, ask: Callable[[], object]) -> Any:
    """The first prompt that a family builds during a call of `ask`."""
    prompts: list[Any] = []
    prepare = family.prepare_prompt

    def recorded(*args: Any) -> Any:
        prompts.append(prepare(*args))
        return prompts[-1]

    family.prepare_prompt = recorded
    try:
        ask()
    finally:
        family.prepare_prompt = prepare
    return prompts[0]


def page_input(inputs: DecodingInputs) -> PageInput:
    """A prompt of the engine with its images, in the form that bench.gpu_runs takes."""
    ids = torch.tensor([inputs.prompt.ids])
    image: dict[str, torch.Tensor] = {}
    for span in inputs.prompt.images:
        image.update(inputs.image_tensors(span))
    positions = inputs.positions
    if positions is None:
        positions = torch.arange(ids.shape[1])[None]
    return PageInput(ids, image, positions, int(positions.max()) + 1)


def has_compiler() -> bool:
    """Whether torch.compile finds the compiler for a CPU's kernels."""
    return any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++")))
