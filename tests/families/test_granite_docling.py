"""Granite-Docling through the engine: its prompt, and DocTags to regions of the page."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Engine
from engine.core.schema import Finished, RegionAdded, TextDelta
from tests.fakes import draw_page
from tests.families.scripted import Scripted
from tests.families.tiny_smolvlm import TILE

SIZE = (800, 600)
PAGE = (
    "<doctag><text><loc_50><loc_100><loc_250><loc_200>Invoice 4711</text>\n"
    "<otsl><loc_0><loc_250><loc_500><loc_500><ched>Name<ched>Sum<nl><fcel>A<fcel>1<nl>"
    "<caption><loc_10><loc_10><loc_20><loc_20>Items</caption></otsl></doctag>"
)


@pytest.fixture
def engine(tiny_engine: Callable[..., Engine]) -> Engine:
    return tiny_engine("granite_docling", max_pixels=TILE**2, generation={"max_new_tokens": 400})


def test_the_published_prompt_and_regions_in_pixels_of_the_page(
    engine: Engine, tmp_path: Path
) -> None:
    scripted = Scripted(engine, lambda page, attempt: PAGE)
    session_id = engine.create_session()
    draw_page([("Total", 40, 60)], size=SIZE)[0].save(tmp_path / "page.png")
    engine.add_document(session_id, tmp_path / "page.png", name="page.png")
    events = list(engine.ask(session_id, "", task="layout"))
    assert events[-1] == Finished("stop", "tiny")
    assert scripted.text_of(0) == (
        "<|start_of_role|>user<|end_of_role|><fake_token_around_image><global-img>"
        "<fake_token_around_image>Convert this page to docling.<|end_of_text|>\n"
        "<|start_of_role|>assistant<|end_of_role|>"
    )
    regions = [event.region for event in events if isinstance(event, RegionAdded)]
    assert [(region.category, region.text) for region in regions] == [
        ("Text", "Invoice 4711"),
        ("Table", "Name\tSum\nA\t1"),
        ("Caption", "Items"),
    ]
    assert regions[0].bbox == pytest.approx((80, 120, 400, 240))
    assert regions[1].bbox == pytest.approx((0, 300, 800, 600))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "Invoice 4711" in text and "loc_" not in text
