"""Request bodies: the plain stream of any server, and the fast ways past gunicorn's buffers.

Owns that every byte is counted and that a fast client starves nobody; what the bytes mean is for the views.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gevent.socket import SocketType
from gunicorn.http.body import Body as GunicornBody
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import ChunkMissingTerminator, NoMoreData, ParseException

from packetpost import threads
from packetpost.errors import BadRequest, ClientGone
from packetpost.protocols import Body, Keeper
from packetpost.web.http.request_log import visit_of
from packetpost.web.serving import splice
from packetpost.web.serving.client_timeouts import PatientSocket, wait_for_bytes

# A client that brings a quantum at once is fast: from then on its bytes move in gevent's thread pool, a job at a time,
# and everybody else is served meanwhile.
QUANTUM = 256 * 1024
_JOB = 8 * 1024**2

# Told of every byte that was taken, as it comes.
Count = Callable[[int], None]


def body_of(environ: dict[str, Any]) -> Body:  # WSGI's environ holds anything
    """The body of this request. To be asked for once a request, before anything has read from `wsgi.input`."""
    stream, sock = environ["wsgi.input"], environ.get("gunicorn.socket")
    visit = visit_of(environ)
    visit.begin("upload")
    if isinstance(stream, GunicornBody) and isinstance(sock, SocketType) and not stream.buf.tell():
        if type(stream.reader) is LengthReader:
            return SocketBody(stream, sock, visit.took)
        if type(stream.reader) is ChunkedReader and not stream.reader.buf.tell():
            return ChunkedBody(stream, sock, visit.took)
    return PlainBody(environ, visit.took)


class SocketBody:
    """A body of announced length behind gunicorn, read from the connection's socket itself.

    gunicorn's `LengthReader.length` is kept in step with every byte taken, so that gunicorn finds the next request
    where it starts. After an error it is told not to look for one.
    """

    def __init__(self, stream: GunicornBody, sock: SocketType, count: Count) -> None:
        self._stream, self._reader, self._sock, self._count = stream, stream.reader, sock, count

    @property
    def length(self) -> int:
        return int(self._reader.length)

    def read(self, size: int) -> bytes:
        with _failing(self._stream):
            if not self.length:
                return b""
            if type(self._sock) is SocketType and not self._reader.unreader.buf.tell():
                # Also when bytes are there already: only a look at the sockets lets other requests go first.
                wait_for_bytes(self._sock, None)
            return self._buffered(size) or self._received(size, None)

    def copy_to(self, fd: int, limit: int, keeper: Keeper) -> int:
        with _failing(self._stream):
            if type(self._sock) is not SocketType:  # TLS: the kernel has only sealed bytes
                return _pump(lambda most: self._buffered(most) or self._received(most, keeper), fd, limit, keeper)
            piece = self._buffered(limit)
            if piece:
                splice.write_all(fd, piece)
                keeper.wrote(len(piece))
            return len(piece) + self._move(fd, limit - len(piece), keeper)

    def _buffered(self, most: int) -> bytes:
        """What gunicorn read ahead while it looked for the end of the head. The next request's bytes stay there."""
        unreader = self._reader.unreader
        ahead: bytes = unreader.take_buffered()
        piece = ahead[: min(most, self.length)]
        unreader.unread(ahead[len(piece) :])
        self._took(len(piece))
        return piece

    def _took(self, count: int) -> None:
        self._reader.length -= count
        self._count(count)

    def _received(self, most: int, keeper: Keeper | None) -> bytes:
        if not self.length:
            return b""
        piece = PatientSocket(self._sock, keeper).recv(min(most, self.length))
        self._took(len(piece))
        if not piece:
            raise ClientGone
        return piece

    def _move(self, fd: int, limit: int, keeper: Keeper) -> int:
        """Slow clients are served right here, fast ones in the thread pool."""
        source, count = self._sock.fileno(), 0
        fast = idle = False
        while most := min(limit - count, self.length):
            # Never after the last byte: the client has nothing more to say then.
            if idle:
                wait_for_bytes(self._sock, keeper)
            if fast:
                moved = threads.run(splice.move, source, fd, min(most, _JOB))
            else:
                moved = splice.move(source, fd, min(most, QUANTUM))
            self._took(moved.count)
            count += moved.count
            if moved.count:
                keeper.wrote(moved.count)
            if moved.error:
                raise moved.error
            if moved.gone:
                raise ClientGone
            fast = moved.count >= QUANTUM
            idle = moved.dry or not fast
        return count


