"""Recognises the answer of a proxy that asks for a user name and a password.

Such a proxy answers with status 407 (RFC 9110, 15.5.8). httpx raises it as a ProxyError where the
connection is a tunnel (https), and as any other status where the proxy forwards the request (http).
"""

from typing import Final

PROXY_LOGIN: Final = 407


def is_proxy_login(error: BaseException) -> bool:
    """Whether an exception, or one that it was raised from, is a proxy's status 407."""
    import httpx2

    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        response = getattr(cause, "response", None)
        if getattr(response, "status_code", None) == PROXY_LOGIN:
            return True
        if isinstance(cause, httpx2.ProxyError) and str(cause).startswith(f"{PROXY_LOGIN} "):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
