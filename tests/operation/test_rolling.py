"""A rolling restart: one instance stops, the other goes on with what it served."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.operation.test_fleet import at
from tests.support.bytes_server import SECONDS
from tests.support.fleet import Fleet
from tests.support.http import MIB, Tus, begin, content, fetched, line, sha256, share, start_patch
from tests.support.seats import closing_code, hear_signal, say, seat, session
from tests.support.server_process import Server, wait_until


@pytest.fixture(scope="module")
def rolling(fleet: Callable[..., Fleet]) -> Fleet:
    """Two instances; every test starts again what it stopped."""
    return fleet(2)


@contextmanager
def stopping(server: Server) -> Iterator[None]:
    """The server has been asked to stop and takes no more connections; at the end it has stopped, and is started."""
    stop = threading.Thread(target=server.stop)
    stop.start()
    try:
        wait_until(lambda: not listens(server), SECONDS, "it still takes connections")
        yield
    finally:
        stop.join(SECONDS * 2)
        server.start()


def listens(server: Server) -> bool:
    """The kernel resets who stands in the queue of a socket that is being closed, and refuses who comes later."""
    try:
        with line(server):
            return True
    except (ConnectionRefusedError, ConnectionResetError):
        return False


def test_sockets_are_told_at_once_and_find_their_mailbox_at_the_other_instance(rolling: Fleet) -> None:
    old, other = rolling.servers
    code, sender, receiver = session(old)
    upload = begin(old, 10)
    with seat(other, code, receiver) as two, line(old) as connection:
        start_patch(connection, upload, 0, 10, b"12345")  # keeps the old instance from ending
        upload.holds(5)
        with seat(old, code, sender) as one, stopping(old):
            assert closing_code(one) == 1012
            say(two, type="offer", to=0, sdp="v=0", **{"try": 1})
            with seat(other, code, sender) as again:
                assert hear_signal(again)["sdp"] == "v=0"
            connection.send(b"67890")
            assert connection.reply("PATCH").status == 204


def test_a_running_download_goes_on_to_its_end(rolling: Fleet) -> None:
    old, size = rolling.servers[0], 64 * MIB
    link = share(old, content(size))
    with line(old, receive_buffer=64 * 1024) as connection:
        connection.ask("GET", link.download_url.removeprefix(old.url))
        assert connection.head()[0] == 200
        with stopping(old):
            assert sha256(connection.receive(size)) == sha256(content(size))


def test_an_upload_that_outlasts_the_drain_resumes_at_the_other_instance(fleet: Callable[..., Fleet]) -> None:
    old, other = fleet(2, PACKETPOST_DRAIN_SECONDS="1").servers
    data = content(2 * MIB)
    upload = begin(old, len(data))
    with line(old) as connection:
        start_patch(connection, upload, 0, len(data), data[:MIB])
        upload.holds(MIB)
        old.stop()
        assert connection.closed()
    rest = Tus(at(other, upload.url), None)
    assert rest.offset() == MIB
    assert rest.patch(MIB, data[MIB:]).status_code == 204
    assert fetched(at(other, upload.shown.download_url)) == sha256(data)


def test_a_drain_lets_an_upload_finish_and_then_the_server_ends(rolling: Fleet) -> None:
    old, data = rolling.servers[0], content(2 * MIB)
    upload = begin(old, len(data))
    with line(old) as connection:
        start_patch(connection, upload, 0, len(data), data[:MIB])
        upload.holds(MIB)
        with stopping(old):
            connection.send(data[MIB:])
            assert connection.reply("PATCH").status == 204
            assert connection.closed()
    assert fetched(upload.shown.download_url) == sha256(data)
