"""The tiny checkpoint, loaded once for each attention."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForImageTextToText

import engine.families.phi3_vision  # noqa: F401 - registers the family
from tests.families.phi3_vision.published import TINY_FOLDER, write_folder

Model = Any


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny models lose more by splitting their work than they win."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def load() -> Callable[..., Model]:
    """load(attention, folder) -> the float32 model; the same object for the same call."""

    @cache
    def loader(attention: str = "sdpa", folder: Path = TINY_FOLDER) -> Model:
        model = AutoModelForImageTextToText.from_pretrained(
            folder, dtype=torch.float32, attn_implementation=attention
        )
        # The reference's ids were made without stopping.
        model.generation_config.eos_token_id = None
        return model.eval()

    return loader


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("phi3_v"))
