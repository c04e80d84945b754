"""Bytes from a socket to a file: counted to the last, whatever goes wrong on the way."""

import errno
import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetpost.web.serving import splice
from tests.support.bytes_server import bytes_of


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection over the loopback: the client's end, and the server's, which does not block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        served, _ = listener.accept()
    served.setblocking(False)
    with client, served:
        yield client, served


Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def no_pipe(flags: int) -> tuple[int, int]:
    raise OSError(errno.EMFILE, "no more descriptors")


@pytest.fixture(params=["splice", "copy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With a pipe, and where no pipe is to be had."""
    if request.param == "copy":
        monkeypatch.setattr(splice, "_idle", [])
        monkeypatch.setattr(os, "pipe2", no_pipe)
    return str(request.param)


def move(served: socket.socket, file: int, most: int) -> splice.Moved:
    return splice.move(served.fileno(), file, most)


def test_what_the_socket_holds_is_moved_and_then_it_is_dry(ends: Ends, file: int, way: str) -> None:
    ends[0].sendall(b"bytes")
    assert move(ends[1], file, 100) == splice.Moved(5, splice.Source.DRY)
    assert os.pread(file, 100, 0) == b"bytes"


def test_no_more_than_asked_for_is_taken(ends: Ends, file: int, way: str) -> None:
    ends[0].sendall(b"bytes and more")
    assert move(ends[1], file, 5) == splice.Moved(5)
    assert ends[1].recv(100) == b" and more"


def test_the_end_of_the_stream_is_told_with_what_came_before(ends: Ends, file: int, way: str) -> None:
    ends[0].sendall(b"last")
    ends[0].shutdown(socket.SHUT_WR)
    assert move(ends[1], file, 100) == splice.Moved(4, splice.Source.GONE)


def test_a_reset_is_a_client_that_left(ends: Ends, file: int, way: str) -> None:
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ends[0].close()
    assert move(ends[1], file, 100) == splice.Moved(0, splice.Source.GONE)


def test_what_fits_on_a_full_disk_is_kept_and_counted(ends: Ends, file: int, way: str, tmp_path: Path) -> None:
    body = bytes_of(100_000)
    ends[0].sendall(body)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        moved = move(ends[1], file, len(body))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert moved.error
    assert moved.error.errno == errno.EFBIG
    assert moved.count == 50_000
    assert (tmp_path / "file").read_bytes() == body[:50_000]


def test_a_file_that_cannot_be_spliced_into_is_written(ends: Ends, tmp_path: Path, way: str) -> None:
    body = bytes_of(30_000)
    ends[0].sendall(body)
    file = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT | os.O_APPEND)  # splice(2): EINVAL
    moved = move(ends[1], file, len(body))
    os.close(file)
    assert moved == splice.Moved(len(body))
    assert (tmp_path / "file").read_bytes() == body


def test_bytes_that_could_not_be_written_never_get_into_the_next_file(ends: Ends, file: int) -> None:
    ends[0].sendall(b"lost")
    full = os.open("/dev/full", os.O_WRONLY)
    moved = move(ends[1], full, 100)
    os.close(full)
    assert moved.error
    assert moved.error.errno == errno.ENOSPC
    ends[0].sendall(b"next")
    assert move(ends[1], file, 100) == splice.Moved(4, splice.Source.DRY)
    assert os.pread(file, 100, 0) == b"next"


def test_pipes_are_used_again(ends: Ends, file: int) -> None:
    move(ends[1], file, 100)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        move(ends[1], file, 100)
    assert len(os.listdir("/proc/self/fd")) == before
