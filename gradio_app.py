"""Start ScanChat's screen: settings -> Engine -> build_app -> launch.

    python gradio_app.py --port 7861

On a Hugging Face Space this file is the app; `gradio_app.demo` builds the screen when it is first
asked for. No model code here, and nothing heavy is imported before the arguments are read.
"""

import argparse
import os
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

    from engine import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. Returns the exit code: 0, or 2 for bad settings or a taken port."""
    options = _parser().parse_args(arguments)
    from engine import EngineError, load_settings

    try:
        settings = load_settings(options.settings)
    except EngineError as error:
        return _refuse(error.text())
    from engine import Engine
    from ui import i18n

    host = options.host or os.environ.get("GRADIO_SERVER_NAME") or settings.app.host
    wanted = options.port if options.port is not None else _port_of_environment(settings)
    port = _free_port(host, wanted)
    if port is None:
        return _refuse(i18n.text("app.port_taken", "en", port=wanted, host=host))
    try:
        engine = Engine(settings)
    except EngineError as error:
        return _refuse(error.text())
    with engine:
        from ui import build_app, launch_options

        try:
            app = build_app(engine, settings)
        except EngineError as error:  # a model table whose family is not known, for example
            return _refuse(error.text())
        _, local_url, share_url = app.launch(
            server_name=host,
            server_port=port,
            share=options.share or None,
            root_path=options.root_path,
            prevent_thread_lock=True,
            quiet=True,
            **launch_options(settings),
        )
        url = share_url or local_url
        print(i18n.text("app.address", "en", url=url), flush=True)  # noqa: T201 - the address
        try:
            app.block_thread()
        finally:
            app.close(verbose=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gradio_app.py", description="ScanChat: ask your scans.")
    parser.add_argument("--host", help="address to listen on (default: settings.toml, app.host)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    parser.add_argument("--settings", help="a TOML file laid over settings.toml")
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio")
    parser.add_argument("--root-path", help="path under which a proxy serves the app")
    return parser


def _port_of_environment(settings: "Settings") -> int:
    value = os.environ.get("GRADIO_SERVER_PORT", "")
    return int(value) if value.isdigit() else settings.app.port


def _free_port(host: str, wanted: int) -> int | None:
    """The wanted port, or a free one for 0; None when it is taken."""
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
    """`demo`, for tools that import this file instead of running it; built once, on first use."""
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from engine import Engine, load_settings
    from ui import build_app

    settings = load_settings()
    globals()["demo"] = build_app(Engine(settings), settings)
    built: gr.Blocks = globals()["demo"]
    return built


if __name__ == "__main__":
    sys.exit(main())
