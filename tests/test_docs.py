"""README and docs say what is there: the file tree, the commands, every setting."""

import re
import subprocess
from pathlib import Path
from typing import get_args

import pytest

import gradio_app
from engine.cli import COMMANDS
from engine.cli.models import markdown_table
from engine.core.settings import ModelSettings, Settings, Use
from engine.core.settings_file import load_settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def setting_keys() -> set[str]:
    keys: set[str] = set()
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        if inner is not None:
            keys |= {f"{name}.{key}" for key in inner}
        elif name != "models":
            keys.add(name)
    return keys | set(ModelSettings.model_fields)


def test_every_setting_is_documented_and_nothing_else() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)) == setting_keys()


def tree_of_readme() -> set[str]:
    """The paths of README's file tree; folders end in a slash."""
    block = README.split("<!-- tree -->")[1]
    return set(re.findall(r"^([\w./-]+) {2,}\S", block, re.MULTILINE))


def test_the_file_tree_of_the_readme_is_the_real_one() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    tracked = {path for path in listed if path}
    expected = {path.split("/")[0] + ("/" if "/" in path else "") for path in tracked}
    expected |= {
        "/".join(path.split("/")[:2]) + ("/" if path.count("/") > 1 else "")
        for path in tracked
        if path.startswith("engine/")
    }
    expected -= {".gitignore", ".ci/", "engine/"}
    assert tree_of_readme() - {"engine/", ".ci/run"} == expected


@pytest.mark.parametrize("page", ["deploy.md", "reliability.md"])
def test_the_docs_say_how_long_answers_and_connections_get_when_the_app_ends(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    # tests/reliability/test_faults.py ends an app in mid-answer, with a tab open.
    assert text.count(f"up to {gradio_app._LEAVE_SECONDS} s") == 2


@pytest.mark.parametrize("command", ["make run", "make test", "python -m engine ask"])
def test_the_readme_names_the_commands(command: str) -> None:
    assert command in README


def test_the_readme_names_only_commands_that_exist() -> None:
    for name in re.findall(r"python -m engine (\w+)", README):
        assert name in COMMANDS


def test_pictures_and_links_of_the_readme_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_every_makefile_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


MODELS_DOC = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [README, MODELS_DOC], ids=["README", "docs/models.md"])
def test_the_model_table_is_the_one_of_the_settings(text: str) -> None:
    """`python -m engine models --markdown` prints it."""
    assert text.split("<!-- models -->")[1].strip() == markdown_table(load_settings()).strip()


def test_the_advice_of_the_docs_is_that_of_the_settings() -> None:
    """Rows of "which model for what": | uses | wish | models | reason |."""
    part = MODELS_DOC.split("**Which model for what**")[1].split("\n## ")[0]
    models = load_settings().models
    found: set[str] = set()
    for uses, _, names, _ in re.findall(
        r"^\| (`.+) \| (.+) \| (.+) \| (.+) \|$", part, re.MULTILINE
    ):
        named = set(re.findall(r"`(\w+)`", uses))
        found |= named
        for model_id in set(re.findall(r"`(\w+)`", names)) & set(models):
            assert named <= set(models[model_id].good_for), model_id
    assert found == set(get_args(Use))


def test_every_model_has_its_section_and_what_it_was_run_on() -> None:
    sections = re.split(r"^## ", MODELS_DOC, flags=re.MULTILINE)[1:]
    of_model: dict[str, str] = {}
    for section in sections:
        of_model |= dict.fromkeys(re.findall(r"`(\w+)`", section.split("\n", 1)[0]), section)
    assert set(load_settings().models) == set(of_model)
    for model_id, section in of_model.items():
        if model_id != "lite":
            assert "not yet run on real weights here" in section.replace("\n", " ").lower(), (
                model_id
            )
