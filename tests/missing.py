"""What a test needs and a machine may lack: a program, a font, a package.

Such a test skips with `missing(...)` as its reason. With CI=true the skip is a failure
(tests/conftest.py), so `.ci/run` cannot forget to install something in silence.
"""

import os

_PREFIX = "missing on this machine: "


def missing(what: str) -> str:
    """The reason of a skip, for example `pytest.skip(missing("nginx"))`."""
    return _PREFIX + what


def is_a_failure(reason: str) -> bool:
    """Whether a skip with this reason must not pass: something is missing, and CI=true."""
    return reason.startswith(("Skipped: " + _PREFIX, _PREFIX)) and _in_ci()


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"
