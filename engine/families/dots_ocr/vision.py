"""The vision tower of dots.ocr: patches of 14 x 14 pixels in, image tokens out.

Each image attends only to itself. The published code uses a dense block-diagonal mask over all
patches, which takes O(S^2) memory and rules out PyTorch's flash kernel. Here the packed sequence is
split at the images' ends (`cu_seqlens`), and every piece attends without a mask.

This module does not cut images into patches (processing.py) nor insert features into the text
embeddings (modeling.py).
Try: `DotsVisionTower(DotsVisionConfig())(pixel_values, grid_thw)`.

Sources: the weights' names and the published configuration of rednote-hilab/dots.ocr; rotary
positions after arXiv:2104.09864, in two dimensions as in arXiv:2409.12191 (Qwen2-VL).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from engine.families.dots_ocr.configuration import DotsVisionConfig

# The published merger uses this constant for its LayerNorm, whatever rms_norm_eps says.
MERGER_NORM_EPS = 1e-6
ROPE_THETA = 10_000.0
# Query rows per step of eager attention: the scores of one layer for a page of 11,000 patches
# would otherwise take 5.8 GB. Softmax is by row, so the result is the same.
EAGER_QUERY_ROWS = 1024


class DotsRMSNorm(nn.Module):
    """x / rms(x) * weight. Statistics are in float32, cast back before the weight is applied."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        precise = x.float()
        precise = precise * torch.rsqrt(precise.square().mean(-1, keepdim=True) + self.eps)
        return precise.to(x.dtype) * self.weight


class DotsPatchifier(nn.Module):
    """One vector of width D per patch: a convolution as large as the patch, then RMSNorm."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.patch_shape = (
            config.num_channels,
            config.temporal_patch_size,
            config.patch_size,
            config.patch_size,
        )
        self.proj = nn.Conv2d(
            config.num_channels,
            config.embed_dim,
            kernel_size=config.patch_size,
            stride=config.patch_size,
        )
        self.norm = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """(S, C * T * P * P) -> (S, D). Pixels are cast to the weights' dtype."""
        pixels = pixel_values.view(-1, *self.patch_shape)[:, :, 0]  # (S, C, P, P): first frame
        embedded: Tensor = self.proj(pixels.to(self.proj.weight.dtype))  # (S, D, 1, 1)
        normed: Tensor = self.norm(embedded.flatten(1))
        return normed


