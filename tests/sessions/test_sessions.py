"""Visitors and their conversations: kept, listed, searched, renamed, rewound and deleted."""

import gc
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, EngineError, Settings
from engine.core.errors import SessionError, StoreError
from engine.core.schema import Evidence, Finished, ImagePart, TextDelta
from engine.index.page_index import PageIndex
from engine.sessions.files import keep_file
from tests.fakes import FakeFamily, draw_page, save_page
from tests.keeping import Hands, clocked, files_below, loaded_index, said, talk


@pytest.fixture(autouse=True)
def no_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.chat.engine.build_index", loaded_index)


@pytest.fixture
def visitor(fake_engine: Engine) -> str:
    return fake_engine.create_visitor()


def has_byte_of_zebra(kept: Path) -> bool:
    """Whether what is kept on disk holds the word."""
    return b"zebra" in b"".join(path.read_bytes() for path in files_below(kept))


def all_is_written(engine: Engine) -> None:
    """Wait until what visitors' conversations have changed is on disk."""
    engine._sessions.archives.visitors.write_now(lambda _: None)


def test_ids_of_visitors_cannot_be_guessed_and_made_up_ones_are_refused(
    fake_engine: Engine,
) -> None:
    ids = {fake_engine.create_visitor() for _ in range(50)}
    assert len(ids) == 50
    assert min(map(len, ids)) >= 43  # 256 bits in base64
    for made_up in ("", "me"):
        with pytest.raises(SessionError):
            fake_engine.create_session(made_up)


