"""What one address may hold of the server, while everybody else is served."""

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.support.bytes_server import SECONDS, BytesServer, Line
from tests.support.server_process import Server, wait_until

HALF = b"GET / HTTP/1.1\r\nHost: x\r\n"
STRANGER, SOMEBODY = "127.0.0.1", "127.0.0.2"


def open_line(server: Server, address: str, data: bytes = b"") -> Line:
    line = Line(socket.create_connection(("127.0.0.1", server.port), SECONDS, (address, 0)))
    line.send(data)
    return line


@contextmanager
def held(server: Server, count: int) -> Iterator[list[Line]]:
    """So many half-sent heads from one address."""
    with ExitStack() as stack:
        lines = [open_line(server, STRANGER, HALF) for _ in range(count)]
        for line in lines:
            stack.callback(line.sock.close)
        yield lines


def status(server: Server, address: str, *headers: str) -> int:
    line = open_line(server, address)
    try:
        line.ask("GET", "/healthz", b"", *headers)
        return line.head()[0]
    finally:
        line.sock.close()


def test_half_sent_heads_of_one_address_leave_room_for_others(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_MAX_CONNECTIONS="20")
    with held(server, 300) as lines:
        assert [line.head()[0] for line in lines[100:]] == [429] * 200
        assert (status(server, STRANGER), status(server, SOMEBODY)) == (429, 200)
    wait_until(lambda: status(server, STRANGER) == 200, SECONDS, "closed connections are still counted")
    assert server.log.read_text().count("too-many-connections") == 1


@pytest.mark.slow
def test_with_6200_half_sent_heads_others_are_answered(serve: Callable[..., Server]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    server = serve()
    try:
        with held(server, 6200):
            assert status(server, SOMEBODY) == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_behind_a_proxy_running_requests_count_for_whom_it_speaks(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_MAX_CONNECTIONS="3", PACKETPOST_PROXY_HOPS="1")
    forwarded = "X-Forwarded-For: 192.0.2.1"
    lines = [open_line(server, STRANGER) for _ in range(3)]
    for line in lines:
        line.ask("PUT", "/a.bin", b"x", forwarded, announced=1000)
    wait_until(lambda: status(server, STRANGER, forwarded) == 429, SECONDS, "running requests are not counted")
    assert status(server, STRANGER, "X-Forwarded-For: 192.0.2.2") == 200
    assert {status(server, STRANGER) for _ in range(5)} == {200}  # the proxy itself holds as many as it likes
    for line in lines:
        line.sock.close()
    wait_until(lambda: status(server, STRANGER, forwarded) == 200, SECONDS, "what has ended is still counted")


def test_a_head_that_trickles_is_given_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`keepalive` bounds the whole head, however its bytes come."""
    server = BytesServer(tmp_path_factory.mktemp("trickle"), "--keep-alive", "1")
    try:
        with server.line() as line, suppress(ConnectionError):
            line.sock.settimeout(0.1)
            while True:
                line.send(b"X")
                with suppress(TimeoutError):
                    assert line.sock.recv(1) == b""
                    break
        assert server.call("GET", "/hello").body == b"hello"
    finally:
        server.stop()
