"""A conversation longer than the model's context: what becomes text, what goes, what is said."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import AskOptions, ContextUse, Engine, Page
from engine.core.schema import Failed, Finished, Line, Notice, StreamEvent, UsageReport, Word
from engine.index.page_index import PageIndex
from tests.families.conftest import CHAT
from tests.families.driving import loaded_family, session_with

MakeEngine = Callable[..., Any]
PageKey = tuple[str, int]
# At least 400 tokens a page; SmolVLM has tags for six tiles a side.
PIXELS = 450_000
PIXELS_SMOLVLM = 200_000
ANSWER = 4


READ = "Total 42.00"


@pytest.fixture(autouse=True)
def _read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page reads as one line: it is not OCR that is tested here, and it takes its time."""

    def build(engine: Engine, page: Page, steps: object) -> PageIndex:
        line = Line((Word(READ, (40.0, 60.0, 200.0, 90.0)),), (40.0, 60.0, 200.0, 90.0))
        return PageIndex(page.document_id, page.page_index, page.width, page.height, (line,))

    monkeypatch.setattr(Engine, "_build_index", build)


class Talk:
    """A conversation about drawn pages, and the prompts that the model saw."""

    def __init__(self, recording: MakeEngine, tmp_path: Path, name: str, *texts: str) -> None:
        pixels = PIXELS_SMOLVLM if name == "smolvlm" else PIXELS
        self.engine, self.inputs = recording(name, max_pixels=pixels)
        self.session_id = session_with(self.engine, tmp_path, *texts)
        self.family = loaded_family(self.engine)
        documents = self.engine.documents(self.session_id)
        self.pages: list[PageKey] = [(document.document_id, 0) for document in documents]
        self.events: list[StreamEvent] = []

    def limit(self, tokens: int) -> None:
        changed = {"context_tokens": tokens}
        self.family.settings = self.family.settings.model_copy(update=changed)

    def ask(self, question: str, *pages: int, **options: Any) -> list[int]:
        """The generated ids. pages: places in `pages`; none for all of the session."""
        keys = [self.pages[place] for place in pages] or None
        self.events = list(self.engine.ask(self.session_id, question, pages=keys, **options))
        assert isinstance(self.events[-1], Finished), self.events[-1]
        return list(self.family.counters.generated_ids)

    @property
    def shown(self) -> list[int]:
        """The pages that the last prompt shows as images, in order."""
        return [self.pages.index(span.key[:2]) for span in self.inputs[-1].prompt.images]

    @property
    def text(self) -> str:
        """The words of the last prompt."""
        spans = self.inputs[-1].prompt.images
        inside = {place for span in spans for place in range(span.start, span.end)}
        ids = self.inputs[-1].prompt.ids
        return str(
            self.family.tokenizer.decode([one for n, one in enumerate(ids) if n not in inside])
        )

    @property
    def length(self) -> int:
        return len(self.inputs[-1].prompt.ids)

    @property
    def told(self) -> tuple[int, int] | None:
        """What the notice says: pages as text, turns left out."""
        for event in self.events:
            if isinstance(event, Notice) and event.key == "notice.context_full":
                return (int(event.values["pages"]), int(event.values["turns"]))
        return None

    def page_tokens(self) -> int:
        (span,) = self.inputs[0].prompt.images
        return int(span.end - span.start)


def shortened(recording: MakeEngine, tmp_path: Path, name: str, *, reuse: bool) -> list[list[int]]:
    """Five turns over two pages that do not fit together; the ids of each answer."""
    talk = Talk(recording, tmp_path, name, "Total 42.00", "14 March")
    said = []
    for question, page in (("Total?", 0), ("Date?", 1), ("Sure?", 1), ("Sum?", 0), ("Why?", 0)):
        if not reuse:
            talk.family.caches.clear()
        said.append(talk.ask(question, page))
        talk.limit(2 * talk.page_tokens() + ANSWER)
    assert talk.told == (1, 0)
    return said


