import asyncio
import json
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import gradio as gr
import pytest
from PIL import Image

import gradio_app
from engine import AskOptions, Settings
from engine.core.attention import AttentionChoice
from engine.core.prompts import load_tasks
from engine.core.settings import PreprocessSettings, Use
from engine.models.manager import ModelManager
from tests.ui.fake_engine import FakeEngine
from ui import build_app, i18n, launch_options
from ui.events.updates import joined, updates
from ui.state.change import ScreenChange
from ui.views import examples, page_images, settings_panel
from ui.views.labels import ScreenLabels
from ui.views.screen import Screen, build

ROOT = Path(__file__).resolve().parents[2]
IDS = {"chat", "question", "model", "task", "page-view", "evidence", "stop", "new-chat", "regions"}


@pytest.fixture
def app(engine: FakeEngine, settings: Settings) -> gr.Blocks:
    return build_app(engine, settings)


def test_the_element_ids_that_checks_rely_on_exist(app: gr.Blocks) -> None:
    found = {block.elem_id for block in app.blocks.values()}
    assert found >= IDS
    template = (ROOT / "ui" / "static" / "page_view.html").read_text(encoding="utf-8")
    assert 'id="page-prev"' in template
    assert 'id="page-next"' in template


def test_no_handler_is_public_and_no_event_waits_for_gradio(app: gr.Blocks) -> None:
    for event in app.fns.values():
        is_for_programs = event.api_name in ("ask", "parse", "fields", "models")
        assert event.api_visibility == ("public" if is_for_programs else "private")
        assert event.concurrency_limit is None or event.fn is None


def test_nothing_of_a_user_is_kept_in_the_browser_or_sent_away(settings: Settings) -> None:
    options = launch_options(settings)
    assert options["run_history"] is False
    assert options["footer_links"] == []
    assert options["ssr_mode"] is False


def test_gradios_upload_limit_is_above_ours(settings: Settings) -> None:
    megabytes = float(launch_options(settings)["max_file_size"].removesuffix("mb"))
    assert megabytes > 2 * settings.limits.max_file_mb


def test_the_style_sheet_and_theme_fetch_nothing(settings: Settings) -> None:
    options = launch_options(settings)
    assert "url(" not in options["css"].replace('url("data:', "")
    assert "@import" not in options["css"]
    assert not options["theme"]._stylesheets
    assert "http" not in "".join(options["theme"]._font_css)


def test_browsers_keep_their_key_and_nothing_else(app: gr.Blocks) -> None:
    states = [block for block in app.blocks.values() if isinstance(block, gr.State)]
    assert states == []
    kept = [block for block in app.blocks.values() if isinstance(block, gr.BrowserState)]
    assert [(state.default_value, state.storage_key) for state in kept] == [(None, "scanchat")]
    # A random secret would make what browsers keep unreadable after a restart.
    assert kept[0].secret == "scanchat"


@pytest.fixture
def screen(engine: FakeEngine, settings: Settings) -> Screen:
    with gr.Blocks():
        return build(ScreenLabels(settings, engine.models(), ()), "en")


def test_a_change_touches_only_what_it_names(screen: Screen) -> None:
    assert updates(screen, ScreenChange()) == {}
    touched = updates(screen, ScreenChange(status="x", running=True))
    assert set(touched) == {screen.status, screen.question, screen.stop, screen.run}
    assert touched[screen.question]["submit_btn"] is False
    assert "value" not in touched[screen.question], "what is typed or attached stays"


def test_the_same_download_twice_is_two_wishes(screen: Screen) -> None:
    change = ScreenChange(download="/tmp/a.png")
    first, second = (updates(screen, change)[screen.viewer]["download"] for _ in range(2))
    assert first["path"] == second["path"]
    assert first["number"] != second["number"]


def test_updates_are_joined_property_by_property(screen: Screen) -> None:
    found = joined({screen.chat: gr.update(label="Chat")}, {screen.chat: []})
    assert found[screen.chat]["label"] == "Chat"
    assert found[screen.chat]["value"] == []


