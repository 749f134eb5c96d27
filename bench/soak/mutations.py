"""Mutations of real files, as a damaged disk, a bad upload or an attacker produces them.

A mutation depends on its random.Random alone, so a numbered file of the soak test is reproducible.
"""

import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Final

_EDGES: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000,
                 0xFFFFFFFF)  # fmt: skip
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PDF_NUMBER: Final = re.compile(rb"-?\d+\.?\d*")
_PDF_NUMBERS: Final = (b"0", b"-1", b"1", b"65536", b"2147483647", b"-2147483648", b"4294967296",
                       b"99999999999999999999", b"0.0000001", b"1e9")  # fmt: skip
_PDF_NAMES: Final = (b"/Type", b"/Kids", b"/Parent", b"/Count", b"/Contents", b"/Length", b"/Root",
                     b"/Filter", b"/FlateDecode", b"/MediaBox", b"/Resources", b"/Width", b"obj",
                     b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref",
                     b"/Prev", b"/Rotate", b"/Subtype", b"/Form", b"/Do", b"/Pattern")  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Apply one to eight changes to a file.

    Args:
        data: the file.
        others: files of the same format, whose parts may be inserted.
    """
    changed = data
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if len(changed) < 16:
            break
        changed = rng.choice(_changes(changed, others))(changed, rng)
    return changed


def _changes(data: bytes, others: Sequence[bytes]) -> list[Callable[[bytes, random.Random], bytes]]:
    changes: list[Callable[[bytes, random.Random], bytes]]
    changes = [_byte, _bit, _number, _number, _cut_out, _doubled, _zeroed, _exchanged]
    # Rare: it cuts off what the other changes could reach.
    changes.append(_truncated)
    if others:
        changes.append(lambda one, rng: _spliced(one, rng.choice(others), rng))
    if data.startswith(_PNG_SIGNATURE):
        changes += [_png_chunk] * 4
    if b"%PDF-" in data[:1024]:
        changes += [_pdf_number] * 4 + [_pdf_name] * 2
    return changes


def _place(data: bytes, rng: random.Random) -> int:
    """A position, mostly near the beginning, where the headers are, sometimes near the end."""
    roll = rng.random()
    if roll < 0.5:
        return rng.randrange(min(len(data), 300))
    if roll < 0.65:
        return len(data) - 1 - rng.randrange(min(len(data), 300))
    return rng.randrange(len(data))


def _byte(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _bit(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _number(data: bytes, rng: random.Random) -> bytes:
    """An integer of two or four bytes at the edge of its range, in either byte order."""
    at, form = _place(data, rng), rng.choice(("<H", ">H", "<I", ">I"))
    mask = 0xFFFF if form.endswith("H") else 0xFFFFFFFF
    made = struct.pack(form, rng.choice((*_EDGES, rng.getrandbits(32))) & mask)
    return data[:at] + made + data[at + len(made) :]


def _cut_out(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + data[at + rng.choice((1, 2, 4, 16, 200, 4000)) :]


def _doubled(data: bytes, rng: random.Random) -> bytes:
    at, length = _place(data, rng), rng.choice((1, 4, 16, 200, 4000))
    return data[: at + length] + data[at : at + length] * rng.choice((1, 1, 2, 30)) + data[at:]


def _zeroed(data: bytes, rng: random.Random) -> bytes:
    at, length = _place(data, rng), rng.choice((2, 8, 64, 1000))
    length = min(length, len(data) - at)
    return data[:at] + rng.choice((b"\0", b"\xff")) * length + data[at + length :]


def _exchanged(data: bytes, rng: random.Random) -> bytes:
    length = rng.choice((2, 4, 12, 100))
    first, second = sorted((_place(data, rng), _place(data, rng)))
    if second - first < length:
        return data
    one, other = data[first : first + length], data[second : second + length]
    return data[:first] + other + data[first + length : second] + one + data[second + length :]


def _truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(8, len(data))]


def _spliced(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: _place(data, rng)] + other[rng.randrange(max(1, len(other))) :]


def _png_chunk(data: bytes, rng: random.Random) -> bytes:
    """Change a chunk and correct its checksum, so that the reader accepts it."""
    chunks = []
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        if at + 12 + length > len(data):
            break
        chunks.append((at, length))
        at += 12 + length
    if not chunks:
        return data
    at, length = rng.choice(chunks)
    kind, body = data[at + 4 : at + 8], bytearray(data[at + 8 : at + 8 + length])
    match rng.randrange(4):
        case 0 if body:
            body[rng.randrange(len(body))] = rng.randrange(256)
        case 1 if len(body) >= 4:
            where = 4 * rng.randrange(len(body) // 4)
            body[where : where + 4] = struct.pack(">I", rng.choice(_EDGES))
        case 2:
            body = body[: rng.randrange(len(body) + 1)]
        case _:
            kind = rng.choice((b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"eXIf", b"acTL",
                               b"fcTL", b"fdAT", b"IDAT", b"gAMA", b"pHYs"))  # fmt: skip
    made = struct.pack(">I", len(body)) + kind + bytes(body)
    made += struct.pack(">I", zlib.crc32(kind + bytes(body)))
    return data[:at] + made + data[at + 12 + length :]


def _pdf_number(data: bytes, rng: random.Random) -> bytes:
    found = list(_PDF_NUMBER.finditer(data))
    if not found:
        return data
    number = rng.choice(found)
    # Another number of the same file gives references to wrong objects.
    made = rng.choice(found)[0] if rng.random() < 0.4 else rng.choice(_PDF_NUMBERS)
    return data[: number.start()] + made + data[number.end() :]


def _pdf_name(data: bytes, rng: random.Random) -> bytes:
    there = [name for name in _PDF_NAMES if name in data]
    if not there:
        return data
    return data.replace(rng.choice(there), rng.choice(_PDF_NAMES), rng.choice((1, -1)))
