import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine import Settings
from tests.documents.pdf_writing import PdfFile
from tests.ui.conftest import draw, question, words
from tests.ui.fake_engine import ANSWER, FakeEngine
from ui.actions.conversation import ConversationActions
from ui.state.change import ScreenChange
from ui.views import settings_panel
from ui.views.escaping import escaped


def run(changes: AsyncIterator[ScreenChange]) -> list[ScreenChange]:
    async def collect() -> list[ScreenChange]:
        return [change async for change in changes]

    return asyncio.run(collect())


def last(changes: list[ScreenChange], name: str) -> object:
    return next(
        value for change in reversed(changes) if (value := getattr(change, name)) is not None
    )


def chat(changes: list[ScreenChange]) -> list[str]:
    """What is said, without the marks of answers."""
    return [
        re.sub(r'<span class="sc-held">(.*?)<button[^>]*></button></span>', r"\1", item)
        for item in raw(changes)
    ]


def raw(changes: list[ScreenChange]) -> list[str]:
    return [words(item["content"][0]["text"]) for item in last(changes, "messages")]


def test_a_browser_gets_a_session_of_its_own(talk: ConversationActions) -> None:
    first, second = talk.start("en"), talk.start("en")
    assert first.session_id
    assert first.session_id != second.session_id
    assert first.messages == []


def test_dropping_files_opens_them_and_shows_page_one(talk: ConversationActions, scan: str) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.attach(session_id, [scan], "en"))
    assert "Opening" in changes[0].status
    assert chat(changes) == ['<span class="sc-note">scan.png is open: 1 page.</span>']
    view, images = last(changes, "view"), last(changes, "images")
    page = view["pages"][0]
    assert (page["name"], page["width"], page["height"]) == ("scan.png", 800, 1100)
    assert view["jump"]["page"] == 0
    picture = Path(images[f"{page['document']}/0"])
    assert picture.stat().st_size < 200_000


def test_an_answer_streams_and_brings_the_viewer_to_its_place(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question(files=(scan,)), "en"))
    assert changes[0].running is True
    assert changes[0].clear_question
    assert changes[-1].running is False
    asked, answer = chat(changes)
    assert "scan.png · 1 page" in asked
    assert answer == escaped(ANSWER)
    view = last(changes, "view")
    assert view["evidence"][0]["bbox"] == [400.0, 660.0, 640.0, 704.0]
    assert view["jump"]["evidence"] is True
    assert engine.asked == [{"question": "What is the total?", "task": "question",
                             "preprocess": question().preprocess}]  # fmt: skip


def test_steps_are_shown_at_once(settings: Settings, scan: str) -> None:
    talk = ConversationActions(FakeEngine(settings, pause=0.06))
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question(files=(scan,)), "en"))
    lines = [change.status for change in changes if change.status]
    assert any("Reading page 1 of 1" in line for line in lines)
    texts = [chat([change])[-1] for change in changes if change.messages]
    assert len(set(texts)) > 3, "the answer grows"


def test_a_file_that_comes_twice_is_opened_once(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    session_id = talk.start("en").session_id
    run(talk.attach(session_id, [scan], "en"))
    changes = run(talk.ask(session_id, question(files=(scan,)), "en"))
    assert len(engine.documents(session_id)) == 1
    assert len(last(changes, "view")["pages"]) == 1


def test_a_question_sent_while_its_file_is_being_opened_waits_for_it(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    session_id = talk.start("en").session_id

    async def both() -> list[ScreenChange]:
        async def attach() -> None:
            async for _ in talk.attach(session_id, [scan], "en"):
                pass

        dropping = asyncio.create_task(attach())
        await asyncio.sleep(0)
        changes = [change async for change in talk.ask(session_id, question(files=(scan,)), "en")]
        await dropping
        return changes

    assert chat(asyncio.run(both()))[-1] == escaped(ANSWER)
    assert len(engine.documents(session_id)) == 1


def test_a_bad_file_among_several_is_told_and_the_others_are_kept(
    talk: ConversationActions, tmp_path: Path, scan: str
) -> None:
    bad = tmp_path / "<b>bad.png"
    bad.write_bytes(b"not an image")
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question(files=(str(bad), scan)), "en"))
    asked, problem, answer = chat(changes)
    assert "scan.png" in asked
    assert "sc-problem" in problem
    assert "<b>" not in problem
    assert answer == escaped(ANSWER)


