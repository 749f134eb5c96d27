"""Reads settings.toml, with another TOML file laid over it, into engine.core.settings.Settings.

Try it:
`python -c "from engine.core.settings_file import load_settings; print(load_settings().limits)"`
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.core.errors import SettingsError
from engine.core.settings import Settings

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SETTINGS_VARIABLE = "SCANCHAT_SETTINGS"


def load_settings(path: Path | str | None = None) -> Settings:
    """Load the project's settings.toml and merge another TOML file into it, key by key.

    Args:
        path: the overlay file; None takes the file named by SCANCHAT_SETTINGS, if any.
    Raises:
        SettingsError: a file is missing or not TOML, or a key is unknown, ill-typed or out of
            range; the message gives each key's full path.
    """
    base_path = PROJECT_ROOT / "settings.toml"
    merged = _read(base_path)
    overlay = path or os.environ.get(SETTINGS_VARIABLE) or None
    shown = str(overlay or base_path)
    if overlay is not None:
        merged = _laid_over(merged, _read(Path(overlay)))
    merged["data_dir"] = _directory(merged.get("data_dir"), "XDG_DATA_HOME", "~/.local/share")
    merged["cache_dir"] = _directory(merged.get("cache_dir"), "XDG_CACHE_HOME", "~/.cache")
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'settings'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise SettingsError("settings.invalid", path=shown, problems=problems) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingsError("settings.not_found", path=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("settings.not_toml", path=str(path), detail=str(error)) from error


def _laid_over(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _laid_over(below, value)
        else:
            merged[key] = value
    return merged


def _directory(value: object, variable: str, default: str) -> object:
    """Resolve a path setting; an empty one becomes the user's own directory.

    Returns any other value as it is, for pydantic to reject.
    """
    if value == "" or value is None:
        return Path(os.environ.get(variable) or default).expanduser().resolve() / "scanchat"
    return Path(value).expanduser().resolve() if isinstance(value, str) else value
