"""Files that are sent as text: data URLs, and the URLs of Gradio's own uploads.

No URL is ever fetched. `http://.../gradio_api/file=PATH`, which Gradio's upload tool returns, means
the file that was uploaded to this app, whatever host it names.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, unquote_to_bytes

from gradio.utils import is_in_or_equal

from engine import Settings
from ui.api.errors import TOO_LARGE, ApiError

_DATA_URL = re.compile(r"data:(?P<kind>[\w.+-]+/[\w.+-]+)?(?P<rest>(?:;[^,;]*)*),", re.IGNORECASE)
_UPLOADED: Final = "/gradio_api/file="
_MEGABYTE: Final = 1024 * 1024
_EXTENSIONS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/svg+xml": "svg"}
# Characters of a URL that an error message shows.
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it was sent.

    source: its bytes, an open file, or its path in Gradio's folder. password: of an encrypted PDF.
    """

    name: str
    source: bytes | BinaryIO | Path
    password: str = field(default="", repr=False)


def read_file(
    text: str, settings: Settings, *, name: str = "", uploads: Path | None = None
) -> SentFile:
    """The file of a data URL, or of the URL of an upload.

    Args:
        name: the sender's file name; "" makes one from the media type.
        uploads: Gradio's upload folder; None if only data URLs are accepted.
    Raises:
        ApiError: the text is a web address or no data URL, the upload does not exist, or the file
            is larger than limits.max_file_mb.
    """
    text = text.strip()
    if uploads is not None and _UPLOADED in text:
        return _uploaded(text, uploads)
    if "://" in text[:12]:
        raise ApiError("api.not_fetched", code="url_not_fetched", address=text[:_SHOWN])
    found = _DATA_URL.match(text)
    if found is None:
        raise ApiError("api.bad_data_url", code="bad_data_url")
    content, limit = text[found.end() :], settings.limits.max_file_mb
    # Base64 takes four characters for three bytes: refuse a too long text before decoding it.
    if len(content) * 3 / 4 > (limit + 1) * _MEGABYTE:
        megabytes = round(len(content) * 3 / 4 / _MEGABYTE, 1)
        key, code = "api.file_too_large", "document.too_large"
        raise ApiError(key, TOO_LARGE, code=code, size=megabytes, limit=limit)
    if "base64" in found["rest"].lower():
        try:
            data = base64.b64decode(re.sub(r"\s", "", unquote(content)), validate=True)
        except (binascii.Error, ValueError):
            raise ApiError("api.bad_data_url", code="bad_data_url") from None
    else:
        data = unquote_to_bytes(content)
    kind = (found["kind"] or "").lower()
    extension = _EXTENSIONS.get(kind) or kind.partition("/")[2] or "bin"
    return SentFile(name or f"scan.{extension}", data)


def uploaded_file(path: str, uploads: Path, *, name: str = "") -> SentFile:
    """A file in Gradio's upload folder.

    Raises:
        ApiError: the path is a web address, or not a file in the folder. Nothing outside the folder
            is read.
    """
    if "://" in path:
        raise ApiError("api.not_fetched", code="url_not_fetched", address=path[:_SHOWN])
    found = Path(path)
    if not path or not is_in_or_equal(path, str(uploads)) or not found.is_file():
        raise ApiError("api.not_uploaded", code="not_uploaded")
    return SentFile(name or found.name, found)


def _uploaded(address: str, uploads: Path) -> SentFile:
    return uploaded_file(unquote(address.partition(_UPLOADED)[2]), uploads)
