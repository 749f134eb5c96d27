"""Preprocessing of DeepSeek-OCR v1: pages to views, prompts to ids.

A page becomes one square global view and, in gundam mode, up to nine tiles of 640 pixels
(tests/fixtures/parity/deepseek_ocr/PREPROCESSING.md). Pixels are float32 here; the model casts
them. The prompt is "plain": no roles and no chat template.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, Self

import numpy as np
import torch
from PIL import Image, ImageOps
from transformers import BatchFeature, PreTrainedTokenizerFast

IMAGE_TOKEN: Final = "<image>"
TILE: Final = 640
MAX_TILES: Final = 9
_PATCH: Final = 16
_DOWNSAMPLE: Final = 4
_GREY: Final = (127, 127, 127)
# Up to this side a mode without tiles stretches the page to a square instead of padding it.
_STRETCHED: Final = 640

# (tiles wide, tiles high), in the reference's order (resize_table.json beside PREPROCESSING.md).
_GRIDS: Final = (
    *((1, 2), (2, 1), (3, 1), (1, 3), (2, 2), (4, 1), (1, 4), (5, 1), (1, 5), (1, 6), (6, 1)),
    *((3, 2), (2, 3), (7, 1), (1, 7), (4, 2), (2, 4), (1, 8), (8, 1), (1, 9), (3, 3), (9, 1)),
)


@dataclass(frozen=True, slots=True)
class Mode:
    """How a page is cut.

    Attributes:
        base_size: side of the global view in pixels, for a mode with tiles.
        image_size: side of the view, or of a tile, in pixels.
        tiles: whether tiles are added to the global view (gundam).
    """

    base_size: int
    image_size: int
    tiles: bool = False

    @property
    def view_size(self) -> int:
        """Side of the global view in pixels."""
        return self.base_size if self.tiles else self.image_size


MODES: Final[Mapping[str, Mode]] = {
    "tiny": Mode(512, 512),
    "small": Mode(640, 640),
    "base": Mode(1024, 1024),
    "large": Mode(1280, 1280),
    "gundam": Mode(1024, TILE, tiles=True),
}
DEFAULT_MODE: Final = "gundam"


def mode_for(max_pixels: int | None) -> str:
    """Return the mode for a max_pixels setting: gundam for None, else the largest that fits.

    Modes with tiles are left out of that choice. If no mode fits, the smallest one is used.
    """
    if max_pixels is None:
        return DEFAULT_MODE
    square = [name for name, mode in MODES.items() if not mode.tiles]
    fitting = [name for name in square if MODES[name].view_size ** 2 <= max_pixels]
    return (fitting or square[:1])[-1]


def choose_grid(width: int, height: int, *, max_tiles: int = MAX_TILES) -> tuple[int, int]:
    """Return the (tiles wide, tiles high) nearest to the page's shape; (1, 1) for a small page.

    Args:
        width, height: page size in pixels.
        max_tiles: 9 in the reference's transformers code, 6 in its vLLM recipe.
    """
    if max(width, height) <= TILE:
        return 1, 1
    best, best_difference = (1, 1), float("inf")
    for wide, high in _GRIDS:
        if wide * high > max_tiles:
            continue
        difference = abs(width / height - wide / high)
        # On a tie, more tiles win if the page has the pixels for at least half of them.
        fills = width * height > 0.5 * TILE * TILE * wide * high
        if difference < best_difference or (difference == best_difference and fills):
            best, best_difference = (wide, high), difference
    return best


def token_count(view_size: int, grid: tuple[int, int]) -> int:
    """Return a page's number of tokens: rows of tiles and view, one newline each, one separator."""
    side = ceil(view_size / _PATCH / _DOWNSAMPLE)
    tokens = side * (side + 1) + 1
    if grid != (1, 1):
        tile = ceil(TILE / _PATCH / _DOWNSAMPLE)
        tokens += tile * grid[1] * (tile * grid[0] + 1)
    return tokens


@dataclass(frozen=True, slots=True)
class PageViews:
    """A preprocessed page.

    Attributes:
        page: (1, 3, S, S) float32 in -1..1, the global view.
        tiles: (n, 3, 640, 640), row by row; None without tiles.
        grid: (tiles wide, tiles high); (1, 1) without tiles.
    """

    page: torch.Tensor
    tiles: torch.Tensor | None
    grid: tuple[int, int]

    @property
    def tokens(self) -> int:
        return token_count(self.page.shape[-1], self.grid)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return arguments of the model's forward: patches_grid (1, 2), num_local_patches (1,)."""
        tensors = {
            "pixel_values": self.page,
            "num_local_patches": torch.tensor([0 if self.tiles is None else len(self.tiles)]),
            "patches_grid": torch.tensor([self.grid]),
        }
        return tensors if self.tiles is None else {**tensors, "pixel_values_local": self.tiles}


