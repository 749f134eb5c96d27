"""Passwords as scrypt hashes, and the file of users that `--auth-file` reads.

A line of the file is `user:hash`, as `python -m engine password USER` prints it; empty lines and
lines that begin with # are skipped. htpasswd hashes (bcrypt, apr1) are rejected: they would need
another library, and one command creates a new line.

Try it: `python -c "from engine.core.passwords import *; print(matches('a', hash_password('a')))"`
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from engine.core.errors import SettingsError

# 16 MiB and about 50 ms per guess (RFC 7914's interactive parameters).
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
# Upper bound of the cost that a line of the file may ask for: 8 times our own.
_MOST_COST: Final = 2**17
_FORM: Final = re.compile(r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)")


def hash_password(password: str) -> str:
    """Return "scrypt$cost$block$parallel$salt$hash", salt and hash in base64, with a new salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(password, salt, _COST, _BLOCK, _PARALLEL, _HASH_BYTES)
    shown = (base64.b64encode(part).decode("ascii") for part in (salt, digest))
    return "$".join(["scrypt", str(_COST), str(_BLOCK), str(_PARALLEL), *shown])


def matches(password: str, hashed: str) -> bool:
    """Whether a password has this hash. The comparison takes constant time.

    Raises:
        ValueError: `hashed` does not have the format of hash_password.
    """
    cost, block, parallel, salt, wanted = _parts(hashed)
    digest = _scrypt(password, salt, cost, block, parallel, len(wanted))
    return hmac.compare_digest(digest, wanted)


def read_users(path: Path) -> dict[str, str]:
    """Read the users of a file, user -> hash.

    Raises:
        SettingsError: the file cannot be read, a line is not `user:scrypt$...`, or there is no
            user.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("password.no_file", path=str(path)) from error
    users: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        user, _, hashed = line.strip().partition(":")
        try:
            _parts(hashed)
        except ValueError:
            user = ""
        if not user.strip():
            # The line itself may hold a password, so the error does not quote it.
            raise SettingsError("password.bad_line", path=str(path), line=number)
        users[user.strip()] = hashed
    if not users:
        raise SettingsError("password.no_users", path=str(path))
    return users


def users_of_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Hash the passwords of `user:password` arguments, user -> hash.

    Raises:
        SettingsError: an argument lacks the user or the password.
    """
    users: dict[str, str] = {}
    for pair in pairs:
        user, _, password = pair.partition(":")
        if not user.strip() or not password:
            raise SettingsError("password.bad_pair")
        users[user.strip()] = hash_password(password)
    return users


def _parts(hashed: str) -> tuple[int, int, int, bytes, bytes]:
    found = _FORM.fullmatch(hashed.strip())
    if found is None:
        raise ValueError("not a scrypt hash of ours")
    cost, block, parallel = int(found[1]), int(found[2]), int(found[3])
    is_power = cost > 1 and cost & (cost - 1) == 0
    if not is_power or cost > _MOST_COST or not 1 <= block <= 32 or not 1 <= parallel <= 16:
        raise ValueError("scrypt parameters out of range")
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in (found[4], found[5]))
    except binascii.Error as error:
        raise ValueError("salt or hash is not base64") from error
    if not salt or len(digest) < _HASH_BYTES // 2:
        raise ValueError("salt or hash is too short")
    return cost, block, parallel, salt, digest


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int, length: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost,
        r=block,
        p=parallel,
        maxmem=129 * cost * block * parallel + 2**20,
        dklen=length,
    )
