"""The engine's sessions, checks and history, on FakeFamily."""

import inspect
import tempfile
import threading
import time
from pathlib import Path

import pytest

from engine import AskOptions, Engine, EngineError, Settings
from engine.core.errors import GeometryError, SessionError
from engine.core.schema import ImagePart, TextDelta, TextPart
from engine.core.settings import SessionSettings
from tests.fakes import FakeFamily, draw_page, save_page


def with_page(engine: Engine, tmp_path: Path, name: str = "page.png") -> str:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path, name=name), name=name)
    return session_id


METHODS = {
    name: method
    for name, method in vars(Engine).items()
    if inspect.isfunction(method) and not name.startswith("_")
}
DELEGATED = {name: method for name, method in METHODS.items() if hasattr(method, "__wrapped__")}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_the_engine_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(METHODS[name])


@pytest.mark.parametrize("name", DELEGATED)
def test_a_delegated_method_is_one_of_the_part_that_it_calls(
    fake_engine: Engine, name: str
) -> None:
    method = DELEGATED[name]
    part = getattr(fake_engine, inspect.getclosurevars(method).nonlocals["part"])
    assert getattr(type(part), method.__name__) is method.__wrapped__
    assert inspect.signature(method) == inspect.signature(method.__wrapped__)


def test_the_history_holds_pages_once_and_the_words_of_both(
    fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    document = fake_engine.documents(session_id)[0]
    fake_engine.ask(session_id, "What is the total?").answer()
    fake_engine.ask(session_id, "And the date?").answer()
    history = fake_engine.history(session_id)
    assert [message.role for message in history] == ["user", "assistant"] * 2
    assert history[0].parts == (
        ImagePart(document.document_id, 0),
        TextPart("What is the total?"),
    )
    assert history[2].parts == (TextPart("And the date?"),)
    assert history[3].text == "The total is 42."


def test_the_model_is_given_the_earlier_turns(fake_engine: Engine, tmp_path: Path) -> None:
    session_id = with_page(fake_engine, tmp_path)
    fake_engine.ask(session_id, "What is the total?").answer()
    fake_engine.ask(session_id, "And the date?").answer()
    assert [message.text for message in FakeFamily.requests[1].history] == [
        "What is the total?",
        "The total is 42.",
    ]


def test_a_turn_that_was_said_elsewhere_is_one_of_the_conversation(
    fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    document = fake_engine.documents(session_id)[0]
    page = (document.document_id, 0)
    fake_engine.add_turn(session_id, "What is this?", "A receipt.", [page])
    fake_engine.ask(session_id, "And the total?").answer()
    (request,) = FakeFamily.requests
    assert [(turn.role, turn.text) for turn in request.history] == [
        ("user", "What is this?"),
        ("assistant", "A receipt."),
    ]
    assert request.history[0].parts[0] == ImagePart(*page)
    fake_engine.rewind(session_id, 1)
    assert [turn.text for turn in fake_engine.history(session_id)] == [
        "What is this?",
        "A receipt.",
    ]


def test_a_turn_about_a_page_that_is_not_there_or_during_an_answer_is_refused(
    fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    document = fake_engine.documents(session_id)[0]
    with pytest.raises(SessionError, match="there is no page 3"):
        fake_engine.add_turn(session_id, "?", "!", [(document.document_id, 2)])
    FakeFamily.gate = threading.Event()
    stream = fake_engine.ask(session_id, "What is the total?")
    with pytest.raises(SessionError, match="still being written"):
        fake_engine.add_turn(session_id, "?", "!")
    FakeFamily.gate.set()
    stream.answer()
    assert len(fake_engine.history(session_id)) == 2


def test_a_session_sees_its_own_documents_and_history_only(
    fake_engine: Engine, tmp_path: Path
) -> None:
    mine, other = with_page(fake_engine, tmp_path), fake_engine.create_session()
    fake_engine.ask(mine, "?").answer()
    assert fake_engine.documents(other) == ()
    assert fake_engine.history(other) == ()
    document_id = fake_engine.documents(mine)[0].document_id
    with pytest.raises(EngineError, match="not part of this session"):
        fake_engine.ask(other, "?", pages=[(document_id, 0)]).answer()


@pytest.mark.parametrize(
    ("question", "options", "sentence"),
    [
        ("   ", {}, "question is empty"),
        ("?", {"model_id": "nope"}, "not a known model id"),
        ("?", {"task": "nope"}, "not a known task"),
        ("?", {"task": "layout"}, "cannot do the task layout"),
    ],
)
def test_a_bad_call_ends_in_one_sentence_and_the_session_goes_on(
    fake_engine: Engine, tmp_path: Path, question: str, options: dict[str, str], sentence: str
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    with pytest.raises(EngineError, match=sentence):
        fake_engine.ask(session_id, question, **options).answer()  # type: ignore[arg-type]
    assert fake_engine.ask(session_id, "?").answer().text == "The total is 42."


def test_pinned_pages_hide_the_images_of_other_pages_and_keep_the_words(
    fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    fake_engine.add_document(session_id, save_page(tmp_path, name="other.png"), name="other.png")
    first, second = ((one.document_id, 0) for one in fake_engine.documents(session_id))

    def shown(options: AskOptions, *pages: tuple[str, int]) -> list[tuple[str, ...]]:
        """What each earlier turn is made of, as the model gets it."""
        fake_engine.ask(session_id, "?", pages=pages, options=options).answer()
        return [
            tuple(part.text if isinstance(part, TextPart) else part.document_id for part in parts)
            for parts in (message.parts for message in FakeFamily.requests[-1].history)
        ]

    answer = ("The total is 42.",)
    assert shown(AskOptions(), first) == []
    pinned = AskOptions(only_pages=True)
    assert shown(pinned, second) == [("?",), answer]
    assert shown(pinned, first) == [(first[0], "?"), answer, ("?",), answer]
    # Only from one question: what the conversation is made of stays as it is.
    whole = [(first[0], "?"), answer, (second[0], "?"), answer, ("?",), answer]
    assert shown(AskOptions(), first) == whole
    assert [len(message.parts) for message in fake_engine.history(session_id)[:4]] == [2, 1, 2, 1]


def test_asking_without_a_scan_says_what_to_do(fake_engine: Engine) -> None:
    with pytest.raises(EngineError, match="Drop an image or a PDF"):
        fake_engine.ask(fake_engine.create_session(), "?").answer()


def test_an_unknown_session_is_refused(fake_engine: Engine) -> None:
    with pytest.raises(EngineError, match="no longer exists"):
        fake_engine.ask("guessed", "?").answer()
    with pytest.raises(EngineError, match="no longer exists"):
        fake_engine.history("guessed")


def test_session_ids_cannot_be_guessed(fake_engine: Engine) -> None:
    ids = {fake_engine.create_session() for _ in range(50)}
    assert len(ids) == 50
    assert min(map(len, ids)) >= 43  # 256 bits in base64


def test_the_session_keeps_its_own_copy_of_a_file(fake_engine: Engine, tmp_path: Path) -> None:
    path = save_page(tmp_path)
    session_id = fake_engine.create_session()
    document = fake_engine.add_document(session_id, path, name="page.png")
    path.unlink()
    assert document.pages[0].load_image().size == document.pages[0].size


def files_below(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where engines made by the test keep the files of their sessions."""
    directory = tmp_path / "kept"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def test_new_chat_and_delete_remove_the_files(
    kept: Path, fake_settings: Settings, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        session_id = with_page(engine, tmp_path)
        engine.ask(session_id, "?").answer()
        assert len(files_below(kept)) == 1
        engine.new_chat(session_id)
        assert engine.documents(session_id) == ()
        assert engine.history(session_id) == ()
        assert files_below(kept) == []
        engine.delete_session(session_id)
        assert not engine.has_session(session_id)


def test_an_idle_session_is_deleted_with_its_files(
    kept: Path, fake_settings: Settings, tmp_path: Path
) -> None:
    soon = fake_settings.model_copy(
        update={"sessions": SessionSettings(ttl_minutes=0.001)}  # 60 ms
    )
    with Engine(soon) as engine:
        session_id = with_page(engine, tmp_path)
        time.sleep(0.1)
        engine.delete_idle_sessions()
        assert not engine.has_session(session_id)
        assert files_below(kept) == []


def test_a_broken_file_leaves_the_session_as_it_was(fake_engine: Engine, tmp_path: Path) -> None:
    session_id = with_page(fake_engine, tmp_path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(EngineError, match=r"broken\.png"):
        fake_engine.add_document(session_id, broken, name="broken.png")
    assert len(fake_engine.documents(session_id)) == 1
    assert fake_engine.ask(session_id, "?").answer().text == "The total is 42."


def test_too_many_documents_are_refused(fake_engine: Engine, tmp_path: Path) -> None:
    session_id = fake_engine.create_session()
    limit = fake_engine.settings.limits.max_documents_per_session
    path = save_page(tmp_path)
    for _ in range(limit):
        fake_engine.add_document(session_id, path, name="page.png")
    with pytest.raises(EngineError, match=f"already has {limit} documents"):
        fake_engine.add_document(session_id, path, name="page.png")


def test_closing_the_engine_leaves_nothing_behind(
    kept: Path, fake_settings: Settings, tmp_path: Path
) -> None:
    engine = Engine(fake_settings)
    with_page(engine, tmp_path)
    assert files_below(kept)
    engine.close()
    assert list(kept.iterdir()) == []


def test_only_the_pages_asked_for_reach_the_model(fake_engine: Engine, tmp_path: Path) -> None:
    session_id = with_page(fake_engine, tmp_path)
    fake_engine.add_document(session_id, save_page(tmp_path), name="second.png")
    second = fake_engine.documents(session_id)[1]
    fake_engine.ask(session_id, "?", pages=[(second.document_id, 0)]).answer()
    assert [page.document_id for page in FakeFamily.requests[-1].pages] == [second.document_id]
    with pytest.raises(EngineError, match="no page 2"):
        fake_engine.ask(session_id, "?", pages=[(second.document_id, 1)]).answer()


def test_going_on_with_an_answer_replaces_it_and_needs_the_same_question(
    fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    fake_engine.ask(session_id, "What is the total?").answer()
    fake_engine.ask(session_id, "And the date?").answer()
    FakeFamily.script = ["The total is 42. It was paid."]
    for question in ("What is the total?", "Something else?"):
        with pytest.raises(EngineError, match="no answer to continue"):
            fake_engine.ask(session_id, question, resume=True).answer()
    assert fake_engine.ask(session_id, "And the date?", resume=True).answer().text
    assert FakeFamily.requests[-1].resume
    assert len(FakeFamily.requests[-1].history) == 2
    assert [message.text for message in fake_engine.history(session_id)][2:] == [
        "And the date?",
        "The total is 42. It was paid.",
    ]


def test_a_drawn_box_lies_on_the_one_page_that_is_asked_about(
    fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    with pytest.raises(EngineError, match="lies outside the page"):
        fake_engine.ask(session_id, "?", bbox=(5000, 1, 5001, 2)).answer()
    with_second = save_page(tmp_path, name="second.png")
    fake_engine.add_document(session_id, with_second, name="second.png")
    with pytest.raises(EngineError, match="2 are chosen"):
        fake_engine.ask(session_id, "?", bbox=(1, 1, 9, 9)).answer()


def test_the_words_in_a_box_are_read_from_its_page(fake_engine: Engine, tmp_path: Path) -> None:
    picture, lines = draw_page([("Subtotal 42.00", 40, 60), ("Total 50.40", 40, 160)])
    picture.save(tmp_path / "a.png")
    session_id = fake_engine.create_session()
    document = fake_engine.add_document(session_id, tmp_path / "a.png", name="a.png")
    left, top, right, bottom = lines[1].words[1].bbox
    around = (left - 4, top - 4, right + 4, bottom + 4)
    assert fake_engine.text_in(session_id, document.document_id, 0, around) == "50.40"
    whole = fake_engine.text_in(session_id, document.document_id, 0, (-50, -50, 5000, 5000))
    assert whole.split() == ["Subtotal", "42.00", "Total", "50.40"]
    with pytest.raises(GeometryError):
        fake_engine.text_in(session_id, document.document_id, 0, (5000, 0, 5001, 9))
    for document_id, page_index in (("another", 0), (document.document_id, 7)):
        with pytest.raises(SessionError):
            fake_engine.text_in(session_id, document_id, page_index, around)


def test_every_answer_is_stopped_before_a_server_is_closed(
    fake_engine: Engine, tmp_path: Path
) -> None:
    assert fake_engine.stop_all(), "nothing is being written"
    FakeFamily.gate = threading.Event()  # answers stop after their first piece
    streams = [
        fake_engine.ask(with_page(fake_engine, tmp_path, f"{number}.png"), "What is the total?")
        for number in range(2)
    ]
    # One model answers one question at a time: the second waits.
    next(event for event in streams[0] if isinstance(event, TextDelta))
    assert fake_engine.stop_all(wait_seconds=10)
    assert [stream.transcript.finish_reason for stream in streams] == ["cancelled"] * 2
    assert [stream.transcript.text for stream in streams] == ["The total ", ""]
