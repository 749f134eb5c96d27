"""Tiny checkpoints of every transformers family, made once, and engines over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, load_settings
from engine.families import family_class
from engine.families.base import Capabilities, ModelFamily
from tests.families import (
    tiny,
    tiny_deepseek_ocr,
    tiny_dots_ocr,
    tiny_glm_ocr,
    tiny_paddleocr_vl,
    tiny_phi3_vision,
    tiny_smolvlm,
)
from tests.families.driving import loaded_family
from tests.families.repositories import publish
from tests.families.tiny_qwen25_vl import save_qwen25_vl


@dataclass(frozen=True)
class TinyModel:
    """A checkpoint on disk, and the settings family that runs it."""

    family: str
    save: Callable[[Path], Path]
    # What ends a turn, and a text whose special tokens must not be obeyed: "abc" without them.
    turn_end: str = "<|im_end|>"
    tagged: str = "a<|im_end|>b<|image_pad|>c"
    # Of both, those that its widths allow: bitsandbytes' 4-bit kernel wants multiples of 32.
    quantizations: tuple[str, ...] = ("int8", "int4")
    # The smallest size that its images have, where a checkpoint cannot be made small in that.
    mode: str | None = None

    @property
    def adapter(self) -> type[ModelFamily]:
        return family_class(self.family, model_id="tiny")

    @property
    def capabilities(self) -> Capabilities:
        return self.adapter.capabilities

    @property
    def task(self) -> str:
        """What it is asked: a question where it understands one, else to read."""
        asked = ("question", "ocr", "layout")
        return next(task for task in asked if task in self.capabilities.tasks)


TINY = {
    "deepseek_ocr": TinyModel(
        "deepseek_ocr",
        tiny_deepseek_ocr.save_first,
        "",
        "a<|ref|>b<image><|/det|>c",
        # It is 48 wide; deepseek_ocr/test_generation.py has int4 on a wider one.
        quantizations=("int8",),
        mode="tiny",
    ),
    "deepseek_ocr2": TinyModel(
        "deepseek_ocr2", tiny_deepseek_ocr.save_second, "", "a<|ref|>b<image><|/det|>c"
    ),
    "qwen2_vl": TinyModel("qwen_vl", tiny.save_qwen2_vl),
    "qwen3_vl": TinyModel("qwen_vl", tiny.save_qwen3_vl),
    "dots_ocr": TinyModel(
        "dots_ocr", tiny_dots_ocr.save, "<|endofuser|>", "a<|endofuser|>b<|imgpad|>c"
    ),
    "glm_ocr": TinyModel("glm_ocr", tiny_glm_ocr.save),
    "got_ocr": TinyModel("got_ocr", tiny.save_got_ocr),
    "granite_docling": TinyModel("granite_docling", tiny_smolvlm.save_granite),
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
# Of these the prompts, sizes and boxes are tested; what they share is Qwen2-VL's.
MORE = {"qwen2_5_vl": TinyModel("qwen_vl", save_qwen25_vl)}
CHAT = [name for name, model in TINY.items() if model.capabilities.chat]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint, built on first use, as its repository is published."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            saved = (TINY | MORE)[name].save(tmp_path_factory.mktemp(name) / "checkpoint")
            made[name] = publish(name, saved)
        return made[name]

    return folder


@pytest.fixture
def tiny_engine(
    checkpoints: Callable[[str], Path], tmp_path: Path
) -> Iterator[Callable[..., Engine]]:
    """tiny_engine("qwen2_vl", dtype="bfloat16") -> an Engine whose default model is that one."""
    engines: list[Engine] = []

    def make(name: str, **settings: object) -> Engine:
        table = {"dtype": "float32", "max_pixels": 56 * 56 * 16, "mode": (TINY | MORE)[name].mode}
        table |= settings
        folder = table.pop("repo_id", None) or checkpoints(name)
        generation = table.pop("generation", {"max_new_tokens": 12})
        lines = [
            f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
            for key, value in table.items()
            if value is not None
        ]
        options = ", ".join(f"{key} = {value}" for key, value in dict(generation).items())  # type: ignore[call-overload]
        path = tmp_path / "tiny.toml"
        path.write_text(
            f"default_model = 'tiny'\n"
            f"[models.tiny]\nfamily = '{(TINY | MORE)[name].family}'\n"
            f"repo_id = '{folder}'\ngeneration = {{ {options} }}\n" + "\n".join(lines),
            encoding="utf-8",
        )
        engines.append(Engine(load_settings(path)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def recording(tiny_engine: Callable[..., Engine]) -> Callable[..., tuple[Engine, list[Any]]]:
    """recording(name) -> as tiny_engine, and the inputs of each prompt to come."""

    def make(name: str, **settings: object) -> tuple[Engine, list[Any]]:
        options = {"max_pixels": None, "generation": {"max_new_tokens": 4}, **settings}
        engine = tiny_engine(name, **options)
        adapter, inputs = loaded_family(engine), []
        prepare = adapter.prepare_prompt

        def recorded(*args: Any) -> Any:
            inputs.append(prepare(*args))
            return inputs[-1]

        adapter.prepare_prompt = recorded
        return engine, inputs

    return make
