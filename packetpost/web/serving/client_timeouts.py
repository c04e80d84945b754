"""How long a silent client is waited for, and how: always in a way that lets other requests go on.

`request_bodies` waits here for bytes, `response_bodies` for room to send, `unread_body` for what it throws away.
"""

from contextlib import nullcontext

from gevent.socket import SocketType, wait_read, wait_write

from packetpost.errors import ClientGone
from packetpost.protocols import WriteObserver

# After this long without a byte the file's lock is given away, so that the same client's next connection gets it.
RELEASE_AFTER = 1.0
# After this long without progress the client is taken for gone. Both in seconds.
SILENCE = 60.0


def wait_for_bytes(sock: SocketType, observer: WriteObserver | None) -> None:
    """Until the plain socket has bytes or its end to read. Raises ClientGone after `SILENCE`.

    Looks at all sockets also when this one is ready, so that it is the way to let others go first (0.1 ms for them;
    `gevent.sleep(0)` runs up to 50 callbacks before it looks, which gave them 107 ms).
    """
    if readable(sock, RELEASE_AFTER):
        return
    with observer.lock_released() if observer else nullcontext():
        if not readable(sock, SILENCE - RELEASE_AFTER):
            raise ClientGone


def readable(sock: SocketType, seconds: float) -> bool:
    """Wait until there is something to read, for so long at most."""
    try:
        wait_read(sock.fileno(), seconds, TimeoutError())
    except TimeoutError:
        return False
    return True


def writable(sock: SocketType, seconds: float) -> bool:
    """Wait until there is room to send, for so long at most."""
    try:
        wait_write(sock.fileno(), seconds, TimeoutError())
    except TimeoutError:
        return False
    return True


class TimeoutSocket:
    """Reads from any gevent socket, also a TLS one, with the waiting of `wait_for_bytes`."""

    def __init__(self, sock: SocketType, observer: WriteObserver | None) -> None:
        self._sock, self._observer = sock, observer

    def recv(self, size: int) -> bytes:
        """What is there, at most `size` bytes; b'' at the end. Raises ClientGone."""
        try:
            try:
                return self._recv(size, RELEASE_AFTER)
            except TimeoutError:
                with self._observer.lock_released() if self._observer else nullcontext():
                    return self._recv(size, SILENCE - RELEASE_AFTER)
        except OSError as error:
            raise ClientGone from error

    def _recv(self, size: int, seconds: float) -> bytes:
        self._sock.settimeout(seconds)
        try:
            piece: bytes = self._sock.recv(size)
        finally:
            self._sock.settimeout(None)
        return piece