def test_tasks_that_a_model_cannot_do_name_the_models_that_can(settings: Settings) -> None:
    labels = ScreenLabels(settings, ModelManager(settings).infos(), ())
    buttons = {one["id"]: one for one in labels.task_buttons("got_ocr_hf", "ru")}
    question = {"id": "question", "title": "Вопрос", "asks": True, "why": ""}
    assert buttons["question"] == question
    assert not buttons["ocr"]["asks"]
    assert buttons["ocr"]["why"] == ""
    assert buttons["formula"]["why"].startswith("got_ocr_hf этого не умеет; умеют: ")
    assert "glm_ocr" in buttons["formula"]["why"]
    assert "lite" not in buttons["formula"]["why"]
    assert "svg" not in buttons, "what only one model was made for is shown for that one alone"
    assert "svg" in {one["id"] for one in labels.task_buttons("dots_mocr", "en")}
    assert labels.tasks("unknown") == []


def test_the_picker_says_what_a_model_is_good_for(engine: FakeEngine, settings: Settings) -> None:
    labels = ScreenLabels(settings, engine.models(), ())
    english, russian = labels.card("paddleocr_vl", "en"), labels.card("lite", "ru")
    assert english["advice"] == "Good for: many languages, tables, formulas."
    assert russian["advice"] == "Для чего: чеки и бланки, ноутбук без видеокарты."
    assert labels.card("unknown", "en") == {}
    assert labels.of("ru", model_id="lite", task="question")["advice"]["value"] == russian


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_use_has_a_text(language: str) -> None:
    assert set(i18n.table("good_for", language)) == set(get_args(Use))


def test_choosing_a_model_changes_the_advice(app: gr.Blocks) -> None:
    ids = {key: block.elem_id for key, block in app.blocks.items()}
    outputs = [
        {ids[block._id] for block in event.outputs}
        for event in app.fns.values()
        if event.name == "choose_model"
    ]
    writing = {"max-new-tokens", "temperature", "detail", "prompt", "reset-prompt"}
    assert outputs == [{"task", "model-advice", "other-model", *writing}]


def test_a_model_is_not_compared_with_itself(
    app: gr.Blocks, engine: FakeEngine, settings: Settings
) -> None:
    names = [model.model_id for model in engine.models()]
    one, another = names[:2]
    (choose,) = [event.fn for event in app.fns.values() if event.name == "choose_model"]

    def offered(model: str, other: str) -> dict[str, object]:
        said = asyncio.run(choose("en", model, "question", other))
        (update,) = [new for part, new in said.items() if part.elem_id == "other-model"]
        return {"values": [value for _, value in update["choices"]], "chosen": update["value"]}

    rest = ["", *(name for name in names if name != one)]
    assert offered(one, another) == {"values": rest, "chosen": another}
    # What was compared with until now is the model itself now.
    assert offered(one, one) == {"values": rest, "chosen": ""}
    labels = ScreenLabels(settings, engine.models(), ())
    for language in i18n.LANGUAGES:
        choices = labels.of(language, model_id=one, task="question")["other"]["choices"]
        assert [value for _, value in choices] == rest


def test_the_card_says_what_a_model_needs(settings: Settings) -> None:
    models = ModelManager(settings).infos()
    facts = ScreenLabels(settings, models, ()).card("qwen3_vl_2b", "en")["facts"]
    assert "Checkpoint: Qwen/Qwen3-VL-2B-Instruct" in facts
    assert any("python -m engine download qwen3_vl_2b" in fact for fact in facts)
    assert any("bfloat16" in fact for fact in facts)
    assert any("4.9 GB" in fact for fact in facts)
    lite = ScreenLabels(settings, models, ()).card("lite", "en")["facts"]
    assert not any("download" in fact for fact in lite)


def test_the_card_of_a_loaded_model_says_why_its_attention_is_what_it_is(
    settings: Settings,
) -> None:
    choice = AttentionChoice("auto", "sdpa", "attention.sdpa", (("head_sizes", "72, 128"),))
    facts = tuple((f"attention_{language}", choice.reason(language)) for language in ("en", "ru"))
    models = [replace(info, loaded=True, facts=facts) for info in ModelManager(settings).infos()]
    for language in ("en", "ru"):
        facts = ScreenLabels(settings, models, ()).card("qwen_vl_2b", language)["facts"]
        assert any(choice.reason(language) in fact for fact in facts)
        assert not any("download" in fact for fact in facts)


