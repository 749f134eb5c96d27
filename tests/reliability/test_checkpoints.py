"""A checkpoint is data: one that would have to be run to be read is refused."""

import pickle
from pathlib import Path

import pytest
import torch

from engine import Engine, EngineError, load_settings
from engine.families.weights.hub import WANTED
from tests.fakes import save_page
from tests.families import tiny, tiny_deepseek_ocr, tiny_dots_ocr, tiny_phi3_vision


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._path,))


CHECKPOINTS = {
    "qwen_vl": tiny.save_qwen2_vl,
    "dots_ocr": tiny_dots_ocr.save,
    "phi3_vision": tiny_phi3_vision.save,
    "deepseek_ocr": tiny_deepseek_ocr.save_first,
}


@pytest.mark.parametrize("family", CHECKPOINTS)
def test_a_checkpoint_of_pickles_is_refused_and_not_opened(family: str, tmp_path: Path) -> None:
    folder = CHECKPOINTS[family](tmp_path / "model")
    for weights in folder.glob("*.safetensors*"):
        weights.unlink()
    ran = tmp_path / "ran"
    for name in ("pytorch_model.bin", "model.pt", "model.ckpt", "consolidated.pth"):
        (folder / name).write_bytes(pickle.dumps({"weight": Trap(ran)}))
    torch.save({"weight": torch.zeros(1)}, folder / "pytorch_model-00001-of-00001.bin")
    overlay = tmp_path / "settings.toml"
    overlay.write_text(
        f"default_model = 'mine'\ndata_dir = '{tmp_path / 'data'}'\n"
        f"[models.mine]\nfamily = '{family}'\nrepo_id = '{folder}'\ndtype = 'float32'\n",
        encoding="utf-8",
    )
    with Engine(load_settings(overlay)) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        with pytest.raises(EngineError) as refused:
            engine.ask(session_id, "What?").answer()
    assert str(refused.value)
    assert not ran.exists()


def test_the_trap_of_this_test_does_run_where_it_is_opened(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


def test_a_download_takes_no_code_and_no_pickles() -> None:
    for wanted in WANTED:
        assert not wanted.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl", ".py"))
        assert wanted.strip("*")


def test_no_code_of_a_checkpoint_is_ever_trusted() -> None:
    paths = list((Path(__file__).parents[2] / "engine").rglob("*.py"))
    assert len(paths) > 100
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert "trust_remote_code=True" not in text, path
        assert "torch.load(" not in text, path
