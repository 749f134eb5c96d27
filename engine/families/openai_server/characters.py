"""Character tokenizer for the text of servers.

The engine's streams carry ids (engine.models.streaming). The ids of a server's text are the code
points of its characters. Each special token left in the text gets its own id, so box parsers get
it and users do not see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from engine.families.pages.thinking import CLOSING, OPENING

# Special tokens of the models in engine.families.openai_server.formats.
_TAG_NAMES: Final = (
    *(f"<|{mark}{name}|>" for name in ("ref", "det") for mark in ("", "/")),
    "<|grounding|>",
    *(f"<|{name}_{edge}|>" for name in ("object_ref", "box") for edge in ("start", "end")),
    # Some servers leave these as well.
    *(f"<|{name}|>" for name in ("im_start", "im_end", "endoftext", "endofassistant")),
    *(f"<|{name}|>" for name in ("vision_start", "vision_end", "image_pad", "video_pad")),
    # Not hidden from users: an answer may mention them.
    OPENING,
    CLOSING,
)
# Above Unicode's last code point.
_FIRST_TAG: Final = 0x110000
_TAGS: Final = {tag: _FIRST_TAG + number for number, tag in enumerate(_TAG_NAMES)}
_NAMES: Final = {index: tag for tag, index in _TAGS.items()}
OPENING_ID: Final = _TAGS[OPENING]
CLOSING_ID: Final = _TAGS[CLOSING]
_SPECIAL: Final = frozenset(_NAMES) - {OPENING_ID, CLOSING_ID}
_TAG: Final = re.compile(f"({'|'.join(map(re.escape, _TAG_NAMES))})")
_LONGEST_TAG: Final = max(map(len, _TAG_NAMES))
# Control tokens of chat templates and vision models. A model would obey them in a user's words.
_CONTROL: Final = re.compile(r"<[|｜][^<>|｜]{1,60}[|｜]>|<(?:image|img|imgpad|video)>")


class CharacterTokenizer:
    """Implements the part of transformers' tokenizer interface that streams and readers use."""

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": self.encode(text)}

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text. Lone surrogates, invalid in UTF-8, are left out."""
        ids: list[int] = []
        for piece in _TAG.split(text):
            if piece in _TAGS:
                ids.append(_TAGS[piece])
            else:
                ids += [ord(character) for character in piece if not _is_surrogate(character)]
        return ids

    def decode(self, ids: Iterable[Any], *, skip_special_tokens: bool = False, **_: Any) -> str:
        """Return the text of ids, optionally without special tokens."""
        return "".join(
            chr(index) if index < _FIRST_TAG else _NAMES[index]
            for index in map(int, ids)
            if not (skip_special_tokens and index in _SPECIAL)
        )


class SpecialTokenBuffer:
    """Regroups streamed text so that no piece ends inside a special token."""

    def __init__(self) -> None:
        self._held = ""

    def put(self, text: str) -> str:
        """Take a piece; return the text that cannot be part of an incomplete special token."""
        text = self._held + text
        start = text.rfind("<", max(0, len(text) - _LONGEST_TAG))
        beginning = text[start:] if start >= 0 else ""
        if not any(
            tag != beginning and tag.startswith(beginning) for tag in _TAG_NAMES if beginning
        ):
            start = len(text)
        self._held = text[start:]
        return text[:start]

    def rest(self) -> str:
        """Return the buffered text at the end of the stream."""
        held, self._held = self._held, ""
        return held


def without_control(text: str) -> str:
    """Remove everything that a server's chat template would interpret as a special token."""
    before = None
    # Repeated, because a removal may join the parts of another token.
    while text != before:
        before, text = text, _CONTROL.sub("", text)
    return text


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"
