"""Request bodies: the plain stream of any server, and the fast ways past gunicorn's buffers.

Owns that every byte is counted and that a fast client starves nobody; what the bytes mean is for the views.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from gevent.socket import SocketType

from packetpost import threads
from packetpost.errors import ClientGone, LengthNeeded
from packetpost.inputs import whole_number
from packetpost.protocols import Body, WriteObserver
from packetpost.web.http.request_log import record_of
from packetpost.web.serving import gunicorn_internals, splice
from packetpost.web.serving.client_timeouts import TimeoutSocket, wait_for_bytes
from packetpost.web.serving.gunicorn_internals import ChunkFraming, LengthFraming

# A client that brings a quantum at once is fast: from then on its bytes move in gevent's thread pool, a job at a time,
# and everybody else is served meanwhile.
QUANTUM = 256 * 1024
_JOB = 8 * 1024**2
# Where bytes are read one after the other right here, others have their turn after so many: less than a millisecond.
_TURN = 1024**2

# Told of every byte that was taken, as it comes.
Count = Callable[[int], None]


def body_of(environ: dict[str, Any]) -> Body:  # WSGI's environ holds anything
    """The body of this request. To be asked for once a request, before anything has read from `wsgi.input`.

    Raises LengthNeeded where it would end with the connection, as HTTP/1.0 allows: nobody could tell half of it from
    the whole, and gunicorn reads none of it.
    """
    framed = environ.get("CONTENT_LENGTH") or _is_chunked(environ)
    if not framed and (environ.get("SERVER_PROTOCOL") == "HTTP/1.0" or environ.get("REQUEST_METHOD") == "PUT"):
        raise LengthNeeded
    record = record_of(environ)
    record.begin("upload")
    return counted_body_of(environ, record.took)


def counted_body_of(environ: dict[str, Any], count: Count) -> Body:  # likewise
    """The same for bytes that nobody uploads: only `count` is told of them."""
    sock = gunicorn_internals.connection_of(environ)
    framing = gunicorn_internals.framing_of(environ) if sock else None
    if sock and isinstance(framing, LengthFraming):
        return SocketBody(framing, sock, count)
    if sock and isinstance(framing, ChunkFraming):
        return ChunkedBody(framing, sock, count)
    return PlainBody(environ, count)


def _is_chunked(environ: dict[str, Any]) -> bool:  # likewise
    return "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()


class _Pace(Enum):
    """How the next step is done, which the last one decides."""

    FIRST = "at once, right here: a look at what has come with the head"
    SLOW = "once there are bytes, right here"
    FAST = "at once, in the thread pool"
    FAST_BUT_DRY = "once there are bytes, in the thread pool"

    @property
    def waits(self) -> bool:
        return self in (_Pace.SLOW, _Pace.FAST_BUT_DRY)

    @property
    def in_pool(self) -> bool:
        return self in (_Pace.FAST, _Pace.FAST_BUT_DRY)


class SocketBody:
    """A body of announced length behind gunicorn, read from the connection's socket itself.

    gunicorn is told of every byte taken, so that it finds the next request where that starts. After an error it is told
    not to look for one.
    """

    def __init__(self, framing: LengthFraming, sock: SocketType, count: Count) -> None:
        self._framing, self._sock, self._count = framing, sock, count
        self._since_look = 0

    @property
    def length(self) -> int:
        return self._framing.left

    def read(self, size: int) -> bytes:
        with _failing(self._framing):
            if not self.length:
                return b""
            if self._framing.has_read_ahead():
                return self._buffered(size)
            if gunicorn_internals.is_plain(self._sock):
                return self._read(min(size, self.length))
            return self._received(size, None)

    def _read(self, most: int) -> bytes:
        """From the plain socket, at most a turn without waiting: only a look at all sockets lets other requests go."""
        if self._since_look >= _TURN:
            self._look()
        while True:
            try:
                piece = os.read(self._sock.fileno(), most)
                break
            except BlockingIOError:
                self._look()
            except OSError as error:
                raise ClientGone from error
        if not piece:
            raise ClientGone
        self._since_look += len(piece)
        self._took(len(piece))
        return piece

    def _look(self) -> None:
        wait_for_bytes(self._sock, None)
        self._since_look = 0

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        with _failing(self._framing):
            if not gunicorn_internals.is_plain(self._sock):
                return _pump(lambda most: self._buffered(most) or self._received(most, observer), fd, limit, observer)
            piece = self._buffered(limit)
            if piece:
                splice.write_all(fd, piece)
                observer.wrote(len(piece))
            return len(piece) + self._move(fd, limit - len(piece), observer)

    def _buffered(self, most: int) -> bytes:
        piece = self._framing.read_ahead(most)
        self._count(len(piece))
        return piece

    def _took(self, count: int) -> None:
        self._framing.took(count)
        self._count(count)

    def _received(self, most: int, observer: WriteObserver | None) -> bytes:
        if not self.length:
            return b""
        piece = TimeoutSocket(self._sock, observer).recv(min(most, self.length))
        self._took(len(piece))
        if not piece:
            raise ClientGone
        return piece

    def _move(self, fd: int, limit: int, observer: WriteObserver) -> int:
        """Slow clients are served right here, fast ones in the thread pool."""
        stored, pace = 0, _Pace.FIRST
        # Nothing is waited for after the last byte: the client has nothing more to say then.
        while most := min(limit - stored, self.length):
            if pace.waits:
                wait_for_bytes(self._sock, observer)
            count, pace = self._step(fd, most, pace, observer)
            stored += count
        return stored

    def _step(self, fd: int, most: int, pace: _Pace, observer: WriteObserver) -> tuple[int, _Pace]:
        """Store what the socket holds now: how many bytes that was, and how to go on. Raises ClientGone, OSError."""
        source = self._sock.fileno()
        if pace.in_pool:
            moved = threads.run(splice.move, source, fd, min(most, _JOB))
        else:
            moved = splice.move(source, fd, min(most, QUANTUM))
        self._took(moved.count)
        if moved.count:
            observer.wrote(moved.count)
        if moved.error:
            raise moved.error
        if moved.source is splice.Source.GONE:
            raise ClientGone
        if moved.count < QUANTUM:
            return moved.count, _Pace.SLOW
        return moved.count, _Pace.FAST_BUT_DRY if moved.source is splice.Source.DRY else _Pace.FAST


class ChunkedBody:
    """A chunked body behind gunicorn (RFC 9112 section 7.1): its own parser, piece by piece as they arrive.

    A client that stops in the middle of a chunk's framing keeps nothing from being stored, since framing is no bytes.
    """

    length = None

    def __init__(self, framing: ChunkFraming, sock: SocketType, count: Count) -> None:
        self._framing, self._sock, self._count = framing, sock, count
        self._pending = b""

    def read(self, size: int) -> bytes:
        return self._next(size, None)

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        return _pump(lambda most: self._next(most, observer), fd, limit, observer)

    def _next(self, most: int, observer: WriteObserver | None) -> bytes:
        while not self._pending and not self._framing.ended():
            with _failing(self._framing), self._framing.reading_from(TimeoutSocket(self._sock, observer)):
                self._pending = self._framing.next_piece()
            self._count(len(self._pending))
        piece, self._pending = self._pending[:most], self._pending[most:]
        return piece


class PlainBody:
    """Any server's `wsgi.input`, for the development server, the test client and other WSGI servers.

    It cannot give the lock away while a client is silent, nor give up on one, and what the server had buffered when
    the client left is lost: all of that is up to the server here.
    """

    def __init__(self, environ: dict[str, Any], count: Count) -> None:  # WSGI's environ holds anything
        self._stream, self._count = environ["wsgi.input"], count
        announced = environ.get("CONTENT_LENGTH")
        self._left = None if not announced and environ.get("wsgi.input_terminated") else whole_number(announced or "0")

    @property
    def length(self) -> int | None:
        return self._left

    def read(self, size: int) -> bytes:
        most = size if self._left is None else min(size, self._left)
        try:
            piece: bytes = self._stream.read(most) if most else b""
        except gunicorn_internals.BROKEN_BODY as error:
            raise ClientGone from error
        self._count(len(piece))
        if self._left is not None:
            self._left -= len(piece)
            if most and not piece:
                raise ClientGone
        return piece

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        return _pump(self.read, fd, limit, observer)


def _pump(receive: Callable[[int], bytes], fd: int, limit: int, observer: WriteObserver) -> int:
    """Write what `receive` brings, once a quantum through the thread pool, so that others have a turn."""
    count = since_turn = 0
    while count < limit and (piece := receive(min(limit - count, QUANTUM))):
        since_turn += len(piece)
        if since_turn >= QUANTUM:
            threads.run(splice.write_all, fd, piece)
            since_turn = 0
        else:
            splice.write_all(fd, piece)
        count += len(piece)
        observer.wrote(len(piece))
    return count


@contextmanager
def _failing(framing: LengthFraming | ChunkFraming) -> Iterator[None]:
    """After any error gunicorn must close the connection: file bytes must not pass for the next request."""
    try:
        yield
    except BaseException:
        framing.fail()
        raise
