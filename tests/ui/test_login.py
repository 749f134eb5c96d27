"""Who may log in, how guessing is slowed, and that a login guards every route."""

import asyncio
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from bench.app_process import ROOT, serving
from engine.core.errors import SettingsError
from engine.core.passwords import hash_password, matches, read_users, users_of_pairs
from tests.http_driving import Visitor
from ui.security import login
from ui.security.login import Login, LoginRateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def users() -> dict[str, str]:
    return users_of_pairs(["anna:correct horse", "пётр:секрет:с двоеточием"])


def tried(door: Login, name: str, password: str, address: str = "1.1.1.1") -> bool | str:
    """Whether the door opens; "resting" when nobody may try."""

    async def knock() -> bool | str:
        login._address.set(address)
        try:
            return await door.check(name, password)
        except HTTPException as error:
            assert int((error.headers or {})["Retry-After"]) > 0
            return "resting"

    return asyncio.run(knock())


def test_the_right_password_of_the_right_user_opens(users: dict[str, str]) -> None:
    door = Login(users)
    assert tried(door, "anna", "correct horse") is True
    assert tried(door, "пётр", "секрет:с двоеточием") is True
    assert tried(door, "anna", "секрет:с двоеточием") is False
    assert tried(door, "nobody", "correct horse") is False
    assert tried(door, "anna", "") is False
    assert tried(door, "anna", "x" * 5000) is False


def test_a_guess_too_long_for_a_password_is_wrong_and_locks_nobody_out(
    users: dict[str, str],
) -> None:
    door = Login(users, LoginRateLimiter(Clock()))
    assert [tried(door, "anna", "x" * 2000) for _ in range(7)] == [False] * 7
    assert tried(door, "anna", "correct horse") is True


def test_an_unknown_name_costs_as_much_work_as_a_known_one(users: dict[str, str]) -> None:
    door = Login(users, LoginRateLimiter(Clock()))

    def work(name: str) -> float:
        started = time.process_time()
        assert tried(door, name, "wrong") is False
        return time.process_time() - started

    known, unknown = (min(work(name) for _ in range(3)) for name in ("anna", "nobody"))
    assert unknown > known / 3


def test_five_wrong_passwords_make_login_rest_even_for_the_right_one(
    users: dict[str, str],
) -> None:
    clock = Clock()
    door = Login(users, LoginRateLimiter(clock))
    assert [tried(door, "anna", f"guess {n}") for n in range(5)] == [False] * 5
    assert tried(door, "anna", "correct horse") == "resting"
    # Others, and the same user elsewhere, are not kept out.
    assert tried(door, "пётр", "секрет:с двоеточием") is True
    assert tried(door, "anna", "correct horse", "2.2.2.2") is True
    clock.now += 29
    assert tried(door, "anna", "correct horse") == "resting"
    clock.now += 2
    assert tried(door, "anna", "correct horse") is True


def test_every_further_failure_doubles_the_rest_up_to_a_quarter_of_an_hour() -> None:
    clock = Clock()
    brake = LoginRateLimiter(clock)
    rests = []
    for _ in range(14):
        clock.now += brake.rest("anna", "1.1.1.1")
        brake.failed("anna", "1.1.1.1")
        rests.append(brake.rest("anna", "1.1.1.1"))
    assert rests == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]
    clock.now += 3601
    assert brake.rest("anna", "1.1.1.1") <= 0
    brake.failed("anna", "1.1.1.1")
    assert brake.rest("anna", "1.1.1.1") <= 0, "failures are forgotten after an hour"


def test_guessing_from_many_addresses_is_slowed_but_not_for_who_was_let_in() -> None:
    brake = LoginRateLimiter(Clock())
    brake.succeeded("anna", "9.9.9.9")
    for number in range(30):
        brake.failed("anna", f"1.1.1.{number}")
    assert brake.rest("anna", "3.3.3.3") > 0
    assert brake.rest("anna", "9.9.9.9") == 0
    assert brake.rest("пётр", "3.3.3.3") == 0


def test_one_address_that_tries_many_names_is_slowed() -> None:
    brake = LoginRateLimiter(Clock())
    for number in range(60):
        brake.failed(f"name {number}", "1.1.1.1")
    assert brake.rest("another name", "1.1.1.1") > 0
    assert brake.rest("another name", "2.2.2.2") == 0


def test_many_guesses_at_once_do_not_slip_through(users: dict[str, str]) -> None:
    door = Login(users, LoginRateLimiter(Clock()))

    async def guess_at_once() -> list[bool | str]:
        login._address.set("1.1.1.1")

        async def one() -> bool | str:
            try:
                return await door.check("anna", "wrong")
            except HTTPException:
                return "resting"

        return await asyncio.gather(*(one() for _ in range(20)))

    looked_at = [answer for answer in asyncio.run(guess_at_once()) if answer is False]
    assert 5 <= len(looked_at) <= 6


def test_the_brake_forgets_the_oldest_when_it_is_flooded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "_REMEMBERED", 30)
    brake = LoginRateLimiter(Clock())
    for number in range(100):
        brake.failed(f"name {number}", f"address {number}")
    assert len(brake._failures) == 30


