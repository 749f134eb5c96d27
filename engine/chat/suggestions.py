"""Suggested first questions by type of document: prompts/suggested/questions.toml.

Try it: `suggested("invoice", "en")  # ("What is the total amount?", ...)`
"""

import tomllib
from collections.abc import Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

from engine.core.errors import TaskError
from engine.core.settings_file import PROJECT_ROOT

_FILE = PROJECT_ROOT / "prompts" / "suggested" / "questions.toml"
_OTHER = "other"


def suggested(document_type: str, language: str) -> tuple[str, ...]:
    """The questions for a type, in "en" or "ru"; those of "other" for a type without its own.

    Raises:
        TaskError: the file is broken.
    """
    table = _table()
    return table.get(document_type, table[_OTHER])["ru" if language == "ru" else "en"]


@cache
def _table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    shown = "prompts/suggested/questions.toml"
    try:
        found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        table = TypeAdapter(dict[str, dict[str, tuple[str, ...]]]).validate_python(found)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise TaskError("task.bad_prompt", path=shown, detail=str(error)) from error
    for name, languages in table.items():
        if set(languages) != {"en", "ru"}:
            raise TaskError("task.bad_prompt", path=shown, detail=f"[{name}] needs en and ru")
    if _OTHER not in table:
        raise TaskError("task.bad_prompt", path=shown, detail=f"[{_OTHER}] is missing")
    return table
