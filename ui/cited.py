"""The pieces of an answer, by their name on the screen's side; engine/cited.py makes them."""

from engine.cited import Piece, Span, numbers, pieces

__all__ = ["Piece", "Span", "numbers", "pieces"]