def test_only_models_that_write_have_settings_for_writing(settings: Settings) -> None:
    labels = ScreenLabels(settings, ModelManager(settings).infos(), ())
    for model_id, task, prompt in (
        ("lite", "question", ""),
        ("qwen_vl_2b", "question", "{question}"),
        ("qwen_vl_2b", "ocr", load_tasks()["ocr"].prompts["default"]),
    ):
        said = labels.of_writing(model_id, task, "en")
        assert {one["interactive"] for one in said.values()} == {bool(prompt)}
        assert said["prompt"]["value"] == prompt


def test_what_is_set_becomes_options_and_what_is_not_stays_the_settings() -> None:
    values = [True, True, False, False, 0, 0, 1.0, " {question} ", "", []]
    chosen = settings_panel.read(values, "{question}")
    assert chosen == settings_panel.QuestionSettings(
        True, PreprocessSettings(deskew=True, contrast=False, denoise=False), AskOptions()
    )
    values[4:] = [256, 0.5, 0.25, "Answer briefly: {question}", "lite", ["doc/2", "bad", "x/y"]]
    assert settings_panel.read(values, "{question}").other == "lite"
    assert settings_panel.read(values, "{question}").pages == (("doc", 2),)
    assert settings_panel.read(values, "{question}").options == AskOptions(
        256, 0.5, 0.25, "Answer briefly: {question}"
    )
    # A model that takes no prompt gets none; what no slider can say is brought into its range.
    assert settings_panel.read(values, None).options == AskOptions()
    values[4:] = [-5, 99, None, None, None, None]
    assert settings_panel.read(values, "x").options == AskOptions(temperature=1.5, detail=0.25)


def test_only_a_task_without_a_question_has_a_button(
    engine: FakeEngine, settings: Settings
) -> None:
    labels = ScreenLabels(settings, engine.models(), ())
    assert labels.of_task("question", "en")["run"]["visible"] is False
    assert labels.of_task("layout", "en")["run"] == {"value": "Run: Layout", "visible": True}


def test_examples_are_found_with_a_question_each(tmp_path: Path) -> None:
    for name in ("invoice.png", "table.png", "unknown.jpg", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no example")
        else:
            Image.new("RGB", (2000, 3000), "white").save(tmp_path / name)
    found = examples.find(str(tmp_path))
    assert [example.path.name for example in found] == ["invoice.png", "table.png", "unknown.jpg"]
    assert [example.task for example in found] == ["question", "layout", "question"]
    assert max(Image.open(found[0].thumbnail).size) == 360
    for example in examples.for_chatbot(found, "ru"):
        assert example["text"]
    assert examples.find("no/such/folder") == ()


def test_display_pictures_are_small_and_lie_under_an_unguessable_name(
    engine: FakeEngine, tmp_path: Path
) -> None:
    Image.effect_noise((3000, 2000), 40).save(tmp_path / "big.png")
    document = engine.add_document(engine.create_session(), tmp_path / "big.png", name="big.png")
    folder = page_images.new_folder()
    picture = page_images.write_page(document.pages[0], folder)
    assert Image.open(picture).size == (1600, 1067)
    assert len(folder.name) > 40
    page_images.remove(folder)
    assert not picture.exists()


def test_importing_the_entry_point_imports_neither_torch_nor_gradio() -> None:
    code = "import sys, gradio_app; print('torch' in sys.modules, 'gradio' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.split() == ["False", "False"]


def test_bad_settings_end_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[app]\nprot = 1\n")
    assert gradio_app.main(["--settings", str(wrong)]) == 2
    captured = capsys.readouterr()
    assert "prot" in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_taken_port_ends_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert gradio_app.main(["--host", "127.0.0.1", "--port", str(port)]) == 2
    captured = capsys.readouterr()
    assert str(port) in captured.err
    assert captured.err.count("\n") == 1


def test_the_view_is_plain_json(engine: FakeEngine, tmp_path: Path) -> None:
    from ui.views import page_view

    Image.new("RGB", (10, 10)).save(tmp_path / "a.png")
    document = engine.add_document(
        engine.create_session(), tmp_path / "a.png", name="<b>\u202e.png"
    )
    view = page_view.view([document], None, page_view.PageJump(("x", 0), 1))
    assert "\u202e" not in json.loads(json.dumps(view))["pages"][0]["name"]
    json.dumps(page_view.strings("ru"))
