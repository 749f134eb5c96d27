"""XLM-R's unigram tokenizer over a table of pieces, word by word.

No piece spans a space, so the ids of a text are those of its words. Words are thus cached, and each
keeps its place among the ids. Source: SentencePiece's unigram model (Kudo 2018), as the package
`tokenizers` computes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tokenizers.models import Unigram

START: Final = 0
PADDING: Final = 1
END: Final = 2
UNKNOWN: Final = 3
_SPACE: Final = "\u2581"  # in front of a word's first piece


class PieceTokenizer:
    """Words -> ids.

    Args:
        pieces, scores: an id is an index of them; the first four are the special ones.
        normalisation: character -> replacement.
    """

    def __init__(
        self, pieces: Sequence[str], scores: Sequence[float], normalisation: dict[str, str]
    ) -> None:
        self._model = Unigram(list(zip(pieces, scores, strict=True)), UNKNOWN, False)
        self._normalisation = str.maketrans(normalisation)
        self._known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def load(cls, path: Path) -> PieceTokenizer:
        """Read what `convert` wrote."""
        told = json.loads(path.read_text("utf-8"))
        return cls(told["pieces"], told["scores"], told["normalisation"])

    def word(self, text: str) -> tuple[int, ...]:
        """Return the ids of one printed word; none if nothing is left after normalisation."""
        known = self._known.get(text)
        if known is None:
            parts = text.translate(self._normalisation).split()
            known = tuple(
                token.id for part in parts for token in self._model.tokenize(_SPACE + part)
            )
            self._known[text] = known
        return known

    def text(self, text: str) -> list[int]:
        """Return the ids of a text, without START and END."""
        return [one for word in text.split() for one in self.word(word)]
