"""/v1 as the official openai client sees it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
import torch

from engine.core.errors import GenerationError
from engine.core.prompts import get_task
from engine.core.schema import Discarded, Evidence, EvidenceFound, ImagePart
from tests.api.served import Served, data_url, page_bytes, serving
from tests.documents.pdf_writing import PdfFile
from tests.fakes import FakeFamily
from tests.families.openai_api import api_server

QUESTION = "What is the total?"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served"), more="[limits]\nmax_file_mb = 1\n") as served:
        yield served


@pytest.fixture(scope="module")
def client(app: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{app.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def image(content: bytes | None = None, kind: str = "image/png") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": data_url(content or page_bytes(), kind)}}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


ABOUT_A_PAGE = [user(words(QUESTION), image())]


def complete(client: openai.OpenAI, messages: Any = ABOUT_A_PAGE, **more: Any) -> Any:
    return client.chat.completions.create(model="fake", messages=messages, **more)


def test_an_image_is_asked_about_and_evidence_is_in_the_extension(
    app: Served, client: openai.OpenAI
) -> None:
    FakeFamily.evidence = [Evidence("a document", 0, (40.0, 60.04, 200.0, 90.0), "42.00", 0.9)]
    found = complete(client)
    (choice,) = found.choices
    assert choice.message.content == "The total is 42."
    assert choice.message.role == "assistant"
    assert choice.finish_reason == "stop"
    assert found.model == "fake"
    assert found.object == "chat.completion"
    assert found.usage.prompt_tokens == 7
    assert found.usage.total_tokens == 7 + len("The total is 42.")
    extension = found.model_extra["scanchat"]
    assert extension["evidence"][0]["bbox"] == [40.0, 60.0, 200.0, 90.0]
    assert extension["pages"][0]["width"] == 900
    (request,) = FakeFamily.requests
    assert request.question == QUESTION
    app.wait_until_idle()


def test_a_streamed_answer_comes_piece_by_piece_and_ends_with_all_that_is_known(
    app: Served, client: openai.OpenAI
) -> None:
    FakeFamily.evidence = [Evidence("a document", 0, (40.0, 60.0, 200.0, 90.0), "42.00", 0.9)]
    FakeFamily.gate = threading.Event()
    text, chunks = "", []
    for chunk in complete(client, stream=True, stream_options={"include_usage": True}):
        chunks.append(chunk)
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        if text == "The total ":
            FakeFamily.gate.set()  # the rest comes only if this piece came before it
    assert text == "The total is 42."
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].model_extra["scanchat"]["evidence"][0]["text"] == "42.00"
    assert chunks[-2].model_extra["scanchat"]["answer"] == text
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == len(text)
    assert len({chunk.id for chunk in chunks}) == 1
    app.wait_until_idle()


def test_without_include_usage_no_chunk_is_without_choices(client: openai.OpenAI) -> None:
    assert all(chunk.choices for chunk in complete(client, stream=True))


@pytest.mark.parametrize(
    ("content", "kind", "pages"),
    [
        (page_bytes(kind="PDF", pages=2), "application/pdf", 2),
        (page_bytes(kind="TIFF", pages=3), "image/tiff", 3),
        (page_bytes(kind="JPEG"), "image/jpeg", 1),
    ],
    ids=["pdf", "tiff", "jpeg"],
)
@pytest.mark.parametrize("as_file", [True, False], ids=["file part", "image part"])
def test_documents_of_several_pages_come_as_either_part(
    client: openai.OpenAI, content: bytes, kind: str, pages: int, as_file: bool
) -> None:
    file = {"file_data": data_url(content, kind), "filename": "my scan"}
    part = {"type": "file", "file": file} if as_file else image(content, kind)
    found = complete(client, [user(words(QUESTION), part)])
    listed = found.model_extra["scanchat"]["pages"]
    assert [one["page_index"] for one in listed] == list(range(pages))
    assert {one["document"] for one in listed} == {"my scan"} or not as_file
    assert len(FakeFamily.requests[0].pages) == pages


def test_a_file_part_may_carry_the_password_of_an_encrypted_pdf(client: openai.OpenAI) -> None:
    content = PdfFile().bytes(password="zebra")
    file = {"file_data": data_url(content, "application/pdf"), "password": "zebra"}
    complete(client, [user(words(QUESTION), {"type": "file", "file": file})])
    assert len(FakeFamily.requests[0].pages) == 1


def test_earlier_turns_are_what_they_were_said_to_be_and_only_the_last_is_answered(
    client: openai.OpenAI,
) -> None:
    complete(
        client,
        [
            {"role": "system", "content": "Answer in {one} word."},
            user(words("What is this?"), image()),
            {"role": "assistant", "content": "A receipt of the shop."},
            user(words("And the total?"), image(page_bytes("Page two"))),
        ],
    )
    (request,) = FakeFamily.requests
    assert request.question == "And the total?"
    assert [(one.role, one.text) for one in request.history] == [
        ("user", "What is this?"),
        ("assistant", "A receipt of the shop."),
    ]
    assert sum(isinstance(part, ImagePart) for part in request.history[0].parts) == 1
    assert len(request.pages) == 2
    assert request.prompt.text == "Answer in {one} word.\n\nAnd the total?"


def test_a_servers_model_gets_the_prompts_of_its_own_family_also_with_words_of_the_system(
    tmp_path: Path,
) -> None:
    said = [{"role": "system", "content": "Be exact."}, user(words(QUESTION), image())]
    with api_server(lambda exchange: exchange.answer("[]")) as server:
        more = (
            "[models.served]\nfamily = 'openai_server'\nmodel = 'm'\n"
            f"base_url = '{server.base_url}'\nbox_format = 'dots_ocr'\n"
        )
        with serving(tmp_path, more=more) as app:
            with openai.OpenAI(base_url=f"{app.url}/v1", api_key="none", max_retries=0) as client:
                body = {"scanchat": {"task": "layout"}}
                found = client.chat.completions.create(
                    model="served", messages=said, extra_body=body
                )
                plain = client.chat.completions.create(
                    model="served", messages=said[1:], extra_body=body
                )
            app.wait_until_idle()
    with_words, without = server.exchanges
    assert with_words.words == without.words
    assert get_task("layout").prompts["dots_ocr"].strip() in with_words.words
    assert "Ignored: system." in found.model_extra["scanchat"]["notices"]
    assert "Ignored: system." not in plain.model_extra["scanchat"]["notices"]


def test_the_extension_of_the_request_chooses_pages_task_and_verbatim(
    client: openai.OpenAI,
) -> None:
    file = {"type": "file", "file": {"file_data": data_url(page_bytes(kind="TIFF", pages=3))}}
    complete(client, [user(words(QUESTION), file)], extra_body={"scanchat": {"pages": [2]}})
    complete(client, [user(file)], extra_body={"scanchat": {"task": "ocr"}})
    assert [page.page_index for page in FakeFamily.requests[0].pages] == [2]
    assert FakeFamily.requests[1].task == "ocr"


def test_limits_and_temperature_reach_the_model(client: openai.OpenAI) -> None:
    complete(client, max_tokens=99_999_999, temperature=0.5)
    complete(client, max_completion_tokens=12, seed=3, top_p=0.9)
    first, second = FakeFamily.requests
    assert first.max_new_tokens == 16_384
    assert first.prompt.generation["temperature"] == 0.5
    assert second.max_new_tokens == 12
    assert "seed" in complete(client, seed=3).model_extra["scanchat"]["notices"][0]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"stop": ["."]}, "stop"),
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        (
            {"tools": [{"type": "function", "function": {"name": "x", "parameters": {}}}]},
            "tools",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_its_name(
    client: openai.OpenAI, more: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        complete(client, **more)
    assert caught.value.param == param
    assert caught.value.code == "unsupported_parameter"
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([user(words("?"), {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/a"}})],
         "never fetches one"),
        ([user(words("?"), {"type": "file", "file": {"file_id": "file-1"}})], "file_data"),
        ([user(words("?"), {"type": "image_url", "image_url": {"url": "data:image/png;base64,*"}})],
         "not a valid data URL"),
        ([user(words("?"), image(b"no picture at all"))], "neither an image nor a PDF"),
        ([user(words("?"), image(b"x" * 1_500_000))], "the limit is 1 MB"),
        ([user(words("?"), image(b"x" * 3_000_000))], "the limit is 1 MB"),
        ([user(words("?"))], "no scan"),
        ([user(image())], "question is empty"),
        ([user(words("?")), {"role": "assistant", "content": "Yes."}], "last message"),
        ([{"role": "assistant", "content": "Yes."}, user(words("?"))], "begins with an answer"),
        ([user(words("?")), {"role": "tool", "content": "x", "tool_call_id": "1"}], "role tool"),
        ([user(words("?"), {"type": "input_audio", "input_audio": {}})], "input_audio"),
        ([], "messages"),
        ("What?", "messages"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_request_is_one_sentence_in_openais_shape(
    app: Served, client: openai.OpenAI, messages: Any, said: str, stream: bool
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        complete(client, messages, stream=stream)
    assert caught.value.status_code in (400, 413)
    assert said in caught.value.message
    assert caught.value.type == "invalid_request_error"
    app.wait_until_idle()


def test_an_unknown_model_is_not_found_and_known_ones_are_listed(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-0", messages=ABOUT_A_PAGE)
    assert caught.value.code == "model_not_found"
    listed = {model.id: model for model in client.models.list()}
    assert listed["fake"].model_extra["scanchat"]["default"] is True
    assert client.models.retrieve("lite").owned_by == "scanchat"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-0")


def test_a_failing_model_is_a_server_error_also_in_the_middle_of_a_stream(
    app: Served, client: openai.OpenAI
) -> None:
    FakeFamily.script = ["The ", GenerationError("model.empty_answer", model_id="fake", cause="x")]
    with pytest.raises(openai.InternalServerError, match="produced no text"):
        complete(client)
    text = ""
    with pytest.raises(openai.APIError, match="produced no text"):
        for chunk in complete(client, stream=True):
            text += chunk.choices[0].delta.content or ""
    assert text == "The "
    FakeFamily.script = [RuntimeError("the name of a secret file")]
    with pytest.raises(openai.APIError) as caught:
        complete(client)
    assert "secret" not in str(caught.value.body)
    app.wait_until_idle()


def test_a_client_that_goes_away_ends_its_run(app: Served, client: openai.OpenAI) -> None:
    FakeFamily.gate = threading.Event()  # never set
    stream = complete(client, stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    assert len(app.sessions()) == 1
    stream.close()
    app.wait_until_idle()
    with pytest.raises(openai.APITimeoutError):
        complete(client, timeout=1.0)
    app.wait_until_idle()
    assert FakeFamily.pieces_said == 2


def test_two_clients_at_once_see_their_own_pages_alone(
    app: Served, client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(self: FakeFamily, inputs: Any, run: Any) -> Any:
        # Says whose pages it was given, in their sizes.
        sizes = [f"{page.width}x{page.height}" for page in inputs.pages]
        type(self).script = [f"{inputs.question}: {' '.join(sizes)}"]
        return original(self, inputs, run)

    original = FakeFamily.generate
    monkeypatch.setattr(FakeFamily, "generate", generate)

    def ask(number: int) -> str:
        from PIL import Image

        path = Path(app.engine.settings.data_dir).parent / f"{number}.png"
        Image.new("RGB", (100 + number, 80), "white").save(path)
        asked = [user(words(f"Client {number}"), image(path.read_bytes()))]
        return str(complete(client, asked).choices[0].message.content)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(12)))
    assert answers == [f"Client {number}: {100 + number}x80" for number in range(12)]
    app.wait_until_idle()


def test_withdrawn_text_is_said_to_be_withdrawn(
    client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(self: FakeFamily, inputs: Any, run: Any) -> Any:
        run.streamer.put(torch.tensor(self.tokenizer.encode("Wrong. ")))
        run.emit(Discarded("discarded.out_of_memory", {"model_id": "fake"}))
        found = Evidence("a document", 0, (1.0, 2.0, 3.0, 4.0), "42", 1.0)
        run.emit(EvidenceFound(found))
        return original(self, inputs, run)

    original = FakeFamily.generate
    monkeypatch.setattr(FakeFamily, "generate", generate)
    chunks = list(complete(client, stream=True))
    told = [one.model_extra["scanchat"] for one in chunks if "scanchat" in one.model_extra]
    assert "discarded" in told[0]
    assert told[-1]["answer"] == "The total is 42."


def test_nothing_else_is_at_v1(app: Served) -> None:
    with app.http() as http:
        for answer in (http.get("v1/chat/completions"), http.post("v1/embeddings", json={})):
            assert answer.status_code in (404, 405)
            assert answer.json()["error"]["type"] == "invalid_request_error"
        broken = http.post("v1/chat/completions", content=b"{")
        assert broken.status_code == 400
        assert "cannot be read" in broken.json()["error"]["message"]
