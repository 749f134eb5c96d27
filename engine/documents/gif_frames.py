"""Counting of the frames of a GIF without decoding them.

Source: the GIF89a specification (CompuServe, 1990), appendix A: a screen descriptor, then blocks.
"""

from typing import Final

_EXTENSION: Final = 0x21
_IMAGE: Final = 0x2C


def count_frames(data: bytes, most: int) -> int:
    """Count the frames of a GIF, up to `most`; frames after a damaged part are ignored."""
    count = 0
    at = 13 + _palette_bytes(data, 10)
    while at < len(data) and count < most:
        kind = data[at]
        if kind == _IMAGE:
            # A descriptor of 10 bytes, its palette, and the code size of the pixels.
            at = _after_blocks(data, at + 11 + _palette_bytes(data, at + 9))
            count += at <= len(data)
        elif kind == _EXTENSION:
            at = _after_blocks(data, at + 2)
        else:
            break
    return count


def _palette_bytes(data: bytes, at: int) -> int:
    flags = data[at] if at < len(data) else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """The place after a chain of blocks; beyond the end of the data if the chain is cut."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
