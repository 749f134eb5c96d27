"""Validation of a request to a session: a Question that can be answered, or an error."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.chat.options import AskOptions
from engine.chat.page_selection import pages_asked_about
from engine.chat.runner import Question
from engine.core.errors import ModelError, SessionError
from engine.core.geometry import clip
from engine.core.prompts import get_task
from engine.core.schema import BBox, Document, ImagePart, Message, Notice, Page, Part, TextPart
from engine.core.settings import PreprocessSettings
from engine.models.manager import ModelManager
from engine.sessions.session import Session


@dataclass(frozen=True, slots=True)
class AskRequest:
    """The arguments of Engine.ask, with the defaults for model and preprocessing filled in."""

    model_id: str
    task: str
    question: str
    steps: PreprocessSettings
    language: str
    pages: Sequence[tuple[str, int]] | None = None
    verbatim: bool = False
    bbox: BBox | None = None
    resume: bool = False
    remember: bool = True
    options: AskOptions = field(default_factory=AskOptions)


def validate(request: AskRequest, session: Session, models: ModelManager) -> Question:
    """Validate a request and return its question, with the pages and the conversation it is about.

    Documents whose files are lost are left out, unless the request names their pages.

    Raises:
        EngineError: the task or model is unknown, the model cannot do it, or not verbatim; the
            question is empty, there is no such page, its file is lost, or there is no page at all.
    """
    task = get_task(request.task)
    if task.id not in models.tasks(request.model_id):
        raise ModelError(
            "model.task_unsupported",
            model_id=request.model_id,
            task=task.id,
            supported=", ".join(sorted(models.tasks(request.model_id))),
        )
    if task.needs_question and not request.question.strip():
        raise SessionError("session.no_question")
    is_free = not models.adapter(request.model_id).is_verbatim
    if request.verbatim and task.output == "layout" and is_free:
        raise SessionError("session.no_verbatim_layout", model_id=request.model_id)
    with session.lock:
        documents = session.usable()
        history = tuple(session.messages)
        notices: tuple[Notice, ...] = ()
        if request.pages is None:
            asked = [message.text for message in history if message.role == "user"]
            words = request.question if task.needs_question else ""
            chosen, notices = _named(words, asked, documents)
        else:
            chosen = tuple(session.page(*pair) for pair in request.pages)
        # Named pages of a lost file, or a session of lost files only.
        about = {page.document_id for page in chosen} or set(session.lost)
        lost = [why for document_id, why in session.lost.items() if document_id in about]
    if lost:
        raise lost[0]
    if not chosen:
        raise SessionError("session.no_pages")
    question = Question(
        conversation=session.session_id,
        model_id=request.model_id,
        task=task,
        text=request.question.strip() if task.needs_question else "",
        history=history,
        documents=documents,
        pages=chosen,
        verbatim=request.verbatim,
        steps=request.steps,
        language=request.language,
        options=request.options,
        notices=notices,
    )
    if request.resume:
        question = replace(question, resume=True, history=_before_last(question))
    if request.bbox is not None:
        question = replace(question, bbox=_drawn(request.bbox, question.pages))
    return question if request.remember else replace(question, history=())


def _named(
    words: str, earlier: Sequence[str], documents: tuple[Document, ...]
) -> tuple[tuple[Page, ...], tuple[Notice, ...]]:
    """The pages that a question, or the one that it follows, names, and the notices about them."""
    pointed = pages_asked_about(words, earlier, documents)
    pages = tuple(page for document in documents for page in document.pages)
    notices = []
    if pointed.missing is not None:
        notices.append(Notice("notice.no_such_page", {"page": pointed.missing}))
    if pointed.pages is not None:
        pages = tuple(p for p in pages if (p.document_id, p.page_index) in pointed.pages)
        names = {document.document_id: document.name for document in documents}
        numbers: dict[str, list[str]] = {}
        for page in pages:
            numbers.setdefault(page.document_id, []).append(str(page.page_index + 1))
        listed = "; ".join(f"{names[key]}: {', '.join(found)}" for key, found in numbers.items())
        notices.append(Notice("notice.pages_asked", {"pages": listed}))
    return pages, tuple(notices)


def _before_last(question: Question) -> tuple[Message, ...]:
    """The conversation before this question was first asked.

    Raises:
        SessionError: the last answer is not one to this question.
    """
    history = question.history
    asked = user_message(question).text
    if len(history) < 2 or history[-1].role != "assistant" or history[-2].text != asked:
        raise SessionError("session.nothing_to_continue")
    return history[:-2]


def _drawn(bbox: BBox, pages: tuple[Page, ...]) -> BBox:
    """A drawn box, clipped to the page.

    Raises:
        GeometryError: no part of it lies on the page.
        SessionError: it is not clear which page it refers to.
    """
    if len(pages) != 1:
        raise SessionError("session.one_page_for_a_box", pages=len(pages))
    return clip(bbox, page_size=pages[0].size)


def user_message(question: Question) -> Message:
    """The user's message: the pages it shows for the first time, then the words."""
    shown = {
        (part.document_id, part.page_index)
        for message in question.history
        for part in message.parts
        if isinstance(part, ImagePart)
    }
    images: list[Part] = [
        ImagePart(page.document_id, page.page_index)
        for page in question.pages
        if (page.document_id, page.page_index) not in shown
    ]
    return Message("user", (*images, TextPart(question.text or question.task.title.en)))
