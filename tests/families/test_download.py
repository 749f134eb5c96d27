"""`python -m engine download` against a small hub of our own, on this machine."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from engine.families.hub import is_whole

COMMIT = "c" * 40
FILES = {
    "config.json": b"{}",
    "model-00001-of-00002.safetensors": b"first shard",
    "model-00002-of-00002.safetensors": b"second shard",
    "model.safetensors.index.json": json.dumps(
        {
            "weight_map": {
                "a": "model-00001-of-00002.safetensors",
                "b": "model-00002-of-00002.safetensors",
            }
        }
    ).encode(),
    # What no model here needs: code, and weights of a format that can hold code.
    "modeling_model.py": b"raise SystemExit",
    "pytorch_model.bin": b"pickle",
}


class Hub(BaseHTTPRequestHandler):
    """The two answers of the hub that a download needs: what there is, and a file of it."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/api/models/Someone/Model/tree/"):
            entries = [
                {"type": "file", "path": name, "size": len(content), "oid": etag(content)}
                for name, content in FILES.items()
            ]
            self.answer(json.dumps(entries).encode(), "application/json")
        elif path.startswith("/api/models/Someone/Model"):
            siblings = [{"rfilename": name} for name in FILES]
            told = {"id": "Someone/Model", "sha": COMMIT, "siblings": siblings}
            self.answer(json.dumps(told).encode(), "application/json")
        elif path.startswith("/Someone/Model/resolve/"):
            self.answer(FILES[path.rpartition("/")[2]], "application/octet-stream")
        else:
            self.send_error(404)

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{etag(content)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is the command's."""


def etag(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def environment(endpoint: str, tmp_path: Path) -> dict[str, str]:
    """For a process that knows this hub alone: its address is read when a module is imported."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))
    }
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hub"),
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(
        "[models.mine]\nfamily = 'qwen_vl'\nrepo_id = 'Someone/Model'\n", encoding="utf-8"
    )
    return path


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        timeout=120,
    )


def test_a_download_brings_weights_and_no_code_and_shows_its_progress(
    environment: dict[str, str], overlay: Path, tmp_path: Path
) -> None:
    done = run(["-m", "engine", "download", "mine", "--settings", str(overlay)], environment)
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    (snapshot,) = (tmp_path / "hub").rglob(f"snapshots/{COMMIT}")
    assert str(snapshot) in done.stdout
    wanted = {name for name in FILES if name.endswith((".json", ".safetensors"))}
    assert {path.name for path in snapshot.iterdir()} == wanted
    assert all((snapshot / name).read_bytes() == FILES[name] for name in wanted)
    assert is_whole(snapshot)


# Asks for a download as the model card does, and writes down what the card would show.
FROM_THE_CARD = """
import json, sys, time
from engine import Engine, load_settings
with Engine(load_settings(sys.argv[1])) as engine:
    control = engine.model_control
    control.download("mine")
    seen = []
    while control.state("mine").work:
        state = control.state("mine")
        seen.append([state.done_bytes, state.total_bytes])
        time.sleep(0.002)
    last = control.state("mine")
    seen.append([last.done_bytes, last.total_bytes])
    print(json.dumps([seen, last.problem and str(last.problem)]))
"""


def test_the_screen_sees_the_bytes_of_a_download_grow(
    environment: dict[str, str], overlay: Path, tmp_path: Path
) -> None:
    done = run(["-c", FROM_THE_CARD, str(overlay)], environment)
    assert done.returncode == 0, done.stderr
    seen, problem = json.loads(done.stdout)
    assert problem is None
    wanted = sum(
        len(content) for name, content in FILES.items() if name.endswith((".json", ".safetensors"))
    )
    assert {total for _, total in seen} <= {0, wanted}
    assert seen[-1] == [wanted, wanted]
    assert [one for one, _ in seen] == sorted(one for one, _ in seen)
    assert not done.stderr.strip(), "no bar is drawn where nobody sees it"
    (snapshot,) = (tmp_path / "hub").rglob(f"snapshots/{COMMIT}")
    assert is_whole(snapshot)