@pytest.mark.parametrize("name", CHAT)
def test_the_oldest_page_becomes_its_text_and_stays_so(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, name, "Total 42.00", "14 March")
    talk.ask("Total?", 0)
    assert talk.told is None
    limit = 2 * talk.page_tokens() + ANSWER
    talk.limit(limit)
    talk.ask("Date?", 1)
    assert (talk.shown, talk.told) == ([1], (1, 0))
    assert f"Page 1 of 0.png, as text:\n{READ}\nTotal?" in talk.text
    assert talk.length + ANSWER <= limit
    before = talk.length
    # The next prompt begins as this one did, so that its keys and values are used.
    talk.ask("Sure?", 1)
    assert (talk.shown, talk.told) == ([1], (1, 0))
    assert talk.family.counters.encoded_images == 0
    assert talk.family.counters.reused_tokens >= before
    # A page that is asked about is seen, and gives its place to none that is not.
    talk.ask("Sum?", 0)
    assert (talk.shown, talk.told) == ([0], (1, 0))
    assert f"Page 1 of 1.png, as text:\n{READ}\nDate?" in talk.text
    before = talk.length
    talk.ask("Why?", 0)
    assert talk.shown == [0]
    assert talk.family.counters.encoded_images == 0
    assert talk.family.counters.reused_tokens >= before


