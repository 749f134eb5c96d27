"""One served app for the tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.served import Served, serving
from tests.fakes import FakeFamily, save_page


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Without a token and without a login."""
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(autouse=True)
def fresh_model() -> None:
    FakeFamily.reset()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return save_page(tmp_path)
