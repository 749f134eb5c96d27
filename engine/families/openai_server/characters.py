"""A tokenizer whose tokens are characters: what a server sends is text, and stays just that.

The engine's streams carry ids (engine.models.streaming). A server's text becomes the code points of
its characters, and each special token that it left in the text one id of its own, so that what
reads boxes sees it and a person does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from engine.families.pages.thinking import CLOSING, OPENING

# Special tokens of the models that box formats name.
_TAG_NAMES: Final = (
    *(f"<|{mark}{name}|>" for name in ("ref", "det") for mark in ("", "/")),
    "<|grounding|>",
    *(f"<|{name}_{edge}|>" for name in ("object_ref", "box") for edge in ("start", "end")),
    # Some servers leave these as well.
    *(f"<|{name}|>" for name in ("im_start", "im_end", "endoftext", "endofassistant")),
    *(f"<|{name}|>" for name in ("vision_start", "vision_end", "image_pad", "video_pad")),
    # No special tokens: an answer may speak of them.
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
# What chat templates and vision models write in prompts; in a user's words it would be obeyed.
_CONTROL: Final = re.compile(r"<[|｜][^<>|｜]{1,60}[|｜]>|<(?:image|img|imgpad|video)>")


class CharacterTokenizer:
    """The part of transformers' tokenizer interface that streams and readers use."""

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": self.encode(text)}

    def encode(self, text: str) -> list[int]:
        """Ids of a text; lone surrogates, which no UTF-8 text has, are left out."""
        ids: list[int] = []
        for piece in _TAG.split(text):
            if piece in _TAGS:
                ids.append(_TAGS[piece])
            else:
                ids += [ord(character) for character in piece if not _is_surrogate(character)]
        return ids

    def decode(self, ids: Iterable[Any], *, skip_special_tokens: bool = False, **_: Any) -> str:
        """The text of ids; special ones are left out if asked."""
        return "".join(
            chr(index) if index < _FIRST_TAG else _NAMES[index]
            for index in map(int, ids)
            if not (skip_special_tokens and index in _SPECIAL)
        )


class SpecialTokenBuffer:
    """Pieces of any size -> pieces that cut no special token in two."""

    def __init__(self) -> None:
        self._held = ""

    def put(self, text: str) -> str:
        """The text that no later piece can change."""
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
        """What was held back, at the end."""
        held, self._held = self._held, ""
        return held


def without_control(text: str) -> str:
    """A text without what a server's template would take for a special token."""
    before = None
    # Again, because what is taken out of the middle may leave a token behind.
    while text != before:
        before, text = text, _CONTROL.sub("", text)
    return text


def _begins_a_tag(text: str) -> bool:
    return any(tag.startswith(text) and tag != text for tag in _TAG_NAMES)


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"
