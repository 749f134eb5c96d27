"""Who may import whom: lower layers never import higher ones."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each part of the engine and what it may import of the project, beside itself.
_VALUES = {"errors", "schema", "texts"}
_PAGES = _VALUES | {"settings", "geometry", "index", "preprocess", "documents", "ocr"}
_READING = (
    _PAGES
    | {"indexing", "layout", "overlay", "values", "grounding", "prompts"}
    | {"verbatim"}
    | {"stop_event"}
)
_MODELS = _READING | {"attention", "hardware", "families"}
_RUNNING = _MODELS | {"channel", "transcript", "streaming", "generation", "model_manager"}
_KEPT = _PAGES | {"archives", "reopening", "schema_json", "session", "session_keeping"}
_KEPT |= {"session_lives", "sessions", "store", "transcript", "transcript_json"}
_ENGINE = _RUNNING | {"index_store", "answer_stream"} | _KEPT
ALLOWED: dict[str, set[str]] = {
    "texts": set(),
    "errors": {"texts"},
    "schema": {"errors", "texts"},
    "settings": {"errors"},
    "geometry": {"errors", "schema"},
    "prompts": {"errors", "settings", "texts"},
    "index": {"schema"},
    "preprocess": {"errors", "geometry", "schema", "settings"},
    "documents": _VALUES | {"settings", "geometry"},
    "ocr": _VALUES | {"settings", "geometry", "index"},
    "indexing": _PAGES,
    "values": _VALUES,
    "layout": _VALUES | {"geometry", "overlay"},
    "overlay": _VALUES | {"geometry"},
    "evaluation": _ENGINE | {"chat", "fields"},
    "hardware": _VALUES | {"settings"},
    "attention": {"hardware", "texts"},
    "document_type": {"index", "schema", "texts"},
    "families": _READING | {"attention", "document_type", "fields", "hardware", "page_references"},
    "fields": _MODELS | {"document_type"},
    "channel": _VALUES,
    "transcript": _VALUES,
    "streaming": _VALUES,
    "generation": _MODELS | {"channel", "streaming"},
    "worker": _MODELS | {"generation"},
    "zero_gpu": _MODELS | {"generation", "worker"},
    "model_manager": _MODELS | {"generation", "worker", "zero_gpu"},
    "options": {"errors"},
    "stop_event": set(),
    "page_references": set(),
    "pointing": {"page_references", "schema"},
    "suggestions": {"errors", "settings"},
    "cited": {"schema", "transcript"},
    "conversation_export": _READING | {"cited", "transcript"},
    "passwords": {"errors"},
    "index_store": _MODELS,
    "schema_json": {"schema"},
    "transcript_json": _VALUES | {"schema_json", "transcript"},
    "store": _VALUES | {"schema_json"},
    "archives": {"errors", "settings", "store"},
    "session": {"errors", "schema", "store", "transcript"},
    "reopening": _PAGES | {"session", "store"},
    "session_keeping": _VALUES
    | {"reopening", "session", "settings", "store", "transcript", "transcript_json"},
    "session_lives": _VALUES | {"archives", "session", "session_keeping", "settings", "store"},
    "sessions": _KEPT,
    "upkeep": {"errors", "sessions"},
    "asking": _RUNNING | {"conductor", "options", "pointing", "session"},
    "answer_stream": _RUNNING,
    "answer_json": {"layout", "prompts", "schema"},
    "rereading": {"geometry", "index", "schema"},
    "grounding": {"geometry", "index", "schema", "values"},
    "verbatim": {"geometry", "grounding", "index", "schema"},
    "crops": _MODELS,
    "answer_grounding": _RUNNING | {"grounding", "routing"},
    "routing": _RUNNING | {"rereading"},
    "context_use": _MODELS,
    "conductor": _ENGINE | {"answer_grounding", "context_use", "crops", "options", "routing"},
    "conversations": {"errors", "schema", "sessions", "store", "transcript"},
    "readings": {"conversations", "errors", "families", "geometry", "index", "index_store"}
    | {"schema", "sessions", "settings"},
    "forgetting": {"index_store", "model_manager", "readings", "runs", "sessions", "settings"},
    "runs": {"answer_stream", "errors", "schema", "session", "sessions", "transcript"},
    "model_control": _RUNNING | {"downloading"},
    "downloading": _MODELS,
    "gpu_memory": set(),
    "chat": _ENGINE
    | {"asking", "conductor", "context_use", "fields", "model_control", "options"}
    | {"forgetting", "upkeep"},
    "__init__": _ENGINE | {"chat", "context_use", "fields", "options"},
    "doctor": _ENGINE,
    "doctor_pages": {"schema"},
    "doctor_model": _ENGINE | {"chat", "doctor_pages"},
    "cli": _ENGINE
    | {
        "answer_json",
        "chat",
        "doctor",
        "doctor_model",
        "downloading",
        "evaluation",
        "fields",
        "passwords",
        "__init__",
    },
    "__main__": {"cli"},
}


def project_imports(path: Path) -> set[str]:
    """The first parts of the engine modules that a file imports; "gradio" and "ui" as such."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "engine":
                names = [f"engine.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] in {"gradio", "ui", "bench", "tests"}:
                found.add(parts[0])
            elif parts[0] == "engine":
                found.add(parts[1] if len(parts) > 1 else "__init__")
    return found


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")


ENGINE_FILES = sorted((ROOT / "engine").rglob("*.py"))


@pytest.mark.parametrize("path", ENGINE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_engine_modules_import_only_lower_layers(path: Path) -> None:
    part = part_of(path)
    assert part in ALLOWED, f"{part} has no row in ALLOWED: say where it belongs"
    forbidden = project_imports(path) - ALLOWED[part] - {part}
    assert not forbidden, f"{path.relative_to(ROOT)} imports {sorted(forbidden)}"


def test_every_row_of_the_rules_is_a_part_that_exists() -> None:
    assert set(ALLOWED) == {part_of(path) for path in ENGINE_FILES}


def test_the_screen_uses_public_engine_modules_only() -> None:
    for path in [*sorted((ROOT / "ui").rglob("*.py")), ROOT / "gradio_app.py"]:
        private = project_imports(path) & {"generation", "index_store", "streaming", "sessions"}
        assert not private, f"{path.name} imports {sorted(private)}"


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
    for path in [*ENGINE_FILES, *sorted((ROOT / "ui").rglob("*.py")), ROOT / "gradio_app.py"]:
        # gradio_app.py prints the address; a library never prints.
        calls = {"eval", "exec"} if path.parent == ROOT else {"eval", "exec", "print"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword):
                assert node.arg not in {"trust_remote_code", "load_in_8bit"}, path
