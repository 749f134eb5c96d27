"""Sanitised display names of files: no path, no invisible characters, limited length.

For display only; files are never opened by these names.
"""

import unicodedata
from typing import Final

MAX_NAME_LENGTH: Final = 80
_KEPT_END: Final = 20


def shown_name(name: str) -> str:
    """Return the last part of a path as one visible line of at most MAX_NAME_LENGTH characters.

    Control characters, bidirectional overrides, zero-width characters and lone surrogates are
    removed, since they can disguise the name or break the line. A long name is shortened in the
    middle, which preserves its extension. An empty name becomes "file".
    """
    base = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    # Removes the categories C* (control, format, surrogate, private use, unassigned).
    spaced = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", base))
    visible = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
    cleaned = " ".join(visible.split())
    if len(cleaned) > MAX_NAME_LENGTH:
        start = cleaned[: MAX_NAME_LENGTH - _KEPT_END - 1].rstrip()
        cleaned = f"{start}…{cleaned[-_KEPT_END:].lstrip()}"
    return cleaned or "file"
