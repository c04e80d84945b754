"""What gunicorn and gevent promise to nobody and we use all the same: every touch of it is in this module.

Read in the versions of `READ_IN`. When a later one has lost or changed a part, a test of
`tests/serving/test_gunicorn_internals.py` names the part and says what to do. Owns where the parts are; what is done
with them, and why, is for `worker`, `request_bodies`, `response_bodies` and `unread_body`.
"""

import os
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from gevent.socket import SocketType
from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.errors import ChunkMissingTerminator, NoMoreData, ParseException
from gunicorn.http.wsgi import Response
from gunicorn.workers.ggevent import GeventWorker

from packetpost.errors import BadRequest, ClientGone

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

READ_IN = {"gunicorn": "27.0.1", "gevent": "26.9.0"}

# gunicorn's `wsgi.input`. Its `failed` means: where the next request starts is unknown, so close after the answer.
RequestStream: TypeAlias = Body
# What reading a `RequestStream` raises where the client leaves or breaks the rules.
BROKEN_BODY = (OSError, ParseException)


def connection_of(environ: dict[str, Any]) -> SocketType | None:  # WSGI's environ holds anything
    """The connection's own socket, TLS or not; None behind any other server."""
    sock = environ.get("gunicorn.socket")
    return sock if isinstance(sock, SocketType) else None


def local_address(environ: dict[str, Any]) -> tuple[str, int] | None:  # likewise
    """Host and port of our own end of the connection; None of a Unix socket's, or behind any other server."""
    sock = connection_of(environ)
    own = sock.getsockname() if sock else None
    return (own[0], own[1]) if isinstance(own, tuple) else None


def is_plain(sock: SocketType) -> bool:
    """Whether the kernel has the very bytes of HTTP. Of TLS it has only sealed ones."""
    return type(sock) is SocketType


# Request bodies.


def framing_of(environ: dict[str, Any]) -> "LengthFraming | ChunkFraming | None":  # WSGI's environ holds anything
    """How the body of this request ends; None where something was read, or gunicorn does not parse HTTP/1 itself."""
    stream = environ["wsgi.input"]
    if not isinstance(stream, Body) or stream.buf.tell():
        return None
    if type(stream.reader) is LengthReader:
        return LengthFraming(stream)
    if type(stream.reader) is ChunkedReader and not stream.reader.buf.tell():
        return ChunkFraming(stream)
    return None


class LengthFraming:
    """A body of announced length. gunicorn finds the next request where `left` says that this one ends."""

    def __init__(self, stream: RequestStream) -> None:
        self._stream, self._reader, self._unreader = stream, stream.reader, stream.reader.unreader

    @property
    def left(self) -> int:
        return int(self._reader.length)

    def took(self, count: int) -> None:
        """So many bytes were read from the socket itself."""
        self._reader.length -= count

    def has_read_ahead(self) -> bool:
        return bool(self._unreader.buf.tell())

    def read_ahead(self, most: int) -> bytes:
        """What gunicorn read ahead while it looked for the end of the head. The next request's bytes stay there."""
        ahead: bytes = self._unreader.take_buffered()
        piece = ahead[: min(most, self.left)]
        self._unreader.unread(ahead[len(piece) :])
        self._reader.length -= len(piece)
        return piece

    def fail(self) -> None:
        close_after(self._stream)


class ChunkFraming:
    """A chunked body (RFC 9112 section 7.1), by gunicorn's own parser, piece by piece as they arrive."""

    def __init__(self, stream: RequestStream) -> None:
        self._stream, self._reader = stream, stream.reader

    def ended(self) -> bool:
        return not self._reader.parser

    def next_piece(self) -> bytes:
        """The next bytes, b'' at the end. Raises ClientGone, BadRequest."""
        try:
            piece: bytes = next(self._reader.parser)
        except StopIteration:
            self._reader.parser = None  # as gunicorn's reader itself does at the end
            return b""
        except (NoMoreData, ChunkMissingTerminator) as error:
            raise ClientGone from error
        except ParseException as error:
            raise BadRequest("The chunks of the body are malformed.") from error
        return piece

    @contextmanager
    def reading_from(self, source: object) -> Iterator[None]:
        """Let the parser call `source.recv` in place of its socket's."""
        unreader = self._reader.req.unreader
        own, unreader.sock = unreader.sock, source
        try:
            yield
        finally:
            unreader.sock = own

    def fail(self) -> None:
        close_after(self._stream)


