"""Granite-Docling through the engine: its prompt, and DocTags to regions of the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine import Engine, load_settings
from engine.schema import Finished, RegionAdded, TextDelta
from tests.families.scripted import Scripted
from tests.families.tiny_smolvlm import TILE, save_granite

SIZE = (800, 600)
PAGE = (
    "<doctag><text><loc_50><loc_100><loc_250><loc_200>Invoice 4711</text>\n"
    "<otsl><loc_0><loc_250><loc_500><loc_500><ched>Name<ched>Sum<nl><fcel>A<fcel>1<nl>"
    "<caption><loc_10><loc_10><loc_20><loc_20>Items</caption></otsl></doctag>"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_granite(tmp_path_factory.mktemp("granite") / "checkpoint")


@pytest.fixture
def engine(folder: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "tiny.toml"
    path.write_text(
        f"default_model = 'tiny'\ncache_dir = '{tmp_path / 'cache'}'\n[models.tiny]\n"
        f"family = 'granite_docling'\nrepo_id = '{folder}'\ndtype = 'float32'\n"
        f"max_pixels = {TILE**2}\ngeneration = {{ max_new_tokens = 400 }}\n",
        encoding="utf-8",
    )
    with Engine(load_settings(path)) as made:
        yield made


def test_the_published_prompt_and_regions_in_pixels_of_the_page(
    engine: Engine, tmp_path: Path
) -> None:
    scripted = Scripted(engine, lambda page, attempt: PAGE)
    session_id = engine.create_session()
    Image.new("RGB", SIZE, "white").save(tmp_path / "page.png")
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
