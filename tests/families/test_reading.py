"""Pages that are read: room for all of them, more pixels, another try, and none for a blank one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from engine import AskOptions, Engine
from engine.core.errors import GenerationError, ModelError
from engine.core.prompts import load_tasks
from engine.core.schema import Finished, Notice
from engine.core.settings_file import load_settings
from tests.fakes import draw_page
from tests.families.conftest import TINY
from tests.families.driving import loaded_family, session_with
from tests.families.scripted import Scripted

MakeEngine = Callable[..., Engine]
READING = [task.id for task in load_tasks().values() if task.reads_page]
PIXELS, READING_PIXELS = 56 * 56 * 16, 56 * 56 * 40
LOOP = "again and " * 40


def add(engine: Engine, session_id: str, path: Path, *images: Image.Image) -> None:
    images[0].save(path, save_all=True, append_images=images[1:])
    engine.add_document(session_id, path, name=path.name)


def written(text: str = "Total 42.00") -> Image.Image:
    return draw_page([(text, 40, 60)])[0]


def blank() -> Image.Image:
    return Image.new("RGB", (900, 600), "white")


def only_prepared(*_: Any) -> Any:
    """Instead of an answer, where it is the inputs that count."""
    raise GenerationError("model.empty_answer", model_id="tiny")


def last_of(engine: Engine, session_id: str, inputs: list[Any], **asked: Any) -> Any:
    """The inputs of the newest prompt of a run."""
    list(engine.ask(session_id, **asked))
    return inputs[-1]


def test_tasks_that_read_a_page_say_so() -> None:
    assert {"ocr", "layout", "markdown", "table"} <= set(READING)
    assert not {"question", "describe", "document_type"} & set(READING)


def test_a_page_that_is_read_has_more_room_than_an_answer(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, inputs = recording("qwen2_vl", generation={}, context_tokens=32_768)
    family = loaded_family(engine)
    family.generate_answer = only_prepared
    bounds = load_settings().generation
    assert bounds.reading_max_new_tokens == 8192
    session_id = session_with(engine, tmp_path, "x")

    def room(**asked: Any) -> int:
        made = last_of(engine, session_id, inputs, **asked)
        return int(made.generation["max_new_tokens"])

    for task in ("ocr", "layout", "markdown", "table"):
        assert room(task=task) == 8192, task
    assert room(question="What is the total?") == bounds.max_new_tokens
    assert room(task="document_type") == 16
    assert room(task="ocr", options=AskOptions(max_new_tokens=300)) == 300


@pytest.mark.parametrize(("own", "room"), [(16_384, 16_384), (12, 12)])
def test_what_the_model_states_itself_is_stronger(
    recording: MakeEngine, tmp_path: Path, own: int, room: int
) -> None:
    engine, inputs = recording(
        "qwen2_vl", generation={"max_new_tokens": own}, context_tokens=32_768
    )
    loaded_family(engine).generate_answer = only_prepared
    session_id = session_with(engine, tmp_path, "x")
    made = last_of(engine, session_id, inputs, task="ocr")
    assert made.generation["max_new_tokens"] == room


@pytest.mark.parametrize("context", [8192, 1024])
def test_in_a_small_context_a_page_is_read_with_the_room_that_is_left(
    recording: MakeEngine, tmp_path: Path, context: int
) -> None:
    engine, inputs = recording("qwen2_vl", generation={}, context_tokens=context, max_pixels=PIXELS)
    loaded_family(engine).generate_answer = only_prepared
    session_id = session_with(engine, tmp_path, "x")
    made = last_of(engine, session_id, inputs, task="ocr")
    prompt = len(made.prompt.ids)
    assert made.generation["max_new_tokens"] == context - prompt


def test_the_published_models_have_room_for_a_page() -> None:
    settings = load_settings()
    for model_id, model in settings.models.items():
        own = model.generation.get("max_new_tokens", settings.generation.reading_max_new_tokens)
        assert int(own) >= 4096, model_id


@pytest.mark.parametrize("name", ["qwen2_vl", "qwen3_vl"])
def test_a_page_is_read_at_more_pixels_than_it_is_asked_about_and_boxes_fit(
    recording: MakeEngine, tmp_path: Path, name: str
) -> None:
    options = {"max_pixels": PIXELS, "reading_max_pixels": READING_PIXELS}
    engine, inputs = recording(name, generation={"max_new_tokens": 200}, **options)
    session_id = session_with(engine, tmp_path, "x")
    box = '[{"bbox_2d": [0, 500, 1000, 1000], "label": "Text", "text_content": "low"}]'
    Scripted(engine, lambda *_: box)
    asked = last_of(engine, session_id, inputs, question="?")
    stream = engine.ask(session_id, task="layout")
    list(stream)
    read = inputs[-1]
    sizes = [made.frames[made.prompt.images[0].key[:2]] for made in (asked, read)]
    pixels = [width * height for width, height in sizes]
    assert PIXELS * 0.7 < pixels[0] <= PIXELS
    assert READING_PIXELS * 0.7 < pixels[1] <= READING_PIXELS
    # The cache of the one is none of the other's.
    assert asked.prompt.images[0].key != read.prompt.images[0].key
    ((region,),) = stream.transcript.regions.values()
    assert region.bbox == pytest.approx((0, 300, 900, 600))
    # Seen again as before, and a share of it where memory is short.
    assert last_of(engine, session_id, inputs, question="?").frames == asked.frames
    made = last_of(engine, session_id, inputs, task="ocr", options=AskOptions(detail=0.5))
    ((width, height),) = made.frames.values()
    assert 0.35 < width * height / pixels[1] < 0.6


def test_two_pictures_of_one_page_with_as_many_tokens_are_two_for_the_cache(
    recording: MakeEngine, tmp_path: Path
) -> None:
    options = {"max_pixels": PIXELS, "reading_max_pixels": PIXELS + 1}
    engine, inputs = recording("qwen2_vl", **options)
    session_id = session_with(engine, tmp_path, "x")
    asked = last_of(engine, session_id, inputs, question="?").prompt.images[0]
    read = last_of(engine, session_id, inputs, task="ocr").prompt.images[0]
    assert (asked.start, asked.end) == (read.start, read.end)
    assert asked.key != read.key


@pytest.mark.parametrize(
    "name", [name for name, model in TINY.items() if not model.adapter.has_reading_pixels]
)
def test_a_family_that_sees_pages_at_one_size_refuses_another(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, reading_max_pixels=READING_PIXELS)
    session_id = session_with(engine, tmp_path, "x")
    with pytest.raises(ModelError, match="reads every page at max_pixels"):
        engine.ask(session_id, "?", task=TINY[name].task).answer()


def again_of(inputs: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    first, again = (dict(made.generation) for made in inputs[-2:])
    return first, again


def test_after_a_loop_qwen_samples_once_as_its_card_advises_and_the_same_every_time(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, inputs = recording("qwen2_vl", max_pixels=PIXELS, generation={"max_new_tokens": 400})
    session_id = session_with(engine, tmp_path, "x")
    scripted = Scripted(engine, lambda _, attempt: LOOP if attempt % 2 else "")
    # The first reading is a loop; the second is the model's own, of random weights.
    said: list[list[int]] = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        scripted._ids = []
        choose = scripted.choose

        def only_loops(module: Any, args: Any, output: Any, choose: Any = choose) -> Any:
            return output if len(scripted._ids) < 5 else choose(module, args, output)

        scripted.family.model._forward_hooks.clear()
        scripted.family.model.register_forward_hook(only_loops)
        list(engine.ask(session_id, task="ocr"))
        said.append(list(scripted.family.counters.generated_ids))
    first, again = again_of(inputs)
    assert not first["do_sample"]
    assert {name: again[name] for name in ("do_sample", "temperature", "top_p", "top_k")} == {
        "do_sample": True,
        "temperature": 0.7,
        "top_p": 0.8,
        "top_k": 20,
    }
    assert said[0] == said[1]
    assert len(set(said[0])) > 1


@pytest.mark.parametrize(
    ("name", "generation", "temperature"),
    [
        ("dots_ocr", {}, None),
        ("paddleocr_vl", {}, None),
        ("qwen2_vl", {"do_sample": "false"}, None),
    ],
)
def test_others_and_whoever_chose_otherwise_read_again_greedily(
    recording: MakeEngine, tmp_path: Path, name: str, generation: dict[str, Any], temperature: None
) -> None:
    engine, inputs = recording(name, generation={"max_new_tokens": 400, **generation})
    session_id = session_with(engine, tmp_path, "x")
    Scripted(engine, lambda *_: LOOP)
    list(engine.ask(session_id, task="ocr"))
    _, again = again_of(inputs)
    assert len(inputs) == 2
    assert not again["do_sample"]
    assert again["temperature"] is temperature


@pytest.mark.parametrize(
    ("name", "task"),
    [
        (name, task)
        for name, model in TINY.items()
        for task in ("ocr", "layout", "table", "markdown")
        if task in model.capabilities.tasks and name != "got_ocr"
    ],
)
def test_of_a_blank_page_no_model_is_asked(
    tiny_engine: MakeEngine, name: str, task: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, generation={"max_new_tokens": 400})
    session_id = engine.create_session()
    add(engine, session_id, tmp_path / "blank.png", blank())
    scripted = Scripted(engine, lambda *_: "Made up words")
    stream = engine.ask(session_id, task=task)
    events = list(stream)
    assert events[-1] == Finished("stop", "tiny")
    assert scripted.prompts == []
    assert stream.transcript.text == "There is nothing on the page."
    assert [event.key for event in events if isinstance(event, Notice)] == ["layout.not_asked"]


def test_of_several_pages_the_written_ones_are_read(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", generation={"max_new_tokens": 100})
    session_id = engine.create_session()
    add(engine, session_id, tmp_path / "scan.tiff", written(), blank(), written("14 March"))
    scripted = Scripted(engine, lambda page, _: f"page {page}")
    stream = engine.ask(session_id, task="ocr")
    events = list(stream)
    assert events[-1] == Finished("stop", "tiny")
    assert len(scripted.prompts) == 2
    assert stream.transcript.text == "page 0\n\npage 2"
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert (notice.key, notice.values["page"]) == ("layout.not_asked", 2)


def test_a_question_about_a_blank_page_is_the_models_to_answer(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", generation={"max_new_tokens": 100})
    session_id = engine.create_session()
    add(engine, session_id, tmp_path / "blank.png", blank())
    Scripted(engine, lambda *_: "It is blank.")
    assert engine.ask(session_id, "What is it?").answer().text == "It is blank."