def test_a_question_with_only_bad_files_is_not_asked_and_the_session_goes_on(
    talk: ConversationActions, engine: FakeEngine, tmp_path: Path, scan: str
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question(files=(str(bad),)), "en"))
    assert "sc-problem" in chat(changes)[-1]
    assert changes[-1].running is False
    assert engine.asked == []
    assert chat(run(talk.ask(session_id, question(files=(scan,)), "en")))[-1] == escaped(ANSWER)


def test_a_bad_file_that_is_dropped_and_sent_is_told_once(
    talk: ConversationActions, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")
    session_id = talk.start("en").session_id
    run(talk.attach(session_id, [str(bad)], "en"))
    changes = run(talk.ask(session_id, question(files=(str(bad),)), "en"))
    assert len([text for text in chat(changes) if "sc-problem" in text]) == 1


def test_a_failure_is_one_sentence_and_the_session_goes_on(
    talk: ConversationActions, scan: str
) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question("fail", (scan,)), "en"))
    assert "sc-problem" in chat(changes)[-1]
    assert "failed" in last(changes, "status")
    assert chat(run(talk.ask(session_id, question(), "en")))[-1] == escaped(ANSWER)


def test_an_unexpected_error_while_opening_shows_no_details(
    talk: ConversationActions, engine: FakeEngine, scan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(engine, "add_document", broken)
    changes = run(talk.attach(talk.start("en").session_id, [scan], "en"))
    assert "RuntimeError" in chat(changes)[0]
    assert "secret" not in chat(changes)[0]


def test_sending_nothing_says_what_to_do(talk: ConversationActions, engine: FakeEngine) -> None:
    changes = run(talk.ask(talk.start("en").session_id, question("  "), "en"))
    assert "Drop a scan" in chat(changes)[-1]
    assert changes[-1].running is False
    assert engine.asked == []


def test_layout_fills_the_viewer_with_regions(talk: ConversationActions, scan: str) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question("", (scan,), task="layout"), "en"))
    regions = last(changes, "view")["regions"]
    assert [region["category"] for region in regions] == ["Title", "Text", "Table", "Page-footer"]
    assert chat(changes)[0].endswith("Layout")
    assert "4 regions found" in chat(changes)[-1]


def test_downloads_of_the_layout(talk: ConversationActions, engine: FakeEngine, scan: str) -> None:
    session_id = talk.start("en").session_id
    run(talk.ask(session_id, question("", (scan,), task="layout"), "en"))
    document = engine.documents(session_id)[0].document_id
    picture = asyncio.run(talk.export(session_id, "png", document, 0, "ru")).download
    data = asyncio.run(talk.export(session_id, "json", document, 0, "ru")).download
    assert Path(picture).name == "scan-1.png"
    assert '"category": "Table"' in Path(data).read_text(encoding="utf-8")
    assert asyncio.run(talk.export(session_id, "json", "another", 0, "en")).download is None


def test_a_second_question_is_told_to_wait(settings: Settings, scan: str) -> None:
    engine = FakeEngine(settings, pause=0.02)
    talk = ConversationActions(engine)
    session_id = talk.start("en").session_id

    async def both() -> tuple[list[ScreenChange], list[ScreenChange]]:
        first = asyncio.create_task(_collect(talk.ask(session_id, question(files=(scan,)), "en")))
        while not engine.asked:
            await asyncio.sleep(0.01)
        return await _collect(talk.ask(session_id, question("two"), "en")), await first

    second, first = asyncio.run(both())
    assert len(second) == 1
    assert "Stop" in second[0].status
    assert not second[0].clear_question, "what was typed stays"
    assert len(engine.asked) == 1
    assert chat(first)[-1] == escaped(ANSWER)


async def _collect(changes: AsyncIterator[ScreenChange]) -> list[ScreenChange]:
    return [change async for change in changes]


def test_a_cut_answer_is_gone_on_with_and_replaced_by_the_whole(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question("cut", (scan,)), "en"))
    assert last(changes, "cut") is True
    assert escaped(ANSWER[:4]) in chat(changes)
    before = len(chat(changes))
    changes = run(talk.go_on(session_id, "en"))
    assert engine.asked[-1]["question"] == "cut"
    assert engine.asked[-1]["resume"] is True
    assert last(changes, "cut") is False
    assert escaped(ANSWER) in chat(changes)
    assert escaped(ANSWER[:4]) not in chat(changes)
    assert len(chat(changes)) <= before
    # A whole answer has nothing to go on with.
    assert run(talk.go_on(session_id, "en")) == []


