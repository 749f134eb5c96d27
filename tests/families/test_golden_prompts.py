"""The exact prompt of every Qwen generation and of GOT-OCR, and the sizes that pages are seen at.

The expected texts are what the published templates render:

- Qwen2-VL and Qwen2.5-VL: the README of QwenLM/Qwen2-VL at commit
  dcc62fea0a69e8feb2b687b63811792ec9f96ab6 prints what its chat template renders for a conversation
  of three turns ("Add ids for Multiple Image Inputs", the default output).
- Qwen3-VL: the instruct template (5,292 bytes, SHA-256 3636d0f0...e4 pinned there) is quoted in
  zhongkaifu/TensorSharp, InferenceWeb.Tests/QwenImageIntentScorerTests.cs at commit
  1c46d8b8908e77c5d4a892cf404cd5df63396b1a: no default system turn, else the same turns.
- GOT-OCR 2: transformers' GotOcr2Processor, since the checkpoint has no template. The original
  demo (Ucas-HaoranWei/GOT-OCR2.0) writes "OCR: " without the space before it; the -hf checkpoint
  is used with transformers' text.
- Sizes: smart_resize of QwenLM/Qwen2-VL, qwen-vl-utils/src/qwen_vl_utils/vision_process.py at
  commit 4a2035c97816125e4088e3ef325b052a859a7406, worked out by hand below.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine import Engine, load_settings
from engine.schema import Failed
from tests.fakes import save_page
from tests.families import tiny
from tests.families.test_invariants import loaded_family
from tests.families.tiny_qwen25_vl import save_qwen25_vl

SYSTEM = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"
ASSISTANT = "<|im_start|>assistant\n"


@dataclass(frozen=True)
class Golden:
    """save: writes the checkpoint. system: its default system turn."""

    save: Callable[[Path], Path]
    system: str


QWEN = {
    "qwen2_vl": Golden(tiny.save_qwen2_vl, SYSTEM),
    "qwen2_5_vl": Golden(save_qwen25_vl, SYSTEM),
    "qwen3_vl": Golden(tiny.save_qwen3_vl, ""),
}
MakeEngine = Callable[..., tuple[Engine, list[Any]]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}
    saves = {name: golden.save for name, golden in QWEN.items()} | {"got_ocr": tiny.save_got_ocr}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = saves[name](tmp_path_factory.mktemp(name) / "checkpoint")
        return made[name]

    return folder


@pytest.fixture
def recording(folders: Callable[[str], Path], tmp_path: Path) -> Iterator[MakeEngine]:
    """recording(name) -> an Engine over that checkpoint, and the inputs of each prompt to come."""
    engines: list[Engine] = []

    def make(name: str, generation: str = "", **options: object) -> tuple[Engine, list[Any]]:
        family = "got_ocr" if name == "got_ocr" else "qwen_vl"
        path = tmp_path / "golden.toml"
        lines = "\n".join(f"{key} = {value}" for key, value in options.items())
        path.write_text(
            f"default_model = 'tiny'\ncache_dir = '{tmp_path / 'cache'}'\n[models.tiny]\n"
            f"family = '{family}'\nrepo_id = '{folders(name)}'\ndtype = 'float32'\n"
            f"generation = {{ max_new_tokens = 4{generation} }}\n{lines}",
            encoding="utf-8",
        )
        engine = Engine(load_settings(path))
        engines.append(engine)
        adapter, inputs = loaded_family(engine), []
        prepare = adapter.prepare_prompt

        def recorded(*args: Any) -> Any:
            inputs.append(prepare(*args))
            return inputs[-1]

        adapter.prepare_prompt = recorded
        return engine, inputs

    yield make
    for engine in engines:
        engine.close()


def text_of(engine: Engine, ids: Any) -> str:
    """Ids as text, special tokens included, a run of image tokens as one."""
    text = loaded_family(engine).tokenizer.decode(list(ids))
    return re.sub(r"(<\|image_pad\|>)+", "<|image_pad|>", text)


def session_with(engine: Engine, tmp_path: Path, *texts: str) -> str:
    session_id = engine.create_session()
    for number, text in enumerate(texts):
        engine.add_document(session_id, save_page(tmp_path, text=text), name=f"{number}.png")
    return session_id


@pytest.mark.parametrize("name", QWEN)
def test_one_image(recording: MakeEngine, name: str, tmp_path: Path) -> None:
    engine, inputs = recording(name)
    list(engine.ask(session_with(engine, tmp_path, "Total 42"), "What is the total?"))
    expected = (
        f"{QWEN[name].system}<|im_start|>user\n{IMAGE}What is the total?<|im_end|>\n{ASSISTANT}"
    )
    assert text_of(engine, inputs[0].prompt.ids) == expected


@pytest.mark.parametrize("name", QWEN)
def test_two_images_stand_before_the_question(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine, inputs = recording(name)
    session_id = session_with(engine, tmp_path, "first", "second")
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]
    list(engine.ask(session_id, "Compare.", pages=pages))
    expected = f"{QWEN[name].system}<|im_start|>user\n{IMAGE}{IMAGE}Compare.<|im_end|>\n{ASSISTANT}"
    assert text_of(engine, inputs[0].prompt.ids) == expected
    assert len(inputs[0].prompt.images) == 2


@pytest.mark.parametrize("name", QWEN)
def test_two_turns(recording: MakeEngine, name: str, tmp_path: Path) -> None:
    engine, inputs = recording(name)
    session_id = session_with(engine, tmp_path, "Total 42")
    list(engine.ask(session_id, "Total?"))
    said = loaded_family(engine).counters.generated_ids
    list(engine.ask(session_id, "Date?"))
    tokenizer = loaded_family(engine).tokenizer
    ends = set(tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"]))
    answer = tuple(said[:-1] if said[-1] in ends else said)
    rest = f"<|im_end|>\n<|im_start|>user\nDate?<|im_end|>\n{ASSISTANT}"
    first, second = (one.prompt for one in inputs)
    # What was said stands there by its own ids, then the turn ends and the next begins.
    assert second.ids == first.ids + answer + tuple(tokenizer(rest)["input_ids"])
    # A page that was shown is not shown again.
    assert second.images == first.images


@pytest.mark.parametrize("name", QWEN)
def test_the_published_conversation_renders_as_published(recording: MakeEngine, name: str) -> None:
    """The README's own example: the templates of our tiny checkpoints are the published ones."""
    engine, _ = recording(name)
    conversation = [
        {
            "role": "user",
            "content": [{"type": "image"}, {"type": "text", "text": "Hello, how are you?"}],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "I'm doing well."}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Can you describe these images?"},
                {"type": "image"},
                {"type": "image"},
                {"type": "text", "text": "These are from my vacation."},
            ],
        },
    ]
    rendered = loaded_family(engine).processor.apply_chat_template(
        conversation, tokenize=False, add_generation_prompt=True
    )
    assert rendered == (
        f"{QWEN[name].system}<|im_start|>user\n{IMAGE}Hello, how are you?<|im_end|>\n"
        "<|im_start|>assistant\nI'm doing well.<|im_end|>\n"
        f"<|im_start|>user\nCan you describe these images?{IMAGE}{IMAGE}"
        f"These are from my vacation.<|im_end|>\n{ASSISTANT}"
    )


