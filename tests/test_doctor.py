"""What doctor finds out: tried on this machine, told as values, and judged by what is printed."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from PIL import Image

from engine import Settings, doctor
from engine.cli import main
from engine.errors import EngineError
from engine.families import FAMILIES
from engine.families.base import Capabilities, ModelRequest, Outcome, Run
from engine.geometry import union
from engine.hardware import SDPA_BACKENDS, sdpa_problem
from engine.schema import BBox, Evidence, Region, RegionAdded
from tests.fakes import FAKE_MODELS_TOML, FakeFamily

TOTAL = doctor.line_boxes()["Total: 128.50"]
# What a model says that speaks in thousandths, where they are taken for pixels.
WRONG_SCALE = tuple(edge * 1000 / side for edge, side in zip(TOTAL, (1680, 1260) * 2, strict=True))


class LayoutFamily(FakeFamily):
    """Reads a page as regions; it answers no questions."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout"}), chat=False, multiple_pages=False, boxes=True
    )
    box: ClassVar[BBox] = TOTAL

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        page = inputs.pages[0]
        region = Region(self.box, "Text", "Total: 128.50", 0)
        run.emit(RegionAdded(page.document_id, page.page_index, region))
        return super().generate(inputs, run)


def test_every_kernel_was_tried_and_the_general_one_runs(fake_settings: Settings) -> None:
    machine = doctor.examine(fake_settings)
    assert set(machine.kernels) == set(SDPA_BACKENDS)
    assert machine.kernels["MATH"] is None
    assert machine.packages["torch"] == torch.__version__.partition("+")[0]
    assert machine.attention.eager_over_sdpa > 0
    # Eager and SDPA compute the same thing; what differs is rounding.
    assert machine.attention.max_difference < 1e-4


@pytest.mark.skipif(torch.cuda.is_available(), reason="says why not, and here it may work")
def test_without_a_gpu_it_says_why_there_is_no_flash_attention(fake_settings: Settings) -> None:
    machine = doctor.examine(fake_settings)
    assert machine.flash_attn_problem == "no CUDA GPU"
    assert machine.kernels["CUDNN_ATTENTION"]
    assert machine.memory_bytes is None
    assert not any(fits for fit in machine.fits for _, _, fits in fit.precisions)


def test_a_kernel_that_gives_other_numbers_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    attend = torch.nn.functional.scaled_dot_product_attention
    assert sdpa_problem("float32", 64) is None
    monkeypatch.setattr(
        torch.nn.functional,
        "scaled_dot_product_attention",
        lambda *args, **options: attend(*args, **options) * 1.01,
    )
    assert "differ" in str(sdpa_problem("float32", 64))


def test_the_drawn_page_has_its_total_where_it_says(tmp_path: Path) -> None:
    x_min, y_min, x_max, y_max = doctor.draw_test_page(tmp_path / "page.png")
    page = Image.open(tmp_path / "page.png").convert("L")
    ink = page.crop((int(x_min), int(y_min), int(x_max) + 1, int(y_max) + 1)).point(
        lambda value: 255 if value < 128 else 0
    )
    assert ink.getbbox() is not None
    # Right of the amount there is only paper.
    beside = page.crop((int(x_max) + 4, int(y_min), page.width, int(y_max)))
    assert beside.getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("script", "box", "found", "hit"),
    [
        (["The total is 128.50"], TOTAL, True, True),
        (["128,50"], (0.0, 0.0, 20.0, 20.0), True, False),
        (["I see a cat"], None, False, None),
    ],
)
def test_a_model_is_judged_by_what_is_printed(
    fake_settings: Settings,
    tmp_path: Path,
    script: list[str | Exception],
    box: tuple[float, float, float, float] | None,
    found: bool,
    hit: bool | None,
) -> None:
    FakeFamily.script = script
    FakeFamily.evidence = [Evidence("d", 0, box, "128.50", 1.0)] if box else []
    reading = doctor.try_model(fake_settings, "fake", tmp_path)
    assert (reading.text_found, reading.box_hit) == (found, hit)


@pytest.mark.parametrize(("box", "hit"), [(TOTAL, True), (WRONG_SCALE, False)])
def test_the_boxes_of_a_layout_are_the_models_own_and_are_checked(
    fake_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    box: BBox,
    hit: bool,
) -> None:
    monkeypatch.setitem(FAMILIES, "fake", "tests.test_doctor:LayoutFamily")
    monkeypatch.setattr(LayoutFamily, "box", box)
    FakeFamily.script = ["Total: 128.50"]
    reading = doctor.try_model(fake_settings, "fake", tmp_path)
    assert (reading.text_found, reading.box_hit) == (True, hit)


@pytest.mark.parametrize(
    ("text", "lines", "right"),
    [
        # A model that sees one block says so, and its box is around all of it.
        (
            "NORTHWIND Office Supplies\nInvoice number 4711\nDate 14 March 2026\nTotal 128.50",
            4,
            True,
        ),
        # The box of the whole page does not belong to the total alone.
        ("128.50", 4, False),
        ("128.50", 1, True),
        ("12.50", 1, False),
    ],
)
def test_a_region_lies_where_its_own_lines_are_printed(text: str, lines: int, right: bool) -> None:
    boxes = list(doctor.line_boxes().values())[-lines:]
    assert doctor.right_place([Region(union(boxes), "Text", text, 0)]) is right


def test_no_other_model_reads_in_its_place(fake_settings: Settings, tmp_path: Path) -> None:
    FakeFamily.load_error = OSError("no such file")
    fake = fake_settings.model("fake").model_copy(update={"fallback": "lite"})
    models = {**fake_settings.models, "fake": fake}
    with pytest.raises(EngineError, match="fake"):
        doctor.try_model(fake_settings.model_copy(update={"models": models}), "fake", tmp_path)


def test_attention_is_tried_at_the_heads_of_the_model_that_is_asked_about(
    fake_settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    text = {"hidden_size": 96, "num_attention_heads": 2}
    config = {"model_type": "no_such_type", "text_config": text}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    update = {"repo_id": str(folder), "attn_implementation": "eager"}
    models = {"fake": fake_settings.model("fake").model_copy(update=update)}
    found = doctor.examine(fake_settings.model_copy(update={"models": models}), "fake")
    assert (found.head_size, found.dtype) == (48, "float32")
    assert found.choice is not None and found.choice.implementation == "eager"


def test_the_command_prints_json_alone_and_fails_where_a_model_cannot_read(
    fake_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = tmp_path / "doctor.toml"
    overlay.write_text(FAKE_MODELS_TOML, encoding="utf-8")
    FakeFamily.script = ["I see a cat"]
    assert main(["doctor", "--model", "fake", "--json", "--settings", str(overlay)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["reading"] == {
        "model": "fake",
        "answer": "I see a cat",
        "text_found": False,
        "box_hit": None,
    }
    FakeFamily.script = ["Total: 128.50"]
    assert main(["doctor", "--model", "fake", "--settings", str(overlay)]) == 0
    assert "flash" in capsys.readouterr().out


def test_an_unknown_model_is_refused_before_anything_is_measured(
    fake_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--model", "nope"]) == 2
    assert "nope" in capsys.readouterr().err