def test_stop_ends_this_answer_only(settings: Settings, tmp_path: Path) -> None:
    engine = FakeEngine(settings, pause=0.01)
    talk = ConversationActions(engine)
    mine, other = talk.start("en").session_id, talk.start("en").session_id
    scan = draw(tmp_path / "a.png")

    async def both() -> tuple[list[ScreenChange], list[ScreenChange]]:
        stopped = asyncio.create_task(_collect(talk.ask(mine, question("endless", (scan,)), "en")))
        kept = asyncio.create_task(_collect(talk.ask(other, question(files=(scan,)), "en")))
        await asyncio.sleep(0.3)
        talk.stop(mine, "en")
        return await stopped, await kept

    stopped, kept = asyncio.run(both())
    assert "Stopped." in chat(stopped)[-1]
    assert chat(kept)[-1] == escaped(ANSWER)


def test_dropping_a_file_during_an_answer_keeps_the_answer(
    settings: Settings, tmp_path: Path
) -> None:
    engine = FakeEngine(settings, pause=0.02)
    talk = ConversationActions(engine)
    session_id = talk.start("en").session_id
    first, second = draw(tmp_path / "a.png"), draw(tmp_path / "b.png")

    async def both() -> list[ScreenChange]:
        answering = asyncio.create_task(
            _collect(talk.ask(session_id, question(files=(first,)), "en"))
        )
        while not engine.asked:
            await asyncio.sleep(0.01)
        dropped = await _collect(talk.attach(session_id, [second], "en"))
        assert all(change.status is None for change in dropped)
        return await answering

    changes = asyncio.run(both())
    assert escaped(ANSWER) in chat(changes)
    assert len(last(changes, "view")["evidence"]) == 1


def test_new_chat_forgets_everything(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.ask(session_id, question(files=(scan,)), "en"))
    (picture,) = last(changes, "images").values()
    assert Path(picture).exists()
    change = talk.new_chat(session_id, "en")
    assert change.messages == []
    assert change.view["pages"] == []
    assert change.view["evidence"] == []
    assert change.images == {}
    assert not Path(picture).exists()
    assert engine.documents(session_id) == ()
    # The same file may come again.
    assert len(last(run(talk.attach(session_id, [scan], "en")), "view")["pages"]) == 1


