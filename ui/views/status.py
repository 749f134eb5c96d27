"""The status line as HTML: the work in progress, or the figures of the last answer."""

from engine import EngineError, Transcript
from ui import i18n
from ui.views.escaping import escaped, span

_SHORTEST_STREAM_SECONDS = 0.3
_SHORTEST_LOAD_SECONDS = 0.5
_LEAST_SECONDS = 0.005  # with two digits, less would show as 0.00


def idle(key: str, language: str, **values: object) -> str:
    """An idle state, for example "status.ready"."""
    return span("sc-state", i18n.text(key, language, **values))


def working(key: str, language: str) -> str:
    """A busy state, with the activity indicator."""
    return _busy(i18n.text(key, language))


def problem(error: EngineError, language: str) -> str:
    """The sentence of an error."""
    return span("sc-problem", error.text(language))


def of_answer(transcript: Transcript, language: str, *, pressed: bool = False) -> str:
    """The line of an answer in any state of its run.

    Args:
        pressed: the user pressed Send while this answer was running.
    """
    if transcript.error is not None:
        return idle("status.failed", language)
    if transcript.finish_reason is not None:
        return span("sc-state", " · ".join(_figures(transcript, language)))
    if pressed:
        return working("status.busy", language)
    if transcript.step is not None and not transcript.text:
        return _busy(transcript.step.text(language))
    return working("status.writing" if transcript.text else "status.starting", language)


def _figures(transcript: Transcript, language: str) -> list[str]:
    """Model, seconds, loading, first token, speed, memory; unmeasured figures are left out."""
    usage = transcript.usage
    # An answer that comes almost at once has no meaningful speed.
    streamed = usage.total_seconds - usage.ttft_seconds >= _SHORTEST_STREAM_SECONDS
    loaded = usage.load_seconds >= _SHORTEST_LOAD_SECONDS
    figures = [i18n.text("status.model", language, model=transcript.model_id)]
    for key, name, value in (
        ("status.seconds", "seconds", usage.total_seconds),
        ("status.loading", "seconds", usage.load_seconds if loaded else 0.0),
        ("status.ttft", "seconds", usage.ttft_seconds if streamed else 0.0),
        ("status.speed", "speed", usage.tokens_per_second if streamed else 0.0),
    ):
        if value >= _LEAST_SECONDS:
            digits = 0 if value >= 100 else 1 if value >= 0.1 else 2
            shown = i18n.decimal(value, language, digits=digits)
            figures.append(i18n.text(key, language, **{name: shown}))

    def gigabytes(size: int) -> str:
        return i18n.decimal(size / 1e9, language, digits=1)

    if usage.gpu_free_bytes > 0:
        used, free = gigabytes(usage.gpu_used_bytes), gigabytes(usage.gpu_free_bytes)
        figures.append(i18n.text("status.gpu", language, used=used, free=free))
    elif usage.peak_memory_bytes > 0:
        shown = gigabytes(usage.peak_memory_bytes)
        figures.append(i18n.text("status.memory", language, gigabytes=shown))
    return figures


def _busy(words: str) -> str:
    return f'<span class="sc-state sc-busy">{escaped(words)}</span>'
