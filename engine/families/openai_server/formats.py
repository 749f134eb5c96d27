"""Prompts, image sizes and box formats of models on servers.

A `box_format` of the settings names a published format of boxes. Everything else follows from it:
the prompts that the model was trained on, the size to which a page is resized so that the server
does not resize it again, and the coordinate frame of boxes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image

from engine.core.schema import Size
from engine.families import family_class
from engine.families.base import Capabilities
from engine.layout.cells import CellParser
from engine.layout.deepseek_tags import DeepseekTagParser
from engine.layout.doctags import DocTagsParser
from engine.layout.dots_json import DotsJsonParser
from engine.layout.qwen_boxes import QwenBoxParser
from engine.layout.scene_text import SceneTextParser


@dataclass(frozen=True, slots=True)
class BoxFormat:
    """Input and output conventions of one kind of models.

    Attributes:
        prompts: the family whose prompts (prompts/*.toml) they get.
        own: default capabilities; None for those of the family `prompts`.
        parser: task id -> parser of their boxes; None for models without boxes.
        frame: (width, height) of the frame of boxes; None for pixels of the sent image.
        multiple: both sides of an image are multiples of it; 1 leaves the resize to the server.
        most_pixels: default maximum of an image's pixels.
        pixels_per_token: pixels of an image per token; 0 if a page takes `page_tokens` whatever
            its size.
        page_tokens: tokens of a page if pixels_per_token is 0.
        tags: boxes are written in special tokens, which the server must leave in the text.
        vllm_image_mark: placeholder of an image in text for vLLM. Without it vLLM separates images
            and text by line breaks, which the model was not trained on.
    """

    prompts: str
    own: Capabilities | None = None
    parser: Callable[[str], CellParser] | None = None
    frame: Size | None = None
    multiple: int = 1
    most_pixels: int = 1_605_632
    pixels_per_token: int = 0
    page_tokens: int = 1_200
    tags: bool = False
    vllm_image_mark: str = ""

    @property
    def thinks(self) -> bool:
        """Whether models of this kind may think before they answer by default.

        Pure OCR models do not. Switching thinking off for them could make the template write
        something that they were not trained on, such as GLM-4.5V's "/nothink".
        """
        return self.capabilities.chat

    @property
    def capabilities(self) -> Capabilities:
        """Default capabilities, which the settings may override."""
        return self.own or family_class(self.prompts, model_id=self.prompts).capabilities

    def shown_at(self, size: Size, *, max_pixels: int | None, pixel_share: float) -> Size:
        """Return the (width, height) in pixels at which a page is sent.

        Args:
            size: (width, height) of the page in pixels.
            max_pixels: limit from the settings; None for `most_pixels`.
            pixel_share: share of the pixels that the page would otherwise have.
        Raises:
            ValueError: a side is more than 200 times the other.
        """
        most = max_pixels or self.most_pixels
        width, height = size
        if pixel_share < 1.0:
            before = min(width * height, most)
            scale = (before * pixel_share / (width * height)) ** 0.5
            width, height = max(1, round(width * scale)), max(1, round(height * scale))
        if self.multiple == 1:
            scale = min(1.0, (most / (width * height)) ** 0.5)
            return max(1, round(width * scale)), max(1, round(height * scale))
        # The resize of Qwen2-VL's processor (report arXiv:2409.12191), which dots.ocr uses, too.
        from qwen_vl_utils.vision_process import smart_resize

        least = min(most, 4 * self.multiple**2)
        rows, columns = smart_resize(
            height, width, factor=self.multiple, min_pixels=least, max_pixels=most
        )
        return columns, rows

    def tokens_of(self, size: Size) -> int:
        """Estimate the tokens of an image of this size."""
        if not self.pixels_per_token:
            return self.page_tokens
        return size[0] * size[1] // self.pixels_per_token + 2


def resized(image: Image.Image, size: Size) -> Image.Image:
    """Resize a page to (width, height) `size`, in RGB; bicubic, as qwen_vl_utils does."""
    picture = image.convert("RGB")
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)


def _qwen(task: str) -> CellParser:
    return QwenBoxParser()


def _dots(task: str) -> CellParser:
    return SceneTextParser() if task == "scene_spotting" else DotsJsonParser()


# All tasks with a plain-language prompt (the default in prompts/*.toml).
ANY_CHAT: Final = Capabilities(
    frozenset({"question", "ocr", "markdown", "table", "formula", "describe", "document_type"}),
    chat=True,
    multiple_pages=True,
    boxes=False,
)
_THOUSANDTHS: Final = (1000, 1000)


def _reads(*tasks: str) -> Capabilities:
    """Return capabilities of OCR models that read whole pages, without boxes and chat."""
    return Capabilities(frozenset(tasks), chat=False, multiple_pages=False, boxes=False)


FORMATS: Final[Mapping[str, BoxFormat]] = {
    # 750 pixels per token is between the published numbers of hosted models.
    "none": BoxFormat(
        "openai_server",
        ANY_CHAT,
        pixels_per_token=750,
    ),
    "qwen2_vl": BoxFormat(
        "qwen_vl", None, _qwen, _THOUSANDTHS, multiple=28, pixels_per_token=28**2, tags=True
    ),
    "qwen2_5_vl": BoxFormat("qwen_vl", None, _qwen, None, multiple=28, pixels_per_token=28**2),
    "qwen3_vl": BoxFormat(
        "qwen_vl", None, _qwen, _THOUSANDTHS, multiple=32, pixels_per_token=32**2
    ),
    "dots_ocr": BoxFormat(
        "dots_ocr",
        None,
        _dots,
        None,
        multiple=28,
        most_pixels=11_289_600,
        pixels_per_token=28**2,
        # As the authors' own client for vLLM does (rednote-hilab/dots.ocr, model/inference.py).
        vllm_image_mark="<|img|><|imgpad|><|endofimg|>",
    ),
    "deepseek_ocr": BoxFormat(
        "deepseek_ocr",
        None,
        lambda task: DeepseekTagParser(),
        (999, 999),
        most_pixels=4_000_000,
        tags=True,
    ),
    "granite_docling": BoxFormat(
        "granite_docling",
        None,
        lambda task: DocTagsParser(),
        (500, 500),
        most_pixels=4_000_000,
        tags=True,
    ),
    # Patches of 14 pixels, 2 x 2 per token, at most max_pixels of the published
    # preprocessor_config.json. The prompts are the same as in vLLM's recipes
    # (https://docs.vllm.ai/projects/recipes/en/latest/PaddlePaddle/PaddleOCR-VL.html,
    # https://recipes.vllm.ai/zai-org/GLM-OCR).
    "paddleocr_vl": BoxFormat(
        "paddleocr_vl",
        _reads("ocr", "table", "formula", "figure"),
        multiple=28,
        most_pixels=2_822_400,
        pixels_per_token=28**2,
    ),
    "glm_ocr": BoxFormat(
        "glm_ocr",
        _reads("ocr", "table", "formula"),
        multiple=28,
        # longest_edge counts two equal frames (engine.families.glm_ocr).
        most_pixels=9_633_792 // 2,
        pixels_per_token=28**2,
    ),
    # 17 tiles of 64 tokens, whatever the size of the page.
    "smolvlm": BoxFormat("smolvlm", None, most_pixels=4_000_000),
}
