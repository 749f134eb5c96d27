"""What importing costs, and what code may not say; who may import whom is pyproject.toml's business
([tool.importlinter], checked by `make lint`)."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE_FILES = sorted((ROOT / "engine").rglob("*.py"))
SOURCES = [*ENGINE_FILES, *sorted((ROOT / "ui").rglob("*.py")), ROOT / "gradio_app.py"]
# What a reader can hold in mind: the packages of the engine, and its two modules.
MOST_ENTRIES = 16


def test_the_engine_shows_few_packages_and_no_loose_module() -> None:
    entries = {path.relative_to(ROOT / "engine").parts[0] for path in ENGINE_FILES}
    assert len(entries) <= MOST_ENTRIES
    assert {name for name in entries if name.endswith(".py")} == {"__init__.py", "__main__.py"}


def test_every_package_says_what_lives_there() -> None:
    for top in ("engine", "ui", "synthetic", "training", "bench"):
        for path in (ROOT / top).rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_importing_the_engine_imports_neither_torch_nor_gradio() -> None:
    code = "import sys, engine; print([m for m in ('torch', 'gradio', 'cv2') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_listing_what_models_can_do_imports_no_torch() -> None:
    code = (
        "import sys; from engine.families import FAMILIES, family_class\n"
        "for name in FAMILIES: assert family_class(name, model_id='x').capabilities.tasks\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_no_code_of_the_project_trusts_remote_code_or_evaluates_text() -> None:
    for path in SOURCES:
        # gradio_app.py prints the address; a library never prints.
        calls = {"eval", "exec"} if path.parent == ROOT else {"eval", "exec", "print"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword):
                assert node.arg not in {"trust_remote_code", "load_in_8bit"}, path
