"""What to do with a request body that nobody read: swallow a little, or close so that the client still gets its answer.

gunicorn alone would read it to its end in small steps without letting others go on: a refused upload of 1 GiB blocked
its worker for 29 s, until the master killed it with every transfer in it.
"""

import time
from socket import MSG_TRUNC, SHUT_WR
from typing import TYPE_CHECKING

from gevent import Timeout
from gevent.socket import SocketType

from packetpost.web.http import origin, request_log
from packetpost.web.serving import direct_answer, gunicorn_internals
from packetpost.web.serving.client_timeouts import readable
from packetpost.web.serving.gunicorn_internals import RequestStream

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


def finish_connection(stream: RequestStream, sock: SocketType) -> None:
    """After the answer: leave a connection on which the next request can be found, or close it."""
    if not gunicorn_internals.is_framed(stream):
        return
    failed = gunicorn_internals.closes_after(stream)
    if not failed and gunicorn_internals.announced_left(stream) == 0:
        return
    if failed or not _swallow(stream):
        gunicorn_internals.close_after(stream)
        _linger(sock)


def is_much(stream: RequestStream) -> bool:
    """Whether so much is unread, as far as one can tell before reading, that the connection will be closed."""
    if not gunicorn_internals.is_framed(stream):
        return False
    return gunicorn_internals.closes_after(stream) or (gunicorn_internals.announced_left(stream) or 0) > _SWALLOWED


class Announcing:
    """The app, with `Connection: close` on answers after which the connection will be closed (RFC 9112 9.6).

    Says also which address the client has reached, what can be sent past gunicorn, and that a hook of the server's will
    tell when the answer has ended.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        def start(status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None) -> object:
            if is_much(environ["wsgi.input"]):
                gunicorn_internals.announce_close(start_response)
            return start_response(status, headers, exc_info)

        environ[request_log.ENDED_BY_HOOK] = True
        environ[direct_answer.ANSWER] = gunicorn_internals.answer_of(start_response)
        environ[origin.LOCAL_ADDRESS] = gunicorn_internals.local_address(environ)
        return self.app(environ, start)  # type: ignore[arg-type]  # gunicorn's `write` is passed on as it is


def _swallow(stream: RequestStream) -> bool:
    """Read the rest if it is small; False if it is not, or does not come."""
    if is_much(stream):
        return False
    try:
        with Timeout(_LINGER):
            rest: bytes = stream.read(_SWALLOWED + 1)
    except (Timeout, *gunicorn_internals.BROKEN_BODY):
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
