"""Tests of `doctor --model`: every check of a model, judged by the printed output."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image

from engine import Settings, load_settings
from engine.cli import main, model_check
from engine.cli.model_check import Check, Trial
from engine.cli.model_check_pages import draw_blank_form, draw_test_page, draw_two_pages, line_boxes
from engine.core.geometry import union
from engine.core.schema import BBox, Evidence, FinishReason, Region, RegionAdded
from engine.core.settings import ModelSettings
from engine.families import FAMILIES
from engine.families.base import Capabilities, ModelRequest, Outcome, Run
from tests.fakes import FAKE_MODELS_TOML, FakeFamily
from tests.families import tiny

TOTAL = line_boxes()["Total: 128.50"]
# The box of a model whose thousandths are mistaken for pixels.
WRONG_SCALE = tuple(edge * 1000 / side for edge, side in zip(TOTAL, (1680, 1260) * 2, strict=True))
# Contains the right answer for every test page.
KNOWS_ALL = "Time sheet, 5926, total 128.50"


class LayoutFamily(FakeFamily):
    """Supports only the layout task; it answers no questions."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout"}), chat=False, multiple_pages=False, boxes=True
    )
    box: ClassVar[BBox] = TOTAL

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        page = inputs.pages[0]
        region = Region(self.box, "Text", "Total: 128.50", 0)
        run.emit(RegionAdded(page.document_id, page.page_index, region))
        return super().generate(inputs, run)


class FaultyFamily(FakeFamily):
    """Answers everything right; finish reason, cache reuse and availability are configurable."""

    finish_reason: ClassVar[FinishReason] = "stop"
    reused_tokens: ClassVar[int | None] = 5
    is_here: ClassVar[bool] = True

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return cls.is_here

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        super().generate(inputs, run)
        reason = self.finish_reason if inputs.task == "ocr" else "stop"
        return Outcome(reason, 9, 3, reused_tokens=self.reused_tokens)


def tried(settings: Settings, tmp_path: Path) -> Trial:
    return model_check.try_model(settings, "fake", tmp_path)


def check(trial: Trial, name: str) -> Check:
    return next(one for one in trial.checks if one.name == name)


def test_the_drawn_page_has_its_total_where_it_says(tmp_path: Path) -> None:
    x_min, y_min, x_max, y_max = draw_test_page(tmp_path / "page.png")
    page = Image.open(tmp_path / "page.png").convert("L")
    ink = page.crop((int(x_min), int(y_min), int(x_max) + 1, int(y_max) + 1)).point(
        lambda value: 255 if value < 128 else 0
    )
    assert ink.getbbox() is not None
    # Right of the amount there is only paper.
    beside = page.crop((int(x_max) + 4, int(y_min), page.width, int(y_max)))
    assert beside.getextrema() == (255, 255)


def test_the_two_pages_differ_and_the_form_has_empty_cells(tmp_path: Path) -> None:
    draw_two_pages(tmp_path / "two.tiff")
    with Image.open(tmp_path / "two.tiff") as pages:
        assert getattr(pages, "n_frames", 1) == 2
        first = pages.convert("L").tobytes()
        pages.seek(1)
        assert pages.convert("L").tobytes() != first
    draw_blank_form(tmp_path / "form.png")
    with Image.open(tmp_path / "form.png") as form:
        below_header = form.convert("L").crop((170, 252, form.width - 170, form.height))
    rows = [
        below_header.crop((0, y, 300, y + 1)).getextrema()[1] for y in range(below_header.height)
    ]
    # Lines from side to side, and nothing but paper between them.
    assert sum(lightest == 0 for lightest in rows) >= 14
    inside = below_header.crop((5, 5, 300, 60))
    assert inside.getextrema() == (255, 255)


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
    reading = tried(fake_settings, tmp_path).reading
    assert reading is not None
    assert (reading.text_found, reading.box_hit) == (found, hit)


@pytest.mark.parametrize(("box", "hit"), [(TOTAL, True), (WRONG_SCALE, False)])
def test_the_boxes_of_a_layout_are_the_models_own_and_are_checked(
    fake_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    box: BBox,
    hit: bool,
) -> None:
    monkeypatch.setitem(FAMILIES, "fake", "tests.cli.test_model_check:LayoutFamily")
    monkeypatch.setattr(LayoutFamily, "box", box)
    FakeFamily.script = ["Total: 128.50"]
    reading = tried(fake_settings, tmp_path).reading
    assert reading is not None
    assert (reading.text_found, reading.box_hit) == (True, hit)


