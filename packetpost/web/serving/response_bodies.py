"""Response bodies: a slice of a stored file, sent by sendfile(2), also while the file is still growing.

Owns how bytes leave and that one answer starves nobody; who may have them and what counts is for `downloads`.
"""

import errno
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from socket import MSG_PEEK
from typing import BinaryIO

from gevent.socket import SocketType

from packetpost import threads
from packetpost.errors import Problem
from packetpost.protocols import Stored
from packetpost.web.http.request_log import record_of
from packetpost.web.serving import client_timeouts, gunicorn_internals
from packetpost.web.serving.client_timeouts import writable
from packetpost.web.serving.sendfile import corked, send, send_on

log = logging.getLogger(__name__)

# As in `request_bodies`: who takes a quantum at once is fast, and is served in gevent's thread pool from then on.
_QUANTUM = 256 * 1024
_JOB = 8 * 1024**2
# A follower waits this long for a new byte. Seconds, as all below.
GROWTH = 300.0
# Whoever waits looks this often whether the file was deleted or the client has left.
LOOK = 5.0
_SIGN_OF_LIFE = 15.0


@dataclass(frozen=True, slots=True)
class Slice:
    """`count` bytes from `start` of a stored file, some of which may still have to arrive.

    `finished` is called once, when the answer ended: True if the last byte was handed to the kernel. `moving` is called
    every 15 s while bytes flow or are waited for. `gave` is told of bytes that were handed to the kernel. `stored` is
    closed at the end.
    """

    stored: Stored
    start: int
    count: int
    finished: Callable[[bool], None]
    moving: Callable[[], None]
    gave: Callable[[int], None] = lambda _: None


def wsgi_body(environ: dict[str, object], piece: Slice) -> Iterable[bytes]:
    """The response body for a slice; its `Content-Length` must be the slice's count. To be closed, as PEP 3333 says.

    When the file is deleted, does not grow for `GROWTH`, or the client takes nothing for `client_timeouts.SILENCE`, the
    connection breaks (ConnectionResetError), so that no client takes a part for the whole.
    """
    sock = gunicorn_internals.connection_of(environ)
    source = SliceFile(piece, record_of(environ).gave, sock)
    wrap = environ.get("wsgi.file_wrapper")
    if sock and callable(wrap) and piece.stored.fileno() is not None:
        wrapped: Iterable[bytes] = wrap(source, _QUANTUM)
        return wrapped
    return source


class SliceFile:
    """A slice as a file: gunicorn hands it to `socket.sendfile`, and reads it where that cannot be (TLS)."""

    def __init__(self, piece: Slice, count: Callable[[int], None], client: SocketType | None = None) -> None:
        """`count` is told of every byte that was sent, as it goes; `client` is the connection, where it is known."""
        self._slice, self._stored, self._count = piece, piece.stored, count
        self._client = client if client and gunicorn_internals.is_plain(client) else None
        self._offset, self._end = piece.start, piece.start + piece.count
        self._complete = self._closed = False
        self._read = 0  # bytes of the last read, which are sent when there is another one
        self._signed = time.monotonic()

    def fileno(self) -> int:
        # gunicorn asks before it sends the head, and then for nothing more if the slice is empty.
        self._complete = self._offset == self._end
        fd = self._stored.fileno()
        assert fd is not None  # `wsgi_body` lets gunicorn have files only
        return fd

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; b'' after the last one, which the server has sent by then."""
        self._slice.gave(self._read)
        self._read = 0
        if self._offset == self._end:
            self._complete = True
            return b""
        try:
            most = min(size, self._wait_for_growth(self._client))
            piece = self._stored.read_at(self._offset, most)
        except Problem as error:
            log.warning("a download broke off: %s", error)
            raise _broken("the store does not give the bytes") from error
        self._went(len(piece))
        self._read = len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(_QUANTUM):
            yield piece

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                self._stored.close()
            finally:
                self._slice.finished(self._complete)

    def send_to(self, sock: SocketType) -> int:
        """Send all of it by sendfile(2) and return how many bytes that were. Raises ConnectionResetError."""
        with corked(sock) if self._stored.size() >= self._end else nullcontext():
            self._send_all(sock)
        self._complete = True
        return self._slice.count

    def _send_all(self, sock: SocketType) -> None:
        source, fast = self.fileno(), False
        while self._offset < self._end:
            most = self._wait_for_growth(sock)
            step = (sock.fileno(), source, self._offset, min(most, _JOB if fast else _QUANTUM))
            sent, full = threads.run(send_on, *step) if fast else send(*step)
            self._slice.gave(sent)
            self._went(sent, may_be_none=full)
            fast = sent >= _QUANTUM
            if self._offset < self._end and (full or not fast):
                self._wait_for_room(sock)

    def _went(self, count: int, may_be_none: bool = False) -> None:
        if not count and not may_be_none:
            raise _broken("the file is shorter than it was")
        self._offset += count
        self._count(count)
        self._sign()

    def _sign(self) -> None:
        if time.monotonic() - self._signed > _SIGN_OF_LIFE:
            self._slice.moving()
            self._signed = time.monotonic()

    def _wait_for_growth(self, sock: SocketType | None) -> int:
        """How many bytes can be sent now: at least one."""
        deadline = time.monotonic() + GROWTH
        while (ready := min(self._stored.size(), self._end) - self._offset) <= 0:
            if self._stored.gone() or time.monotonic() > deadline or (sock and _has_left(sock)):
                raise _broken("the file grows no more, or nobody waits for it")
            self._stored.wait(self._offset, min(LOOK, GROWTH))
            self._sign()  # who waits for the sender still holds a download
        if self._stored.gone():
            raise _broken("the file was deleted")
        return ready

    def _wait_for_room(self, sock: SocketType) -> None:
        deadline = time.monotonic() + client_timeouts.SILENCE
        while not writable(sock, min(LOOK, client_timeouts.SILENCE)):
            if self._stored.gone() or time.monotonic() > deadline:
                raise _broken("the file was deleted, or the client takes nothing")


def install_sendfile() -> None:
    """Let gevent's sockets use sendfile(2), once a process: theirs is `read(8192)` and `send` (0.65 GiB/s, not 2.8)."""
    gunicorn_internals.replace_sendfile(_send_file)


def _send_file(sock: SocketType, file: BinaryIO | SliceFile, offset: int, count: int | None) -> int:
    if isinstance(file, SliceFile):
        return file.send_to(sock)
    static = _Static(file.fileno())
    rest = max(0, static.size() - offset)
    whole = Slice(static, offset, rest if count is None else min(count, rest), lambda _: None, lambda: None)
    return SliceFile(whole, lambda _: None).send_to(sock)


class _Static:
    """The `Stored` of a file that does not grow and may be replaced at any time, such as a style sheet."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def gone(self) -> bool:
        return False

    def wait(self, beyond: int, timeout: float) -> bool:
        raise _broken("the file is shorter than it was")

    def read_at(self, offset: int, size: int) -> bytes:
        return threads.run(os.pread, self._fd, size, offset)

    def close(self) -> None: ...


def _has_left(sock: SocketType) -> bool:
    """Whether the client closed its side while it waits for more. A half-closed one counts as gone, as in nginx."""
    sock.settimeout(0.0)
    try:
        return not sock.recv(1, MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(None)


def _broken(reason: str) -> ConnectionResetError:
    # gunicorn takes this errno for the client's doing: it closes the connection and logs no error.
    return ConnectionResetError(errno.ECONNRESET, reason)
