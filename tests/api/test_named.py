"""gradio_client: what the app offers it, and that a call leaves nothing."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file

from engine.core.schema import Evidence
from tests.api.served import Served, page_bytes, wait_for
from tests.fakes import FakeFamily

NAMES = {"/ask", "/parse", "/fields", "/models"}


@pytest.fixture(scope="module")
def client(app: Served) -> Iterator[Client]:
    client = Client(app.url, verbose=False)
    yield client
    client.close()


def test_four_endpoints_are_shown_and_no_other_can_be_called_by_name(
    app: Served, client: Client
) -> None:
    shown = client.view_api(return_format="dict", print_info=False)
    assert set(shown["named_endpoints"]) == NAMES
    assert not shown["unnamed_endpoints"]
    hidden = [one for one in app.app.fns.values() if f"/{one.api_name}" not in NAMES]
    assert len(hidden) > 20
    assert {one.api_visibility for one in hidden} == {"private"}


def test_types_defaults_and_descriptions_can_be_read(client: Client) -> None:
    shown = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    asked = {one["parameter_name"]: one for one in shown["/ask"]["parameters"]}
    assert list(asked) == ["file", "question", "model", "pages", "verbatim", "language"]
    assert asked["file"]["python_type"]["type"] == "filepath"
    assert asked["question"]["python_type"]["type"] == "str"
    assert asked["pages"]["python_type"]["type"] == "None | list[int]"
    assert asked["language"]["python_type"]["type"] == "Literal['en', 'ru']"
    required = [name for name, one in asked.items() if not one["parameter_has_default"]]
    assert required == ["file", "question"]
    (answer,) = shown["/ask"]["returns"]
    assert "evidence" in answer["python_type"]["type"]
    for name in NAMES:
        assert len(shown[name]["description"]) > 20, name
    assert {one["returns"][0]["label"] for one in shown.values()} == {n[1:] for n in NAMES}
    assert "predict(file, question" in str(client.view_api(print_info=False, return_format="str"))


def test_an_answer_is_streamed_with_its_places(app: Served, client: Client, scan: Path) -> None:
    FakeFamily.evidence = [Evidence("a document", 0, (40.0, 60.0, 200.0, 90.0), "42.00", 0.9)]
    FakeFamily.gate = threading.Event()
    job = client.submit(handle_file(scan), "What is the total?", api_name="/ask")
    wait_for(lambda: any(one["answer"] == "The total " for one in job.outputs()))
    FakeFamily.gate.set()
    answer = job.result(timeout=60)
    assert answer["answer"] == "The total is 42."
    assert answer["finish_reason"] == "stop"
    assert answer["model"] == "fake"
    assert answer["evidence"][0]["bbox"] == [40.0, 60.0, 200.0, 90.0]
    assert answer["pages"] == [{"page_index": 0, "width": 900, "height": 600}]
    assert answer["usage"]["completion_tokens"] == len("The total is 42.")
    assert [one["finish_reason"] for one in job.outputs()[:-1]] == [None] * (len(job.outputs()) - 1)
    app.wait_until_idle()


def test_text_is_parsed_and_models_are_listed(client: Client, scan: Path) -> None:
    read = client.predict(handle_file(scan), "ocr", api_name="/parse")
    assert read["text"] == "The total is 42."
    assert read["document"] == "page.png"
    models = {one["id"]: one for one in client.predict(api_name="/models")}
    assert models["fake"]["default"] is True
    assert models["fake"]["available"] is True
    assert models["qwen_vl_2b"]["available"] is False


def refused(client: Client, *values: Any, api_name: str = "/ask") -> str:
    with pytest.raises(Exception) as caught:
        client.predict(*values, api_name=api_name)
    return str(caught.value)


def test_a_web_address_is_refused_and_not_fetched(client: Client) -> None:
    said = refused(client, handle_file("http://127.0.0.1:9/scan.png"), "What?")
    assert "never fetches one" in said


def test_a_file_of_the_server_cannot_be_asked_about(app: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(page_bytes())
    # As a client that does not upload would send it.
    with app.http() as http:
        event = call(http, {"path": str(secret), "meta": {"_type": "gradio.FileData"}})
        said = http.get(f"gradio_api/call/ask/{event}").text
    assert "event: error" in said
    assert "The total" not in said


def call(http: httpx.Client, file: dict[str, Any]) -> str:
    """A question over plain HTTP; the id of its event."""
    values = [file, "What is the total?", "", None, False, "en"]
    return str(http.post("gradio_api/call/ask", json={"data": values}).json()["event_id"])


def test_an_error_is_the_engines_sentence_in_the_language_of_the_call(
    app: Served, client: Client, scan: Path, tmp_path: Path
) -> None:
    said = refused(client, handle_file(scan), "What?", "nobody")
    assert "nobody is not a known model id" in said
    (tmp_path / "broken.png").write_bytes(b"no picture at all")
    said = refused(client, handle_file(tmp_path / "broken.png"), "What?", "", None, False, "ru")
    assert "broken.png" in said
    assert any("а" <= letter <= "я" for letter in said)
    said = refused(client, handle_file(scan), "What?", "", [7])
    assert "none with index 7" in said, "counted as the caller counts"
    assert "from 0 to 0" in said
    said = refused(client, handle_file(scan), ["no", "words"])
    assert "question: Input should be a valid string" in said
    app.wait_until_idle()


def test_a_cancelled_job_ends_its_run_and_its_session(
    app: Served, client: Client, scan: Path
) -> None:
    FakeFamily.gate = threading.Event()  # never set: only a stop ends the run
    job = client.submit(handle_file(scan), "What is the total?", api_name="/ask")
    wait_for(lambda: any(one["answer"] for one in job.outputs()))
    assert len(app.sessions()) == 1
    job.cancel()
    app.wait_until_idle()
    assert FakeFamily.pieces_said == 1


def test_a_client_that_hangs_up_ends_its_run_and_its_session(app: Served, scan: Path) -> None:
    FakeFamily.gate = threading.Event()
    with app.http() as http:
        (path,) = http.post("gradio_api/upload", files={"files": scan.open("rb")}).json()
        event = call(http, {"path": path, "meta": {"_type": "gradio.FileData"}})
        with http.stream("GET", f"gradio_api/call/ask/{event}") as stream:
            assert any("The total" in line for line in stream.iter_lines())
            assert len(app.sessions()) == 1
    app.wait_until_idle()
    assert FakeFamily.pieces_said == 1
