"""docs/compose: the files fit one another, and nginx keeps a browser with one app."""

import http.server
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bench.app_process import free_port
from engine import load_settings
from tests.missing import missing

COMPOSE = Path(__file__).resolve().parents[2] / "docs" / "compose"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def test_the_apps_settings_are_those_of_the_server_that_compose_starts() -> None:
    services = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"]
    settings = load_settings(COMPOSE / "scanchat.toml")
    model = settings.model(settings.default_model)
    assert model.base_url is not None and urlsplit(model.base_url).hostname in services
    options = dict(option.lstrip("-").split("=", 1) for option in services["vllm"]["command"])
    assert options["model"] == model.model
    assert int(options["max-model-len"]) == model.context_tokens
    for name in ("vllm", "app1", "app2"):
        assert model.api_key_env in services[name]["environment"]
    for volume in services["app1"]["volumes"]:
        source = volume.split(":")[0]
        assert not source.startswith(".") or (COMPOSE / source).exists()


@contextmanager
def app_of(name: str) -> Iterator[int]:
    """A server that says its name; the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *args: object) -> None:
            """Nothing is logged."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(NGINX is None, reason=missing("nginx"))
def test_nginx_keeps_a_browser_with_one_app_and_uses_both(tmp_path: Path) -> None:
    port = free_port()
    with app_of("one") as first, app_of("two") as second:
        text = (COMPOSE / "nginx.conf").read_text(encoding="utf-8")
        for here, there in (
            ("app1:7860", f"127.0.0.1:{first}"),
            ("app2:7860", f"127.0.0.1:{second}"),
            ("listen 8080", f"listen 127.0.0.1:{port}"),
        ):
            assert here in text
            text = text.replace(here, there)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path / kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = tmp_path / "nginx.conf"
        config.write_text(
            f"daemon off; pid {tmp_path / 'pid'}; error_log {tmp_path / 'error'};\n"
            + text.replace("http {", f"http {{ access_log off; {temporary}", 1),
            encoding="utf-8",
        )
        assert NGINX is not None
        running = subprocess.Popen([NGINX, "-c", str(config), "-p", str(tmp_path)])
        try:
            seen = [answers_to_one_browser(f"http://127.0.0.1:{port}/") for _ in range(12)]
        finally:
            running.terminate()
            running.wait()
    assert all(len(set(answers)) == 1 for answers in seen)
    assert {answers[0] for answers in seen} == {"one", "two"}


def answers_to_one_browser(url: str) -> list[str]:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    answers: list[str] = []
    end = time.monotonic() + 20
    while len(answers) < 3:
        try:
            with browser.open(url, timeout=5) as response:
                answers.append(response.read().decode())
        except OSError:
            assert time.monotonic() < end, "nginx does not answer"
            time.sleep(0.05)
    return answers
