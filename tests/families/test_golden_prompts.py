"""The exact prompt of every Qwen generation, and the sizes that pages are seen at; the prompts of
the tasks of Phi-3.5-vision and SmolVLM.

The expected texts are what the published templates render:

- Qwen2-VL and Qwen2.5-VL: the README of QwenLM/Qwen2-VL at commit
  dcc62fea0a69e8feb2b687b63811792ec9f96ab6 prints what its chat template renders for a conversation
  of three turns ("Add ids for Multiple Image Inputs", the default output).
- Qwen3-VL: the instruct template (5,292 bytes, SHA-256 3636d0f0...e4 pinned there) is quoted in
  zhongkaifu/TensorSharp, InferenceWeb.Tests/QwenImageIntentScorerTests.cs at commit
  1c46d8b8908e77c5d4a892cf404cd5df63396b1a: no default system turn, else the same turns.
- Sizes: smart_resize of QwenLM/Qwen2-VL, qwen-vl-utils/src/qwen_vl_utils/vision_process.py at
  commit 4a2035c97816125e4088e3ef325b052a859a7406, worked out by hand below.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine import Engine
from tests.families.driving import loaded_family, session_with

SYSTEM = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"
ASSISTANT = "<|im_start|>assistant\n"


# Each with its default system turn.
QWEN = {"qwen2_vl": SYSTEM, "qwen2_5_vl": SYSTEM, "qwen3_vl": ""}
MakeEngine = Callable[..., tuple[Engine, list[Any]]]


def text_of(engine: Engine, ids: Any) -> str:
    """Ids as text, special tokens included, a run of image tokens as one."""
    text = loaded_family(engine).tokenizer.decode(list(ids))
    return re.sub(r"(<\|image_pad\|>)+", "<|image_pad|>", text)


@pytest.mark.parametrize("name", QWEN)
def test_one_image(recording: MakeEngine, name: str, tmp_path: Path) -> None:
    engine, inputs = recording(name)
    list(engine.ask(session_with(engine, tmp_path, "Total 42"), "What is the total?"))
    expected = f"{QWEN[name]}<|im_start|>user\n{IMAGE}What is the total?<|im_end|>\n{ASSISTANT}"
    assert text_of(engine, inputs[0].prompt.ids) == expected


@pytest.mark.parametrize("name", QWEN)
@pytest.mark.parametrize(
    ("task", "begins", "ends"),
    [
        (
            "ocr",
            "Read all the text in the image, line by line, in reading order. Output the text only.",
            "",
        ),
        (
            "layout",
            "Find every block of this document page, in reading order, and read its text.\n"
            "Answer with a JSON list only: "
            '[{"bbox_2d": [x1, y1, x2, y2], "category": "...", "text": "..."}, ...]\n',
            "LaTeX for a Formula, nothing for a Picture.\n",
        ),
        (
            "document_type",
            "What kind of document is this? Answer with exactly one of these words and nothing "
            "else: receipt, invoice, passport, driver_licence, id_card, bank_statement, "
            "payment_order, contract, letter, form, certificate, report, other. ",
            '"report" also means a table; "other" means none of them.',
        ),
        ("markdown", "Convert this page to Markdown: its headings,", "Output the Markdown only."),
        ("table", "Read every table of this page. Write each as a", "Output the tables only."),
        ("formula", "Read every formula of this page. Write each", "Output the formulas only."),
        ("describe", "Describe this page in a few sentences: what", "that is not on the page."),
    ],
)
def test_every_task_that_needs_no_question(
    recording: MakeEngine, name: str, task: str, begins: str, ends: str, tmp_path: Path
) -> None:
    engine, inputs = recording(name)
    list(engine.ask(session_with(engine, tmp_path, "Total 42"), task=task))
    text = text_of(engine, inputs[0].prompt.ids)
    assert text.startswith(f"{QWEN[name]}<|im_start|>user\n{IMAGE}{begins}")
    assert text.endswith(f"{ends}<|im_end|>\n{ASSISTANT}")


# What their templates render around an image and a prompt: the sources are named in
# tests/families/phi3_vision/published.py and tests/families/tiny_smolvlm.py.
OTHERS = {
    "phi3_vision": ("<s><|user|>\n[page]<s>\n", "<|end|>\n<|assistant|>\n"),
    "smolvlm": ("<|im_start|>User:[page]", "<end_of_utterance>\nAssistant:"),
}
DOCUMENT_TYPE = (
    "What kind of document is this? Answer with exactly one of these words and nothing else: "
    "receipt, invoice, passport, driver_licence, id_card, bank_statement, payment_order, contract, "
    'letter, form, certificate, report, other. "report" also means a table; "other" means none of '
    "them."
)


DESCRIBE = (
    "Describe this page in a few sentences: what document it is, who it is from and for, and what "
    "it says. Name the numbers and dates that matter as they are printed. Say nothing that is not "
    "on the page."
)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize(
    ("task", "asked"),
    [
        (
            "ocr",
            "Read all the text in the image, line by line, in reading order. Output the text only.",
        ),
        ("document_type", DOCUMENT_TYPE),
        ("describe", DESCRIBE),
    ],
)
def test_every_task_of_the_families_that_only_write(
    recording: MakeEngine, name: str, task: str, asked: str, tmp_path: Path
) -> None:
    engine, inputs = recording(name)
    list(engine.ask(session_with(engine, tmp_path, "Total 42"), task=task))
    (span,) = inputs[0].prompt.images
    ids, decode = inputs[0].prompt.ids, loaded_family(engine).tokenizer.decode
    text = f"{decode(list(ids[: span.start]))}[page]{decode(list(ids[span.end :]))}"
    before, after = OTHERS[name]
    assert text == f"{before}{asked}{after}"


@pytest.mark.parametrize("name", QWEN)
def test_two_images_stand_before_the_question(
    recording: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine, inputs = recording(name)
    session_id = session_with(engine, tmp_path, "first", "second")
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]
    list(engine.ask(session_id, "Compare.", pages=pages))
    expected = f"{QWEN[name]}<|im_start|>user\n{IMAGE}{IMAGE}Compare.<|im_end|>\n{ASSISTANT}"
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
        f"{QWEN[name]}<|im_start|>user\n{IMAGE}Hello, how are you?<|im_end|>\n"
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
    text = f"{QWEN[name]}<|im_start|>user\n{IMAGE}Total?<|im_end|>\n{ASSISTANT}"
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
# max_pixels is divided by b = sqrt(area / max_pixels) and rounded down, one below the published
# smallest (four tokens, 64 for Qwen3-VL) is multiplied and rounded up.
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
    # 32 x 64 is below 256 x 256; b = sqrt(65,536 / 1200) = 7.390: 147.8 -> 160; 443.4 -> 448.
    ((20, 60), 1_605_632, (160, 448), 70),
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


@pytest.mark.parametrize("name", QWEN)
def test_a_small_crop_grows_to_the_smallest_size_of_the_checkpoint(
    recording: MakeEngine, checkpoints: Callable[[str], Path], name: str, tmp_path: Path
) -> None:
    """qwen_vl_utils has a smallest size of its own; the processor's own resize is the reference."""
    folder = shutil.copytree(checkpoints(name), tmp_path / "checkpoint")
    path = folder / "preprocessor_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if "size" in config:
        config["size"]["shortest_edge"] = 300 * 300
    else:
        config["min_pixels"] = 300 * 300
    path.write_text(json.dumps(config), encoding="utf-8")
    engine, _ = recording(name, repo_id=str(folder), max_pixels=1_003_520)
    family = loaded_family(engine)
    crop = Image.new("RGB", (90, 40), "white")
    seen = family.see(crop)
    reference = family.processor.image_processor(images=[crop], return_tensors="pt")
    assert seen.grid.tolist() == reference["image_grid_thw"].tolist()
    assert seen.size[0] * seen.size[1] >= 300 * 300
    # Settings that allow less go first; sides are rounded up to whole tokens.
    engine, _ = recording(name, repo_id=str(folder), max_pixels=200 * 200)
    width, height = loaded_family(engine).see(crop).size
    assert width * height < 300 * 300
