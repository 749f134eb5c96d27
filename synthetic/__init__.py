"""Synthetic scanned documents with exact truth: words, lines, regions, and questions with answers.

Everything on the pages is invented. Boxes are pixels of the upright picture (see
truth.SyntheticDocument).
"""

from .documents import choose, draw_document, kinds, templates
from .registry import LANGUAGES, Template
from .truth import CATEGORIES, Box, Line, Question, Region, SyntheticDocument, Word
from .writing import write_set

__all__ = [
    "CATEGORIES",
    "LANGUAGES",
    "Box",
    "Line",
    "Question",
    "Region",
    "SyntheticDocument",
    "Template",
    "Word",
    "choose",
    "draw_document",
    "kinds",
    "templates",
    "write_set",
]
