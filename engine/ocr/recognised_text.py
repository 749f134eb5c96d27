"""The result of a recogniser for one line, and the ink of the line's picture."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.ocr.rapid import Picture

# A column has ink if it is darker than the paper by this fraction of the paper-to-ink difference.
_INK_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class RecognisedText:
    """The recogniser's result for one crop.

    Attributes:
        text: as recognised, with its spaces.
        places: for each character of `text` that is not a space, the position of its centre in the
            crop, 0 (left edge) to 1 (right edge).
        scores: for each of these characters, the recogniser's probability, 0 to 1.
        aspect: width / height of the crop.
        gaps: (start, end) of the columns without ink, in fractions of the crop's width.
    """

    text: str
    places: tuple[float, ...]
    scores: tuple[float, ...]
    aspect: float
    gaps: tuple[tuple[float, float], ...] = ()

    @property
    def score(self) -> float:
        """0 to 1, the mean over the characters; 0 if nothing was recognised."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0

    @property
    def coverage(self) -> float:
        """Characters per crop height of width: about 2 for recognised print, near 0 otherwise.

        Full-width characters (Chinese) are twice as wide as letters and count twice.
        """
        wide = sum(unicodedata.east_asian_width(character) in "WF" for character in self.text)
        return (len(self.places) + wide) / self.aspect if self.aspect > 0 else 0.0

    def without(self, character: str) -> RecognisedText:
        """The result without a character that is not a space."""
        printed = "".join(self.text.split())
        rest = [i for i, one in enumerate(printed) if one != character]
        return replace(
            self,
            text=self.text.replace(character, ""),
            places=tuple(self.places[i] for i in rest),
            scores=tuple(self.scores[i] for i in rest),
        )


def blank_columns(picture: Picture) -> tuple[tuple[float, float], ...]:
    """(start, end) of each run of columns without ink, in fractions of the width.

    Args:
        picture: (height, width, 3), uint8, RGB, one line.
    """
    grey = picture.mean(axis=2, dtype=np.float32)
    # The crop's top and bottom margins may hold parts of the neighbouring lines.
    margin = round(0.12 * grey.shape[0])
    body = grey[margin : grey.shape[0] - margin] if grey.shape[0] > 12 else grey
    ink, paper = np.percentile(body, (2, 75))
    # Vertical means of three pixels, so that a speck of noise does not count as ink.
    if body.shape[0] > 3:
        body = (body[:-2] + body[1:-1] + body[2:]) / 3
    dark = body.min(axis=0) < paper - _INK_SHARE * (paper - ink)
    blank = np.concatenate(([False], ~dark, [False]))
    edges = np.flatnonzero(np.diff(blank)).reshape(-1, 2) / grey.shape[1]
    return tuple((float(start), float(end)) for start, end in edges)
