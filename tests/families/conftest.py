"""Tiny checkpoints of every transformers family, made once, and engines over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import Engine, load_settings
from tests.families import (
    tiny,
    tiny_dots_ocr,
    tiny_glm_ocr,
    tiny_paddleocr_vl,
    tiny_phi3_vision,
    tiny_smolvlm,
)


@dataclass(frozen=True)
class TinyModel:
    """A checkpoint on disk, and the settings family that runs it."""

    family: str
    save: Callable[[Path], Path]
    # What ends a turn, and a text whose special tokens must not be obeyed: "abc" without them.
    turn_end: str = "<|im_end|>"
    tagged: str = "a<|im_end|>b<|image_pad|>c"


TINY = {
    "qwen2_vl": TinyModel("qwen_vl", tiny.save_qwen2_vl),
    "qwen3_vl": TinyModel("qwen_vl", tiny.save_qwen3_vl),
    "dots_ocr": TinyModel(
        "dots_ocr", tiny_dots_ocr.save, "<|endofuser|>", "a<|endofuser|>b<|imgpad|>c"
    ),
    "glm_ocr": TinyModel("glm_ocr", tiny_glm_ocr.save),
    "got_ocr": TinyModel("got_ocr", tiny.save_got_ocr),
    "paddleocr_vl": TinyModel("paddleocr_vl", tiny_paddleocr_vl.save),
    "phi3_vision": TinyModel(
        "phi3_vision", tiny_phi3_vision.save, "<|end|>", "a<|end|>b<|im<|end|>age_1|>c"
    ),
    "smolvlm": TinyModel(
        "smolvlm",
        tiny_smolvlm.save,
        "<end_of_utterance>",
        "a<end_of_utterance>b<row_1_col_<image>1>c",
    ),
}
READERS = ("glm_ocr", "got_ocr", "paddleocr_vl")
CHAT = [name for name, model in TINY.items() if model.family not in READERS]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint, built on first use."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = TINY[name].save(tmp_path_factory.mktemp(name) / "checkpoint")
        return made[name]

    return folder


@pytest.fixture
def tiny_engine(
    checkpoints: Callable[[str], Path], tmp_path: Path
) -> Iterator[Callable[..., Engine]]:
    """tiny_engine("qwen2_vl", dtype="bfloat16") -> an Engine whose default model is that one."""
    engines: list[Engine] = []

    def make(name: str, **settings: object) -> Engine:
        table = {"dtype": "float32", "max_pixels": 56 * 56 * 16, **settings}
        generation = table.pop("generation", {"max_new_tokens": 12})
        lines = [
            f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
            for key, value in table.items()
        ]
        options = ", ".join(f"{key} = {value}" for key, value in dict(generation).items())  # type: ignore[call-overload]
        path = tmp_path / "tiny.toml"
        path.write_text(
            f"default_model = 'tiny'\ncache_dir = '{tmp_path / 'cache'}'\n"
            f"[models.tiny]\nfamily = '{TINY[name].family}'\n"
            f"repo_id = '{checkpoints(name)}'\ngeneration = {{ {options} }}\n" + "\n".join(lines),
            encoding="utf-8",
        )
        engines.append(Engine(load_settings(path)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()
