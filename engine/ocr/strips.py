"""Recognition by Tesseract of lines that RapidOCR detected.

The line crops are normalised and stacked on a clean white page. On a photo or a form, Tesseract's
own page analysis loses lines between rules and shadows; a stack of straight lines needs no such
analysis. The stacks are recognised in parallel, one thread each.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from engine.core.schema import BBox, Word
from engine.ocr import tesseract

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In pixels. Tesseract is trained on capitals of 30 to 40 pixels with white around them.
_LINE_HEIGHT = 40
_GAP = 24
_MARGIN = 20
_MIN_STACK = 12


def read(
    crops: Sequence[NDArray[np.uint8]], *, languages: Sequence[str] = tesseract.LANGUAGES
) -> list[list[Word]]:
    """Recognise crops of one line each with Tesseract.

    Args:
        crops: (height, width, 3), uint8, RGB, upright, with text from left to right.
        languages: see `tesseract.read_words`.
    Returns:
        For each crop its words from left to right; boxes in fractions of the crop's width and
        height, 0 to 1.
    Raises:
        OcrError: Tesseract is missing, failed, or timed out.
    """
    workers = max(1, min(os.cpu_count() or 1, 4, len(crops) // _MIN_STACK))
    parts = np.array_split(np.arange(len(crops)), workers)
    stacks = [[crops[i] for i in part] for part in parts if len(part)]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        done = pool.map(lambda stack: _read_stack(stack, languages), stacks)
        return [words for stack in done for words in stack]


def _read_stack(crops: Sequence[NDArray[np.uint8]], languages: Sequence[str]) -> list[list[Word]]:
    evened = [_evened(one) for one in crops]
    step = _LINE_HEIGHT + _GAP
    height = len(evened) * step + 2 * _MARGIN
    page = np.full((height, max(one.shape[1] for one in evened) + 2 * _MARGIN), 255, np.uint8)
    for position, one in enumerate(evened):
        top = _MARGIN + position * step
        page[top : top + _LINE_HEIGHT, _MARGIN : _MARGIN + one.shape[1]] = one
    found: list[list[Word]] = [[] for _ in evened]
    found_words = tesseract.read_words(page, page_mode=tesseract.ONE_BLOCK, languages=languages)
    for word in found_words:
        middle = (word.bbox[1] + word.bbox[3]) / 2
        position = int((middle - _MARGIN + _GAP / 2) // step)
        if 0 <= position < len(evened):
            share = _in_shares(word.bbox, _MARGIN + position * step, evened[position].shape[1])
            found[position].append(Word(word.text, share, word.confidence))
    return [sorted(words, key=lambda word: word.bbox[0]) for words in found]


def _in_shares(bbox: BBox, top: int, width: int) -> BBox:
    xs = [min(1.0, max(0.0, (x - _MARGIN) / width)) for x in (bbox[0], bbox[2])]
    ys = [min(1.0, max(0.0, (y - top) / _LINE_HEIGHT)) for y in (bbox[1], bbox[3])]
    return (xs[0], ys[0], xs[1], ys[1])


def _evened(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Normalise a crop: grey, _LINE_HEIGHT high, paper near white and ink near black."""
    import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    width = max(1, round(grey.shape[1] * _LINE_HEIGHT / grey.shape[0]))
    shrinks = grey.shape[0] > _LINE_HEIGHT
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    grey = cv2.resize(grey, (width, _LINE_HEIGHT), interpolation=how).astype(np.float32)
    # About a fifth of a line's box is ink: its darkest pixels are ink, its brightest fifth paper.
    ink, paper = np.percentile(grey, 2), np.percentile(grey, 80)
    if paper - ink < 1:
        return np.full(grey.shape, 255, np.uint8)
    return np.asarray(np.clip((grey - ink) / (paper - ink) * 255, 0, 255), np.uint8)
