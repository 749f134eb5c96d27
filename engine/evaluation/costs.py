"""Costs of answers: seconds, tokens, memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Final

from engine.evaluation.truths import Row

_MEBIBYTE: Final = 1024 * 1024


def costs(predictions: Iterable[Row]) -> dict[str, float]:
    """Compute the costs of predictions, as far as these report them.

    seconds_per_item: mean wall-clock time; OCR of a page counts in the first question about it.
    seconds_per_page: all seconds / different pages. Both exclude loading the model: load_seconds.
    tokens_per_second, ttft_seconds: medians over runs that generated tokens. The first answer's
    ttft includes loading. peak_memory_bytes: of the GPU if the model runs there, else of the
    process.
    """
    rows = [row for row in predictions if "seconds" in row]
    usages = [usage for row in rows if (usage := row.get("usage"))]
    wrote = [usage for usage in usages if usage.get("completion_tokens")]
    pages = {(row["file"], row.get("page", 1)) for row in rows}
    spent = sum(row["seconds"] for row in rows)
    found: dict[str, float] = {}
    if rows:
        found["seconds_per_item"] = spent / len(rows)
        found["seconds_per_page"] = spent / len(pages)
    speeds = [usage["tokens_per_second"] for usage in wrote if usage["tokens_per_second"]]
    if speeds:
        found["tokens_per_second"] = statistics.median(speeds)
    if wrote:
        found["ttft_seconds"] = statistics.median(usage["ttft_seconds"] for usage in wrote)
    loads = [usage["load_seconds"] for usage in usages if "load_seconds" in usage]
    if loads:
        found["load_seconds"] = sum(loads)
    peak = max((usage.get("peak_memory_bytes", 0) for usage in usages), default=0)
    if peak:
        found["peak_memory_bytes"] = peak
    return {name: round(value, 3) for name, value in found.items()}


def named_costs(costs: Mapping[str, float], unit: str) -> list[tuple[str, float]]:
    """Return costs with display names. unit: the kind of item, in the singular: "question"."""
    named = {
        "seconds_per_item": f"seconds per {unit}",
        "seconds_per_page": "seconds per page",
        "tokens_per_second": "tokens per second (median)",
        "ttft_seconds": "TTFT in seconds (median)",
        "load_seconds": "load in seconds",
    }
    # If the items are pages, seconds per item and per page are the same line.
    rows = list({text: costs[name] for name, text in named.items() if name in costs}.items())
    if "peak_memory_bytes" in costs:
        rows.append(("peak memory in MiB", round(costs["peak_memory_bytes"] / _MEBIBYTE)))
    return rows