class ChunkedBody:
    """A chunked body behind gunicorn (RFC 9112 section 7.1): its own parser, piece by piece as they arrive.

    A client that stops in the middle of a chunk's framing keeps nothing from being stored, since framing is no bytes.
    """

    length = None

    def __init__(self, stream: GunicornBody, sock: SocketType, count: Count) -> None:
        self._stream, self._reader, self._sock, self._count = stream, stream.reader, sock, count
        self._pending = b""

    def read(self, size: int) -> bytes:
        return self._next(size, None)

    def copy_to(self, fd: int, limit: int, keeper: Keeper) -> int:
        return _pump(lambda most: self._next(most, keeper), fd, limit, keeper)

    def _next(self, most: int, keeper: Keeper | None) -> bytes:
        while not self._pending and self._reader.parser:
            with _failing(self._stream), self._patient(keeper):
                try:
                    self._pending = next(self._reader.parser)
                    self._count(len(self._pending))
                except StopIteration:
                    self._reader.parser = None  # as gunicorn's reader itself does at the end
        piece, self._pending = self._pending[:most], self._pending[most:]
        return piece

    @contextmanager
    def _patient(self, keeper: Keeper | None) -> Iterator[None]:
        unreader = self._reader.req.unreader
        unreader.sock = PatientSocket(self._sock, keeper)
        try:
            yield
        except (NoMoreData, ChunkMissingTerminator) as error:
            raise ClientGone from error
        except ParseException as error:
            raise BadRequest("The chunks of the body are malformed.") from error
        finally:
            unreader.sock = self._sock


class PlainBody:
    """Any server's `wsgi.input`, for the development server, the test client and other WSGI servers.

    It cannot give the lock away while a client is silent, nor give up on one, and what the server had buffered when
    the client left is lost: all of that is up to the server here.
    """

    def __init__(self, environ: dict[str, Any], count: Count) -> None:  # WSGI's environ holds anything
        self._stream, self._count = environ["wsgi.input"], count
        announced = environ.get("CONTENT_LENGTH")
        self._left = int(announced) if announced else None if environ.get("wsgi.input_terminated") else 0

    @property
    def length(self) -> int | None:
        return self._left

    def read(self, size: int) -> bytes:
        most = size if self._left is None else min(size, self._left)
        try:
            piece: bytes = self._stream.read(most) if most else b""
        except (OSError, ParseException) as error:
            raise ClientGone from error
        self._count(len(piece))
        if self._left is not None:
            self._left -= len(piece)
            if most and not piece:
                raise ClientGone
        return piece

    def copy_to(self, fd: int, limit: int, keeper: Keeper) -> int:
        return _pump(self.read, fd, limit, keeper)


def _pump(take: Callable[[int], bytes], fd: int, limit: int, keeper: Keeper) -> int:
    """Write what `take` brings. Once a quantum the write goes through the thread pool, so that others have a turn."""
    count = since_turn = 0
    while count < limit and (piece := take(min(limit - count, QUANTUM))):
        since_turn += len(piece)
        if since_turn >= QUANTUM:
            threads.run(splice.write_all, fd, piece)
            since_turn = 0
        else:
            splice.write_all(fd, piece)
        count += len(piece)
        keeper.wrote(len(piece))
    return count


@contextmanager
def _failing(stream: GunicornBody) -> Iterator[None]:
    """After any error gunicorn must close the connection: file bytes must not pass for the next request."""
    try:
        yield
    except BaseException:
        stream.failed = True
        raise
