"""gradio_app.py on a Hugging Face Space: as it is, without a network, with a question asked."""

import json
import re
import socket
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import yaml

import gradio_app
from bench.app_process import ROOT, free_port, serving
from engine import Engine, load_settings
from tests.families.tiny import save_qwen2_vl
from tests.http_driving import Visitor
from tests.test_end_to_end import INVOICE, draw_page

FAKE_SPACES = ROOT / "tests" / "fixtures" / "fake_spaces"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def front_matter() -> dict[str, object]:
    found = yaml.safe_load(README.split("---\n")[1])
    assert isinstance(found, dict)
    return found


def test_readme_says_to_a_space_what_runs() -> None:
    said = front_matter()
    assert said["sdk"] == "gradio"
    assert (ROOT / str(said["app_file"])).is_file()
    assert len(str(said["short_description"])) <= 60
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert f"gradio=={said['sdk_version']}\n" in constraints
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(rf'python_version = "{said["python_version"]}"', pyproject)


def test_readme_names_the_checkpoints_of_the_settings_and_no_others() -> None:
    repo_ids = {model.repo_id for model in load_settings().models.values()}
    assert set(front_matter()["models"]) == repo_ids


def test_packages_txt_has_what_continuous_integration_installs_to_read_pages() -> None:
    wanted = set((ROOT / "packages.txt").read_text(encoding="utf-8").split())
    assert wanted
    installed = (ROOT / ".ci" / "run").read_text(encoding="utf-8").split()
    assert wanted <= set(installed)


def space_environment(port: int, folder: Path) -> dict[str, str]:
    """What a Space sets, and folders of the test's own. Its host is not set: we must know it."""
    return {
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/scanchat",
        "SPACE_HOST": "someone-scanchat.hf.space",
        "GRADIO_SERVER_PORT": str(port),
        "XDG_DATA_HOME": str(folder / "data"),
        # Nothing can be fetched: a request would go to a port where nobody listens.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost,0.0.0.0",
    }


def test_a_space_without_a_network_answers_a_question(tmp_path: Path) -> None:
    draw_page(INVOICE)[0].save(tmp_path / "scan.png")
    port = free_port()
    with serving(tmp_path, environment=space_environment(port, tmp_path)) as app:
        assert app.url == f"http://127.0.0.1:{port}/"
        # 0.0.0.0: reachable by every address of the machine.
        with socket.create_connection(("127.0.0.2", port), timeout=5):
            pass
        said = json.dumps(Visitor(app.url).ask("What is the total due?", tmp_path / "scan.png"))
        assert "1,248.00" in said


@pytest.mark.parametrize("is_zero", [True, False])
def test_a_gpu_is_lent_where_the_package_says_that_it_runs_on_zero_gpu(
    monkeypatch: pytest.MonkeyPatch, is_zero: bool
) -> None:
    package, config = ModuleType("spaces"), ModuleType("spaces.config")
    package.GPU = object()  # type: ignore[attr-defined]
    config.Config = SimpleNamespace(zero_gpu=is_zero)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spaces", package)
    monkeypatch.setitem(sys.modules, "spaces.config", config)
    # The module imports it on a Space alone.
    monkeypatch.setattr(gradio_app, "spaces", package, raising=False)
    assert gradio_app._zero_gpu() is None, "elsewhere the package may be installed, too"
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert gradio_app._zero_gpu() is (package.GPU if is_zero else None)


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for Python with a shell script")
def test_what_a_space_misses_is_installed_by_a_process_that_is_lent_no_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/said"\nenv >> "{tmp_path}/said"\n')
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(gradio_app, "_zero_gpu", lambda: None)
    missing: list[str] = []
    monkeypatch.setattr("engine.cli.setup.missing_packages", lambda: missing)
    gradio_app._install_missing()
    assert not (tmp_path / "said").exists(), "nothing is missing"
    missing.append("rapidocr")
    gradio_app._install_missing()
    command, *variables = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert command == "-m engine setup"
    assert any(line.startswith("PATH=") for line in variables)
    assert not any(line.startswith("SPACES_ZERO_GPU=") for line in variables)


@pytest.fixture(scope="module")
def tiny_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    save_qwen2_vl(folder / "checkpoint")
    path = folder / "settings.toml"
    path.write_text(
        f"""default_model = "tiny"
[models.tiny]
family = "qwen_vl"
repo_id = "{folder / "checkpoint"}"
dtype = "float32"
max_pixels = 12544
fallback = "lite"
generation = {{ max_new_tokens = 40 }}
""",
        encoding="utf-8",
    )
    return path


def log_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_on_zero_gpu_a_model_answers_inside_the_lent_process(
    tmp_path: Path, tiny_settings: Path
) -> None:
    draw_page(INVOICE)[0].save(tmp_path / "scan.png")
    with Engine(load_settings(tiny_settings)) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, tmp_path / "scan.png", name="scan.png")
        wanted = engine.ask(session_id, "What?").answer()
    log = tmp_path / "spaces.jsonl"
    environment = {
        **space_environment(free_port(), tmp_path),
        "SPACES_ZERO_GPU": "true",
        "SPACES_GRADIO_AUTO_WRAP": "true",
        "SPACES_ZERO_DEVICE_API_URL": "http://127.0.0.1:9",
        "FAKE_SPACES_LOG": str(log),
        "PYTHONPATH": str(FAKE_SPACES),
        "SCANCHAT_SETTINGS": str(tiny_settings),
    }
    with serving(tmp_path, environment=environment) as app:
        # Found at start, or ZeroGPU ends the Space.
        assert log_of(log) == [{"decorated": "answer_on_gpu"}]
        visitor = Visitor(app.url, headers={"user-agent": "visitor-7"})
        said = visitor.ask("What?", tmp_path / "scan.png")
        (tmp_path / "said.json").write_text(json.dumps(said), encoding="utf-8")
        again = visitor.ask("What?", tmp_path / "scan.png", task="ocr")
    _, call, end, reading, reading_end = log_of(log)
    assert call["child"] != call["parent"]
    # The quota is the visitor's: the call knows who asked.
    assert call["agent"] == "visitor-7"
    assert end == reading_end == {"exit": 0}
    # 15 s to begin, 3 s for a page, 40 tokens.
    assert call["seconds"] == reading["seconds"] == 20
    shown = json.dumps(said)
    words = re.findall(r"[A-Za-z0-9]{2,}", wanted.text)
    assert words
    assert all(word in shown for word in words)
    assert "tiny" in shown
    assert again
