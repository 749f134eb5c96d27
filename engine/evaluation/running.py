"""Runs an Engine over a set of truths and returns predictions as lines.

A document that cannot be opened, or lacks the page, is skipped with the reason ("left_out"). A
failed run is an empty answer with the reason ("error"), because an answer was expected. Reports
count both separately. This module scores nothing and downloads nothing.

Predictions are JSON objects: the answer, boxes with the page_size of their frame, and "usage" with
seconds, tokens and the model that answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from engine.chat.engine import Engine
from engine.core.errors import DocumentError, EngineError, ModelError, SessionError
from engine.core.schema import Answer, Document, Page, Usage
from engine.core.settings import Settings
from engine.evaluation.answers import is_refusal
from engine.evaluation.faithfulness import is_verbatim
from engine.evaluation.truths import ABOUT_FIELDS, Row, TaskName
from engine.families import family_class

Prediction: TypeAlias = dict[str, Any]
Progress: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a run. model_id: None uses default_model. verbatim: applies to questions only."""

    model_id: str | None = None
    verbatim: bool = False


def require_model(settings: Settings, model_id: str | None) -> str:
    """Return the model's id if it can run here without a download.

    Raises:
        ModelError: the model is unknown or not on this machine.
    """
    chosen = model_id or settings.default_model
    model = settings.model(chosen)
    if not family_class(model.family, model_id=chosen).is_available(model):
        raise ModelError("eval.not_cached", model_id=chosen, repo_id=model.repo_id)
    return chosen


def predict(
    engine: Engine,
    task: TaskName,
    truths: Sequence[Row],
    directory: Path,
    options: Options | None = None,
    progress: Progress = lambda: None,
) -> list[Prediction]:
    """Return one prediction per truth, in the order of the truths.

    Args:
        directory: folder of the truths' files.
        progress: called after each prediction.
    Raises:
        ModelError: the model is unknown, not on this machine, or does not support the task.
    """
    asked = options or Options()
    model_id = require_model(engine.settings, asked.model_id)
    run = _Run(engine, directory, model_id, asked.verbatim)
    needed = {"qa": "question", "text": "ocr", "layout": "layout"}.get(task)
    if needed is not None:
        run.require_task(needed)
    one = {
        "qa": run.question,
        "receipts": run.fields,
        "text": run.text,
        "layout": run.layout,
    }[task]
    order = sorted(range(len(truths)), key=lambda number: str(truths[number]["file"]))
    predictions: dict[int, Prediction] = {}
    try:
        for number in order:
            predictions[number] = run.timed(one, truths[number])
            progress()
    finally:
        run.close()
    return [predictions[number] for number in range(len(truths))]


