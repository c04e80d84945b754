"""Downloads of what is still being uploaded, deletion under a running download, and what counts as a download."""

import threading
from collections.abc import Iterator

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, Shared, Tus, begin, content, facts, fetch, fetched, line, sha256, share, stored
from tests.support.server_process import Server, wait_until

DATA = content(6 * MIB)


@pytest.fixture
def half(server: Server) -> Tus:
    """An upload of which the first half is stored."""
    upload = begin(server, len(DATA))
    assert upload.patch(0, DATA[: 3 * MIB]).status_code == 204
    return upload


def following(upload: Tus) -> tuple[requests.Response, Iterator[bytes]]:
    """A download that has read its first piece, and the rest of it."""
    answer = requests.get(upload.shown.download_url, stream=True, timeout=SECONDS)
    pieces = answer.iter_content(MIB)
    assert next(pieces) == DATA[:MIB]
    return answer, pieces


def test_a_download_follows_its_upload_to_the_end(half: Tus) -> None:
    answer, pieces = following(half)
    sending = threading.Thread(target=half.patch, args=(3 * MIB, DATA[3 * MIB :]))
    sending.start()
    assert sha256(DATA[:MIB] + b"".join(pieces)) == sha256(DATA)
    assert answer.headers["Content-Length"] == str(len(DATA))
    sending.join(SECONDS)


def test_a_cancelled_upload_breaks_the_download_that_follows_it(half: Tus) -> None:
    _, pieces = following(half)
    requests.delete(half.url, headers={"Tus-Resumable": "1.0.0"}, timeout=SECONDS)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(pieces)


def test_a_deleted_link_breaks_a_running_download_and_frees_the_disk(server: Server) -> None:
    before = len(stored(server))
    link = share(server, content(32 * MIB))
    with line(server, receive_buffer=64 * 1024) as connection:
        connection.ask("GET", link.download_url.partition(str(server.port))[2])
        assert connection.head()[0] == 200
        link.delete()
        with pytest.raises((EOFError, ConnectionResetError)):
            connection.receive(32 * MIB)
    assert len(stored(server)) == before


def test_a_file_of_unknown_size_is_not_ready(server: Server) -> None:
    upload = begin(server, None)
    upload.patch(0, b"12345")
    assert fetch(upload.shown.download_url).status_code == 409


def downloads(server: Server, link: Shared) -> int:
    count: int = facts(server, "SELECT downloads FROM links WHERE id = ?", link.id)[0][0]
    return count


def test_looking_probing_and_previewing_count_nothing(server: Server) -> None:
    link = share(server, DATA, headers={"X-Downloads": "1"})
    requests.head(link.download_url, timeout=SECONDS)
    fetch(link.url, {"User-Agent": "Discordbot"})
    assert fetch(link.download_url, {"Range": "bytes=0-99"}).status_code == 206
    assert fetch(link.download_url, {"Sec-Purpose": "prefetch;prerender"}).status_code == 403
    assert downloads(server, link) == 0
    assert fetched(link.download_url) == sha256(DATA)


def test_an_aborted_try_counts_nothing_and_can_be_resumed(server: Server) -> None:
    link = share(server, content(32 * MIB), headers={"X-Downloads": "1"})
    with line(server, receive_buffer=64 * 1024) as connection:
        connection.ask("GET", link.download_url.partition(str(server.port))[2], b"", "User-Agent: x")
        connection.head()
    wait_until(
        lambda: fetch(link.download_url, {"User-Agent": "x", "Range": "bytes=100-"}).status_code == 206,
        SECONDS,
        "no resume",
    )
    wait_until(lambda: downloads(server, link) == 1, SECONDS, "the last byte did not count")


def test_the_last_download_is_not_given_to_two_at_once(server: Server) -> None:
    link = share(server, content(32 * MIB), headers={"X-Downloads": "1"})
    with line(server, receive_buffer=64 * 1024) as connection:
        connection.ask("GET", link.download_url.partition(str(server.port))[2], b"", "User-Agent: first")
        assert connection.head()[0] == 200
        second = fetch(link.download_url, {"User-Agent": "second"})
    assert second.status_code == 409
    assert int(second.headers["Retry-After"]) > 0


def test_the_last_byte_counts_once_and_uses_the_link_up(server: Server) -> None:
    link = share(server, DATA, headers={"X-Downloads": "1"})
    assert fetched(link.download_url) == sha256(DATA)
    wait_until(lambda: downloads(server, link) == 1, SECONDS, "the download did not count")
    assert fetch(link.download_url).status_code == 404
