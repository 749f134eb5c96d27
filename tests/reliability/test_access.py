"""Whom the app answers: every route it has, other people's files, other sites, and how many."""

import asyncio
import io
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bench.app_process import free_port
from bench.soak.tab import RefusedError, Tab
from engine import Engine, Settings
from engine.core.passwords import users_of_pairs
from tests.fakes import save_page
from tests.http_driving import Visitor
from tests.reliability.routes import routes_of
from ui import Api, build_app, launch_options
from ui.security.access_control import CLOSED, GUARDED_FOLDERS, AccessControlMiddleware, is_open
from ui.security.content_policy import policy
from ui.security.login import login_options
from ui.security.upload_rate import UploadRateLimiter

PASSWORD = "correct horse"
TOKEN = "a token of thirty-two letters ok"
# What a stranger may have of an app with a login, and nothing of a visitor is in any of it.
PUBLIC = {
    "/", "/login", "/login/", "/logout", "/favicon.ico", "/theme.css", "/robots.txt",
    "/manifest.json", "/health", "/ready", "/api/docs", "/gradio_api/app_id",
    "/gradio_api/app_id/", "/gradio_api/startup-events", "/gradio_api/theme.css",
    "/gradio_api/token", "/gradio_api/token/", "/gradio_api/user", "/gradio_api/user/",
    "/pwa_icon", "/pwa_icon/x",
    "/static/x", "/assets/x", "/svelte/x",
}  # fmt: skip


@dataclass
class Launched:
    url: str
    routes: list[tuple[str, str]]
    settings: Settings


