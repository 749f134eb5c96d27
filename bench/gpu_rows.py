"""A row of bench.gpu: the case and its figures. bench/gpu_schema.json describes it too."""

from __future__ import annotations

import argparse
import importlib.metadata
from dataclasses import dataclass

PAGE = (1600, 2200)  # pixels, (width, height)
DRY_PAGE = (300, 400)


@dataclass(frozen=True, slots=True)
class Row:
    """One run; None is "not measured". Sizes in bytes, times in seconds.

    Attributes:
        variant: "usual" for (a), else how (b) runs its step.
        prepare_seconds: compiling and capturing, before the first token is possible.
        same_tokens: the share of tokens equal to (a)'s, if (a) ran at this precision.
        weights_bytes_per_token: of the weights that one token has to read.
        bandwidth_share: that times tokens per second, over the measured copy bandwidth.
        peak_over_weights: the peak memory of prefill and decoding, over the weights.
        left_out: why there are no figures.
    """

    model: str
    variant: str
    precision: str
    attention: str
    device: str
    torch: str
    transformers: str
    tiny: bool
    page: tuple[int, int]
    prompt_tokens: int | None = None
    build_seconds: float | None = None
    load_seconds: float | None = None
    vision_seconds: float | None = None
    ttft_seconds: float | None = None
    prepare_seconds: float | None = None
    tokens: int | None = None
    tokens_per_second: float | None = None
    same_tokens: float | None = None
    weights_bytes: int | None = None
    weights_bytes_per_token: int | None = None
    copy_bytes_per_second: float | None = None
    bandwidth_share: float | None = None
    peak_memory_bytes: int | None = None
    peak_over_weights: float | None = None
    left_out: str | None = None


def empty_row(
    name: str, variant: str, precision: str, options: argparse.Namespace, attention: str = "eager"
) -> Row:
    """A row that describes a case, without figures."""
    import torch

    cuda = not options.dry_run and torch.cuda.is_available()
    return Row(
        model=name,
        variant=variant,
        precision=precision,
        attention=attention,
        device=torch.cuda.get_device_name() if cuda else "CPU",
        torch=importlib.metadata.version("torch"),
        transformers=importlib.metadata.version("transformers"),
        tiny=options.dry_run,
        page=DRY_PAGE if options.dry_run else PAGE,
    )
