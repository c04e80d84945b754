"""What to do with a request body that nobody read: swallow a little, or close so that the client still gets its answer.

gunicorn alone would read it to its end in small steps without letting others go on: a refused upload of 1 GiB blocked
its worker for 29 s, until the master killed it with every transfer in it.
"""

import time
from socket import MSG_TRUNC, SHUT_WR
from typing import TYPE_CHECKING

from gevent import Timeout
from gevent.socket import SocketType
from gunicorn.http.body import Body as GunicornBody
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import ParseException

from packetpost.web.serving.client_timeouts import readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Up to so many bytes it is cheaper to read on than to make the client connect again.
_SWALLOWED = 64 * 1024
# A client that keeps sending is listened to for so long, in seconds, and so many bytes: time to read the answer.
_LINGER = 2.0
_LINGER_BYTES = 64 * 1024**2
# With MSG_TRUNC the kernel throws the bytes away itself and nothing is written here, so that all may share it.
_NOWHERE = bytearray(1024**2)


def settle(stream: GunicornBody, sock: SocketType) -> None:
    """After the answer: leave a connection on which the next request can be found, or close it."""
    if type(stream.reader) not in (LengthReader, ChunkedReader):
        return  # HTTP/2 counts its own bytes
    if type(stream.reader) is LengthReader and not stream.reader.length and not stream.failed:
        return
    if stream.failed or not _swallow(stream):
        stream.failed = True  # tells gunicorn not to look for another request
        _linger(sock)


def is_much(stream: GunicornBody) -> bool:
    """Whether so much is unread, as far as one can tell before reading, that the connection will be closed."""
    reader = stream.reader
    return type(reader) in (LengthReader, ChunkedReader) and bool(
        stream.failed or getattr(reader, "length", 0) > _SWALLOWED
    )


class Announcing:
    """The app, with `Connection: close` on answers after which the connection will be closed (RFC 9112 9.6)."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        def start(status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None) -> object:
            if is_much(environ["wsgi.input"]):
                # The bound method of gunicorn's response: apps cannot set headers of the connection (PEP 3333).
                start_response.__self__.force_close()  # type: ignore[attr-defined]
            return start_response(status, headers, exc_info)

        return self.app(environ, start)  # type: ignore[arg-type]  # gunicorn's `write` is passed on as it is


def _swallow(stream: GunicornBody) -> bool:
    """Read the rest if it is small; False if it is not, or does not come."""
    if is_much(stream):
        return False
    try:
        with Timeout(_LINGER):
            rest = stream.read(_SWALLOWED + 1)
    except (Timeout, OSError, ParseException):
        return False
    return len(rest) <= _SWALLOWED


def _linger(sock: SocketType) -> None:
    """Half-close and throw away what still comes. Else a reset could overtake the answer (RFC 9112 9.6)."""
    deadline, left = time.monotonic() + _LINGER, _LINGER_BYTES
    try:
        sock.shutdown(SHUT_WR)
        while left > 0 and (seconds := deadline - time.monotonic()) > 0 and readable(sock, seconds):
            count = sock.recv_into(_NOWHERE, 0, MSG_TRUNC)
            if not count:
                return
            left -= count
    except OSError:
        return
