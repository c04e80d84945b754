"""Limits of size and room: refused before a byte is read where that can be known, cut off there where it cannot."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, begin, content, create, fetched, line, put, sha256, share, stored
from tests.support.server_process import Server, wait_until

GIB = 1024**3


@pytest.fixture(scope="module")
def small(serve: Callable[..., Server]) -> Server:
    """A link holds 1 MiB and 3 files, all links together 2 MiB."""
    return serve(
        PACKETPOST_MAX_UPLOAD_BYTES=str(MIB), PACKETPOST_MAX_STORED_BYTES=str(2 * MIB), PACKETPOST_MAX_FILES="3"
    )


@pytest.mark.parametrize("path", ["/a.bin", "/api/upload/a.bin"])
def test_a_put_above_the_limit_is_answered_before_its_body(small: Server, path: str) -> None:
    with line(small) as connection:
        connection.ask("PUT", path, announced=GIB)
        assert connection.head()[0] == 413


def test_a_form_above_the_limit_is_answered_before_its_body(small: Server) -> None:
    with line(small) as connection:
        connection.ask("POST", "/api/upload", b"", "Content-Type: multipart/form-data; boundary=x", announced=GIB)
        assert connection.head()[0] == 413


def test_a_tus_upload_above_the_limit_is_refused_at_its_creation(small: Server) -> None:
    assert create(small, {"Upload-Length": str(MIB + 1)}).status_code == 413


def test_a_link_of_the_largest_size_is_taken(small: Server) -> None:
    link = share(small, content(MIB))
    assert fetched(link.download_url) == sha256(content(MIB))
    link.delete()


def test_a_chunked_body_is_cut_off_at_the_limit_and_leaves_nothing(small: Server) -> None:
    before = len(stored(small))
    answer = put(small, iter([content(MIB), b"x"]))
    assert answer.status_code == 413
    assert len(stored(small)) == before


def test_a_form_whose_files_pass_the_limit_together_leaves_nothing(small: Server) -> None:
    files = [("file", (name, content(600_000))) for name in ("a", "b")]
    assert requests.post(f"{small.url}/api/upload", files=files, timeout=SECONDS).status_code == 413
    assert stored(small) == []


def test_more_files_than_a_link_holds_are_refused(small: Server) -> None:
    files = [("file", (str(n), b"x")) for n in range(4)]
    answer = requests.post(f"{small.url}/api/upload", files=files, timeout=SECONDS)
    assert (answer.status_code, stored(small)) == (413, [])


def test_promised_bytes_leave_no_room_for_others(small: Server) -> None:
    promised = [begin(small, MIB) for _ in range(2)]
    refused = [create(small, {"Upload-Length": "1"}), put(small, b"x"), put(small, iter([b"x"]))]
    assert [answer.status_code for answer in refused] == [507] * 3
    for upload in promised:
        upload.shown.delete()
    assert put(small, b"x").status_code == 201


def test_a_patch_past_the_end_of_its_upload_is_refused(small: Server) -> None:
    upload = begin(small, 5)
    assert upload.patch(0, b"123456").status_code == 413
    assert upload.offset() == 0


def test_a_form_that_ends_early_leaves_nothing(serve: Callable[..., Server]) -> None:
    server = serve()
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    with line(server) as connection:
        connection.ask(
            "POST",
            "/api/upload",
            head + content(MIB),
            "Content-Type: multipart/form-data; boundary=x",
            announced=5 * MIB,
        )
        wait_until(lambda: stored(server), SECONDS, "no byte arrived")
    wait_until(lambda: not stored(server), SECONDS, "the half of the form stayed")


@pytest.mark.parametrize(
    "head",
    [
        "PUT /a.txt HTTP/1.0\r\nHost: x",
        "PUT /a.txt HTTP/1.1\r\nHost: x",
        "PUT /api/upload/a.txt HTTP/1.0",
        "POST /api/upload HTTP/1.0\r\nContent-Type: multipart/form-data; boundary=x",
        "POST /links HTTP/1.0\r\nContent-Type: multipart/form-data; boundary=x",
    ],
)
def test_a_body_of_no_known_end_is_411_and_stores_nothing(serve: Callable[..., Server], head: str) -> None:
    server = serve()
    with line(server) as connection:
        connection.send(f"{head}\r\n\r\n".encode())
        assert connection.head()[0] == 411
    assert stored(server) == []


def test_what_must_stay_free_on_the_disk_is_not_promised(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_MIN_FREE_BYTES=str(2**60))
    assert put(server, b"x").status_code == 507
    assert requests.get(f"{server.url}/healthz?ready", timeout=SECONDS).status_code == 503


def test_the_upload_password_is_asked_of_senders_only(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_UPLOAD_PASSWORD="open sesame")
    refused = [
        put(server, b"x"),
        put(server, b"x", headers={"X-Upload-Password": "wrong"}),
        create(server, {"Upload-Length": "1"}),
        requests.post(f"{server.url}/api/upload", files={"file": b"x"}, timeout=SECONDS),
        requests.post(f"{server.url}/links", data={"manifest": "[]"}, timeout=SECONDS),
    ]
    assert [answer.status_code for answer in refused] == [401] * 5
    assert "is not right" in refused[1].text
    assert stored(server) == []
    link = share(server, b"x", headers={"X-Upload-Password": "open sesame"})
    assert fetched(link.download_url) == sha256(b"x")


def test_the_upload_password_may_come_as_a_field_or_as_basic(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_UPLOAD_PASSWORD="open sesame")
    data = {"upload_password": "open sesame"}
    as_field = requests.post(f"{server.url}/api/upload", data, files={"file": ("a", b"x")}, timeout=SECONDS)
    as_basic = requests.put(f"{server.url}/a", b"x", auth=("", "open sesame"), timeout=SECONDS)
    assert [as_field.status_code, as_basic.status_code] == [201, 201]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount the small file system that this test fills")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_fills_up_answers_507_and_spares_other_links(tiny_disk: Path) -> None:
    server = Server(tiny_disk, PACKETPOST_MIN_FREE_BYTES="0").start()
    try:
        kept, upload = share(server, content(MIB)), begin(server, 4 * MIB)
        # Somebody else fills the disk after the room was promised.
        (tiny_disk / "other").write_bytes(bytes(4 * MIB))
        answer = upload.patch(0, content(4 * MIB))
        assert answer.status_code == 507
        offset = upload.offset()
        assert fetched(kept.download_url) == sha256(content(MIB))
        (tiny_disk / "other").unlink()
        assert upload.patch(offset, content(4 * MIB)[offset:]).status_code == 204
        assert fetched(upload.shown.download_url) == sha256(content(4 * MIB))
    finally:
        server.stop()
