"""Command line interface: `python -m engine COMMAND`. One module per command.

Bad input gives exit code 2 and one line on stderr. With --json, stdout holds only the JSON;
progress goes to stderr. This module parses arguments and maps errors to exit codes; the commands do
the work.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import engine
from engine.core.errors import EngineError, SettingsError
from engine.core.settings_file import SETTINGS_VARIABLE, load_settings

# command -> (module with `add_arguments(parser)` and `run(args, settings) -> int`, help)
COMMANDS = {
    "ask": ("engine.cli.ask", "ask a question about a scan"),
    "parse": ("engine.cli.parse", "read a document's layout and text"),
    "fields": ("engine.cli.fields", "extract the fields of a scan, or of a folder of scans"),
    "models": ("engine.cli.models", "list the models of the settings"),
    "download": ("engine.cli.download", "fetch a model's weights from the hub"),
    "doctor": ("engine.cli.doctor", "say what this machine can do, and whether a model reads"),
    "eval": ("engine.cli.evaluate", "score a model on questions with known answers"),
    "password": ("engine.cli.password", "make a line for the app's file of users"),
    "setup": ("engine.cli.setup", "install the parts that pip cannot express in one file"),
}
_BAD_INPUT = 2
_INTERRUPTED = 130

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 bad input, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m engine", description="Ask a scan a question.")
    parser.add_argument("--version", action="version", version=engine.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, help_text) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument(
            "--settings",
            type=Path,
            metavar="FILE",
            help=f"a TOML file laid over settings.toml (or the variable {SETTINGS_VARIABLE})",
        )
        command.add_argument("-v", "--verbose", action="store_true", help="log to stderr")
        import_module(module_name).add_arguments(command)
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.CRITICAL,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    language = _language()
    try:
        settings = load_settings(args.settings).keeping_nothing()
        code: int = import_module(COMMANDS[args.command][0]).run(args, settings)
        return code
    except SettingsError as error:
        sys.stderr.write(error.text(language) + "\n")
    except EngineError as error:
        sys.stderr.write(error.text(language) + "\n")
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of the pipe (head, less) has exited. With stdout redirected, Python's flush at
        # exit does not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return _BAD_INPUT


def _language() -> str:
    """The shell's language, "ru" or "en"; any other language gives "en"."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "ru" if (locale or "").startswith("ru") else "en"
