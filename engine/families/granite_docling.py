"""Granite-Docling: converts a page to DocTags, with a box for every block. It does not chat.

The checkpoint is Idefics3 like SmolVLM's and cuts pages into the same tiles. It differs in its
chat template, which comes with the checkpoint, and in its training: it converts pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from engine.core.schema import Page, Size
from engine.families.base import Capabilities
from engine.families.smolvlm import SmolVLMFamily
from engine.layout.cells import CellParser
from engine.layout.doctags import DocTagsParser

if TYPE_CHECKING:
    from engine.families.decoding.generate import DecodingInputs

# Box coordinates run from 0 to this along both sides of the page.
LOC_RANGE: Final = 500


class GraniteDoclingFamily(SmolVLMFamily):
    """ibm-granite/granite-docling-258M."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout"}), chat=False, multiple_pages=False, boxes=True
    )

    def cell_parser(self, task: str) -> CellParser:
        return DocTagsParser()

    def frame(self, inputs: DecodingInputs, page: Page) -> Size:
        return (LOC_RANGE, LOC_RANGE)
