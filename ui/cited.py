"""The pieces of an answer, by their name on the screen's side; engine/chat/citations.py makes
them."""

from engine.chat.citations import Piece, Span, numbers, pieces

__all__ = ["Piece", "Span", "numbers", "pieces"]