class _Run:
    """One model over one set. A document stays open while its questions are asked."""

    def __init__(self, engine: Engine, directory: Path, model_id: str, verbatim: bool) -> None:
        self._engine = engine
        self._directory = directory
        self._model_id = model_id
        self._verbatim = verbatim
        self._session_id = engine.create_session()
        self._opened: tuple[str, Document | DocumentError] | None = None

    def require_task(self, task: str) -> None:
        info = next(info for info in self._engine.models() if info.model_id == self._model_id)
        if task not in info.tasks:
            raise ModelError(
                "model.task_unsupported",
                model_id=self._model_id,
                task=task,
                supported=", ".join(sorted(info.tasks)),
            )

    def close(self) -> None:
        self._engine.delete_session(self._session_id)

    def timed(self, one: Callable[[Row], Prediction], truth: Row) -> Prediction:
        """Return a prediction with its costs, including opening and OCR of the page."""
        named = {key: truth[key] for key in ("id", "file", "page", "question") if key in truth}
        started = time.monotonic()
        try:
            prediction = one(truth)
        except (DocumentError, SessionError) as error:
            return named | {"left_out": str(error)}
        except EngineError as error:
            prediction = {"error": str(error)}
        usage = prediction.get("usage") or {}
        # Loading time is a separate figure.
        seconds = time.monotonic() - started - usage.get("load_seconds", 0.0)
        return named | prediction | {"seconds": round(max(0.0, seconds), 3)}

    def question(self, truth: Row) -> Prediction:
        """Answer one question in a new conversation."""
        page = self._page(truth)
        self._engine.forget_conversation(self._session_id)
        size = {"page_size": list(page.size), "answer": "", "boxes": []}
        try:
            answer = self._engine.ask(
                self._session_id,
                truth["question"],
                model_id=self._model_id,
                pages=[(page.document_id, page.page_index)],
                verbatim=self._verbatim,
            ).answer()
        except SessionError:
            raise
        except EngineError as error:
            return size | {"error": str(error)}
        # Without evidence the text may only say that nothing was found.
        refused = not answer.evidence and is_refusal(answer.text)
        text = "" if refused else answer.text.strip()
        boxes = [item.bbox for item in answer.evidence if item.page_index == page.page_index]
        return size | {
            "answer": text,
            "said": answer.text,
            "boxes": [list(box) for box in boxes],
            "on_page": self._on_page(text, page) if text else None,
            "finish_reason": answer.finish_reason,
            "usage": _usage(answer.usage, answer.model_id),
        }

    def text(self, truth: Row) -> Prediction:
        answer = self._read("ocr", truth)
        return {"text": answer.text, "usage": _usage(answer.usage, answer.model_id)}

    def layout(self, truth: Row) -> Prediction:
        page = self._page(truth)
        answer = self._read("layout", truth)
        regions = [region for layout in answer.layouts for region in layout.regions]
        return {
            "page_size": list(page.size),
            "regions": [
                {"bbox": list(region.bbox), "category": region.category} for region in regions
            ],
            "finish_reason": answer.finish_reason,
            "usage": _usage(answer.usage, answer.model_id),
        }

    def fields(self, truth: Row) -> Prediction:
        document = self._document(truth["file"])
        found = self._engine.fields(
            self._session_id,
            document.document_id,
            document_type=truth.get("document_type", "receipt"),
            model_id=self._model_id,
        )
        names = [name for name in truth if name not in ABOUT_FIELDS]
        values = {name: found.fields[name] for name in names if name in found.fields}
        size = document.pages[0].size
        return {
            **{name: values[name].text if name in values else "" for name in names},
            "boxes": {
                name: list(field.bbox)
                for name, field in values.items()
                if field.bbox is not None and field.page_index == 0
            },
            "page_size": list(size),
            "image_size": list(size),
            "usage": {"model_id": found.model_id},
        }

    def _read(self, task: str, truth: Row) -> Answer:
        page = self._page(truth)
        self._engine.forget_conversation(self._session_id)
        return self._engine.ask(
            self._session_id,
            task=task,
            model_id=self._model_id,
            pages=[(page.document_id, page.page_index)],
        ).answer()

    def _on_page(self, text: str, page: Page) -> bool | None:
        """Whether the answer is printed on the page; None if the page cannot be read."""
        try:
            index = self._engine.index_of(self._session_id, page.document_id, page.page_index)
        except EngineError:
            return None
        return is_verbatim(text, index)

    def _page(self, truth: Row) -> Page:
        document = self._document(truth["file"])
        number = int(truth.get("page", 1))
        if number > len(document.pages):
            raise SessionError(
                "session.bad_page", name=document.name, pages=len(document.pages), page=number
            )
        return document.pages[number - 1]

    def _document(self, file: str) -> Document:
        if self._opened is None or self._opened[0] != file:
            self._engine.delete_session(self._session_id)
            self._session_id = self._engine.create_session()
            path = self._directory / file
            opened: Document | DocumentError
            try:
                opened = self._engine.add_document(self._session_id, path, name=path.name)
            except DocumentError as error:
                opened = error
            self._opened = (file, opened)
        found = self._opened[1]
        if isinstance(found, DocumentError):
            raise found
        return found


def _usage(usage: Usage, model_id: str) -> dict[str, Any]:
    return {
        "model_id": model_id,
        "completion_tokens": usage.completion_tokens,
        "tokens_per_second": round(usage.tokens_per_second, 3),
        "ttft_seconds": round(usage.ttft_seconds, 3),
        "load_seconds": round(usage.load_seconds, 3),
        "peak_memory_bytes": usage.peak_memory_bytes,
    }
