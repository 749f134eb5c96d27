"""The token and the login guard every door, and open it for the right caller."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from gradio_client import Client, handle_file

from engine.core.settings import ApiSettings
from tests.api.served import BEARER, TOKEN, USER, WRONG, Served, data_url, page_bytes, serving
from ui.api import access as access_module
from ui.api.access import Access

FILE = {"file": ("scan.png", page_bytes())}
MESSAGES = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is the total?"},
            {"type": "image_url", "image_url": {"url": data_url(page_bytes())}},
        ],
    }
]
# Every door that is not the screen's own.
DOORS: dict[str, dict[str, Any]] = {
    "v1/models": {"method": "GET"},
    "v1/models/fake": {"method": "GET"},
    "v1/chat/completions": {"method": "POST", "json": {"model": "fake", "messages": MESSAGES}},
    "api/models": {"method": "GET"},
    "api/ask": {"method": "POST", "data": {"question": "What?"}, "files": FILE},
    "api/parse": {"method": "POST", "data": {"task": "ocr"}, "files": FILE},
    "api/fields": {"method": "POST", "data": {"type": "receipt"}, "files": FILE},
    "gradio_api/mcp/": {"method": "POST", "json": {}},
}


@pytest.fixture(scope="module", params=[False, True], ids=["no login", "login"])
def app(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With a token; with and without a login."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, token=TOKEN, login=request.param) as served:
        yield served


def knock(app: Served, door: str, headers: dict[str, str], **options: Any) -> httpx.Response:
    with app.http(**options) as http:
        request = dict(DOORS[door])
        return http.request(request.pop("method"), door, headers=headers, **request)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_to_the_token_alone(app: Served, door: str) -> None:
    for headers in ({}, WRONG, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}):
        refused = knock(app, door, headers)
        assert refused.status_code == 401, (door, headers)
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.json()["error"]["code"] == "invalid_api_key"
        assert "Authorization: Bearer" in refused.json()["error"]["message"]
    assert knock(app, door, BEARER).status_code != 401
    assert knock(app, door, {"Authorization": f"bearer  {TOKEN}"}).status_code != 401


def test_who_is_logged_in_still_needs_the_token(app: Served) -> None:
    with app.http() as http:
        http.post("login", data={"username": USER[0], "password": USER[1]})
        for door in ("v1/models", "api/models"):
            assert http.get(door).status_code == 401


def test_the_openai_client_passes_with_the_token_as_its_key(app: Served) -> None:
    def client(key: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{app.url}/v1", api_key=key, max_retries=0)

    found = client(TOKEN).chat.completions.create(model="fake", messages=MESSAGES)  # type: ignore[arg-type]
    assert found.choices[0].message.content == "The total is 42."
    with pytest.raises(openai.AuthenticationError) as caught:
        client("wrong").models.list()
    assert "not the app's token" in caught.value.message


def test_named_endpoints_want_the_token_from_whoever_comes(app: Served, scan: Path) -> None:
    with_token = Client(app.url, headers=BEARER, verbose=False)
    found = with_token.predict(handle_file(scan), "What is the total?", api_name="/ask")
    assert found["answer"] == "The total is 42."
    assert with_token.predict(api_name="/models")
    with_token.close()
    has_login = app.app.auth is not None
    others = [Client(app.url, auth=USER if has_login else None, headers=headers, verbose=False)
              for headers in ({}, WRONG)]  # fmt: skip
    for other in others:
        for name, values in (("/ask", (handle_file(scan), "?")), ("/models", ())):
            with pytest.raises(Exception, match="token"):
                other.predict(*values, api_name=name)
        other.close()


def test_no_way_into_gradios_queue_goes_past_the_token(app: Served) -> None:
    (number,) = (key for key, one in app.app.fns.items() if one.api_name == "models")
    with app.http() as http:
        if app.app.auth is not None:
            http.post("login", data={"username": USER[0], "password": USER[1]})
        direct = [
            http.post("gradio_api/run/models", json={"data": []}),
            http.post("gradio_api/api/models", json={"data": []}),
        ]
        for answer in direct:
            assert answer.status_code in (404, 500)
            assert "repo_id" not in answer.text
        for path in ("gradio_api/call/models", "gradio_api/call/v2/models"):
            event = http.post(path, json={"data": []} if "v2" not in path else {})
            said = http.get(f"{path}/{event.json()['event_id']}").text
            assert "event: error" in said
            assert "repo_id" not in said
        body = {"data": [], "fn_index": number, "session_hash": "mine"}
        http.post("gradio_api/queue/join", json=body)
        said = http.get("gradio_api/queue/data?session_hash=mine").text
        assert '"success":false' in said
        assert "repo_id" not in said


def test_what_a_load_balancer_asks_is_open_and_says_nothing_else(app: Served) -> None:
    with app.http() as http:
        assert http.get("health").json() == {"status": "ok"}
        assert http.get("ready").json() == {"status": "ready"}


def test_the_openapi_page_is_for_who_may_see_the_screen(app: Served) -> None:
    pages = ("api/docs/", "api/docs/openapi.json", "api/docs/assets/swagger-ui.css")
    is_open = app.app.auth is None
    with app.http() as http:
        for page in pages:
            assert (http.get(page).status_code == 200) is is_open
            assert http.get(page, headers=BEARER).status_code == 200
        if not is_open:
            http.post("login", data={"username": USER[0], "password": USER[1]})
            assert all(http.get(page).status_code == 200 for page in pages)


def test_the_token_lets_into_gradio_only_as_far_as_the_request_that_shows_it(
    app: Served,
) -> None:
    if app.app.auth is None:
        pytest.skip("there is no login")
    with app.http() as http:
        assert http.get("config").status_code == 401
        assert http.get("config", headers=WRONG).status_code == 401
        seen = http.get("config", headers=BEARER)
        assert seen.status_code == 200
        assert "set-cookie" not in seen.headers
        assert http.get("config").status_code == 401


def test_with_a_login_and_no_token_no_call_is_taken(
    tmp_path_factory: pytest.TempPathFactory, scan: Path
) -> None:
    with serving(tmp_path_factory.mktemp("closed"), login=True) as app:
        for door in DOORS:
            for headers in ({}, BEARER, {"Authorization": "Bearer"}):
                refused = knock(app, door, headers)
                assert refused.status_code == 401
                assert "SCANCHAT_API_TOKEN" in refused.json()["error"]["message"]
        with app.http() as http:
            assert http.get("health").status_code == 200
            assert http.get("gradio_api/info").status_code == 401
            assert http.post("gradio_api/call/models", json={"data": []}).status_code == 401
        # Who has logged in may call what the screen may.
        client = Client(app.url, auth=USER, verbose=False)
        found = client.predict(handle_file(scan), "What is the total?", api_name="/ask")
        assert found["answer"] == "The total is 42."
        client.close()


def test_without_both_the_api_is_as_open_as_the_screen(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("open")) as app:
        for door in ("v1/models", "api/ask"):
            assert knock(app, door, {}).status_code == 200
            assert knock(app, door, WRONG).status_code == 200


def test_a_disabled_api_is_not_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    more = "[api]\nenabled = false\n"
    with serving(tmp_path_factory.mktemp("off"), more=more) as app:
        for door in DOORS:
            assert knock(app, door, {}).status_code in (404, 405)
        with app.http() as http:
            assert http.get("ready").status_code == 200
            assert http.get("gradio_api/info").json()["named_endpoints"] == {}


def test_a_wrong_token_costs_time_and_a_right_one_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "_WRONG_TOKEN_SECONDS", 0.5)  # served apps do not wait
    monkeypatch.setenv("OWN_VARIABLE", f" {TOKEN}\n")
    access = Access(ApiSettings(enabled=True, token_env="OWN_VARIABLE", max_calls=1))

    async def seconds(shown: str | None) -> tuple[float, bool]:
        began = time.perf_counter()
        refused = await access.refusal(shown, has_login=False)
        return time.perf_counter() - began, refused is None

    assert asyncio.run(seconds("Bearer wrong"))[0] >= 0.5
    took, is_open = asyncio.run(seconds(BEARER["Authorization"]))
    assert is_open
    assert took < 0.4
    assert TOKEN not in repr(vars(access))