@pytest.mark.parametrize(
    ("text", "lines", "right"),
    [
        # A model that finds one block returns all lines, with a box around all of them.
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
    boxes = list(line_boxes().values())[-lines:]
    assert model_check.right_place([Region(union(boxes), "Text", text, 0)]) is right


def test_no_other_model_reads_in_its_place(fake_settings: Settings, tmp_path: Path) -> None:
    FakeFamily.load_error = OSError("no such file")
    fake = fake_settings.model("fake").model_copy(update={"fallback": "lite"})
    models = {**fake_settings.models, "fake": fake}
    trial = tried(fake_settings.model_copy(update={"models": models}), tmp_path)
    assert trial.reading is None
    assert [(one.name, one.ok) for one in trial.checks] == [("loads", False)]
    assert "no such file" in trial.checks[0].text()


def test_a_model_that_fails_on_the_page_was_loaded_all_the_same(
    fake_settings: Settings, tmp_path: Path
) -> None:
    FakeFamily.script = [ValueError("bad shape")]
    trial = tried(fake_settings, tmp_path)
    assert [(one.name, one.ok) for one in trial.checks] == [
        ("loads", True),
        ("here", True),
        ("reads", False),
    ]


@pytest.mark.parametrize(
    ("fault", "value", "failing", "said"),
    [
        (None, None, None, ""),
        ("is_here", False, "here", "python -m engine download fake"),
        ("reused_tokens", 0, "reuse", "kv_cache_bytes"),
        ("finish_reason", "repetition", "blank_form", "repetition"),
        ("finish_reason", "length", "blank_form", "length"),
        ("script", ["Total 128.50, 5926"], "blank_form", "title"),
        ("script", ["Time sheet, 128.50"], "two_pages", "1 were answered correctly"),
        ("script", ["Time sheet, 5926"], "reads", "does NOT read"),
    ],
)
def test_each_fault_is_found_by_its_check_and_told_with_a_next_step(
    fake_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str | None,
    value: Any,
    failing: str | None,
    said: str,
) -> None:
    monkeypatch.setitem(FAMILIES, "fake", "tests.cli.test_model_check:FaultyFamily")
    monkeypatch.setattr(FakeFamily, "script", [KNOWS_ALL])
    if fault is not None:
        monkeypatch.setattr(FaultyFamily, fault, value)
    trial = tried(fake_settings, tmp_path)
    names = {one.name for one in trial.checks}
    # An answer that is not on the page has no place.
    assert names | {"place"} == {
        *["loads", "here", "reads", "place", "two_pages", "reuse", "blank_form"]
    }
    assert ("place" in names) is (failing != "reads")
    if failing is None:
        assert trial.ok
        figures = check(trial, "reuse").values
        assert (figures["reused"], figures["computed"]) == (5, 4)
    else:
        assert not check(trial, failing).ok and not trial.ok
        assert said in check(trial, failing).text()
        assert check(trial, failing).text("ru") != check(trial, failing).text()


def test_a_model_without_kept_keys_is_not_asked_for_them(
    fake_settings: Settings, tmp_path: Path
) -> None:
    FakeFamily.script = [KNOWS_ALL]
    trial = tried(fake_settings, tmp_path)
    assert "reuse" not in [one.name for one in trial.checks]
    assert trial.ok


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
    results = {one["name"]: one["ok"] for one in told["checks"]}
    assert results == {
        "loads": True,
        "here": True,
        "reads": False,
        "two_pages": False,
        "blank_form": False,
    }
    FakeFamily.script = [KNOWS_ALL]
    assert main(["doctor", "--model", "fake", "--settings", str(overlay)]) == 0
    said = capsys.readouterr().out
    assert "flash" in said
    assert "PROBLEM" not in said
    assert said.count("\nok ") == 6


def test_lite_passes_every_check_on_a_cpu(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--model", "lite", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["checks"]] == [
        "loads",
        "here",
        "reads",
        "place",
        "two_pages",
        "blank_form",
    ]


@pytest.fixture
def tiny_settings(tmp_path: Path) -> Callable[[str], Path]:
    def make(dtype: str) -> Path:
        folder = tiny.save_qwen2_vl(tmp_path / "checkpoint")
        path = tmp_path / "tiny.toml"
        path.write_text(
            f"default_model = 'tiny'\n[models.tiny]\nfamily = 'qwen_vl'\nrepo_id = '{folder}'\n"
            f"dtype = '{dtype}'\nmax_pixels = 50176\ngeneration = {{ max_new_tokens = 8 }}\n",
            encoding="utf-8",
        )
        return path

    return make


def test_random_weights_load_run_and_reuse_but_do_not_read(
    tiny_settings: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiny_settings("auto")
    assert main(["doctor", "--model", "tiny", "--json", "--settings", str(path)]) == 1
    told = json.loads(capsys.readouterr().out)
    results = {one["name"]: one["ok"] for one in told["checks"]}
    assert results["loads"] and results["here"] and results["reuse"]
    assert not results["reads"]
    ran = told["ran"]
    assert ran["attention"] == "sdpa" and ran["quantization"] == "none"
    assert ran["dtype"] in ("bfloat16", "float32") and "auto" in ran["dtype_en"]
    assert ran["peak_memory_bytes"] > 0 and ran["prompt_tokens"] > 0
    assert load_settings(path).model("tiny").dtype == "auto"
    assert told["precision"]["dtype"] == ran["dtype"]
    assert main(["doctor", "--model", "tiny", "--settings", str(path)]) == 1
    assert f"sdpa attention in {ran['dtype']}, quantization none" in capsys.readouterr().out