class DotsPatchEmbed(nn.Module):
    """Exists for the published names `patch_embed.patchifier.*`."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.patchifier = DotsPatchifier(config)

    def forward(self, pixel_values: Tensor) -> Tensor:
        embedded: Tensor = self.patchifier(pixel_values)
        return embedded


def patch_positions(
    grid_thw: Sequence[Sequence[int]], *, merge: int, device: torch.device | None = None
) -> Tensor:
    """Return row and column of every patch, counted from 0 inside its image.

    Args:
        grid_thw: (frames, rows, columns) of each image, in patches.
        merge: patches per side of a merged block. Patches are ordered block by block, row-major
            inside a block.
        device: device of the result.
    Returns:
        (S, 2) integers: row first, then column.
    """
    positions = []
    for frames, rows, columns in grid_thw:
        row = torch.arange(rows, device=device)[:, None].expand(rows, columns)
        column = torch.arange(columns, device=device)[None, :].expand(rows, columns)
        plane = torch.stack((row, column), dim=-1)  # (rows, columns, 2)
        blocks = plane.reshape(rows // merge, merge, columns // merge, merge, 2)
        in_block_order = blocks.transpose(1, 2).reshape(-1, 2)
        positions.append(in_block_order.repeat(frames, 1))
    return torch.cat(positions)


def rotary_tables(positions: Tensor, head_dim: int) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of the two-dimensional rotary embedding, in float32.

    They are computed at each call: a non-persistent buffer would be garbage after loading on the
    meta device, and the cost is negligible beside one block.

    Args:
        positions: (S, 2) rows and columns.
        head_dim: width of a head: head_dim / 4 frequencies for rows, as many for columns.
    Returns:
        Two (S, 1, head_dim) tensors, broadcast over heads; the second half repeats the first.
    """
    quarter = torch.arange(head_dim // 4, device=positions.device, dtype=torch.float32)
    frequencies = ROPE_THETA ** (-2.0 * quarter / (head_dim // 2))
    angles = (positions.float()[:, :, None] * frequencies).flatten(1)  # rows' first, (S, d / 2)
    angles = torch.cat((angles, angles), dim=-1)[:, None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate queries or keys (S, heads, head_dim) by their position, in float32, cast back."""
    precise = x.float()
    first, second = precise.chunk(2, dim=-1)
    turned = precise * cos + torch.cat((-second, first), dim=-1) * sin
    return turned.to(x.dtype)


def eager_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    **_: object,
) -> tuple[Tensor, None]:
    """Plain attention with the signature of transformers' attention functions.

    Args:
        query, key, value: (1, heads, S, head_dim).
        attention_mask: always None here.
    Returns:
        (1, S, heads, head_dim), and None for the weights.
    """
    keys = key.transpose(2, 3) * scaling
    rows = [
        torch.matmul(torch.softmax(part @ keys, dim=-1, dtype=torch.float32).to(value.dtype), value)
        for part in torch.split(query, EAGER_QUERY_ROWS, dim=2)
    ]
    return torch.cat(rows, dim=2).transpose(1, 2), None


class DotsVisionAttention(nn.Module):
    """Bidirectional attention inside each image."""

    is_causal = False

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.config = config
        self.num_heads = config.num_attention_heads
        self.scaling = (config.embed_dim // config.num_attention_heads) ** -0.5
        self.qkv = nn.Linear(config.embed_dim, 3 * config.embed_dim, bias=config.use_bias)
        self.proj = nn.Linear(config.embed_dim, config.embed_dim, bias=config.use_bias)

    def forward(self, x: Tensor, cu_seqlens: Sequence[int], cos: Tensor, sin: Tensor) -> Tensor:
        """(S, D) -> (S, D); see DotsVisionTower.forward for cu_seqlens."""
        query, key, value = self.qkv(x).view(x.shape[0], 3, self.num_heads, -1).unbind(1)
        query, key = rotate(query, cos, sin), rotate(key, cos, sin)  # (S, heads, head_dim)
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention
        )
        pieces = []
        for start, end in pairwise(cu_seqlens):
            q, k, v = (part[start:end].transpose(0, 1)[None] for part in (query, key, value))
            # Without a mask and not causal, so PyTorch can use its flash kernel.
            piece, _ = attend(self, q, k, v, None, scaling=self.scaling, is_causal=False)
            pieces.append(piece.reshape(end - start, -1))
        projected: Tensor = self.proj(torch.cat(pieces))
        return projected


class DotsVisionMLP(nn.Module):
    """fc2(silu(fc1(x)) * fc3(x)), arXiv:2002.05202."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.embed_dim, config.intermediate_size, bias=config.use_bias)
        self.fc2 = nn.Linear(config.intermediate_size, config.embed_dim, bias=config.use_bias)
        self.fc3 = nn.Linear(config.embed_dim, config.intermediate_size, bias=config.use_bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(nn.functional.silu(self.fc1(x)) * self.fc3(x))
        return out


class DotsVisionBlock(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.norm1 = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)
        self.attn = DotsVisionAttention(config)
        self.norm2 = DotsRMSNorm(config.embed_dim, config.rms_norm_eps)
        self.mlp = DotsVisionMLP(config)

    def forward(self, x: Tensor, cu_seqlens: Sequence[int], cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x), cu_seqlens, cos, sin)
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class DotsPatchMerger(nn.Module):
    """Four patches of a 2 x 2 block become one token of the language model's width."""

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__()
        self.merged_width = config.embed_dim * config.spatial_merge_size**2
        self.ln_q = nn.LayerNorm(config.embed_dim, eps=MERGER_NORM_EPS)
        self.mlp = nn.Sequential(
            nn.Linear(self.merged_width, self.merged_width),
            nn.GELU(),  # exact (erf); the tanh approximation differs by 5e-4
            nn.Linear(self.merged_width, config.hidden_size),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(S, D) in block order -> (S / 4, hidden_size)."""
        merged: Tensor = self.mlp(self.ln_q(x).view(-1, self.merged_width))
        return merged


class DotsVisionTower(PreTrainedModel):  # type: ignore[no-untyped-call]
    """Patches of any number of images -> image tokens, in the images' order."""

    config: DotsVisionConfig
    config_class = DotsVisionConfig
    main_input_name = "pixel_values"
    input_modalities = "image"
    _no_split_modules = ["DotsVisionBlock"]  # noqa: RUF012 - transformers' hook
    _supports_sdpa = True
    _supports_flash_attn = True

    def __init__(self, config: DotsVisionConfig) -> None:
        super().__init__(config)
        self.patch_embed = DotsPatchEmbed(config)
        self.blocks = nn.ModuleList(
            DotsVisionBlock(config) for _ in range(config.num_hidden_layers)
        )
        self.post_trunk_norm = (
            DotsRMSNorm(config.embed_dim, config.rms_norm_eps) if config.post_norm else None
        )
        self.merger = DotsPatchMerger(config)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, pixel_values: Tensor, grid_thw: Tensor) -> Tensor:
        """Encode images.

        Args:
            pixel_values: (S, channels * temporal_patch_size * patch_size^2), where S is the number
                of patches of all images, ordered in blocks of 2 x 2.
            grid_thw: (images, 3): frames, rows and columns of each image in patches.
        Returns:
            (S / 4, hidden_size) in the tower's dtype.
        """
        grid: list[list[int]] = grid_thw.tolist()  # one device sync, not one per block
        cu_seqlens = [0]  # ends of the images in the packed sequence
        for frames, rows, columns in grid:
            for _ in range(frames):
                cu_seqlens.append(cu_seqlens[-1] + rows * columns)
        if cu_seqlens[-1] != pixel_values.shape[0]:
            raise ValueError(
                f"pixel_values has {pixel_values.shape[0]} patches, but image_grid_thw {grid} "
                f"says {cu_seqlens[-1]}. Pass both as one processor call made them."
            )
        x: Tensor = self.patch_embed(pixel_values)
        positions = patch_positions(
            grid, merge=self.config.spatial_merge_size, device=pixel_values.device
        )
        cos, sin = rotary_tables(
            positions, self.config.embed_dim // self.config.num_attention_heads
        )
        for block in self.blocks:
            x = block(x, cu_seqlens, cos, sin)
        if self.post_trunk_norm is not None:
            x = self.post_trunk_norm(x)
        features: Tensor = self.merger(x)
        return features
