"""What a person sends, and what the screen shows then: plain values, free of Gradio."""

from dataclasses import dataclass, field

from engine import AskOptions
from engine.core.settings import PreprocessSettings
from ui.views import fields_view, page_view
from ui.views import messages as chat_messages
from ui.views.selection import Selection


@dataclass(frozen=True, slots=True)
class ScreenChange:
    """What the screen shows from now on. None leaves a part as it is.

    Attributes:
        session_id: the session that the browser belongs to.
        status: HTML of the status line.
        running: an answer is being written: Stop instead of Send.
        clear_question: the question was taken; the text box becomes empty.
        clear_area: the question about a region was taken; the next one is about everything.
        cut: the answer stopped at the limit of tokens; Continue is offered.
        form: the forms of fields (ui/views/fields_view.py).
        download: server path of a file that the browser should save.
        inside: the text in a box that was drawn.
        question_text: what stands in the text box from now on.
        area: the place that the next question is about, as ui/static/area.js takes it.
        task: the chosen task from now on.
        pins: (name, value) of the pages that may be chosen for the model
            (ui/views/settings_panel.py).
        unpin: no page is chosen any more.
        savable: there is something to save.
        suggested: questions that are offered above the text box.
        archive: the list of conversations (ui/actions/history.py).
        editing: the turn that the next question takes the place of; -1 for none.
    """

    session_id: str | None = None
    messages: list[chat_messages.Message] | None = None
    status: str | None = None
    view: page_view.View | None = None
    images: dict[str, str] | None = None
    running: bool | None = None
    clear_question: bool = False
    clear_area: bool = False
    cut: bool | None = None
    form: fields_view.View | None = None
    download: str | None = None
    inside: page_view.View | None = None
    question_text: str | None = None
    area: dict[str, object] | None = None
    task: str | None = None
    editing: int | None = None
    archive: dict[str, object] | None = None
    pins: tuple[tuple[str, str], ...] | None = None
    unpin: bool = False
    savable: bool | None = None
    suggested: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class UserInput:
    """What the person sends.

    Attributes:
        files: upload paths.
        area: the place that it is about.
        verbatim: only words printed on the page may be answered.
        replaces: the turn of an earlier question that this one takes the place of; what was said
            after it is forgotten.
        options: what is set for models that write.
        other: a model that answers too, for comparison.
        pages: (document_id, page_index) of the pages that alone are shown to the model; none
            chosen means all of them.
    """

    text: str
    files: tuple[str, ...]
    task: str
    model_id: str
    preprocess: PreprocessSettings
    area: Selection | None = None
    verbatim: bool = False
    replaces: int | None = None
    options: AskOptions = field(default_factory=AskOptions)
    other: str | None = None
    pages: tuple[tuple[str, int], ...] = ()
