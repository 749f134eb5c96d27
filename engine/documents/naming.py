"""A file's name as it may be shown: no path, no invisible characters, not too long.

Only for showing: never used to open a file.
"""

import unicodedata
from typing import Final

MAX_NAME_LENGTH: Final = 80
_KEPT_END: Final = 20


def shown_name(name: str) -> str:
    """The last part of a path as one line of visible text of at most MAX_NAME_LENGTH characters.

    Control characters, bidirectional overrides, zero-width characters and lone surrogates are
    dropped, since they could make the name read as something else or break the line. A long name
    loses its middle, so that its extension stays.
    """
    base = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    # The categories C* (control, format, surrogate, private, unassigned) and line separators.
    spaced = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", base))
    visible = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
    cleaned = " ".join(visible.split())
    if len(cleaned) > MAX_NAME_LENGTH:
        start = cleaned[: MAX_NAME_LENGTH - _KEPT_END - 1].rstrip()
        cleaned = f"{start}…{cleaned[-_KEPT_END:].lstrip()}"
    return cleaned or "file"
