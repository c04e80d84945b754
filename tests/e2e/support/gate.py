"""A TCP gate between the browser and the server: counts what passes, holds upload bytes back, cuts the line."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PIECE = 64 * 1024
_ESTABLISHED = "01"


@dataclass
class Asked:
    """A request that went to the server. `body_bytes` of its body have passed so far; `over` when no more can come."""

    method: str
    path: str
    headers: dict[str, str]
    # The browser's end of its connection.
    port: int
    body_bytes: int = 0
    over: bool = False

    @property
    def announced(self) -> int:
        """What the whole body will have; a WebSocket goes on for ever."""
        if "upgrade" in self.headers:
            return sys.maxsize
        return int(self.headers.get("content-length", "0"))

    def broken_off(self) -> bool:
        """Whether the browser has closed its end, behind which bytes may still wait. Linux only, by /proc/net/tcp."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return not any(
            local.endswith(f":{self.port:04X}") and state == _ESTABLISHED for _, local, _, state, *_ in lines
        )


@dataclass
class _Reading:
    """Where one connection's requests stand: a head that is still coming, or a body of which `left` bytes are due."""

    port: int
    head: bytes = b""
    left: int = 0
    asked: Asked | None = field(default=None)


class Gate:
    """Forwards every connection to `port` on this machine. Threads of its own; closed by `close`."""

    def __init__(self, port: int) -> None:
        self.asked: list[Asked] = []
        self.sockets = True  # False: WebSockets are broken off, as some proxies do
        self.signals = True  # False: signals over HTTP are too
        self._server = port
        self._changed = threading.Condition()
        self._allowance: int | None = None
        self._above = 0
        self._open: set[socket.socket] = set()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def uploads(self, since: int = 0) -> list[Asked]:
        """The PATCH requests from number `since` of `asked` on."""
        return [asked for asked in self.asked[since:] if asked.method == "PATCH"]

    def hold_after(self, count: int, above: int = 0) -> None:
        """Let `count` more bytes of PATCH bodies through, hold back the rest until `release`.

        Bodies of at most `above` bytes pass all the same.
        """
        with self._changed:
            self._allowance, self._above = count, above

    def release(self) -> None:
        with self._changed:
            self._allowance = None
            self._changed.notify_all()

    def wait_until_held(self, seconds: float = 20) -> None:
        """Until all allowed bytes have passed."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._allowance == 0, seconds), "the upload did not get that far"

    def cut(self) -> None:
        """Break every connection and refuse new ones, as a network does that is gone."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            broken = list(self._open)
            self._changed.notify_all()
        for end in broken:
            _close(end)

    def mend(self) -> None:
        self.release()
        self._listener = self._listen(self.port)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.cut()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Small, so that the browser's progress stays close to what has passed.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        self._run(self._accept, listener)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            browser, _ = listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self._server))
            except OSError:
                _close(browser)
                continue
            with self._changed:
                self._open |= {browser, server}
            self._run(self._forward, browser, server)
            self._run(self._back, server, browser)

    @staticmethod
    def _run(work: Callable[..., None], *ends: socket.socket) -> None:
        def until_closed() -> None:
            with contextlib.suppress(OSError):
                work(*ends)

        threading.Thread(target=until_closed, daemon=True).start()

    def _back(self, server: socket.socket, browser: socket.socket) -> None:
        try:
            while piece := server.recv(_PIECE):
                browser.sendall(piece)
        finally:
            self._end(server, browser)

    def _forward(self, browser: socket.socket, server: socket.socket) -> None:
        reading = _Reading(browser.getpeername()[1])
        try:
            while piece := browser.recv(_PIECE):
                for part, asked in self._parts(piece, reading):
                    self._pass_on(part, asked, server)
        finally:
            if reading.asked:
                reading.asked.over = True
            self._end(browser, server)

    def _end(self, *ends: socket.socket) -> None:
        with self._changed:
            self._open -= set(ends)
        for end in ends:
            _close(end)

    def _pass_on(self, part: bytes, asked: Asked | None, server: socket.socket) -> None:
        if asked is None or asked.method != "PATCH" or asked.announced <= self._above:
            server.sendall(part)
            if asked:
                asked.body_bytes += len(part)
            return
        while part:
            with self._changed:
                self._changed.wait_for(lambda: self._allowance != 0 or server not in self._open)
                now = part if self._allowance is None else part[: self._allowance]
                if self._allowance is not None:
                    self._allowance -= len(now)
                    self._changed.notify_all()
            server.sendall(now)
            asked.body_bytes += len(now)
            part = part[len(now) :]

    def _parts(self, piece: bytes, reading: _Reading) -> Iterator[tuple[bytes, Asked | None]]:
        """Split what came into heads (None) and pieces of bodies, with the request that each belongs to."""
        while piece:
            if reading.left:
                part, piece = piece[: reading.left], piece[reading.left :]
                reading.left -= len(part)
                yield part, reading.asked
                if reading.asked and not reading.left:
                    reading.asked.over = True  # all of it has passed, though the connection may stay
                continue
            reading.head += piece
            head, end, piece = reading.head.partition(b"\r\n\r\n")
            if not end:
                return
            reading.head = b""
            if reading.asked:
                reading.asked.over = True
            reading.asked = _parse(head, reading.port)
            reading.left = reading.asked.announced
            if "upgrade" in reading.asked.headers and not self.sockets:
                raise OSError("no WebSockets here")
            if "/signals?" in reading.asked.path and not self.signals:
                raise OSError("no signals over HTTP here")
            self.asked.append(reading.asked)
            yield head + end, None


def _parse(head: bytes, port: int) -> Asked:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    return Asked(method, path, {name.lower(): value for name, value in headers.items()}, port)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
