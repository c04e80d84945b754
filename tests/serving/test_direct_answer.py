"""Parts of an answer past gunicorn: whole and in order, however slowly the reader takes them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from socket import socket, socketpair

import pytest
from gevent.socket import SocketType

from packetpost.road import Stamp, Stretch, stretches
from packetpost.web.serving import direct_answer
from packetpost.web.serving.direct_answer import DirectAnswer

SECONDS = 20.0


class Framed:
    """gunicorn's answer, as far as it is asked."""

    def __init__(self, chunks: bool) -> None:
        self._chunks = chunks

    def in_chunks(self) -> bool:
        return self._chunks


@pytest.fixture
def line() -> Iterator[tuple[SocketType, socket]]:
    """Our end, and a reader's."""
    ours, reader = socketpair()
    sock = SocketType(fileno=ours.detach())
    yield sock, reader
    sock.close()
    reader.close()


def answer(sock: SocketType, chunks: bool) -> DirectAnswer:
    return DirectAnswer(sock, Framed(chunks))  # type: ignore[arg-type]  # all that it asks gunicorn's


def told(size: int) -> list[Stretch]:
    return stretches(0, Stamp(7, 1), bytes(range(256)) * (size // 256), 0)


def read(reader: socket, count: int) -> bytes:
    with reader.makefile("rb") as stream:
        return stream.read(count)


@pytest.mark.parametrize("chunks", [True, False])
@pytest.mark.parametrize("size", [256, 128 * 1024, 4 * 1024**2])
def test_stretches_arrive_whole_and_in_order(line: tuple[SocketType, socket], chunks: bool, size: int) -> None:
    sock, reader = line
    plain = b"".join(part for stretch in told(size) for part in stretch)
    expected = b"%X\r\n%b\r\n" % (len(plain), plain) if chunks else plain
    with ThreadPoolExecutor(1) as crew:
        reading = crew.submit(read, reader, len(expected))
        answer(sock, chunks)(told(size), SECONDS)
        assert reading.result(SECONDS) == expected


def test_a_reader_that_takes_nothing_is_waited_for_so_long(line: tuple[SocketType, socket]) -> None:
    with pytest.raises(TimeoutError):
        answer(line[0], chunks=True)(told(4 * 1024**2), 0.1)


def test_a_reader_that_has_gone_is_an_error(line: tuple[SocketType, socket]) -> None:
    line[1].close()
    with pytest.raises(BrokenPipeError):
        answer(line[0], chunks=True)(told(256), SECONDS)


def test_a_connection_that_was_closed_here_is_an_error(line: tuple[SocketType, socket]) -> None:
    sending = answer(line[0], chunks=True)
    line[0].close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        sending(told(256), SECONDS)


def test_behind_other_servers_nothing_goes_past_them() -> None:
    assert direct_answer.of({}) is None
    assert direct_answer.of({direct_answer.ANSWER: Framed(True)}) is None
