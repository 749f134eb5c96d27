"""Families that other packages add by an entry point, with a package that the test installs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.errors import ModelError
from engine.families import class_path, family_class
from tests.fakes import FakeFamily, save_page

ADAPTER = """
from tests.fakes import FakeFamily


class OutsiderFamily(FakeFamily):
    script = ["An adapter ", "of another package."]
"""
MODELS = """
default_model = "theirs"
[models.theirs]
family = "outsider"
repo_id = "somebody/model"
dtype = "float32"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages that has one with entry points, as pip lays it out."""
    folder = tmp_path / "site"
    about = folder / "outsider_package-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: outsider-package\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(
        "[scanchat.families]\n"
        "outsider = outsider_package:OutsiderFamily\n"
        "broken = outsider_package:NoSuchFamily\n"
        "absent = no_such_package:Family\n"
        "lite = outsider_package:OutsiderFamily\n",
        encoding="utf-8",
    )
    (folder / "outsider_package.py").write_text(ADAPTER, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    FakeFamily.reset()
    yield folder
    sys.modules.pop("outsider_package", None)


def test_a_model_of_another_packages_family_answers(site: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "theirs.toml"
    overlay.write_text(f"data_dir = '{tmp_path / 'data'}'\n{MODELS}", encoding="utf-8")
    with Engine(load_settings(overlay)) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        answer = engine.ask(session_id, "Who are you?").answer()
    assert answer.text == "An adapter of another package."
    assert answer.model_id == "theirs"


def test_a_family_of_our_own_is_not_replaced_by_a_package(site: Path) -> None:
    assert class_path("lite", model_id="lite") == "engine.families.lite.family:LiteFamily"


@pytest.mark.parametrize("family", ["broken", "absent"])
def test_a_package_that_does_not_work_is_named_with_the_next_step(site: Path, family: str) -> None:
    with pytest.raises(ModelError, match=rf"family {family} .*Update or uninstall that package"):
        family_class(family, model_id="theirs")


def test_an_unknown_family_is_told_with_those_that_packages_add(site: Path) -> None:
    with pytest.raises(ModelError, match=r"outsider.*\[models\.theirs\]"):
        family_class("nobodys", model_id="theirs")
