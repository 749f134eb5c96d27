"""The user's input and the resulting change of the screen, as plain values without Gradio."""

from dataclasses import dataclass, field

from engine import AskOptions
from engine.core.settings import PreprocessSettings
from ui.views import fields_view, page_view
from ui.views import messages as chat_messages
from ui.views.selection import Selection


@dataclass(frozen=True, slots=True)
class ScreenChange:
    """What the screen shows from now on. None leaves a part unchanged.

    Attributes:
        session_id: the browser's key (ui/state/screen_state.py).
        status: HTML of the status line.
        view: the page viewer's value (ui/views/page_view.py).
        images: "document/page" -> server path of the page's picture, "" if it failed.
        running: an answer is running: Stop is enabled, Send is not.
        clear_question: the question was accepted; the text box becomes empty.
        clear_area: the selected region was used; the next question is about everything.
        cut: the answer stopped at the limit of tokens; Continue is offered.
        form: the forms of fields (ui/views/fields_view.py).
        download: server path of a file that the browser should save.
        inside: the text in a box that the user drew.
        locked: the placeholder of the box for a PDF's password; "" hides the box.
        sources: the words of a page by their source.
        question_text: the new content of the text box.
        area: the region that the next question is about, as ui/static/area.js takes it.
        task: the id of the chosen task.
        pins: (name, value) of the pages that can be chosen for the model
            (ui/views/settings_panel.py).
        unpin: clear the choice of pages.
        savable: the conversation has something to save.
        suggested: questions to offer above the text box.
        archive: the list of conversations (ui/actions/history.py).
        editing: the turn that the next question replaces; -1 for none.
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
    locked: str | None = None
    sources: page_view.View | None = None
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
    """A question that the user sends, with its settings.

    Attributes:
        files: upload paths.
        area: the region that the question is about.
        verbatim: the answer may only contain words printed on the page.
        replaces: the turn of an earlier question that this one replaces; it and all later turns
            are deleted.
        options: options of generative models.
        other: a second model that answers, too, for comparison.
        pages: (document_id, page_index) of the only pages that the model is shown; empty means
            all.
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
