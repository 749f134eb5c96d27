"""/api, /health and /ready over plain HTTP."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.served import Served, page_bytes
from tests.documents.pdf_writing import PdfFile
from tests.fakes import FakeFamily


@pytest.fixture(scope="module")
def http(app: Served) -> Iterator[httpx.Client]:
    with app.http() as http:
        yield http


def sent(content: bytes | None = None, name: str = "scan.png") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content or page_bytes())}


def test_a_question_is_a_form_with_a_file(app: Served, http: httpx.Client) -> None:
    form = {"question": "What is the total?", "verbatim": "true", "language": "ru"}
    found = http.post("api/ask", data=form, files=sent())
    assert found.status_code == 200
    assert found.json()["answer"] == "The total is 42."
    (request,) = FakeFamily.requests
    assert request.verbatim
    assert request.language == "ru"
    app.wait_until_idle()


@pytest.mark.parametrize("call", ["ask", "parse", "fields"])
def test_an_encrypted_pdf_is_opened_with_the_password_of_the_form(
    http: httpx.Client, call: str
) -> None:
    FakeFamily.script = ["42.00"]
    file = sent(PdfFile().bytes(password="zebra"), "secret.pdf")
    form = {"question": "?", "type": "receipt", "task": "ocr"}
    refused = http.post(f"api/{call}", data=form, files=file)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "document.encrypted")
    found = http.post(f"api/{call}", data={**form, "password": "zebra"}, files=file)
    assert found.status_code == 200, found.text


def test_pages_are_numbered_from_0_and_chosen_by_repeating_the_field(http: httpx.Client) -> None:
    form = {"question": "What is the total?", "pages": ["0", "2"]}
    file = sent(page_bytes(kind="TIFF", pages=3), "three.tiff")
    found = http.post("api/ask", data=form, files=file).json()
    assert [one["page_index"] for one in found["pages"]] == [0, 1, 2]
    assert [page.page_index for page in FakeFamily.requests[0].pages] == [0, 2]


def test_a_reading_comes_as_json_or_as_text(http: httpx.Client) -> None:
    found = http.post("api/parse", data={"task": "ocr"}, files=sent()).json()
    assert found["text"] == "The total is 42."
    assert found["document"] == "scan.png"
    text = http.post("api/parse", data={"task": "ocr", "format": "md"}, files=sent())
    assert text.text == "The total is 42."
    assert text.headers["content-type"].startswith("text/plain")


def test_fields_come_with_their_type_and_pages(http: httpx.Client) -> None:
    FakeFamily.script = ["42.00"]
    found = http.post("api/fields", data={"type": "receipt"}, files=sent())
    assert found.status_code == 200, found.text
    assert found.json()["document_type"] == "receipt"
    assert found.json()["pages"] == [{"page_index": 0, "width": 900, "height": 600}]
    unknown = http.post("api/fields", data={"type": "poem"}, files=sent())
    assert unknown.status_code == 400
    assert "poem" in unknown.json()["error"]["message"]


def test_fields_of_a_file_of_several_documents_come_for_each_of_them(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.chat.field_extraction.split", lambda indexes: ((0,), (1, 2)))
    FakeFamily.script = ["42.00"]
    file = sent(page_bytes(kind="TIFF", pages=3), "three.tiff")

    def pages_of(**request: object) -> tuple[list[int], list[list[int]]]:
        said = http.post("api/fields", data={"type": "receipt", **request}, files=file)
        assert said.status_code == 200, said.text
        found = said.json()
        own = [[page["page_index"] for page in one["pages"]] for one in found.get("documents", ())]
        return [page["page_index"] for page in found["pages"]], own

    assert pages_of() == ([0], [[0], [1, 2]])
    assert pages_of(one_document="true") == ([0, 1, 2], [])
    assert pages_of(pages=["0", "2"]) == ([0, 2], [])
    wrong = http.post("api/fields", data={"type": "receipt", "pages": "3"}, files=file)
    assert wrong.status_code == 400
    assert "from 0 to 2" in wrong.json()["error"]["message"]


def test_models_are_listed(http: httpx.Client) -> None:
    found = {one["id"]: one for one in http.get("api/models").json()}
    assert found["fake"]["default"]
    assert "question" in found["fake"]["tasks"]


@pytest.mark.parametrize(
    ("path", "form", "with_file", "said"),
    [
        ("ask", {}, True, "question"),
        ("ask", {"question": "What?"}, False, "file"),
        ("ask", {"question": "What?", "pages": "first"}, True, "pages"),
        ("ask", {"question": "What?", "pages": "3"}, True, "none with index 3"),
        ("ask", {"question": "What?", "model": "nobody"}, True, "nobody"),
        ("parse", {"task": "layout"}, True, "cannot do the task layout"),
        ("parse", {"task": "poetry"}, True, "poetry"),
        ("parse", {"task": "question"}, True, "question is empty"),
        ("parse", {"task": "ocr", "format": "gif"}, True, "format"),
        ("nothing", {}, True, "/api/nothing"),
    ],
)
def test_a_bad_call_is_one_sentence(
    app: Served,
    http: httpx.Client,
    path: str,
    form: dict[str, str],
    with_file: bool,
    said: str,
) -> None:
    found = http.post(f"api/{path}", data=form, files=sent() if with_file else None)
    assert 400 <= found.status_code < 500
    assert said in found.json()["error"]["message"]
    app.wait_until_idle()


def test_sentences_are_in_the_language_that_the_caller_reads(http: httpx.Client) -> None:
    headers = {"Accept-Language": "ru"}
    found = http.post("api/ask", data={}, files=sent(), headers=headers)
    assert "Исправьте" in found.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "form"),
    [("ask", {"question": "What?"}), ("parse", {"task": "ocr"}), ("fields", {"type": "receipt"})],
)
def test_a_client_that_hangs_up_ends_its_run(
    app: Served, http: httpx.Client, path: str, form: dict[str, str]
) -> None:
    FakeFamily.gate = threading.Event()  # never set
    with pytest.raises(httpx.ReadTimeout):
        http.post(f"api/{path}", data=form, files=sent(), timeout=1.0)
    app.wait_until_idle()
    assert FakeFamily.pieces_said == 1


def test_the_openapi_page_describes_every_route_and_loads_nothing_from_elsewhere(
    http: httpx.Client,
) -> None:
    page = http.get("api/docs", follow_redirects=True)
    assert page.status_code == 200
    assert "swagger-ui" in page.text
    assert "://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert http.get(f"api/docs/assets/{asset}").status_code == 200
    schema = http.get("api/docs/openapi.json").json()
    assert set(schema["paths"]) == {"/ask", "/parse", "/fields", "/models"}
    assert schema["paths"]["/ask"]["post"]["description"]
    (kind,) = schema["paths"]["/ask"]["post"]["requestBody"]["content"]
    assert kind == "multipart/form-data"
    form = schema["components"]["schemas"]["AskForm"]
    assert form["required"] == ["question", "file"]
    assert all("description" in one for one in form["properties"].values())
    answer = schema["components"]["schemas"]["AnswerBody"]
    assert answer["properties"]["evidence"]["items"]["$ref"].endswith("/Place")
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_a_load_balancer_learns_whether_the_app_lives_and_can_answer(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert http.get("health").json() == {"status": "ok"}
    assert http.get("ready").json() == {"status": "ready"}
    monkeypatch.setattr(FakeFamily, "is_available", lambda model: False)
    assert http.get("ready").status_code == 503
    assert http.get("health").status_code == 200


def test_the_folder_of_uploads_is_left_as_it_was(
    app: Served, http: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder of this test's own: tests that run beside it upload as well.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: list[str] = []
    make = tempfile.mkdtemp

    def recorded(*args: Any, **kwargs: Any) -> str:
        made.append(make(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", recorded)
    http.post("api/ask", data={"question": "What?"}, files=sent())
    app.wait_until_idle()
    assert any(Path(one).name.startswith("scanchat-api-") for one in made)
    assert not list(tmp_path.glob("scanchat-api-*"))
