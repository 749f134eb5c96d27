"""A prompt as token ids, with the span of every image."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any


@dataclass(frozen=True, slots=True)
class ImageSpan:
    """The span of an image's tokens in the ids, and its page.

    Attributes:
        start, end: positions in the ids, end exclusive.
        key: (document_id, page_index), followed for decoding by pixel share and maximum pixels.
            Two images of the same size have the same ids but different keys.
    """

    start: int
    end: int
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PromptIds:
    """A prompt as ids.

    Attributes:
        ids: token ids of the whole prompt.
        images: spans in order, not overlapping.
    """

    ids: tuple[int, ...]
    images: tuple[ImageSpan, ...]

    def common_prefix(self, other: "PromptIds") -> int:
        """Return how many leading tokens both prompts share, never ending inside an image."""
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
        """Return the first `length` ids and the images that lie entirely in them."""
        return PromptIds(
            self.ids[:length], tuple(span for span in self.images if span.end <= length)
        )

    def chunks(self, start: int, size: int) -> Iterator[tuple[int, int, ImageSpan | None]]:
        """Cut the ids from `start` on into chunks for prefill.

        An image is one chunk, whatever its length; text is cut every `size` tokens. At the start of
        the prompt, up to `size` tokens before the first image share its chunk: a forward over an
        empty cache is plainly causal, so attention needs no mask and can use the fast kernels
        (transformers.masking_utils skips the mask if there are as many queries as keys).

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
