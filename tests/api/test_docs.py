"""docs/api.md: every block of Python runs as it is printed, with `lite` and nothing faked."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.app_process import free_port
from engine import Engine, load_settings
from engine.families.lite.family import LiteFamily
from ui import Api, build_app, launch_options

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ADDRESS = "http://127.0.0.1:7860"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app that the blocks call. Its model and theirs are one, read from its file once."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        patch.delenv("SCANCHAT_API_TOKEN", raising=False)
        patch.chdir(ROOT)
        loaded: dict[str, Any] = {}
        load = LiteFamily.load

        def load_once(model_id: str, settings: Any) -> Any:
            if model_id not in loaded:
                loaded[model_id] = load(model_id, settings)
            return loaded[model_id]

        patch.setattr(LiteFamily, "load", load_once)
        settings = load_settings()
        with Engine(settings) as engine:
            api = Api(engine, settings)
            app = build_app(engine, settings, api)
            try:
                options = launch_options(settings, api)
                _, where, _ = app.launch(
                    server_name="127.0.0.1",
                    # Gradio looks for one from 7860 on, as another test process may just now.
                    server_port=free_port(),
                    prevent_thread_lock=True,
                    quiet=True,
                    **options,
                )
                api.check(app)
                yield str(where).rstrip("/")
            finally:
                app.close(verbose=False)


def test_the_blocks_are_those_that_are_expected() -> None:
    begun = [re.findall(r"^(?:from|import) (\w+)", block, re.MULTILINE) for block in BLOCKS]
    assert sum("engine" in names for names in begun) == 5
    for name in ("gradio_client", "openai", "mcp"):
        assert sum(name in names for names in begun) == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, ["INV-49801", "0 (9", "1"]),
        (1, ["... ", "stop lite"]),
        (2, ["0 ", "Table", "37,715.60</td>"]),
        (3, ["receipt", "total ", "True"]),
        (4, ['"document": "invoice.png"', '"document": "receipt.jpg"', "letter_ru.png"]),
        (5, ["Client.predict() Usage", "INV-49801", "stop", "receipt ['", "'lite'"]),
        (6, ["INV-49801", "0 [9", "CompletionUsage", "'lite'"]),
        (7, ["['ask', 'parse', 'fields', 'models']", "INV-49801"]),
    ],
)
def test_a_block_runs_and_prints_what_it_promises(
    url: str, number: int, said: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = tmp_path / f"block_{number}.py"
    script.write_text(BLOCKS[number].replace(ADDRESS, url), encoding="utf-8")
    runpy.run_path(str(script), run_name="__main__")
    printed = capsys.readouterr().out
    for words in said:
        assert words in printed


def test_every_address_of_the_page_is_one_that_the_app_has(url: str) -> None:
    found = set(re.findall(r"http://127\.0\.0\.1:7860(/[\w/]*)", TEXT))
    assert {"/v1", "/api/ask", "/gradio_api/mcp/"} <= found
    with httpx.Client(base_url=url, trust_env=False) as http:
        for path in found - {"/", "/v1"}:
            answer = http.post(path) if path != "/api/models" else http.get(path)
            assert answer.status_code in (200, 400, 406), (path, answer.status_code)
