"""One inference thread per model: jobs in, StreamEvents out.

Each job belongs to one session, and a session has one run at a time (engine.chat.engine).
First come, first served is therefore round robin by session. The caller's thread prepares a
job's pixels or page indexes before the job queues. The inference thread only generates.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import EngineError, GenerationError, RunCancelled
from engine.core.hardware import (
    give_memory_back,
    gpu_use,
    is_device_fault,
    is_out_of_memory,
    peak_memory_bytes,
)
from engine.core.schema import Failed, Finished, Step, StreamEvent, TextDelta, Usage, UsageReport
from engine.families.base import ModelFamily, Outcome, Run, Streamer
from engine.models.failures import out_of_memory

logger = logging.getLogger(__name__)

# A text that was ready before streaming takes less time than this; a model takes far longer.
_SHORTEST_DECODE_SECONDS = 0.02
# How long `close` waits for the running job.
_CLOSING_SECONDS = 30.0


@dataclass(slots=True)
class Job:
    """One prepared run.

    Attributes:
        inputs: what the family's `prepare` returned.
        emit: takes every event of the run, in order; Finished or Failed is the last.
        stop: set when the run should end.
        started_at: time.monotonic() when the user asked.
        load_seconds: spent on loading the model for this run.
        last_token_at: time.monotonic() of the newest token; None before the first. The reader's
            stall check uses it, so a long prefill never counts as a stall.
        on_token: called for each piece of tokens.
        context: the context variables of the request; the job runs in them.
    """

    inputs: Any
    emit: Callable[[StreamEvent], None]
    stop: threading.Event
    started_at: float
    load_seconds: float = 0.0
    last_token_at: float | None = field(default=None)
    on_token: Callable[[], None] = lambda: None
    context: Context = field(default_factory=copy_context, compare=False)


class InferenceThread:
    """Runs the jobs of one loaded model in the order of their arrival.

    Args:
        model_id: names the model in errors.
        run: runs a job up to its last event, which it returns. Never raises.
        parallel: how many jobs run at once, on as many threads.
    """

    def __init__(
        self, model_id: str, run: Callable[[Job], Finished | Failed], *, parallel: int = 1
    ) -> None:
        self._model_id = model_id
        self._run = run
        self._jobs: deque[Job] = deque()
        self._calls: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._busy = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"inference-{model_id}", daemon=True)
            for _ in range(parallel)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job. Step("step.queued") reports its position while others are before it.

        Raises:
            GenerationError: the model was unloaded meanwhile.
        """
        with self._changed:
            if self._closed:
                raise GenerationError(
                    "model.crashed", model_id=self._model_id, detail="it was unloaded"
                )
            place = len(self._jobs) + self._busy - len(self._threads) + 1
            self._jobs.append(job)
            self._changed.notify()
        if place > 0:
            job.emit(Step("step.queued", {"position": place}))

    def call(self, work: Callable[[], None]) -> None:
        """Run `work` on this thread before the next job; after `close` it is ignored."""
        with self._changed:
            if not self._closed:
                self._calls.append(work)
                self._changed.notify()

    def close(self) -> None:
        """End the thread after the running job; queued jobs end as cancelled."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.stop.set()
            self._changed.notify_all()
        end = time.monotonic() + _CLOSING_SECONDS
        for thread in self._threads:
            if threading.current_thread() is not thread:
                thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._calls or self._closed)
                calls = list(self._calls)
                self._calls.clear()
                job = None
                if self._jobs and not calls:
                    job = self._jobs.popleft()
                    self._busy += 1
                    waiting = list(self._jobs)
                elif not calls:
                    return
            for work in calls:
                _quietly(work)
            if job is None:
                continue
            for place, other in enumerate(waiting, start=1):
                other.emit(Step("step.queued", {"position": place}))
            last = job.context.run(self._run, job)
            # Free the thread before the reader sees the end, or its next question would queue.
            with self._changed:
                self._busy -= 1
            job.emit(last)


def _quietly(work: Callable[[], None]) -> None:
    """Run `work` and log its failure, which must not end the thread that serves all sessions."""
    try:
        work()
    except Exception:
        logger.exception("work between answers failed")


def run_job(family: ModelFamily, job: Job) -> Finished | Failed:
    """Run one job up to its last event, which is returned and not emitted.

    Never raises: a failure becomes Failed with an error that can be shown to the user.
    """
    try:
        return _generate(family, job)
    except RunCancelled:
        return Finished("cancelled", family.model_id)
    except EngineError as error:
        return Failed(error)
    except Exception as error:
        if is_out_of_memory(error):
            logger.warning("model %s ran out of memory: %s", family.model_id, error)
            family.drop_caches()
            give_memory_back()
            return Failed(out_of_memory(family.model_id, error))
        logger.exception("model %s failed while answering", family.model_id)
        if is_device_fault(error):
            return Failed(GenerationError("model.device_fault", model_id=family.model_id))
        detail = type(error).__name__
        return Failed(GenerationError("model.crashed", model_id=family.model_id, detail=detail))


def _no_text(model_id: str, outcome: Outcome) -> GenerationError:
    if outcome.finish_reason == "stop":
        return GenerationError("model.empty_answer", model_id=model_id)
    return GenerationError(
        "model.empty_tokens", model_id=model_id, tokens=outcome.completion_tokens
    )


def _generate(family: ModelFamily, job: Job) -> Finished:
    from engine.models.streaming import EventStreamer

    if job.stop.is_set():
        raise RunCancelled
    has_text = [False]

    def on_text(text: str) -> None:
        has_text[0] = has_text[0] or bool(text.strip())
        job.emit(TextDelta(text))

    streamer = EventStreamer(family.tokenizer, on_text)
    outcome = family.generate(job.inputs, Run(_Watched(streamer, job), job.emit, job.stop))
    now = time.monotonic()
    if not has_text[0] and outcome.finish_reason != "cancelled":
        raise _no_text(family.model_id, outcome)
    first = streamer.first_token_at or now
    decode_seconds = max((streamer.last_token_at or now) - first, 0.0)
    tokens = streamer.tokens - streamer.first_tokens
    if not outcome.counts_ids:
        tokens = max(outcome.completion_tokens - 1, 0)
    gpu_used, gpu_free = gpu_use()
    job.emit(
        UsageReport(
            Usage(
                prompt_tokens=outcome.prompt_tokens,
                completion_tokens=outcome.completion_tokens,
                ttft_seconds=first - job.started_at,
                tokens_per_second=_rate(tokens, decode_seconds),
                load_seconds=job.load_seconds,
                total_seconds=now - job.started_at,
                peak_memory_bytes=peak_memory_bytes(),
                gpu_used_bytes=gpu_used,
                gpu_free_bytes=gpu_free,
                reused_tokens=outcome.reused_tokens,
            )
        )
    )
    return Finished(outcome.finish_reason, family.model_id)


def _rate(tokens: int, seconds: float) -> float:
    """Tokens per second after the first piece; 0 if all came at once and there is no rate."""
    return tokens / seconds if seconds >= _SHORTEST_DECODE_SECONDS else 0.0


class _Watched:
    """A streamer that records the time of its newest token on the job."""

    def __init__(self, streamer: Streamer, job: Job) -> None:
        self._streamer = streamer
        self._job = job

    def put(self, value: Any) -> None:
        self._job.last_token_at = time.monotonic()
        self._job.on_token()
        self._streamer.put(value)

    def end(self) -> None:
        self._streamer.end()
