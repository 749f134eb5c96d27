"""`python -m engine password USER`: print a line for the file of `gradio_app.py --auth-file`."""

import argparse
import getpass
import sys

from engine.core.errors import SettingsError
from engine.core.passwords import hash_password
from engine.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user", metavar="USER", help="the name to log in with")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Read the password from the terminal, twice, or from standard input; print the line."""
    user = args.user.strip()
    if not user or ":" in user or user.startswith("#"):
        raise SettingsError("password.bad_user", user=args.user)
    if sys.stdin.isatty():
        password = getpass.getpass()
        if getpass.getpass("Again: ") != password:
            raise SettingsError("password.differ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise SettingsError("password.empty")
    sys.stdout.write(f"{user}:{hash_password(password)}\n")
    return 0