@pytest.mark.parametrize("name", QWEN)
def test_ids_and_positions_are_those_of_the_processor_and_the_model(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    """transformers is the reference: its processor on the same page gives the same ids."""
    import torch

    engine, inputs = recording(name)
    list(engine.ask(session_with(engine, tmp_path, "Total 42"), "Total?"))
    family = loaded_family(engine)
    page = Image.open(tmp_path / "page.png").convert("RGB")
    text = f"{QWEN[name].system}<|im_start|>user\n{IMAGE}Total?<|im_end|>\n{ASSISTANT}"
    reference = family.processor(text=[text], images=[page], return_tensors="pt")
    assert inputs[0].prompt.ids == tuple(reference["input_ids"][0].tolist())
    grid = inputs[0].image_tensors(inputs[0].prompt.images[0])["image_grid_thw"]
    assert torch.equal(grid, reference["image_grid_thw"])
    positions, _ = family.model.model.get_rope_index(
        reference["input_ids"],
        mm_token_type_ids=reference["mm_token_type_ids"],
        image_grid_thw=reference["image_grid_thw"],
    )
    assert torch.equal(inputs[0].positions, positions)


# (page, max_pixels) -> (size, tokens), by hand. Sides are rounded to the factor; a page above
# max_pixels is divided by b = sqrt(area / max_pixels) and rounded down, one below the smallest
# (four tokens) is multiplied and rounded up.
SIZES_28 = [
    # 10 x 4 cells: as it is.
    ((280, 112), 1_003_520, (280, 112), 40),
    # 1000 / 28 = 35.7 -> 36; 700 / 28 = 25.
    ((1000, 700), 1_003_520, (1008, 700), 900),
    # b = sqrt(3,520,000 / 1,003,520) = 1.8729: 854.3 / 28 = 30.5 -> 30; 1174.7 / 28 = 41.95 -> 41.
    ((1600, 2200), 1_003_520, (840, 1148), 1230),
    # 28 x 56 is below 56 x 56; b = sqrt(3136 / 1200) = 1.6166: 32.3 -> 56; 97.0 -> 112.
    ((20, 60), 1_003_520, (56, 112), 8),
]
SIZES_32 = [
    # 20 x 15 cells: as it is.
    ((640, 480), 1_605_632, (640, 480), 300),
    # 1000 / 32 = 31.25 -> 31; 700 / 32 = 21.9 -> 22.
    ((1000, 700), 1_605_632, (992, 704), 682),
    # b = sqrt(3,520,000 / 1,605,632) = 1.4806: 1080.6 / 32 = 33.8 -> 33; 1485.9 / 32 = 46.4 -> 46.
    ((1600, 2200), 1_605_632, (1056, 1472), 1518),
    # 32 x 64 is below 64 x 64; b = sqrt(4096 / 1200) = 1.8475: 36.95 -> 64; 110.9 -> 128.
    ((20, 60), 1_605_632, (64, 128), 8),
]


@pytest.mark.parametrize(
    ("name", "page", "max_pixels", "size", "tokens"),
    [
        (name, *row)
        for name, rows in (
            ("qwen2_vl", SIZES_28),
            ("qwen2_5_vl", SIZES_28),
            ("qwen3_vl", SIZES_32),
        )
        for row in rows
    ],
)
def test_a_page_is_resized_once_by_the_published_rule(
    recording: MakeEngine,
    name: str,
    page: tuple[int, int],
    max_pixels: int,
    size: tuple[int, int],
    tokens: int,
) -> None:
    engine, _ = recording(name, max_pixels=max_pixels)
    seen = loaded_family(engine).see(Image.new("RGB", page, "white"))
    assert (seen.size, seen.tokens) == (size, tokens)
    patch = 16 if name == "qwen3_vl" else 14
    assert seen.grid is not None
    assert seen.grid.tolist() == [[1, size[1] // patch, size[0] // patch]]
    assert seen.tensors()["pixel_values"].shape == (tokens * 4, 3 * 2 * patch * patch)


GOT_HEAD = (
    "<|im_start|>system\nYou should follow the instructions carefully and explain your answers in "
    "detail.<|im_end|><|im_start|>user\n<img>"
)


def test_got_ocr_asks_once_for_each_page(recording: MakeEngine, tmp_path: Path) -> None:
    engine, inputs = recording("got_ocr")
    session_id = session_with(engine, tmp_path, "first", "second")
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]
    list(engine.ask(session_id, task="ocr", pages=pages))
    tokenizer = loaded_family(engine).tokenizer
    texts = [tokenizer.decode(page.tensors["input_ids"][0].tolist()) for page in inputs]
    expected = f"{GOT_HEAD}{'<imgpad>' * 256}</img>\n OCR: <|im_end|><|im_start|>assistant\n"
    assert texts == [expected, expected]
    assert all(page.tensors["pixel_values"].shape == (1, 3, 1024, 1024) for page in inputs)


@pytest.mark.parametrize(
    ("generation", "query", "views"),
    [
        ("", " OCR: ", 1),
        (", format = true", " OCR with format: ", 1),
        (", color = 'red'", "[red]  OCR: ", 1),
        # 1200 x 600: two tiles side by side, and the page as a whole.
        (", crop_to_patches = true", " OCR upon the patch reference: ", 3),
        (
            ", format = true, crop_to_patches = true",
            " OCR with format upon the patch reference: ",
            3,
        ),
    ],
)
def test_got_ocr_options_ask_as_published(
    recording: MakeEngine, tmp_path: Path, generation: str, query: str, views: int
) -> None:
    engine, inputs = recording("got_ocr", generation)
    path = tmp_path / "wide.png"
    Image.new("RGB", (1200, 600), "white").save(path)
    session_id = engine.create_session()
    engine.add_document(session_id, path, name="wide.png")
    list(engine.ask(session_id, task="ocr"))
    page = inputs[0]
    text = loaded_family(engine).tokenizer.decode(page.tensors["input_ids"][0].tolist())
    pads = "<imgpad>" * (256 * views)
    assert text == f"{GOT_HEAD}{pads}</img>\n{query}<|im_end|><|im_start|>assistant\n"
    assert page.tensors["pixel_values"].shape == (views, 3, 1024, 1024)


def test_got_ocr_is_told_of_a_drawn_box_in_thousandths_of_the_page(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, inputs = recording("got_ocr")
    path = tmp_path / "wide.png"
    Image.new("RGB", (1200, 600), "white").save(path)
    session_id = engine.create_session()
    engine.add_document(session_id, path, name="wide.png")
    list(engine.ask(session_id, task="ocr", bbox=(120.0, 60.0, 600.0, 300.0)))
    text = loaded_family(engine).tokenizer.decode(inputs[0].tensors["input_ids"][0].tolist())
    assert "[100, 100, 500, 500] OCR: " in text


def test_a_colour_that_got_ocr_does_not_know_is_refused(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, _ = recording("got_ocr", ", color = 'pink'")
    session_id = session_with(engine, tmp_path, "first")
    events = list(engine.ask(session_id, task="ocr"))
    assert isinstance(events[-1], Failed)
    assert "red, green, blue" in events[-1].error.text()
