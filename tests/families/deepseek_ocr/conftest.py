"""The parity vectors, models over the parity folder, and engines over both tiny checkpoints."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine import Engine
from engine.families.deepseek_ocr import load_model
from tests.fakes import save_page
from tests.families.tiny_deepseek_ocr import FOLDER

MakeEngine = Callable[..., Engine]

# An end that never comes: the reference ran with EOS switched off.
NO_TOKEN = 1_000_000


@cache
def vectors() -> dict[str, torch.Tensor]:
    return load_file(FOLDER / "vectors.safetensors")


@pytest.fixture(scope="session")
def model_with() -> Callable[[str], Any]:
    """model_with("sdpa") -> the float32 model, loaded once."""
    return cache(
        lambda attention: load_model(FOLDER, dtype=torch.float32, attn_implementation=attention)
    )


@pytest.fixture(scope="session")
def published(checkpoints: Callable[[str], Path]) -> Path:
    """The first version's folder."""
    return checkpoints("deepseek_ocr")


@pytest.fixture(scope="session")
def second_version(checkpoints: Callable[[str], Path]) -> Path:
    return checkpoints("deepseek_ocr2")


@pytest.fixture
def make_engine(tiny_engine: MakeEngine) -> MakeEngine:
    """make_engine("deepseek_ocr", dtype="bfloat16") -> an engine over that tiny checkpoint."""

    def make(family: str, *, folder: Path | None = None, **table: object) -> Engine:
        table = {"max_pixels": 512 * 512, **table}
        return tiny_engine(family, repo_id=folder and str(folder), **table)

    return make


def with_page(engine: Engine, tmp_path: Path) -> str:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return session_id
