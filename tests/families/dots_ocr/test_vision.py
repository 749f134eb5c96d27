"""The tower attends image by image: nothing of size S x S is ever built, and nothing leaks."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from bench.dots_vision import use_dense_mask
from engine.families.dots_ocr import DotsVisionConfig, DotsVisionTower
from engine.families.dots_ocr.vision import patch_positions, rotary_tables

GRID = torch.tensor([[1, 40, 40], [1, 32, 50]])  # two images of 1,600 patches
PATCHES = 1600


class LargestTensor(TorchDispatchMode):
    """Watches every operation below autograd and keeps the largest result's element count."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.elements = max(self.elements, leaf.numel())
        return result


def thin_tower(attn_implementation: str = "sdpa") -> DotsVisionTower:
    """Narrow, so that S x S stands out beside the activations."""
    torch.manual_seed(0)
    config = DotsVisionConfig(
        embed_dim=32, hidden_size=16, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=2,
    )  # fmt: skip
    config._attn_implementation = attn_implementation
    return DotsVisionTower(config).eval()


def largest_tensor(tower: DotsVisionTower) -> int:
    pixels = torch.rand(2 * PATCHES, 588)
    with torch.no_grad(), LargestTensor() as watch:
        tower(pixels, GRID)
    return watch.elements


def test_no_tensor_of_s_times_s_is_built() -> None:
    elements = largest_tensor(thin_tower())
    # Not over all patches, not even over those of one image.
    assert elements < PATCHES**2, elements


def test_the_watch_sees_a_dense_mask() -> None:
    tower = thin_tower()
    use_dense_mask(tower)
    assert largest_tensor(tower) >= (2 * PATCHES) ** 2


def test_eager_attention_is_scored_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = torch.rand(2 * PATCHES, 588)
    tower = thin_tower("eager")
    with torch.no_grad():
        whole = tower(pixels, GRID)
        monkeypatch.setattr("engine.families.dots_ocr.vision.EAGER_QUERY_ROWS", 256)
        torch.testing.assert_close(tower(pixels, GRID), whole, atol=1e-5, rtol=0)
        # 2 heads x 256 rows x 1,600 keys; the rest is the pixels themselves.
        assert largest_tensor(tower) <= max(2 * 256 * PATCHES, pixels.numel())


@torch.no_grad()
def test_image_by_image_is_the_dense_mask_and_is_each_image_alone() -> None:
    grid = torch.tensor([[1, 4, 6], [1, 8, 4], [1, 2, 2]])
    pixels = torch.rand(24 + 32 + 4, 588)
    tower = thin_tower()
    together = tower(pixels, grid)
    alone = [
        tower(part, row[None]) for part, row in zip(pixels.split([24, 32, 4]), grid, strict=True)
    ]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-6, rtol=1e-5)
    use_dense_mask(tower)
    torch.testing.assert_close(tower(pixels, grid), together, atol=1e-6, rtol=1e-5)


def test_positions_follow_the_blocks_rows_first() -> None:
    positions = patch_positions([(1, 4, 4), (1, 2, 2)], merge=2)
    first_row_of_blocks = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    assert [tuple(pair) for pair in positions[:8].tolist()] == first_row_of_blocks
    assert positions[16:].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    cos, sin = rotary_tables(torch.tensor([[3, 0]]), head_dim=8)
    angles = torch.tensor([3.0, 0.03, 0.0, 0.0] * 2)
    torch.testing.assert_close(cos[0, 0], angles.cos())
    torch.testing.assert_close(sin[0, 0], angles.sin())


def test_patches_that_do_not_fit_the_grid_are_refused() -> None:
    with pytest.raises(ValueError, match=r"has 20 patches.*says 24"):
        thin_tower()(torch.rand(20, 588), torch.tensor([[1, 4, 6]]))


@pytest.mark.parametrize("bias", [True, False])
def test_the_published_switches(bias: bool) -> None:
    config = DotsVisionConfig(
        embed_dim=32, hidden_size=16, intermediate_size=48, num_hidden_layers=1,
        num_attention_heads=2, use_bias=bias, post_norm=bias,
    )  # fmt: skip
    tower = DotsVisionTower(config)
    names = set(tower.state_dict())
    assert ("blocks.0.attn.qkv.bias" in names) == bias
    assert ("post_trunk_norm.weight" in names) == bias
    assert tower(torch.rand(24, 588), torch.tensor([[1, 4, 6]])).shape == (6, 16)