@pytest.mark.parametrize("name", CHAT)
def test_reusing_the_cache_of_a_shortened_conversation_changes_no_token(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    cached = shortened(recording, tmp_path, name, reuse=True)
    assert shortened(recording, tmp_path, name, reuse=False) == cached


@pytest.mark.parametrize("name", CHAT)
def test_the_oldest_turns_go_whole_and_the_page_in_question_stays(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, name, "Total 42.00")
    talk.ask("FIRST " * 20, 0)
    limit = talk.length + 60
    talk.limit(limit)
    talk.ask("SECOND " * 20, 0)
    assert (talk.shown, talk.told) == ([0], (0, 1))
    assert "FIRST" not in talk.text
    assert "SECOND" in talk.text
    assert talk.length + ANSWER <= limit
    talk.ask("Third?", 0)
    assert talk.shown == [0]
    assert talk.length + ANSWER <= limit


@pytest.mark.parametrize("name", CHAT)
def test_pages_that_alone_are_too_long_are_one_sentence(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, name, "Total 42.00")
    talk.limit(100)
    events = list(talk.engine.ask(talk.session_id, "Total?"))
    assert isinstance(events[-1], Failed)
    assert events[-1].error.key == "context.too_long"
    values = events[-1].error.values
    assert (values["limit"], values["pages"]) == (100, 1)
    assert int(str(values["tokens"])) > 100
    for language in ("en", "ru"):
        assert str(values["tokens"]) in events[-1].error.text(language)
    assert talk.engine.history(talk.session_id) == ()


def test_asked_about_everything_the_pages_shown_before_become_text_at_last(
    recording: MakeEngine, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, "qwen2_vl", "Total 42.00", "14 March")
    talk.ask("Total?", 0)
    talk.limit(2 * talk.page_tokens() + ANSWER)
    talk.ask("And now?")
    assert (talk.shown, talk.told) == ([1], (1, 0))
    assert f"Page 1 of 0.png, as text:\n{READ}\nTotal?" in talk.text
    before = talk.length
    talk.ask("Sure?")
    assert (talk.shown, talk.told) == ([1], (1, 0))
    assert talk.family.counters.reused_tokens >= before
    # Asked about that page alone, it is seen, and the other one is text.
    talk.ask("Really?", 0)
    assert (talk.shown, talk.told) == ([0], (1, 0))


def test_a_cut_answer_goes_on_from_the_same_shortened_prompt(
    recording: MakeEngine, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, "qwen2_vl", "Total 42.00", "14 March")
    talk.ask("Total?", 0)
    talk.limit(2 * talk.page_tokens() + ANSWER)
    said = talk.ask("Date?", 1)
    assert talk.events[-1] == Finished("length", "tiny")
    prompt = talk.inputs[-1].prompt
    talk.ask("Date?", 1, resume=True)
    assert talk.told == (1, 0)
    assert talk.inputs[-1].prompt.ids == (*prompt.ids, *said)
    assert talk.inputs[-1].prompt.images == prompt.images
    assert talk.family.counters.encoded_images == 0


def test_a_rewound_conversation_that_fits_is_whole_again(
    recording: MakeEngine, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, "qwen2_vl", "Total 42.00", "14 March")
    talk.ask("Total?", 0)
    talk.limit(2 * talk.page_tokens() + ANSWER)
    talk.ask("Date?", 1)
    assert talk.told == (1, 0)
    talk.engine.rewind(talk.session_id, 1)
    talk.ask("Paid?", 0)
    assert (talk.shown, talk.told) == ([0], None)


def test_a_deleted_conversation_leaves_no_text_of_its_pages_in_the_model(
    recording: MakeEngine, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, "qwen2_vl", "Total 42.00", "14 March")
    talk.ask("Total?", 0)
    talk.limit(2 * talk.page_tokens() + ANSWER)
    talk.ask("Date?", 1)
    assert talk.family.views.conversations() == {talk.session_id}
    talk.family.forget(talk.session_id)
    assert not talk.family.views.conversations()


def test_the_answer_may_be_as_long_as_there_is_room(recording: MakeEngine, tmp_path: Path) -> None:
    talk = Talk(recording, tmp_path, "qwen2_vl", "Total 42.00")
    talk.ask("Total?", 0)
    limit = talk.length + 200
    talk.limit(limit)
    talk.ask("Total?", 0, remember=False, options=AskOptions(max_new_tokens=1000))
    assert talk.inputs[-1].generation["max_new_tokens"] == 200
    assert talk.told is None


@pytest.mark.parametrize("name", CHAT)
def test_the_context_is_the_checkpoints_and_the_settings_may_lower_it(
    tiny_engine: MakeEngine, checkpoints: Callable[[str], Path], name: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints(name), tmp_path / "checkpoint")
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config.get("text_config", config)["max_position_embeddings"] = 5000
    path.write_text(json.dumps(config), encoding="utf-8")
    for setting, expected in ((None, 5000), (700, 700), (9000, 5000)):
        engine = tiny_engine(name, repo_id=str(folder), context_tokens=setting)
        session_id = session_with(engine, tmp_path, "Total 42.00")
        assert engine.context_use(session_id).context_tokens == expected
    assert loaded_family(engine).context_tokens == 5000


@pytest.mark.parametrize("name", CHAT)
def test_what_a_question_takes_is_counted_without_the_model(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, max_pixels=PIXELS_SMOLVLM, context_tokens=4000)
    session_id = session_with(engine, tmp_path, "Total 42.00", "14 March")
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]

    def is_right(question: str, *places: int, **options: Any) -> ContextUse:
        keys = [pages[place] for place in places]
        use = engine.context_use(session_id, pages=keys, question=question, **options)
        # What was said is counted by its text: the bytes of random weights are seldom characters.
        loaded_family(engine).answers.clear()
        events = list(engine.ask(session_id, question, pages=keys, **options))
        (usage,) = (event.usage for event in events if isinstance(event, UsageReport))
        assert use.prompt_tokens == usage.prompt_tokens
        assert (use.context_tokens, use.fits) == (4000, True)
        return use

    use = engine.context_use(session_id, "tiny", pages=pages[:1], question="Total?")
    assert not next(info.loaded for info in engine.models() if info.model_id == "tiny")
    assert set(use.image_tokens) == {pages[0]}
    assert 0 < use.image_tokens[pages[0]] < (use.prompt_tokens or 0) < 4000
    assert is_right("Total?", 0) == use
    second = is_right("Date?", 1)
    assert set(second.image_tokens) == set(pages)
    fewer = is_right("Date?", 0, options=AskOptions(only_pages=True))
    assert set(fewer.image_tokens) == {pages[0]}
    long = engine.context_use(session_id, question="word " * 4000)
    assert long.fits is False


def test_of_a_model_that_is_not_here_or_does_not_chat_nothing_is_known(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", repo_id="nobody/has-this-model")
    session_id = session_with(engine, tmp_path, "Total 42.00")
    for model_id in ("tiny", "lite", "got_ocr_hf"):
        assert engine.context_use(session_id, model_id) == ContextUse()


@pytest.mark.parametrize("name", CHAT)
def test_pinned_pages_are_all_that_the_model_sees_and_the_words_stay(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    talk = Talk(recording, tmp_path, name, "Total 42.00", "14 March")
    talk.ask("Total?", 0)
    talk.ask("Date?", 1, options=AskOptions(only_pages=True))
    assert talk.shown == [1]
    assert "Total?" in talk.text
    talk.ask("Compare.", 0, 1)
    assert talk.shown == [0, 1]
    talk.ask("Sum?", 0, options=AskOptions(only_pages=True))
    assert talk.shown == [0]
    assert "Date?" in talk.text
