"""Vision side of Phi-3.5-vision: CLIP tower, HD grid, separators, projector.

Preprocessing is in processing.py; modeling.py inserts the tokens into the text. The steps follow
tests/fixtures/parity/phi3_v/ARCHITECTURE.md. Letters in shapes: C is the tower's width, H the
language model's width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModel

from engine.families.phi3_vision.configuration import Phi3VConfig

# 2 x 2 neighbouring patches become one token.
MERGE = 2
# Negative ids above this are image positions; -i belongs to the i-th image.
LOWEST_IMAGE_ID = -1_000_000_000


def image_positions(input_ids: Tensor) -> Tensor:
    """Return the mask of image positions: (batch, seq) ids -> (batch, seq) bool."""
    return (input_ids < 0) & (input_ids > LOWEST_IMAGE_ID)


def image_token_count(rows: int, columns: int, *, side: int = 12) -> int:
    """Return the number of tokens of one image.

    Args:
        rows: crops from top to bottom.
        columns: crops from left to right.
        side: tokens along one side of a crop (336 px / 14 px / 2 = 12).
    """
    crops = rows * columns * side * side + rows * side  # one separator ends every row of tokens
    whole = side * side + side
    return crops + 1 + whole


class ClipTower(nn.Module):
    """Holds the CLIP model under its published name, `vision_model`."""

    def __init__(self, config: CLIPVisionConfig) -> None:
        super().__init__()
        self.vision_model = CLIPVisionModel(config)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Return patch features (n, patches, C) of normalised crops (n, 3, 336, 336).

        They are the output of the second-to-last layer, without the class token. The last layer
        and `post_layernorm` are in the checkpoint but do not contribute, so they are not run.
        """
        clip = self.vision_model
        hidden: Tensor = clip.pre_layrnorm(clip.embeddings(pixel_values))
        # Every crop attends only to itself: crops are batch items, so no mask is needed.
        for layer in clip.encoder.layers[:-1]:
            hidden = layer(hidden, None)
        return hidden[:, 1:]


class Phi3ImageEmbedding(nn.Module):
    """Encodes crops of pages to image tokens of the language model's width."""

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__()
        clip = config.vision_config
        assert isinstance(clip, CLIPVisionConfig)
        merged = MERGE * MERGE * clip.hidden_size
        self.crop_size = int(clip.image_size)  # type: ignore[arg-type]  # CLIP's is one number
        self.side = self.crop_size // int(clip.patch_size) // MERGE  # type: ignore[arg-type]
        self.img_processor = ClipTower(clip)
        self.glb_GN = nn.Parameter(torch.zeros(1, 1, merged))  # between crops and whole page
        self.sub_GN = nn.Parameter(torch.zeros(1, 1, 1, merged))  # ends a row of tokens
        self.img_projection = nn.Sequential(
            nn.Linear(merged, config.hidden_size),
            nn.GELU(),
            nn.Linear(config.hidden_size, config.hidden_size),
        )

    def forward(self, pixel_values: Tensor, image_sizes: Tensor) -> Tensor:
        """Return the tokens of all images in order, (tokens, H).

        Args:
            pixel_values: (images, slots, 3, 336, 336); slot 0 is the whole page, then the crops
                row by row, then unused slots.
            image_sizes: (images, 2), height and width in pixels after the HD transform.
        """
        tokens = []
        # Image by image, so memory is bounded by one page, however many pages there are.
        for crops, (height, width) in zip(pixel_values, image_sizes.tolist(), strict=True):
            rows, columns = height // self.crop_size, width // self.crop_size
            # Unused slots are zeros that nothing reads; unlike the reference, they are not run.
            features = self.img_processor(crops[: rows * columns + 1])
            grids = self._merge_patches(features)
            page = [
                self._rows_with_separator(grids[1:], rows, columns),
                self.glb_GN[0].to(grids.dtype),
                self._rows_with_separator(grids[:1], 1, 1),
            ]
            tokens.append(torch.cat(page))
        projected: Tensor = self.img_projection(torch.cat(tokens))
        return projected

    def token_counts(self, image_sizes: Tensor) -> list[int]:
        """Return the tokens of each image; image_sizes (images, 2), height and width in pixels."""
        size = self.crop_size
        return [
            image_token_count(height // size, width // size, side=self.side)
            for height, width in image_sizes.tolist()
        ]

    def _merge_patches(self, features: Tensor) -> Tensor:
        """(n, 24 * 24, C) -> (n, 12, 12, 4C): top-left, top-right, bottom-left, bottom-right."""
        count, _, channels = features.shape
        side = self.side
        blocks = features.reshape(count, side, MERGE, side, MERGE, channels)
        return blocks.permute(0, 1, 3, 2, 4, 5).reshape(count, side, side, -1)

    def _rows_with_separator(self, grids: Tensor, rows: int, columns: int) -> Tensor:
        """Crops (rows * columns, 12, 12, 4C), row by row -> one flat grid, (tokens, 4C)."""
        side, channels = self.side, grids.shape[-1]
        tiles = grids.reshape(rows, columns, side, side, channels)
        page = tiles.permute(0, 2, 1, 3, 4).reshape(rows * side, columns * side, channels)
        ends = self.sub_GN[0].to(page.dtype).expand(rows * side, 1, channels)
        return torch.cat([page, ends], dim=1).reshape(-1, channels)
