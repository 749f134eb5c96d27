"""A conversation as token ids, with the place of every image in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any


@dataclass(frozen=True, slots=True)
class ImageSpan:
    """Where an image's tokens stand in the ids, and which page they show.

    Attributes:
        start, end: positions in the ids, end exclusive.
        key: what the tokens stand for (document_id, page_index, width, height as the model sees
            it): the ids of two images of one size are the same, their keys are not.
    """

    start: int
    end: int
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PromptIds:
    """ids: token ids of the whole prompt. images: spans in order, not overlapping."""

    ids: tuple[int, ...]
    images: tuple[ImageSpan, ...]

    def common_prefix(self, other: "PromptIds") -> int:
        """How many leading tokens both prompts share, never ending inside an image."""
        pairs = zip(self.ids, other.ids, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        for mine, theirs in zip(self.images, other.images, strict=False):
            if mine != theirs:
                shared = min(shared, mine.start, theirs.start)
        for span in (*self.images, *other.images):
            if span.start < shared < span.end:
                shared = span.start
        return shared

    def up_to(self, length: int) -> "PromptIds":
        """The first `length` ids and the images that lie in them wholly."""
        return PromptIds(
            self.ids[:length], tuple(span for span in self.images if span.end <= length)
        )

    def chunks(self, start: int, size: int) -> Iterator[tuple[int, int, ImageSpan | None]]:
        """Cut the ids from `start` on into pieces to prefill one after the other.

        An image is one piece of its own, whatever its length; text is cut every `size` tokens. The
        few tokens before the first image go with it where nothing stands before them: a forward
        over an empty cache is plainly causal, so that attention needs no mask and the fast kernels
        take it (transformers.masking_utils skips the mask where queries are as many as keys).

        Yields:
            (start, end, image) with image None for text.
        """
        if start == 0 and self.images and self.images[0].start <= size:
            first = self.images[0]
            yield 0, first.end, first
            start = first.end
        for span in (*self.images, None):
            text_end = span.start if span else len(self.ids)
            while start < text_end:
                end = min(start + size, text_end)
                yield start, end, None
                start = end
            if span and start <= span.start:
                yield span.start, span.end, span
                start = span.end
