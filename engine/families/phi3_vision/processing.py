"""Preprocessing of Phi-3.5-vision: pixels of pages and ids of a chat, equal to the reference's.

Pixels: the HD transform (a page is scaled to a grid of 336 px crops) plus a small view of the whole
page, on PIL. Ids: the text between image tags is tokenised piece by piece, every piece with its own
`<s>`; an image is its negative number, repeated for each of its tokens. Source:
tests/fixtures/parity/phi3_v/PREPROCESSING.md; the template is the published one.

This module does not fetch images, nor remove tags from a user's words: callers clean untrusted
text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from transformers import BatchFeature, ProcessorMixin
from transformers.image_processing_utils import BaseImageProcessor

from engine.families.phi3_vision.vision import image_token_count

CROP = 336  # pixels, both sides
_TAG = re.compile(r"<\|image_(\d+)\|>")
# The published template, which takes strings, extended to content in parts: images are numbered
# over the whole conversation, each at its place among the texts.
CHAT_TEMPLATE = (
    "{% set images = namespace(count=0) %}"
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{% set images.count = images.count + 1 %}"
    "{{ '<|image_' + images.count | string + '|>\\n' }}"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt and messages[-1]['role'] != 'assistant' %}"
    "{{ '<|assistant|>\\n' }}{% endif %}"
)


def hd_size(width: int, height: int, num_crops: int) -> tuple[int, int]:
    """Return the size of a landscape page before padding, (width, height) in pixels.

    The width is the largest number of crops with which the page needs at most num_crops crops. The
    page may be enlarged.
    """
    ratio = width / height
    columns = 1
    while (columns + 1) * math.ceil((columns + 1) / ratio) <= num_crops:
        columns += 1
    new_width = CROP * columns
    return new_width, max(1, int(new_width / ratio))


def hd_transform(image: Image.Image, num_crops: int) -> Image.Image:
    """Resize a page and centre it on white, with both sides a multiple of 336 px."""
    image = image.convert("RGB")
    portrait = image.width < image.height
    if portrait:  # transposed, so that the landscape rule applies
        image = image.transpose(Image.Transpose.TRANSPOSE)
    size = hd_size(image.width, image.height, num_crops)
    image = image.resize(size, Image.Resampling.BILINEAR)
    padded = Image.new("RGB", (size[0], math.ceil(size[1] / CROP) * CROP), (255, 255, 255))
    padded.paste(image, (0, (padded.height - size[1]) // 2))
    return padded.transpose(Image.Transpose.TRANSPOSE) if portrait else padded


class Phi3VImageProcessor(BaseImageProcessor):
    """Images to crops. Settings are those of the published preprocessor_config.json.

    Attributes:
        num_crops: maximum crops of an image, without the view of the whole. The model card
            recommends 16 for a single image and 4 for several.
        image_mean: means of red, green and blue values in 0..1.
        image_std: their standard deviations.
    """

    model_input_names: ClassVar[list[str]] = [  # type: ignore[misc]
        "pixel_values",
        "image_sizes",
    ]

    def __init__(
        self,
        num_crops: int = 4,
        image_mean: Sequence[float] = (0.48145466, 0.4578275, 0.40821073),
        image_std: Sequence[float] = (0.26862954, 0.26130258, 0.27577711),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_crops < 1:
            raise ValueError(f"num_crops is {num_crops}; it must be 1 or more.")
        self.num_crops = num_crops
        self.image_mean = list(image_mean)
        self.image_std = list(image_std)

    def preprocess(
        self, images: Any, *, num_crops: int | None = None, return_tensors: str | None = None
    ) -> BatchFeature:
        """Preprocess images to crops.

        Args:
            images: an image or a list of them: PIL, or uint8 arrays (height, width, 3).
            num_crops: replaces the processor's own.
            return_tensors: "pt" or None; the result has torch tensors in both cases.
        Returns:
            pixel_values (images, num_crops + 1, 3, 336, 336) float32; image_sizes (images, 2),
            height and width in pixels; num_img_tokens, one int per image.
        """
        crops = self.num_crops if num_crops is None else num_crops
        pages = [hd_transform(image, crops) for image in _as_images(images)]
        if not pages:
            raise ValueError("The list of images is empty. Pass images=None for text alone.")
        data = {
            "pixel_values": torch.stack([self._slots(page, crops + 1) for page in pages]),
            "image_sizes": torch.tensor([[page.height, page.width] for page in pages]),
            "num_img_tokens": [
                image_token_count(page.height // CROP, page.width // CROP) for page in pages
            ],
        }
        return BatchFeature(data)

    def _slots(self, page: Image.Image, slots: int) -> Tensor:
        """Return (slots, 3, 336, 336): the whole page, its crops row by row, then zeros."""
        mean = torch.tensor(self.image_mean).view(3, 1, 1)
        std = torch.tensor(self.image_std).view(3, 1, 1)
        values = torch.from_numpy(np.array(page)).permute(2, 0, 1).float() / 255
        values = (values - mean) / std
        # The reference shrinks the normalised crops, without antialiasing, and clips nothing.
        whole = interpolate(values[None], size=(CROP, CROP), mode="bicubic", align_corners=False)
        rows, columns = page.height // CROP, page.width // CROP
        tiles = values.reshape(3, rows, CROP, columns, CROP).permute(1, 3, 0, 2, 4)
        filled = torch.cat([whole, tiles.reshape(-1, 3, CROP, CROP)])
        return torch.cat([filled, filled.new_zeros(slots - len(filled), 3, CROP, CROP)])


class Phi3VProcessor(ProcessorMixin):
    """Text with `<|image_1|>` tags, and its images, to the model's inputs."""

    def __init__(
        self, image_processor: Any = None, tokenizer: Any = None, chat_template: str | None = None
    ) -> None:
        template = CHAT_TEMPLATE if chat_template is None else chat_template
        parts = (image_processor, tokenizer)
        super().__init__(*parts, chat_template=template)  # type: ignore[no-untyped-call]

    @property
    def model_input_names(self) -> list[str]:
        return ["input_ids", "attention_mask", "pixel_values", "image_sizes"]

    @property
    def stop_token_ids(self) -> list[int]:
        """Ids that end an answer. The published generation_config.json lacks `<|end|>`."""
        stops = ("</s>", "<|endoftext|>", "<|end|>")
        ids = self.tokenizer.convert_tokens_to_ids(list(stops))
        return [index for index in ids if index is not None]

    def __call__(
        self,
        images: Any = None,
        text: str | list[str] | None = None,
        *,
        num_crops: int | None = None,
        first_image: int = 1,
        continues: bool = False,
        return_tensors: str | None = None,
        **nothing: Any,
    ) -> BatchFeature:
        """Build the model's inputs.

        Args:
            images: the images of all texts, in the order of their tags; lists of lists are joined.
            text: one prompt or several. Several are padded on the left.
            num_crops: maximum crops of each image; replaces the processor's own.
            first_image: number of the first image in the text. A next turn after two images
                passes 3 and only its new images.
            continues: the text continues existing ids, so it gets no `<s>` at its start.
            return_tensors: "pt", or None for lists of ids.
        Returns:
            input_ids and attention_mask (texts, seq); with images pixel_values and image_sizes.
        Raises:
            ValueError: the tags do not number the images, each once.
        """
        self._refuse_unknown(nothing)
        if text is None:
            raise ValueError("Phi-3.5-vision needs text beside its images. Pass text.")
        texts = [text] if isinstance(text, str) else list(text)
        vision: dict[str, Any] = {}
        counts: list[int] = []
        if images is not None:
            vision = dict(self.image_processor(images, num_crops=num_crops))
            counts = vision.pop("num_img_tokens")
        rows: list[list[int]] = []
        used = 0
        for prompt in texts:
            tags = [int(number) for number in _TAG.findall(prompt)]
            if sorted(tags) != list(range(first_image, first_image + len(tags))):
                raise ValueError(
                    f"The image tags are {tags}; they must be the numbers from {first_image} on, "
                    "each once."
                )
            own = counts[used : used + len(tags)]
            used += len(tags)
            if len(own) == len(tags):
                rows.append(
                    self.prompt_ids(prompt, own, first_image=first_image, continues=continues)
                )
        if used != len(counts):
            raise ValueError(
                f"The text has {used} image tags, and {len(counts)} images came along. "
                "Write one tag <|image_N|> for each image."
            )
        width = max(map(len, rows))
        pad = self.tokenizer.pad_token_id
        data = {
            "input_ids": [[pad] * (width - len(row)) + row for row in rows],
            "attention_mask": [[0] * (width - len(row)) + [1] * len(row) for row in rows],
        }
        return BatchFeature({**data, **vision}, tensor_type=return_tensors)

    def decode(self, token_ids: Any, *args: Any, **kwargs: Any) -> str:
        """Decode ids to text; image positions are skipped."""
        ids = token_ids.tolist() if hasattr(token_ids, "tolist") else token_ids
        ids = [ids] if isinstance(ids, int) else [index for index in ids if index >= 0]
        decoded: str = self.tokenizer.decode(ids, *args, **kwargs)
        return decoded

    def batch_decode(self, sequences: Any, *args: Any, **kwargs: Any) -> list[str]:
        """Decode rows of ids to texts."""
        return [self.decode(row, *args, **kwargs) for row in sequences]

    def prompt_ids(
        self, text: str, counts: Sequence[int], *, first_image: int = 1, continues: bool = False
    ) -> list[int]:
        """Return the ids of one text.

        Args:
            text: may contain `<|image_N|>` tags.
            counts: tokens of each image; the first image has the number first_image.
            continues: as in `__call__`.
        """
        start = self.tokenizer.bos_token_id
        ids: list[int] = []
        # split keeps the numbers: text, number, text, number, ..., text
        for place, piece in enumerate(_TAG.split(text)):
            if place % 2:
                number = int(piece)
                ids += [-number] * counts[number - first_image]
            else:
                opened = continues and place == 0
                ids += [] if opened else [start]
                ids += self.tokenizer.encode(piece, add_special_tokens=False)
        return ids

    @staticmethod
    def _refuse_unknown(given: dict[str, Any]) -> None:
        """Raise for arguments other than those that apply_chat_template passes to processors."""
        passed = {"videos", "audio", "padding", "add_special_tokens"}
        unknown = sorted(set(given) - passed)
        if unknown:
            raise TypeError(f"Phi3VProcessor does not know {', '.join(unknown)}.")
        if given.get("videos") is not None or given.get("audio") is not None:
            raise ValueError("Phi-3.5-vision reads images and text, no video and no sound.")


def _as_images(images: Any) -> list[Image.Image]:
    """Return a flat list of PIL images from one image, a list, or a list of lists."""
    if isinstance(images, Image.Image):
        return [images]
    if isinstance(images, np.ndarray) and images.ndim == 3:
        return [Image.fromarray(images)]
    if isinstance(images, (list, tuple)) or getattr(images, "ndim", 0) == 4:
        return [image for part in images for image in _as_images(part)]
    raise TypeError(f"Images are PIL images or uint8 arrays, not {type(images).__name__}.")
