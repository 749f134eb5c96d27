"""GLM-OCR through the engine: its three prompts, its sizes, and transformers' own way to an answer.

Where the expected prompt is from (the published chat_template.jinja itself was not found):

- townsendmerino/goinfer, docs/tasks/task-glm-ocr-2026-10.md at commit
  e331cc4d20dcb275cad0644284cf99a708fa7e8a, quotes the published template's rendering for a page
  and "Text Recognition:" with the ids of the real tokenizer, at revision 2e85a628.
- 99991/Simple-GLM-OCR, simpleglmocr.py at commit e2b57ca176cb3c8c55d35df58ab8bc77a67c6550, which
  runs the published weights, writes the same turns.
- transformers' own test (tests/models/glm_ocr/test_modeling_glm_ocr.py at commit
  3c8a71a904d5bd4d46176eaeb5b4f11fd23104f6) has the first ids of a prompt, in the numbers of
  another vocabulary: two tokens, the user's, a line end, then the image at once.

The sizes are those that goinfer measured with the published processor (multimodal/glm_ocr_test.go
at commit af26fe3b9b230feb886e5f750c3a2c7b3e1c7874).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from engine import Engine, load_settings
from tests.families.driving import loaded_family
from tests.families.test_invariants import with_page
from tests.families.test_paddleocr_vl import run

MakeEngine = Callable[..., Engine]
FRAMES = 2


@pytest.mark.parametrize(
    ("task", "prompt"),
    [
        ("ocr", "Text Recognition:"),
        ("table", "Table Recognition:"),
        ("formula", "Formula Recognition:"),
    ],
)
def test_golden_prompts(tiny_engine: MakeEngine, task: str, prompt: str, tmp_path: Path) -> None:
    family, _, ids = run(tiny_engine("glm_ocr"), tmp_path, task)
    text = family.tokenizer.decode([index for index in ids if index != family.image_token_id])
    assert text == (
        f"[gMASK]<sop><|user|>\n<|begin_of_image|><|end_of_image|>{prompt}<|assistant|>\n"
    )


def test_the_answer_about_a_whole_page_is_that_of_the_processor_and_the_models_own_generate(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    family, document, ids = run(tiny_engine("glm_ocr", max_pixels=120_000), tmp_path, "table")
    inputs = family.processor(
        text="[gMASK]<sop><|user|>\n<|begin_of_image|><|image|><|end_of_image|>Table Recognition:"
        "<|assistant|>\n",
        images=[document.pages[0].load_image()],
        size={"shortest_edge": 12_544, "longest_edge": FRAMES * 120_000},
        return_tensors="pt",
    )
    assert inputs["input_ids"][0].tolist() == ids
    family.model.model.rope_deltas = None
    whole = family.model.generate(**inputs, max_new_tokens=12, do_sample=False)
    assert whole[0, len(ids) :].tolist() == family.counters.generated_ids


def test_decoding_over_fixed_shapes_says_the_same_tokens(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    usual, _, _ = run(tiny_engine("glm_ocr"), tmp_path, "ocr")
    fixed, _, _ = run(tiny_engine("glm_ocr", static_cache=True), tmp_path, "ocr")
    assert len(usual.counters.generated_ids) > 1
    assert fixed.counters.generated_ids == usual.counters.generated_ids


def test_the_layer_that_only_drafts_is_left_in_the_file(
    tiny_engine: MakeEngine, checkpoints: Callable[[str], Path], tmp_path: Path
) -> None:
    """The published file holds one more decoder layer, number 16, which nothing here runs."""
    folder = tmp_path / "published"
    shutil.copytree(checkpoints("glm_ocr"), folder)
    tensors = load_file(folder / "model.safetensors")
    assert {name.split(".")[1] for name in tensors if name.startswith("model.")} == {
        "language_model",
        "visual",
    }
    draft = "model.language_model.layers.16.input_layernorm.weight"
    save_file(
        {**tensors, draft: torch.ones(64)}, folder / "model.safetensors", metadata={"format": "pt"}
    )
    usual, _, _ = run(tiny_engine("glm_ocr"), tmp_path, "ocr")
    settings = tmp_path / "tiny.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(str(checkpoints("glm_ocr")), str(folder)), encoding="utf-8")
    with Engine(load_settings(settings)) as engine:
        published, _, _ = run(engine, tmp_path, "ocr")
    assert published.settings.repo_id == str(folder)
    assert published.counters.generated_ids == usual.counters.generated_ids


@pytest.mark.parametrize(
    ("page", "grid"),
    [((3000, 3000), (156, 156)), ((1700, 2200), (158, 122)), ((100, 100), (8, 8))],
)
def test_a_page_is_seen_at_the_published_size(
    tiny_engine: MakeEngine, page: tuple[int, int], grid: tuple[int, int], tmp_path: Path
) -> None:
    engine = tiny_engine("glm_ocr", max_pixels=9_633_792 // FRAMES)
    with_page(engine, tmp_path)
    family = loaded_family(engine)
    assert family.limits(None) == family.limits(9_633_792 // FRAMES), "the checkpoint's own"
    seen = family.see(Image.new("RGB", page, "white"))
    rows, columns = grid
    assert seen.grid is not None
    assert seen.grid.tolist() == [[1, rows, columns]]
    assert seen.tokens == rows * columns // 4
    assert seen.size == (columns * 14, rows * 14)


def test_max_pixels_are_those_of_the_page_and_not_of_its_frames(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("glm_ocr", max_pixels=100_000)
    with_page(engine, tmp_path)
    width, height = loaded_family(engine).see(Image.new("RGB", (1000, 1000))).size
    assert 80_000 <= width * height <= 100_000