def test_a_visitor_has_its_own_conversations_only(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:
    other = fake_engine.create_visitor()
    mine, theirs = talk(fake_engine, tmp_path, visitor, "?"), talk(fake_engine, tmp_path, other)
    nobodys = fake_engine.create_session()
    assert [one.session_id for one in fake_engine.conversations(visitor)] == [mine]
    assert fake_engine.owns(visitor, mine)
    for session_id in (theirs, nobodys, "guessed"):
        assert not fake_engine.owns(visitor, session_id)
    assert fake_engine.conversations(fake_engine.create_visitor()) == ()


def test_the_list_says_what_is_in_a_conversation_newest_first(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:
    first = talk(fake_engine, tmp_path, visitor, "Сколько всего?", "And the date?", name="чек.png")
    second = talk(fake_engine, tmp_path, visitor)
    unused = fake_engine.create_session(visitor)
    listed = fake_engine.conversations(visitor)
    assert [one.session_id for one in listed] == [second, first]
    assert unused not in [one.session_id for one in listed]
    assert (listed[1].documents, listed[1].questions) == (1, 2)
    assert (listed[1].first_question, listed[1].first_document) == ("Сколько всего?", "чек.png")
    assert (listed[0].title, listed[0].questions, listed[0].first_question) == ("", 0, "")
    assert listed[1].created_at <= listed[1].updated_at
    assert listed[1].updated_at.utcoffset() is not None
    fake_engine.ask(first, "Again?").answer()
    assert [one.session_id for one in fake_engine.conversations(visitor)] == [first, second]


@pytest.mark.parametrize(
    ("search", "found"),
    [("СЧЁТ", True), ("счет", True), ("ИТОГО", True), ("is 42", True), ("IS 42", True),
     ("отпуск", True), ("absent", False), ("%", False), ("  ", True)],
)  # fmt: skip
def test_search_looks_at_titles_names_and_what_was_said_in_any_case(
    fake_engine: Engine, visitor: str, tmp_path: Path, search: str, found: bool
) -> None:
    session_id = talk(fake_engine, tmp_path, visitor, "Сколько Итого?", name="Счёт.png")
    fake_engine.rename(session_id, "Отпуск")
    assert bool(fake_engine.conversations(visitor, search=search)) is found


def test_a_title_is_kept_as_one_short_line(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:
    session_id = talk(fake_engine, tmp_path, visitor)
    fake_engine.rename(session_id, " Trip\nto\x00 Rome \u202e" + "x" * 500)
    (listed,) = fake_engine.conversations(visitor)
    assert listed.title.startswith("Trip to Rome xxx")
    assert len(listed.title) == 200
    with pytest.raises(SessionError):
        fake_engine.rename("guessed", "?")


def test_a_conversation_comes_back_after_a_restart(fake_settings: Settings, tmp_path: Path) -> None:
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        place = Evidence("d", 0, (1.5, 2.0, 3.0, 4.25), "42", 0.75, (13, 15))
        FakeFamily.evidence = [place]
        session_id = talk(engine, tmp_path, visitor, "What is the total?")
        engine.store_record(session_id, "turns", '["shown"]')
        engine.store_for_visitor(visitor, "settings", '{"dark": true}')
        engine.rename(session_id, "Bill")
        before, documents = engine.history(session_id), engine.documents(session_id)
        pixels = documents[0].pages[0].load_image().tobytes()
        nobodys = engine.create_session()
    with Engine(fake_settings) as engine:
        assert engine.has_session(session_id)
        assert engine.owns(visitor, session_id)
        assert not engine.has_session(nobodys)
        assert engine.history(session_id) == before
        assert before[1].evidence == (place,)
        assert engine.documents(session_id) == documents
        assert engine.documents(session_id)[0].pages[0].load_image().tobytes() == pixels
        assert engine.stored_record(session_id, "turns") == '["shown"]'
        assert engine.stored_for_visitor(visitor, "settings") == '{"dark": true}'
        assert engine.conversations(visitor)[0].title == "Bill"
        # It goes on where it was: the page is known, and only the words are new.
        engine.ask(session_id, "And the date?").answer()
        assert len(FakeFamily.requests[-1].history) == 2
        assert not [p for p in engine.history(session_id)[2].parts if isinstance(p, ImagePart)]
    with Engine(fake_settings) as engine:
        assert said(engine, session_id)[2] == "And the date?"
        assert engine.lost_documents(session_id) == {}


def test_in_memory_nothing_is_written_to_disk(
    fake_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/scanchat")
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = talk(engine, tmp_path, visitor, "?")
        engine.store_record(session_id, "turns", "[]")
        assert engine.stored_record(session_id, "turns") == "[]"
        assert len(engine.conversations(visitor)) == 1
    assert not fake_settings.data_dir.exists()
    with Engine(fake_settings) as engine:
        assert not engine.has_session(session_id)


def test_without_a_visitor_nothing_is_written_to_disk(
    fake_settings: Settings, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        assert engine.ask(session_id, "?").answer().text
    assert not fake_settings.data_dir.exists()


def test_what_is_on_disk_is_this_users_alone(fake_settings: Settings, tmp_path: Path) -> None:
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        talk(engine, tmp_path, visitor, "?")
        engine.conversations(visitor)
        kept = fake_settings.data_dir / "conversations"
        for path in [kept, *files_below(kept, lambda path: True)]:
            expected = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == expected, path
        everything = b"".join(path.read_bytes() for path in files_below(kept))
        assert visitor.encode() not in everything


def test_one_file_in_two_conversations_has_two_names_and_deleting_is_deleting(
    fake_settings: Settings, tmp_path: Path
) -> None:
    pages = fake_settings.data_dir / "conversations" / "pages"
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        first = talk(engine, tmp_path, visitor, "?")
        second = talk(engine, tmp_path, visitor, "?")
        assert len({path.name for path in files_below(pages)}) == 2
        engine.delete_session(first)
        assert len(files_below(pages)) == 1
        page = engine.documents(second)[0].pages[0]
        assert page.load_image().size == page.size
        assert not engine.has_session(first)
    with Engine(fake_settings) as engine:
        assert not engine.has_session(first)
        assert engine.has_session(second)


def test_deleting_a_visitor_leaves_no_byte_of_theirs(
    fake_settings: Settings, tmp_path: Path
) -> None:
    kept = fake_settings.data_dir / "conversations"
    with Engine(fake_settings) as engine:
        visitor, other = engine.create_visitor(), engine.create_visitor()
        FakeFamily.script = ["The secret answer ", "zebra."]
        session_id = talk(engine, tmp_path, visitor, "zebra question?", name="zebra.png")
        engine.rename(session_id, "zebra title")
        engine.store_record(session_id, "turns", "zebra turns")
        engine.store_for_visitor(visitor, "settings", "zebra settings")
        FakeFamily.script = ["Fine."]
        theirs = talk(engine, tmp_path, other, "?")
        engine.conversations(visitor)
        assert has_byte_of_zebra(kept)
        engine.delete_visitor(visitor)
        assert not has_byte_of_zebra(kept)
        assert engine.conversations(visitor) == ()
        assert not engine.has_session(session_id)
        assert engine.stored_for_visitor(visitor, "settings") is None
        assert said(engine, theirs) == ["?", "Fine."]
        assert len(files_below(kept / "pages")) == 1


def test_a_deleted_conversation_is_forgotten_by_the_model_once_its_run_has_ended(
    fake_engine: Engine, visitor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int]] = []
    done = threading.Event()

    def forget(self: FakeFamily, conversation: str) -> None:
        told.append((conversation, FakeFamily.pieces_said))
        done.set()

    monkeypatch.setattr(FakeFamily, "forget", forget)
    session_id = talk(fake_engine, tmp_path, visitor)
    FakeFamily.gate = threading.Event()
    stream = fake_engine.ask(session_id, "?")
    events = iter(stream)
    assert any(isinstance(event, TextDelta) for event in events)
    fake_engine.delete_session(session_id)
    assert isinstance(list(events)[-1], Finished)
    assert done.wait(5)
    assert told == [(session_id, 1)]
    assert not fake_engine.has_session(session_id)


def test_a_lost_file_costs_its_own_document_only(fake_settings: Settings, tmp_path: Path) -> None:
    pages = fake_settings.data_dir / "conversations" / "pages"
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = talk(engine, tmp_path, visitor, "?", name="first.png")
        first = files_below(pages)[0]
        for name in ("second.png", "third.png"):
            path = save_page(tmp_path, name=name, text=name)
            engine.add_document(session_id, path, name=name)
        (second, third) = engine.documents(session_id)[1:]
        own = {one.document_id: one for one in engine._sessions.get(session_id).files.values()}
    first.unlink()
    damaged = pages / own[second.document_id].file
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1  # the same size, other content
    damaged.write_bytes(data)
    with Engine(fake_settings) as engine:
        documents = engine.documents(session_id)
        assert [one.name for one in documents] == ["first.png", "second.png", "third.png"]
        why = engine.lost_documents(session_id)
        assert "saved file of first.png is missing" in why[documents[0].document_id].text()
        assert set(why) == {documents[0].document_id}
        with pytest.raises(EngineError, match=r"saved file of second\.png"):
            documents[1].pages[0].load_image()
        assert engine.ask(session_id, "Still?").answer().text == "The total is 42."
        assert [page.document_id for page in FakeFamily.requests[-1].pages] == [third.document_id]
        with pytest.raises(EngineError, match=r"saved file of first\.png"):
            engine.ask(session_id, "?", pages=[(documents[0].document_id, 0)]).answer()
        assert said(engine, session_id)[:2] == ["?", "The total is 42."]


def test_rewinding_forgets_from_a_question_on_and_keeps_documents(
    fake_settings: Settings, tmp_path: Path
) -> None:
    with Engine(fake_settings) as engine:
        session_id = talk(engine, tmp_path, engine.create_visitor(), "One?", "Two?", "Three?")
        first = engine.history(session_id)[:2]
        engine.rewind(session_id, 5)
        assert len(engine.history(session_id)) == 6
        engine.rewind(session_id, 1)
        assert engine.history(session_id) == first
        engine.ask(session_id, "Other?").answer()
        assert FakeFamily.requests[-1].history == first
        with pytest.raises(ValueError, match="below 0"):
            engine.rewind(session_id, -1)
    with Engine(fake_settings) as engine:
        assert said(engine, session_id)[::2] == ["One?", "Other?"]
        engine.rewind(session_id, 0)
        assert engine.history(session_id) == ()
        assert len(engine.documents(session_id)) == 1


def test_rewinding_in_mid_answer_drops_it_and_the_next_question_may_be_asked_at_once(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:
    session_id = talk(fake_engine, tmp_path, visitor, "One?")
    FakeFamily.gate = threading.Event()
    old = fake_engine.ask(session_id, "Two?")
    events = iter(old)
    assert any(isinstance(event, TextDelta) for event in events)
    fake_engine.rewind(session_id, 1)
    new = fake_engine.ask(session_id, "Better?")
    assert list(events)[-1] == Finished("cancelled", "fake")
    FakeFamily.gate.set()
    assert new.answer().text == "The total is 42."
    assert said(fake_engine, session_id)[::2] == ["One?", "Better?"]


def test_records_have_a_limit_and_belong_to_their_conversation(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:
    session_id = talk(fake_engine, tmp_path, visitor)
    assert fake_engine.stored_record(session_id, "turns") is None
    fake_engine.store_record(session_id, "turns", "старое")
    fake_engine.store_record(session_id, "turns", "новое")
    assert fake_engine.stored_record(session_id, "turns") == "новое"
    with pytest.raises(StoreError, match="8000000"):
        fake_engine.store_record(session_id, "turns", "x" * 8_000_001)
    with pytest.raises(StoreError, match="64000"):
        fake_engine.store_for_visitor(visitor, "settings", "ы" * 32_001)
    with pytest.raises(SessionError):
        fake_engine.store_record("guessed", "turns", "")
    assert fake_engine.stored_record(session_id, "turns") == "новое"
    fake_engine.new_chat(session_id)
    assert fake_engine.stored_record(session_id, "turns") is None


def test_an_idle_conversation_leaves_the_memory_and_comes_back(
    fake_settings: Settings, tmp_path: Path
) -> None:
    hands = Hands()
    with clocked(fake_settings, hands) as engine:
        sleepy = talk(engine, tmp_path, engine.create_visitor(), "?")
        document = engine.documents(sleepy)[0]
        hands.pass_by(3000)
        busy = talk(engine, tmp_path, engine.create_visitor(), "?")
        engine.conversations(engine.create_visitor())  # all is written by now
        hands.pass_by(3000)
        engine._sessions.put_to_sleep([])
        assert set(engine._sessions._lifecycle._awake) == {busy}
        assert engine.has_session(sleepy)
        assert said(engine, sleepy) == ["?", "The total is 42."]
        assert engine.documents(sleepy) == (document,)
        assert engine.index_of(sleepy, document.document_id, 0).width == document.pages[0].width


def test_one_file_twice_in_a_conversation_is_two_documents(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:

    session_id = talk(fake_engine, tmp_path, visitor)
    draw_page([("Total 42.00", 40, 60)])[0].save(tmp_path / "drawn.png")
    fake_engine.add_document(session_id, tmp_path / "drawn.png", name="again.png")
    first, second = fake_engine.documents(session_id)
    assert first.document_id != second.document_id
    assert first.pages[0].load_image().tobytes() == second.pages[0].load_image().tobytes()


def test_a_deleted_conversation_leaves_no_byte_and_the_visitors_others_stay(
    fake_settings: Settings, tmp_path: Path
) -> None:
    kept = fake_settings.data_dir / "conversations"
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        for forget in (engine.delete_session, engine.new_chat):
            FakeFamily.script = ["zebra answer"]
            gone = talk(engine, tmp_path, visitor, "zebra question?", name="zebra.png")
            engine.rename(gone, "zebra title")
            engine.store_record(gone, "turns", "zebra turns")
            FakeFamily.script = ["Fine."]
            stays = talk(engine, tmp_path, visitor, "?")
            assert {one.session_id for one in engine.conversations(visitor)} >= {gone, stays}
            files = len(files_below(kept / "pages"))
            forget(gone)
            all_is_written(engine)
            assert not has_byte_of_zebra(kept)
            assert next(iter(engine.conversations(visitor))).session_id == stays
            assert len(files_below(kept / "pages")) == files - 1
            assert said(engine, stays) == ["?", "Fine."]


def indexes_in_memory(document_id: str) -> int:
    gc.collect()
    objects = gc.get_objects()
    return sum(isinstance(one, PageIndex) and one.document_id == document_id for one in objects)


@pytest.mark.parametrize("how", ["delete_session", "new_chat", "delete_visitor"])
def test_what_was_read_from_a_deleted_page_leaves_the_memory_and_the_models(
    fake_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr(FakeFamily, "forget", lambda _, conversation: told.append(conversation))
    visitor = fake_engine.create_visitor()
    gone, stays = (
        talk(fake_engine, tmp_path, who, "?") for who in (visitor, fake_engine.create_visitor())
    )
    (left,), (kept,) = (
        [one.document_id for one in fake_engine.documents(session)] for session in (gone, stays)
    )
    fake_engine.index_of(gone, left, 0)
    fake_engine.index_of(stays, kept, 0)
    assert indexes_in_memory(left) == 1
    getattr(fake_engine, how)(visitor if how == "delete_visitor" else gone)
    assert (indexes_in_memory(left), indexes_in_memory(kept)) == (0, 1)
    until = time.monotonic() + 20
    while not told and time.monotonic() < until:
        time.sleep(0.01)
    assert told == [gone]


def test_a_new_chat_has_no_title(fake_engine: Engine, visitor: str, tmp_path: Path) -> None:
    session_id = talk(fake_engine, tmp_path, visitor, "?")
    fake_engine.rename(session_id, "Old title")
    fake_engine.new_chat(session_id)
    fake_engine.ask(talk(fake_engine, tmp_path, visitor), "?").answer()
    fake_engine.add_document(session_id, save_page(tmp_path), name="new.png")
    titles = {one.session_id: one.title for one in fake_engine.conversations(visitor)}
    assert titles[session_id] == ""


def test_a_deleted_conversation_without_a_file_leaves_no_byte(
    fake_settings: Settings, tmp_path: Path
) -> None:
    kept = fake_settings.data_dir / "conversations"
    with Engine(fake_settings) as engine:
        visitor = engine.create_visitor()
        session_id = engine.create_session(visitor)
        engine.add_turn(session_id, "zebra?", "zebra")
        assert len(engine.conversations(visitor)) == 1
        engine.delete_session(session_id)
        all_is_written(engine)
        assert not has_byte_of_zebra(kept)


def test_a_file_that_came_while_its_conversation_was_deleted_is_not_kept(
    fake_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = fake_settings.data_dir / "conversations" / "pages"
    with Engine(fake_settings) as engine:
        session_id = engine.create_session(engine.create_visitor())

        def slowly(*given: Any) -> Any:
            kept = keep_file(*given)
            assert len(files_below(pages)) == 1
            engine.delete_session(session_id)
            return kept

        monkeypatch.setattr("engine.sessions.registry.keep_file", slowly)
        with pytest.raises(SessionError):
            engine.add_document(session_id, save_page(tmp_path), name="late.png")
        assert files_below(pages) == []


def test_the_files_of_those_who_keep_nothing_go_with_the_engine(
    fake_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with Engine(fake_settings) as engine:
        engine.add_document(engine.create_session(), save_page(tmp_path), name="page.png")
        assert len(files_below(temporary)) == 1
    assert list(temporary.iterdir()) == []


def test_an_answer_to_a_visitor_who_deletes_everything_is_ended(
    fake_engine: Engine, visitor: str, tmp_path: Path
) -> None:
    session_id = talk(fake_engine, tmp_path, visitor)
    FakeFamily.gate = threading.Event()
    events = iter(fake_engine.ask(session_id, "?"))
    assert any(isinstance(event, TextDelta) for event in events)
    fake_engine.delete_visitor(visitor)
    late = threading.Timer(10, FakeFamily.gate.set)
    late.start()
    assert list(events)[-1] == Finished("cancelled", "fake")
    late.cancel()
    assert FakeFamily.pieces_said == 1
