"""Start ScanChat's screen: settings -> Engine -> build_app -> launch.

    python gradio_app.py --port 7861

A Hugging Face Space runs this file unchanged. It installs the packages that requirements.txt
cannot name and listens on the Space's address. On ZeroGPU it passes `spaces.GPU` to the engine and
places the model on the GPU before the app is served (docs/deploy.md). `gradio_app.demo` builds the
screen on first access. This file has no model code, and it imports nothing heavy before it has
parsed the arguments.
"""

import argparse
import functools
import importlib
import os
import signal
import site
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if "SPACES_ZERO_GPU" in os.environ:
    # Must come before torch and gradio: it patches both.
    import spaces  # installed on Spaces only

    # Only models need the GPU. Handlers only pass values on, and async ones cannot be wrapped.
    spaces.disable_gradio_auto_wrap()

if TYPE_CHECKING:
    import gradio as gr

    from engine import Settings

_ROOT = Path(__file__).resolve().parent
# Users of a Space, which gives no access to the command line: a secret, one `user:password` a line.
_USERS_VARIABLE = "SCANCHAT_AUTH"
# Shutdown: the time for running answers to stop, and then the time for the server to send them.
_LEAVE_SECONDS = 2
# A shorter token causes a warning.
_LEAST_TOKEN = 20


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted.

    Returns:
        The exit code: 0, or 2 for bad settings, bad users, a port in use or a part of the API that
        cannot start.
    """
    options = _parser().parse_args(arguments)
    from engine import EngineError, load_settings

    try:
        settings = load_settings(options.settings)
        users = _users(options)
        _set_up_space(settings)
    except EngineError as error:
        return _refuse(error.text())
    from engine import Engine
    from ui import i18n

    host = options.host or os.environ.get("GRADIO_SERVER_NAME") or _host(settings)
    wanted = options.port if options.port is not None else _port_of_environment(settings)
    port = _free_port(host, wanted)
    if port is None:
        return _refuse(i18n.text("app.port_taken", "en", port=wanted, host=host))
    token = settings.api.token
    if settings.api.enabled and token is not None and len(token) < _LEAST_TOKEN:
        variable = settings.api.token_env
        sys.stderr.write(i18n.text("api.short_token", "en", variable=variable) + "\n")
    if options.share and not users:
        sys.stderr.write(i18n.text("app.share_open", "en") + "\n")
    try:
        engine = Engine(settings)
    except EngineError as error:
        return _refuse(error.text())
    with engine:
        from ui import Api, build_app, launch_options
        from ui.security.login import login_options
        from ui.security.temp_files import use_own_folder

        try:
            engine.open_conversations()
            use_own_folder()
            api = Api(engine, settings)
            app = build_app(engine, settings, api)
            served = launch_options(settings, api)
        except EngineError as error:  # for example, a model table with an unknown family
            return _refuse(error.text())
        # Reloaders look for it in this module.
        globals()["demo"] = app
        language = i18n.preferred(settings.app.language, None)
        _, local_url, share_url = app.launch(
            server_name=host,
            server_port=port,
            share=options.share or None,
            root_path=options.root_path,
            prevent_thread_lock=True,
            quiet=True,
            **served,
            **login_options(users, i18n.text("app.login", language)),
        )
        try:
            api.check(app)
        except EngineError as error:  # Gradio would only log it
            app.close(verbose=False)
            return _refuse(error.text())
        url = share_url or local_url
        print(i18n.text("app.address", "en", url=url), flush=True)  # noqa: T201 - the address
        try:
            _wait_for_the_end()
        finally:
            # Before the server closes: the screen's tasks still run and store the answers.
            engine.stop_all(wait_seconds=_LEAVE_SECONDS)
            # An open tab holds its stream open. Without a limit the server would wait for it.
            app.server.config.timeout_graceful_shutdown = _LEAVE_SECONDS
            app.close(verbose=False)
    return 0


def _wait_for_the_end() -> None:
    """Block until SIGINT (Ctrl+C) or SIGTERM (`docker stop`, systemd, Spaces).

    Both lead to an orderly shutdown: partial answers are stored and temporary files are deleted.
    """
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    # In short waits: on Windows an unlimited wait would not notice Ctrl+C.
    while not ended.wait(0.5):
        pass
    # A second Ctrl+C ends the program at once.
    for number, handler in before.items():
        signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gradio_app.py", description="ScanChat: ask your scans.")
    parser.add_argument("--host", help="address to listen on (default: settings.toml, app.host)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    parser.add_argument("--settings", help="a TOML file laid over settings.toml")
    parser.add_argument(
        "--share", action="store_true", help="make a public link through Gradio; use it with --auth"
    )
    parser.add_argument("--root-path", help="path under which a proxy serves the app")
    parser.add_argument(
        "--auth",
        action="append",
        default=[],
        metavar="USER:PASSWORD",
        help="let only this user in; may be given again (others on this machine can read it)",
    )
    parser.add_argument(
        "--auth-file",
        type=Path,
        metavar="FILE",
        help="let in the users of a file; `python -m engine password USER` makes its lines",
    )
    return parser


def _users(options: argparse.Namespace) -> dict[str, str]:
    """The users who may log in, name -> password hash; empty for an app without a login.

    They come from --auth-file, --auth and $SCANCHAT_AUTH; of equal names, a later source wins.

    Raises:
        SettingsError: a pair or the file is malformed.
    """
    pairs = [*options.auth, *os.environ.get(_USERS_VARIABLE, "").splitlines()]
    if options.auth_file is None and not pairs:
        return {}
    from engine.core.passwords import read_users, users_of_pairs

    of_file = read_users(options.auth_file) if options.auth_file is not None else {}
    return {**of_file, **users_of_pairs(pairs)}


def _on_space() -> bool:
    return "SPACE_ID" in os.environ


def _host(settings: "Settings") -> str:
    return "0.0.0.0" if _on_space() else settings.app.host


def _set_up_space(settings: "Settings") -> None:
    """Prepare a Space before the engine starts. Does nothing elsewhere."""
    if not _on_space():
        return
    _install_missing()
    gpu = _zero_gpu()
    if gpu is not None:
        from engine.models import zero_gpu

        zero_gpu.enable(gpu)
        # On the main thread and before launch: `spaces` packs what is on its GPU by then.
        zero_gpu.place(settings.default_model, settings)


def _install_missing() -> None:
    """Run `python -m engine setup` if its packages are missing; requirements.txt cannot name them.

    A failure is logged and is not fatal: lite reports what is missing when it is asked.
    """
    from engine.cli.setup import missing_packages

    if not missing_packages():
        return
    command = [sys.executable, "-m", "engine", "setup"]
    # ZeroGPU serves this process only; a child process could not even import `spaces`.
    environment = {key: os.environ[key] for key in os.environ if key != "SPACES_ZERO_GPU"}
    if _zero_gpu() is not None:
        command.append("--packages")
    subprocess.run(command, cwd=_ROOT, env=environment, check=False)
    # pip may have just created the user's site-packages folder.
    if site.ENABLE_USER_SITE:
        site.addsitedir(site.getusersitepackages())
    importlib.invalidate_caches()


def _zero_gpu() -> Any:
    """spaces.GPU if `spaces` reports that it runs on ZeroGPU, else None."""
    if "SPACES_ZERO_GPU" not in os.environ:
        return None
    from spaces.config import Config

    return spaces.GPU if Config.zero_gpu else None


def _port_of_environment(settings: "Settings") -> int:
    value = os.environ.get("GRADIO_SERVER_PORT", "")
    return int(value) if value.isdigit() else settings.app.port


def _free_port(host: str, wanted: int) -> int | None:
    """The wanted port, or a free one for 0; None if the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def _refuse(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


def __getattr__(name: str) -> "gr.Blocks":
    """Build `demo` on first access, once, for tools that import this file instead of running it.

    Its `launch` has the options of ui.launch_options: without the modules that they serve, the
    screen would stay empty.
    """
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from engine import Engine, load_settings
    from ui import build_app, launch_options
    from ui.security.temp_files import use_own_folder

    settings = load_settings()
    _set_up_space(settings)
    engine = Engine(settings)
    engine.open_conversations()
    use_own_folder()
    built = build_app(engine, settings)
    # Not a method of a class of ours: Gradio looks for components by their class.
    built.launch = functools.partial(built.launch, **launch_options(settings))  # type: ignore[method-assign]
    globals()["demo"] = built
    return built


if __name__ == "__main__":
    sys.exit(main())
