"""Tests of settings.toml: validation is strict, and errors name the full path of a key."""

from pathlib import Path

import pytest

from engine.core.errors import ModelError, SettingsError
from engine.core.settings_file import load_settings


def overlay(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_settings_as_published_are_valid_and_default_to_lite() -> None:
    settings = load_settings()
    assert settings.default_model == "lite"
    assert settings.data_dir.is_absolute()
    assert settings.cache_dir.is_absolute()


def test_a_file_laid_over_changes_only_its_keys(tmp_path: Path) -> None:
    settings = load_settings(overlay(tmp_path, "[limits]\nmax_pages = 3\n"))
    assert settings.limits.max_pages == 3
    assert settings.limits.pdf_dpi == load_settings().limits.pdf_dpi


def test_the_variable_names_a_file_to_lay_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANCHAT_SETTINGS", str(overlay(tmp_path, "[app]\nport = 1234\n")))
    assert load_settings().app.port == 1234


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[limits]\nmax_pagse = 3\n", "limits.max_pagse"),
        ("[limits]\nmax_pages = 'many'\n", "limits.max_pages"),
        ("[limits]\nmax_pages = 0\n", "limits.max_pages"),
        ("[models.lite]\ndtype = 'float8'\n", "models.lite.dtype"),
        ("default_model = 'nothing'\n", "nothing"),
        ("[models.lite]\nfallback = 'nothing'\n", "models.lite.fallback"),
        ("[models.lite]\ngood_for = ['everything']\n", "models.lite.good_for.0"),
        ("[models.lite]\ngood_for = 'fast'\n", "models.lite.good_for"),
        ("surprise = 1\n", "surprise"),
    ],
)
def test_a_wrong_key_is_named_with_its_path(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(overlay(tmp_path, text))
    assert named in str(caught.value)


def test_a_missing_file_and_broken_toml_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings(overlay(tmp_path, "= ="))


def test_an_unknown_model_id_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"nope is not a known model id\. Known: lite"):
        load_settings().model("nope")


def test_settings_cannot_be_changed_after_loading() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.limits.max_pages = 5  # type: ignore[misc]