# Bodies that nobody read.


def stream_of(req: Any) -> RequestStream:  # gunicorn's request, as its hooks get it
    """The body of a request as gunicorn's hooks get it."""
    return req.body


def is_framed(stream: RequestStream) -> bool:
    """Whether the body is HTTP/1's. HTTP/2 counts its own bytes."""
    return type(stream.reader) in (LengthReader, ChunkedReader)


def announced_left(stream: RequestStream) -> int | None:
    """Bytes of the body that gunicorn still expects; None where it is chunked."""
    return int(stream.reader.length) if type(stream.reader) is LengthReader else None


def closes_after(stream: RequestStream) -> bool:
    """Whether the connection will be closed after the answer, whatever is left of the body."""
    return bool(stream.failed)


def close_after(stream: RequestStream) -> None:
    """Tell gunicorn not to look for another request on this connection."""
    stream.failed = True


# Answers.


def has_begun(resp: Any) -> bool:  # gunicorn's response, None where the request never got as far as that
    """Whether the answer's head was sent."""
    return resp is not None and bool(resp.headers_sent)


def announce_close(start_response: "StartResponse") -> None:
    """`Connection: close`, which apps cannot set (PEP 3333). `start_response` is a method of gunicorn's response."""
    start_response.__self__.force_close()  # type: ignore[attr-defined]


def answer_of(start_response: "StartResponse") -> "Answer | None":
    """gunicorn's answer over HTTP/1; None of any other server, or of HTTP/2, which frames its bytes otherwise."""
    response = getattr(start_response, "__self__", None)
    return Answer(response) if type(response) is Response else None


class Answer:
    """An answer whose body may be sent past gunicorn, once its head has gone."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def in_chunks(self) -> bool:
        """Whether each part is to go as a chunk (RFC 9112 section 7.1); known when the answer has begun."""
        return bool(self._response.chunked)


def replace_sendfile(send_file: Callable[[SocketType, BinaryIO, int, int | None], int]) -> None:
    """Let gevent's plain sockets send regular files by `send_file(sock, file, offset, count)`."""
    gevents_own = SocketType.sendfile  # type: ignore[attr-defined]  # the stubs do not know it

    def sendfile(self: SocketType, file: BinaryIO, offset: int = 0, count: int | None = None) -> int:
        if isinstance(self, ssl.SSLSocket) or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            sent: int = gevents_own(self, file, offset, count)
            return sent
        return send_file(self, file, offset, count)

    SocketType.sendfile = sendfile  # type: ignore[attr-defined]


# The worker.


class WatchedWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's gevent worker, which tells of each connection and each request. `alive` is False once it is to end."""

    def connection_opened(self, sock: SocketType, addr: Any) -> Any:  # a tuple, or a text (Unix socket)
        """Returns the address under which the client is to be known."""
        raise NotImplementedError

    def may_hold(self, addr: Any) -> str | None:  # likewise
        """For whom a new connection counts; None where it is to be refused."""
        raise NotImplementedError

    def connection_refused(self, sock: SocketType) -> None:
        raise NotImplementedError

    def connection_closed(self, sock: SocketType, holder: str) -> None:
        raise NotImplementedError

    def request_began(self, sock: SocketType) -> None:
        raise NotImplementedError

    def request_ended(self, sock: SocketType) -> None:
        raise NotImplementedError

    def handle(self, listener: SocketType, client: SocketType, addr: Any) -> None:
        holder = self.may_hold(addr)
        if holder is None:
            self.connection_refused(client)
            client.close()
            return
        addr = self.connection_opened(client, addr)
        try:
            super().handle(listener, client, addr)
        finally:
            self.connection_closed(client, holder)

    def handle_request(self, listener_name: Any, req: Any, sock: SocketType, addr: Any) -> None:
        self.request_began(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            self.request_ended(sock)


def wrap_app(worker: GeventWorker, wrapper: "Callable[[WSGIApplication], WSGIApplication]") -> None:
    """Put something around the app that this worker has loaded."""
    worker.wsgi = wrapper(worker.wsgi)


def loaded_app(worker: GeventWorker) -> Any:  # what the wrapper made
    """The app with what `wrap_app` put around it; None before it is loaded."""
    return getattr(worker, "wsgi", None)