@pytest.fixture
def launched(
    fake_engine: Engine,
    fake_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Launched]:
    """The app as gradio_app.py launches it; with a login and a token, or open to all."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    settings = fake_settings
    users = {}
    if request.param == "login":
        users = users_of_pairs([f"anna:{PASSWORD}"])
        monkeypatch.setenv(settings.api.token_env, TOKEN)
    api = Api(fake_engine, settings)
    app = build_app(fake_engine, settings, api)
    served, url, _ = app.launch(
        prevent_thread_lock=True,
        quiet=True,
        server_name="127.0.0.1",
        server_port=free_port(),
        **launch_options(settings, api),
        **login_options(users, ""),
    )
    yield Launched(url, sorted(set(routes_of(served))), settings)
    app.close(verbose=False)


with_login = pytest.mark.parametrize("launched", ["login"], indirect=True)
without_login = pytest.mark.parametrize("launched", ["open"], indirect=True)


def answer(
    http: httpx.Client, method: str, path: str, **options: Any
) -> tuple[int, dict[str, str]]:
    """Status and headers; a stream is not read, for it may have no end."""
    with http.stream(method, path, **options) as found:
        return found.status_code, dict(found.headers)


@with_login
def test_without_login_and_token_every_route_refuses_but_those_that_are_named(
    launched: Launched,
) -> None:
    # Every router was found: Gradio's, its queue's, ours, and those that are mounted.
    paths = {path for _, path in launched.routes}
    assert {"/config", "/gradio_api/queue/join", "/gradio_api/upload", "/health"} <= paths
    assert any(path.startswith("/v1/") for path in paths)
    assert any(path.startswith("/gradio_api/mcp") for path in paths)
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        for method, path in launched.routes:
            given = {} if method in ("GET", "HEAD") else {"json": {}}
            status, headers = answer(http, method, path, **given)
            if path in PUBLIC:
                assert is_open(path)
                assert status in (200, 302, 307, 400, 404, 405, 422), (method, path, status)
            else:
                assert status in (401, 403, 404, 405), (method, path, status)
            # A preflight of another site, and a stray cookie, change nothing.
            assert not [name for name in headers if name.startswith("access-control-allow")]


@with_login
def test_a_login_or_a_token_opens_what_it_is_for_and_a_wrong_one_nothing(
    launched: Launched,
) -> None:
    user = Visitor(launched.url)
    assert user.log_in("anna", PASSWORD) == 200
    assert user.config()["dependencies"]
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        assert http.get("/v1/models", headers=bearer).status_code == 200
        assert http.get("/config", headers=bearer).status_code == 200
        wrong = {"Authorization": f"Bearer {TOKEN[:-1]}"}
        assert http.get("/v1/models", headers=wrong).status_code == 401
        assert http.get("/config", headers=wrong).status_code == 401
        forged = {"Cookie": f"access-token-{secrets.token_hex(8)}={secrets.token_hex(16)}"}
        assert http.get("/config", headers=forged).status_code == 401


@without_login
def test_gradios_tools_that_nobody_uses_are_closed_to_everybody(launched: Launched) -> None:
    closed = [(method, path) for method, path in launched.routes if path.startswith(CLOSED)]
    assert len(closed) > 8
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        for method, path in closed:
            assert answer(http, method, path)[0] in (403, 404), (method, path)
        # And the app itself is open, where there is no login.
        assert http.get("/config").status_code == 200
    assert not [path for path in CLOSED if path.startswith(GUARDED_FOLDERS)]


@without_login
def test_pages_of_other_sites_can_neither_read_nor_send(launched: Launched) -> None:
    foreign = {"Origin": "https://foreign.example", "Sec-Fetch-Site": "cross-site"}
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        for host in ("127.0.0.1", "scans.example"):
            headers = {**foreign, "Host": host}
            request = {**headers, "Access-Control-Request-Method": "POST"}
            for said in (
                http.get("/config", headers=headers),
                http.options("/gradio_api/queue/join", headers=request),
                http.options("/v1/chat/completions", headers=request),
            ):
                allowed = [name for name in said.headers if name.startswith("access-control-al")]
                assert not allowed, (host, said.request.url)
            files = {"files": ("a.png", b"x")}
            sent = http.post("/gradio_api/upload", headers=headers, files=files)
            assert sent.status_code == 403
        ours = {"Origin": launched.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        files = {"files": ("a.png", b"x")}
        assert http.post("/gradio_api/upload", headers=ours, files=files).status_code == 200


@without_login
def test_files_of_others_cannot_be_fetched_by_guessing(launched: Launched, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    save_page(tmp_path, name="secret.png")
    owner = Visitor(launched.url)
    owner.ask("What is it?", secret)
    gradio = tmp_path / "gradio"
    kept = [path for path in launched.settings.data_dir.rglob("*") if path.is_file()]
    uploaded = [path for path in gradio.rglob("*") if path.is_file()]
    assert uploaded
    root = Path(__file__).resolve().parents[2]
    guesses = [
        str(secret), str(root / "settings.toml"), str(root / "gradio_app.py"), "/etc/passwd",
        "../../../../etc/passwd", f"{gradio}/../secret.png", "/proc/self/environ",
        str(launched.settings.data_dir / "conversations" / "conversations.db"),
        str(gradio), f"{gradio}/", *map(str, kept),
    ]  # fmt: skip
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        for guess in guesses:
            for path in (guess, guess.replace("/", "%2F"), guess.replace("..", "%2e%2e")):
                status, _ = answer(http, "GET", f"/gradio_api/file={path}")
                assert status in (403, 404), path
    # What is served lies under names that nobody guesses.
    for path in uploaded:
        folders = path.relative_to(gradio).parts[:-1]
        assert any(len(folder) >= 32 for folder in folders) or path.stem in EXAMPLES, path


EXAMPLES = {path.stem for path in (Path(__file__).resolve().parents[2] / "examples").iterdir()}


@without_login
def test_one_address_cannot_upload_without_end(
    launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.security.upload_rate.MOST_REQUESTS", 5)
    files = {"files": ("a.png", b"x")}
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        said = [http.post("/gradio_api/upload", files=files) for _ in range(7)]
        assert [one.status_code for one in said] == [200] * 5 + [429] * 2
        assert int(said[-1].headers["retry-after"]) > 0
        # Asking goes on.
        assert http.get("/config").status_code == 200


def test_the_limit_of_uploads_is_each_addresss_own_and_ends_with_the_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.security.upload_rate.MOST_REQUESTS", 2)
    now = [0.0]
    taken: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        taken.append(scope["client"][0])

    rate = UploadRateLimiter(app, clock=lambda: now[0])

    def upload(address: str, path: str = "/gradio_api/upload", root: str = "") -> bool:
        scope = {"type": "http", "method": "POST", "path": root + path, "root_path": root,
                 "client": (address, 1), "headers": []}  # fmt: skip
        before = len(taken)

        async def send(message: Any) -> None:
            assert message.get("status", 429) == 429

        asyncio.run(rate(scope, None, send))  # type: ignore[arg-type]
        return len(taken) > before

    assert [upload("1.1.1.1") for _ in range(3)] == [True, True, False]
    assert upload("2.2.2.2"), "others go on"
    assert upload("1.1.1.1", "/gradio_api/queue/join"), "and so does everything else"
    assert not upload("1.1.1.1", root="/scan"), "behind a proxy's path, too"
    now[0] = 59.0
    assert not upload("1.1.1.1")
    now[0] = 61.0
    assert [upload("1.1.1.1") for _ in range(3)] == [True, True, False]


def test_the_addresses_of_uploads_are_remembered_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.security.upload_rate._REMEMBERED", 30)
    rate = UploadRateLimiter(lambda *_: None)  # type: ignore[arg-type, return-value]
    assert all(rate.wait(f"address {number}") == 0 for number in range(100))
    assert len(rate._times) == 30


@without_login
def test_every_answer_tells_the_browser_to_load_from_nowhere_else(
    launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
        for path in ("/", "/config", "/health", "/no-such-page", "/v1/models"):
            headers = http.get(path).headers
            said = [part.split(" ", 1) for part in headers["content-security-policy"].split("; ")]
            for name, sources in said:
                assert not set(sources.split()) - {
                    "'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"
                }, (path, name)  # fmt: skip
            assert {"default-src", "connect-src", "img-src", "script-src", "form-action",
                    "base-uri", "frame-ancestors"} <= {name for name, _ in said}  # fmt: skip
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
    monkeypatch.setenv("SPACE_ID", "somebody/scanchat")
    assert "frame-ancestors" not in policy(), "the hub shows a Space in a frame"


@pytest.mark.parametrize("root", ["", "/scan"])
def test_the_wall_stands_also_under_a_proxys_path(root: str) -> None:
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["path"].removeprefix(root))

    class Gradio:
        auth, auth_dependency, cookie_id, tokens = object(), None, "c", {"known": "anna"}

    async def send(message: Any) -> None:
        pass

    async def ask(path: str, cookie: str = "") -> None:
        headers = [(b"cookie", cookie.encode())] if cookie else []
        scope = {"type": "http", "method": "GET", "path": root + path, "root_path": root,
                 "app": Gradio(), "headers": headers}  # fmt: skip
        await AccessControlMiddleware(app)(scope, None, send)  # type: ignore[arg-type]

    async def all_of_them() -> None:
        for path in ("/login", "/v1/models", "/config", "/monitoring", "/gradio_api/file=x"):
            await ask(path)
            await ask(path, "access-token-c=known")

    asyncio.run(all_of_them())
    assert passed == ["/login"] * 2 + ["/v1/models"] * 2 + ["/config", "/gradio_api/file=x"]


@without_login
def test_names_of_uploads_cannot_leave_their_folder_or_hide_what_they_are(
    launched: Launched, tmp_path: Path
) -> None:
    image = Image.new("RGB", (60, 40), "white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    names = ["../../../evil.png", "/etc/evil.png", "..\\..\\evil.png", "a\x00b.png", "a\r\nb.png",
             "\u202egnp.exe", "x" * 400 + ".png", "con.png", ".", "..", "%2e%2e%2fevil.png",
             "a;b&c|d$(e)`f`.png", "<b>.png"]  # fmt: skip
    before = {path for path in tmp_path.rglob("*") if "evil" in path.name}

    async def send() -> list[str]:
        async with httpx.AsyncClient(base_url=launched.url, trust_env=False, timeout=60) as http:
            tab = Tab(http)
            await tab.load()
            for name in names:
                try:
                    file = await tab.upload(name, buffer.getvalue())
                except RefusedError:
                    assert name in {".", ".."}
                    continue
                assert Path(file["path"]).resolve().is_relative_to(tmp_path / "gradio")
                await tab.fire("page-view", "attach", {"question": {"text": "", "files": [file]}})
            return [tab.chat]

    (chat,) = asyncio.run(send())
    assert "\\u202e" not in chat
    assert "\u202e" not in chat
    assert "<b>.png" not in chat
    for path in tmp_path.rglob("*evil*"):
        assert path in before or path.is_relative_to(tmp_path / "gradio")
    assert not Path("/etc/evil.png").exists()


@with_login
def test_passwords_and_tokens_stay_out_of_the_log(
    launched: Launched, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        visitor = Visitor(launched.url)
        visitor.log_in("anna", "wrong horse")
        visitor.log_in("anna", PASSWORD)
        visitor.config()
        with httpx.Client(base_url=launched.url, trust_env=False, timeout=30) as http:
            http.get("/v1/models", headers={"Authorization": f"Bearer {TOKEN}"})
            http.get("/v1/models", headers={"Authorization": "Bearer wrong one"})
    printed = capfd.readouterr()
    said = caplog.text + printed.out + printed.err
    for secret in (PASSWORD, "wrong horse", TOKEN, "wrong one", TOKEN[:12]):
        assert secret not in said
    for name in ("token", "password"):
        assert TOKEN not in repr(launched.settings), name