def see(
    image: Image.Image, mode: str | Mode = DEFAULT_MODE, *, max_tiles: int = MAX_TILES
) -> PageViews:
    """Cut a page into views.

    Args:
        image: any PIL image; EXIF orientation is applied.
        mode: a key of MODES, or a custom Mode.
    """
    chosen = MODES[mode] if isinstance(mode, str) else mode
    page = ImageOps.exif_transpose(image).convert("RGB")
    side = chosen.view_size
    if not chosen.tiles and side <= _STRETCHED:
        view = page.resize((side, side), Image.Resampling.BICUBIC)
    else:
        view = ImageOps.pad(page, (side, side), Image.Resampling.BICUBIC, color=_GREY)
    grid = choose_grid(*page.size, max_tiles=max_tiles) if chosen.tiles else (1, 1)
    tiles = None if grid == (1, 1) else torch.stack([_pixels(tile) for tile in _cut(page, grid)])
    return PageViews(_pixels(view)[None], tiles, grid)


def _cut(page: Image.Image, grid: tuple[int, int]) -> list[Image.Image]:
    """Stretch a page to the grid and cut it, row by row."""
    wide, high = grid
    stretched = page.resize((TILE * wide, TILE * high), Image.Resampling.BICUBIC)
    corners = [(TILE * x, TILE * y) for y in range(high) for x in range(wide)]
    return [stretched.crop((x, y, x + TILE, y + TILE)) for x, y in corners]


def _pixels(image: Image.Image) -> torch.Tensor:
    """Return pixels as (3, H, W) float32 in -1..1."""
    values = torch.from_numpy(np.array(image, dtype=np.uint8)).permute(2, 0, 1)
    return (values.float() / 255 - 0.5) / 0.5


class DeepseekVLV2Processor:
    """Page and prompt to model inputs. The class name is that of the published config.

    Attributes:
        tokenizer: read from tokenizer.json unchanged. The published tokenizer_class
            (LlamaTokenizerFast) would rebuild it with Llama's pre-tokenizer.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.image_token = IMAGE_TOKEN
        self.image_token_id = int(tokenizer.convert_tokens_to_ids(IMAGE_TOKEN))

    @classmethod
    def from_pretrained(cls, name: Any, **kwargs: Any) -> Self:
        """Load the processor of a folder or hub repository."""
        # AutoProcessor passes these on; no remote code is run.
        for key in ("trust_remote_code", "_from_auto"):
            kwargs.pop(key, None)
        return cls(PreTrainedTokenizerFast.from_pretrained(name, **kwargs))

    def prompt_ids(self, text: str, image_tokens: int) -> list[int]:
        """Return the ids of a prompt: BOS, then the text, with image tokens for `<image>`.

        Args:
            text: a text without `<image>` follows the image after a line break. A second
                `<image>` (in a user's words) is dropped: there is no second image.
            image_tokens: number of image tokens; 0 for a prompt without an image.
        """
        before, found, after = text.strip().partition(IMAGE_TOKEN)
        if not found:
            before, after = ("", "\n" + before) if image_tokens else (before, "")
        ids = [int(self.tokenizer.bos_token_id), *self._encode(before)]
        return [*ids, *[self.image_token_id] * image_tokens, *self._encode(after)]

    def __call__(
        self,
        images: Image.Image | None = None,
        text: str = "",
        mode: str | Mode = DEFAULT_MODE,
        *,
        max_tiles: int = MAX_TILES,
    ) -> BatchFeature:
        """Return inputs of `generate`: input_ids, attention_mask (1, T), and the page's tensors."""
        views = None if images is None else see(images, mode, max_tiles=max_tiles)
        ids = torch.tensor([self.prompt_ids(text, views.tokens if views else 0)])
        tensors = views.tensors() if views else {}
        data = {"input_ids": ids, "attention_mask": torch.ones_like(ids), **tensors}
        return BatchFeature(data)

    def decode(self, ids: Any, **kwargs: Any) -> str:
        """Decode ids to text; layout tags stay in the text."""
        return TagKeepingTokenizer(self.tokenizer).decode(ids, **kwargs)

    def _encode(self, text: str) -> list[int]:
        plain = text.replace(IMAGE_TOKEN, "")
        return list(self.tokenizer(plain, add_special_tokens=False)["input_ids"]) if plain else []


class TagKeepingTokenizer:
    """A tokenizer for which skip_special_tokens drops only BOS, EOS and padding.

    `<|ref|>`, `<|det|>` and `<td>` are special tokens too, but they are part of the answer: boxes
    and tables.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._tokenizer(*args, **kwargs)

    def decode(self, ids: Any, skip_special_tokens: bool = True, **kwargs: Any) -> str:
        listed = [int(i) for i in ids]
        if skip_special_tokens:
            inner = self._tokenizer
            silent = {inner.bos_token_id, inner.eos_token_id, inner.pad_token_id}
            listed = [i for i in listed if i not in silent]
        return str(self._tokenizer.decode(listed, skip_special_tokens=False, **kwargs))
