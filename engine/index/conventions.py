"""How the document of some pages prints its values (engine.text.conventions)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.text import Conventions, conventions_of

if TYPE_CHECKING:
    from engine.index.page_index import PageIndex


def printed_conventions(indexes: Sequence[PageIndex]) -> Conventions:
    """Find the conventions of one document from all its lines."""
    return conventions_of(line.text for index in indexes for line in index.lines)
