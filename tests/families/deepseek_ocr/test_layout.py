"""DeepSeek-OCR's tags as regions of the page, and as the places of an answer."""

from pathlib import Path

import pytest

from engine.core.schema import Finished, RegionAdded
from tests.families.deepseek_ocr.conftest import MakeEngine, with_page
from tests.families.scripted import Scripted

# Pages of tests are 900 x 600, and boxes run from 0 to 999.
TAGGED = (
    "<|ref|>title<|/ref|><|det|>[[0, 0, 999, 333]]<|/det|>\n# Terms\n\n"
    "<|ref|>table<|/ref|><|det|>[[111, 333, 333, 666]]<|/det|>\n"
    "<table><tr><td>a</td><td>b</td></tr></table>\n\n"
    "<|ref|>image<|/ref|><|det|>[[333, 666, 999, 999]]<|/det|>\n"
)
LONG = {"max_new_tokens": 400, "ngram_size": 0}


@pytest.mark.parametrize("family", ["deepseek_ocr", "deepseek_ocr2"])
def test_tags_become_regions_and_are_not_shown(
    make_engine: MakeEngine, family: str, tmp_path: Path
) -> None:
    engine = make_engine(family, generation=LONG)
    session_id = with_page(engine, tmp_path)
    Scripted(engine, lambda *_: TAGGED)
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    assert events[-1] == Finished("stop", "tiny")
    regions = [event.region for event in events if isinstance(event, RegionAdded)]
    assert [(region.category, region.text) for region in regions] == [
        ("Title", "Terms"),
        ("Table", "a\tb"),
        ("Picture", ""),
    ]
    assert regions[0].bbox == pytest.approx((0, 0, 900, 200))
    assert regions[1].bbox == pytest.approx((100, 200, 300, 400))
    assert "<|" not in stream.transcript.text


def test_a_place_that_was_asked_for_is_evidence(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine("deepseek_ocr", generation=LONG)
    session_id = with_page(engine, tmp_path)
    Scripted(engine, lambda *_: "<|ref|>the total<|/ref|><|det|>[[111, 333, 333, 666]]<|/det|>")
    (found,) = engine.ask(session_id, "the total", task="locate").answer().evidence
    assert found.text == "the total"
    assert found.bbox == pytest.approx((100, 200, 300, 400))


def test_a_page_in_a_loop_is_read_again_within_a_margin(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine("deepseek_ocr", generation=LONG)
    session_id = with_page(engine, tmp_path)
    loop = TAGGED[:60] + "again " * 40
    scripted = Scripted(engine, lambda _, turn: loop if turn == 1 else TAGGED)
    stream = engine.ask(session_id, task="layout")
    assert list(stream)[-1] == Finished("stop", "tiny")
    (layout,) = stream.transcript.layouts(engine.documents(session_id))
    # The page fills 0.95 of what the model sees, so 0.95 of the range is the whole page.
    assert scripted.sizes[1] == pytest.approx((949, 949), abs=1)
    assert layout.regions[1].bbox == pytest.approx((105, 210, 316, 421), abs=1)