def test_a_hash_says_nothing_and_differs_every_time() -> None:
    first, second = hash_password("secret"), hash_password("secret")
    assert first != second
    assert "secret" not in first
    assert matches("secret", first)
    assert matches("secret", second)
    assert not matches("Secret", first)


@pytest.mark.parametrize(
    "line",
    [
        "anna:secret",
        "anna:$2y$05$abcdefghijklmnopqrstuv",
        "anna:$apr1$abc$def",
        "scrypt$16384$8$1$AAAA$AAAA",
        "anna:scrypt$16383$8$1$AAAA$" + "A" * 44,
        "anna:scrypt$9999999$8$1$AAAA$" + "A" * 44,
        "anna:scrypt$16384$8$1$!!!!$" + "A" * 44,
        "anna:scrypt$1048576$8$1$AAAA$" + "A" * 44,  # a gigabyte a guess
        "anna:scrypt$16384$8$1$AAAA$AAAA",  # three bytes: easily met
        pytest.param(":" + hash_password("x"), id="no-name"),  # its salt is drawn anew
    ],
)
def test_a_line_that_is_no_user_is_refused_by_its_number_and_not_repeated(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "users"
    path.write_text(f"# users\n\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 3") as caught:
        read_users(path)
    assert line not in str(caught.value)


def test_a_file_without_users_and_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# nobody\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="has no users"):
        read_users(tmp_path / "users")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_users(tmp_path / "missing")
    for pair in ("anna", "anna:", ":secret", ""):
        with pytest.raises(SettingsError, match="--auth needs"):
            users_of_pairs([pair])


def test_the_command_makes_the_line_that_the_app_reads(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine", "password", "anna"]
    done = subprocess.run(
        command, cwd=ROOT, input="correct horse\n", capture_output=True, text=True, check=True
    )
    (tmp_path / "users").write_text(done.stdout, encoding="utf-8")
    assert matches("correct horse", read_users(tmp_path / "users")["anna"])
    for name, typed in (("a:b", "x\n"), ("anna", "\n")):
        refused = subprocess.run(
            [*command[:-1], name], cwd=ROOT, input=typed, capture_output=True, text=True
        )
        assert refused.returncode == 2
        assert refused.stderr.count("\n") == 1


def test_a_public_link_without_a_login_is_warned_of_loudly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import gradio as gr

    import gradio_app

    def stop_there(self: gr.Blocks, **options: object) -> None:
        launched.append(options)
        raise KeyboardInterrupt

    launched: list[dict[str, object]] = []
    monkeypatch.setattr(gr.Blocks, "launch", stop_there)
    for arguments, is_warned in ((["--share"], True), (["--share", "--auth", "anna:x"], False)):
        with pytest.raises(KeyboardInterrupt):
            gradio_app.main([*arguments, "--port", "0"])
        assert ("WARNING: --share" in capsys.readouterr().err) is is_warned
    assert ["auth" in options for options in launched] == [False, True]
    assert launched[0]["share"] is True


def test_a_bad_user_or_file_ends_the_start_with_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import gradio_app

    for arguments in (["--auth", "anna"], ["--auth-file", str(tmp_path / "missing")]):
        assert gradio_app.main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_without_a_login_no_route_gives_anything(tmp_path: Path) -> None:
    (tmp_path / "users").write_text(f"anna:{hash_password('right')}\n", encoding="utf-8")
    secret = tmp_path / "gradio" / "secret.txt"
    arguments = ("--port", "0", "--auth-file", str(tmp_path / "users"))
    environment = {"SCANCHAT_AUTH": "пётр:от окружения"}
    with serving(tmp_path, *arguments, environment=environment) as app:
        secret.parent.mkdir(exist_ok=True)
        secret.write_text("words of a scan", encoding="utf-8")
        stranger = Visitor(app.url)
        routes = ["config", "info", "gradio_api/info", f"gradio_api/file={secret}",
                  "gradio_api/queue/data?session_hash=x", "gradio_api/openapi.json",
                  "monitoring"]  # fmt: skip
        for route in routes:
            answer = stranger.http.get(route)
            assert answer.status_code in (401, 404), (route, answer.status_code)
        upload = stranger.http.post("gradio_api/upload", files={"files": io.BytesIO(b"x")})
        assert upload.status_code == 401
        joined = stranger.http.post("gradio_api/queue/join", json={"data": [], "fn_index": 0})
        assert joined.status_code == 401
        page = stranger.http.get("")
        # What follows describes /ask and the like, which docs/api.md does, too.
        assert "question" not in page.text.split("gradio_config")[1].split("gradio_api_info")[0]
        assert stranger.log_in("anna", "wrong") == 400
        user = Visitor(app.url)
        assert user.log_in("anna", "right") == 200
        assert user.config()["dependencies"]
        assert Visitor(app.url).log_in("пётр", "от окружения") == 200
        guesses = [stranger.log_in("anna", f"{number}") for number in range(5)]
        assert set(guesses) == {400}
        rest = stranger.http.post("login", data={"username": "anna", "password": "right"})
        assert rest.status_code == 400, "what the login page knows how to show"
        assert int(rest.headers["retry-after"]) > 0