def test_a_lost_session_becomes_a_new_one_with_a_friendly_sentence(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    session_id = talk.start("en").session_id
    run(talk.attach(session_id, [scan], "en"))
    engine.delete_session(session_id)
    changes = run(talk.ask(session_id, question(files=(scan,)), "en"))
    assert changes[0].session_id not in (None, session_id)
    assert "Your last session has ended" in chat(changes)[0]
    assert chat(changes)[-1] == escaped(ANSWER)


def test_one_session_cannot_see_the_pages_of_another(
    talk: ConversationActions, engine: FakeEngine, scan: str
) -> None:
    mine, other = talk.start("en").session_id, talk.start("en").session_id
    run(talk.attach(mine, [scan], "en"))
    document = engine.documents(mine)[0].document_id
    assert asyncio.run(talk.show_page(other, document, 0)).images == {}
    assert asyncio.run(talk.export(other, "png", document, 0, "en")).download is None


def test_pages_are_pictured_when_they_are_looked_at(
    talk: ConversationActions, engine: FakeEngine, tmp_path: Path
) -> None:
    from PIL import Image

    pages = [Image.new("RGB", (500, 700), colour) for colour in ("white", "grey", "black")]
    pages[0].save(tmp_path / "three.tiff", save_all=True, append_images=pages[1:])
    session_id = talk.start("en").session_id
    changes = run(talk.attach(session_id, [str(tmp_path / "three.tiff")], "en"))
    assert len(last(changes, "images")) == 1
    document = engine.documents(session_id)[0].document_id
    images = asyncio.run(talk.show_page(session_id, document, 2)).images
    assert set(images) == {f"{document}/0", f"{document}/2"}
    assert asyncio.run(talk.show_page(session_id, document, 99)).images == images


def test_everything_that_was_said_is_translated(talk: ConversationActions, scan: str) -> None:
    session_id = talk.start("en").session_id
    run(talk.attach(session_id, [scan], "en"))
    change = talk.translate(session_id, "ru")
    assert "1 страница" in change.messages[0]["content"][0]["text"]
    assert "Готово" in change.status


def test_an_answer_goes_on_in_the_language_that_is_chosen_meanwhile(
    settings: Settings, scan: str
) -> None:
    engine = FakeEngine(settings, pause=0.03)
    talk = ConversationActions(engine)
    session_id = talk.start("en").session_id

    async def both() -> list[ScreenChange]:
        answering = asyncio.create_task(
            _collect(talk.ask(session_id, question(files=(scan,)), "en"))
        )
        while not engine.asked:
            await asyncio.sleep(0.01)
        talk.translate(session_id, "ru")
        return await answering

    assert "1 страница" in chat(asyncio.run(both()))[0]


def test_an_earlier_answers_places_come_back_until_the_next_answer(
    talk: ConversationActions, scan: str
) -> None:
    session_id = talk.start("en").session_id
    first = last(run(talk.ask(session_id, question(files=(scan,)), "en")), "view")
    assert first["turn"] == 1
    second = last(run(talk.ask(session_id, question("fail"), "en")), "view")
    assert (second["turn"], second["evidence"]) == (3, [])
    view = talk.recall(session_id, 1).view
    assert view is not None
    assert (view["turn"], view["evidence"]) == (1, first["evidence"])
    assert last(run(talk.ask(session_id, question(), "en")), "view")["turn"] > 3
    # What a browser sends is not trusted.
    assert [talk.recall(session_id, turn).view for turn in (-1, 0, 99)] == [None] * 3


def test_the_model_is_asked_about_the_chosen_pages_alone(
    talk: ConversationActions, engine: FakeEngine, scan: str, tmp_path: Path
) -> None:
    session_id = talk.start("en").session_id
    changes = run(talk.attach(session_id, [scan, draw(tmp_path / "other.png")], "en"))
    names, values = zip(*last(changes, "pins"), strict=True)
    assert names == ("scan.png: 1", "other.png: 1")
    chosen = settings_panel.pages([values[1]])
    run(talk.ask(session_id, replace(question(), pages=chosen), "en"))
    document = engine.documents(session_id)[1]
    assert engine.asked[-1]["pages"] == [(document.document_id, 0)]
    # A page that the question names goes before those that were chosen.
    run(talk.ask(session_id, replace(question("What is in the first scan?"), pages=chosen), "en"))
    assert "pages" not in engine.asked[-1]
    run(talk.ask(session_id, question(), "en"))
    assert "pages" not in engine.asked[-1]
    fresh = talk.new_chat(session_id, "en")
    assert (fresh.pins, fresh.unpin) == ((), True)


def test_an_encrypted_pdf_asks_for_its_password_until_it_opens(
    talk: ConversationActions, engine: FakeEngine, tmp_path: Path
) -> None:
    path = tmp_path / "secret.pdf"
    path.write_bytes(PdfFile().bytes(password="zebra"))
    session_id = talk.start("en").session_id
    dropped = run(talk.attach(session_id, [str(path)], "en"))
    assert last(dropped, "locked") == "Password of secret.pdf"
    assert talk.translate(session_id, "ru").locked == "Пароль к файлу secret.pdf"
    wrong = run(talk.unlock(session_id, "lion", "en"))
    assert last(wrong, "locked") == "Password of secret.pdf"
    assert "does not open secret.pdf" in chat(wrong)[-1]
    opened = run(talk.unlock(session_id, "zebra", "en"))
    assert last(opened, "locked") == ""
    assert "secret.pdf is open: 1 page." in chat(opened)[-1]
    assert last(opened, "view")["jump"]["page"] == 0
    assert not any(secret in line for secret in ("zebra", "lion") for line in chat(opened))
    assert run(talk.unlock(session_id, "zebra", "en")) == []


def test_a_pdf_without_a_password_entered_is_left_closed(
    talk: ConversationActions, engine: FakeEngine, tmp_path: Path
) -> None:
    path = tmp_path / "secret.pdf"
    path.write_bytes(PdfFile().bytes(password="zebra"))
    session_id = talk.start("en").session_id
    run(talk.attach(session_id, [str(path)], "en"))
    assert last(run(talk.unlock(session_id, "", "en")), "locked") == ""
    assert run(talk.unlock(session_id, "zebra", "en")) == []
