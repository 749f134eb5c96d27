"""Structure of a table: its cells with their rows, columns and spans, from words and picture.

Here: the flat view of a table (`flat`), printed rules (`rules`), columns, rows, heads, and the grid
that they make (`structure`). Not here: where a table is on the page (engine.ocr.regions), and what
is written into files (engine.layout).
"""

from engine.ocr.tables.structure import PlacedCell, structure_of

__all__ = ["PlacedCell", "structure_of"]
