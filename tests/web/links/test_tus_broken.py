"""tus against the real server when connections break, stall or cross: what is stored stays, nobody is locked out."""

from collections.abc import Callable

import pytest
import requests

from tests.support.bytes_server import SECONDS, Line
from tests.support.http import MIB, TUS, Tus, begin, content, fetched, line, sha256, start_patch
from tests.support.server_process import Server, wait_until

DATA = content(3 * MIB + 7)
FIRST = 2 * MIB + 1
# A stalled writer gives the lock away after one second; the same client must get in before this, in seconds.
SOON = 2.0


@pytest.fixture
def upload(server: Server) -> Tus:
    return begin(server, len(DATA))


def half_sent(line: Line, upload: Tus) -> None:
    """The first bytes are stored, the rest is announced and does not come."""
    start_patch(line, upload, 0, len(DATA), DATA[:FIRST])
    upload.holds(FIRST)


def finish_soon(upload: Tus) -> None:
    def goes_on() -> bool:
        answer = upload.patch(upload.offset(), DATA[FIRST:])
        assert answer.status_code in (204, 423), answer.text
        return answer.status_code == 204

    wait_until(goes_on, SOON, "the upload stayed locked")
    assert fetched(upload.shown.download_url) == sha256(DATA)


@pytest.mark.parametrize("leave", [Line.vanish, lambda line: line.sock.close()], ids=["reset", "closed"])
def test_after_a_broken_connection_the_upload_goes_on(
    server: Server, upload: Tus, leave: Callable[[Line], None]
) -> None:
    with line(server) as broken:
        half_sent(broken, upload)
        leave(broken)
        finish_soon(upload)


def test_after_a_connection_that_went_silent_the_upload_goes_on(server: Server, upload: Tus) -> None:
    with line(server) as silent:
        half_sent(silent, upload)
        finish_soon(upload)


def test_after_a_chunked_body_that_went_silent_the_upload_goes_on(server: Server, upload: Tus) -> None:
    with line(server) as silent:
        headers = (*(f"{name}: {value}" for name, value in TUS.items()), "Transfer-Encoding: chunked")
        kind = "Content-Type: application/offset+octet-stream"
        chunk = b"%x\r\n%s\r\n" % (FIRST, DATA[:FIRST])
        silent.ask("PATCH", upload.path, chunk, *headers, kind, "Upload-Offset: 0")
        upload.holds(FIRST)
        finish_soon(upload)


def test_a_second_writer_at_once_is_423(server: Server, upload: Tus) -> None:
    with line(server) as first:
        half_sent(first, upload)
        answer = upload.patch(FIRST, DATA[FIRST:])
    assert answer.status_code == 423
    assert "Upload-Offset" not in answer.headers


def test_the_first_writer_is_refused_when_another_went_on_meanwhile(server: Server, upload: Tus) -> None:
    with line(server) as first:
        half_sent(first, upload)
        finish_soon(upload)
        first.send(DATA[FIRST:])
        assert first.reply().status == 423
        assert first.closed()
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_a_silent_writer_that_nobody_replaced_goes_on(server: Server, upload: Tus) -> None:
    with line(server) as slow:
        half_sent(slow, upload)
        # The checksum makes the probe store nothing: it only shows when the lock has been given away.
        probe = {"Upload-Checksum": "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="}
        wait_until(lambda: upload.patch(FIRST, b"!", probe).status_code == 460, SOON, "the lock was not given away")
        slow.send(DATA[FIRST:])
        assert slow.reply().status == 204
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_a_checked_body_that_breaks_off_stores_nothing(server: Server, upload: Tus) -> None:
    with line(server) as broken:
        checked = ("Upload-Checksum: sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Upload-Offset: 0")
        kind = "Content-Type: application/offset+octet-stream"
        broken.ask("PATCH", upload.path, DATA[:FIRST], "Tus-Resumable: 1.0.0", kind, *checked, announced=len(DATA))
        wait_until(lambda: upload.patch(0, DATA[:1]).status_code == 423, SECONDS, "the writer never took the lock")
        broken.vanish()
    wait_until(lambda: upload.patch(0, DATA).status_code == 204, SOON, "the upload stayed locked")
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_cancelling_stops_a_running_writer(server: Server, upload: Tus) -> None:
    with line(server) as writer:
        half_sent(writer, upload)
        assert requests.delete(upload.url, headers=TUS, timeout=SECONDS).status_code == 204
        writer.send(DATA[FIRST:])
        assert writer.reply().status == 404


def test_the_next_request_on_the_connection_is_found_after_a_body(server: Server, upload: Tus) -> None:
    with line(server) as kept:
        start_patch(kept, upload, 0, len(DATA), DATA)
        kept.ask("GET", "/healthz")
        assert (kept.reply().status, kept.reply().status) == (204, 200)


def test_bytes_after_a_refused_body_never_pass_for_a_request(server: Server, upload: Tus) -> None:
    smuggled = b"DELETE %s HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n\r\n" % upload.path.encode()
    with line(server) as sly:
        start_patch(sly, upload, 5, 2 * MIB, smuggled)
        assert sly.reply().status == 409
        assert sly.closed()
    assert upload.offset() == 0
