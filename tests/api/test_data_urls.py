"""What is taken for a file, and that no address ever is."""

from pathlib import Path

import pytest

from engine import load_settings
from ui.api.data_urls import read_file, uploaded_file
from ui.api.errors import ApiError

SETTINGS = load_settings()


@pytest.mark.parametrize(
    ("url", "name", "content"),
    [
        ("data:image/png;base64,aGVsbG8=", "scan.png", b"hello"),
        (" DATA:image/JPEG;charset=x;BASE64,aGVs\nbG8=\n", "scan.jpg", b"hello"),
        ("data:application/pdf;base64,aGVsbG8%3D", "scan.pdf", b"hello"),
        ("data:text/plain,a%20b", "scan.plain", b"a b"),
        ("data:,a", "scan.bin", b"a"),
        ("data:image/tiff;base64,", "scan.tiff", b""),
    ],
)
def test_a_data_url_is_its_bytes_with_a_name_of_its_kind(
    url: str, name: str, content: bytes
) -> None:
    found = read_file(url, SETTINGS)
    assert (found.name, found.source) == (name, content)
    assert read_file(url, SETTINGS, name="mine.png").name == "mine.png"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.png",
        "HTTPS://example.org/a.png",
        "file:///etc/passwd",
        "ftp://example.org/a",
        " http://127.0.0.1:1/gradio_api/file=/etc/passwd",
    ],
)
def test_an_address_is_refused_by_its_name(url: str) -> None:
    with pytest.raises(ApiError, match="never fetches one") as caught:
        read_file(url, SETTINGS)
    assert url.strip()[:20] in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "scan.png", "/etc/passwd", "data:image/png;base64", "data:image/png;base64,a",
            "data:image/png;base64,****", "data:image/png;base64,aGVsbG8=aGVs"]
)  # fmt: skip
def test_what_is_no_data_url_is_refused(url: str) -> None:
    with pytest.raises(ApiError, match="not a valid data URL"):
        read_file(url, SETTINGS)


def test_a_data_url_over_the_limit_is_refused_undecoded() -> None:
    megabytes = SETTINGS.limits.max_file_mb + 2
    # Not even base64: it is not looked at.
    text = "data:image/png;base64," + "*" * int(megabytes * 1024 * 1024 * 4 / 3)
    with pytest.raises(ApiError, match="The file is") as caught:
        read_file(text, SETTINGS)
    assert caught.value.status == 413


def test_an_upload_is_found_by_its_address_and_nothing_else_is(tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    inside = uploads / "hash" / "my scan.png"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (uploads / "link.png").symlink_to(tmp_path / "secret.png")
    quoted = str(inside).replace(" ", "%20")
    for host in ("http://any.host:1/sub", ""):
        found = read_file(f"{host}/gradio_api/file={quoted}", SETTINGS, uploads=uploads)
        assert (found.name, found.source) == ("my scan.png", inside)
    for path in (
        tmp_path / "secret.png",
        uploads / ".." / "secret.png",
        uploads / "%2e%2e" / "secret.png",
        uploads / "link.png",
        uploads,
        Path("/etc/passwd"),
    ):
        with pytest.raises(ApiError, match="uploaded file does not exist"):
            read_file(f"/gradio_api/file={path}", SETTINGS, uploads=uploads)
        with pytest.raises(ApiError, match="uploaded file does not exist"):
            uploaded_file(str(path), uploads)
