"""A model that is not used any more gives its memory back to the system."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.families.tiny import save_qwen2_vl

# Over 500 MB of float32 parameters, in a process of its own so that nothing else is counted.
SCRIPT = """
import json, sys, weakref
from pathlib import Path
import psutil
from engine import Engine, load_settings
from engine.core.hardware import give_memory_back
from engine.core.stop_event import StopEvent
from tests.fakes import save_page

overlay, folder = Path(sys.argv[1]), Path(sys.argv[2])
rss = psutil.Process().memory_info
with Engine(load_settings(overlay)) as engine:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(folder, text="Total 42"), name="page.png")
    # Libraries, the page index and a first model are in memory before anything is counted.
    engine.index_of(session_id, engine.documents(session_id)[0].document_id, 0)
    list(engine.ask(session_id, "Total?", model_id="small"))
    give_memory_back()
    before = rss().rss
    engine.forget_conversation(session_id)
    list(engine.ask(session_id, "Total?", model_id="big"))
    loaded = engine._models.acquire("big", StopEvent(), lambda event: None)
    engine._models.release("big")
    weights = sum(p.numel() * p.element_size() for p in loaded.family.model.parameters())
    dead = weakref.ref(loaded.family.model)
    del loaded
    held = rss().rss
    engine.forget_conversation(session_id)
    # Choosing another model is what unloads this one.
    list(engine.ask(session_id, "Total?", model_id="small"))
    given_back = held - rss().rss
    print(json.dumps({
        "weights": weights, "held": held - before, "given_back": given_back,
        "dead": dead() is None,
    }))
"""


def run(script: str, *arguments: Path) -> str:
    """A script in a Python of its own; its standard output."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        cwd=Path(__file__).parents[2],
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep freed memory longer")
def test_an_unloaded_model_gives_its_memory_back(tmp_path: Path) -> None:
    save_qwen2_vl(tmp_path / "small")
    save_qwen2_vl(tmp_path / "big", layers=14, hidden=1024)
    overlay = tmp_path / "memory.toml"
    tables = "".join(
        f"[models.{name}]\nfamily = 'qwen_vl'\nrepo_id = '{tmp_path / name}'\ndtype = 'float32'\n"
        "max_pixels = 50_176\ngeneration = { max_new_tokens = 2 }\n"
        for name in ("small", "big")
    )
    overlay.write_text(tables, encoding="utf-8")
    found = json.loads(run(SCRIPT, overlay, tmp_path).splitlines()[-1])
    assert found["weights"] >= 500e6
    # The weights really were in memory, else giving them back would prove nothing.
    assert found["held"] >= 0.9 * found["weights"], found
    assert found["given_back"] >= 0.9 * found["weights"], found
    assert found["dead"]
