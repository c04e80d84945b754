"""A router as platforms have them before the programs that they run: requests are cut at 30 s, and bodies gathered."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

_PIECE = 64 * 1024
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*\r\n", re.IGNORECASE)


class Router:
    """Forwards to `port` on this machine, each request over a connection of its own.

    A request's body is gathered whole before any of it goes on. With `gathers` so are answers that tell no length.
    """

    def __init__(self, port: int, gathers: bool = False, seconds: float = 30) -> None:
        """So many `seconds` after its head came a request is cut, a WebSocket too."""
        # The paths of those that were.
        self.cut: list[str] = []
        self._server, self._gathers, self._seconds = port, gathers, seconds
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        _run(self._accept)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def close(self) -> None:
        _close(self._listener)

    def _accept(self) -> None:
        while True:
            _run(self._route, self._listener.accept()[0])

    def _route(self, browser: socket.socket) -> None:
        with browser.makefile("rb") as asked:
            if not (head := _head_of(asked)):
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            timer = threading.Timer(self._seconds, self._cut_off, (head.split(b" ")[1].decode(), browser, server))
            timer.daemon = True
            timer.start()
            try:
                server.sendall(head + asked.read(_length_of(head)))
                if _asks_for_a_socket(head):
                    _run(_pass_on, browser, server)
                self._answer(server, browser)
            finally:
                timer.cancel()
                _close(server)

    def _cut_off(self, path: str, *ends: socket.socket) -> None:
        self.cut.append(path)
        _close(*ends)

    def _answer(self, server: socket.socket, browser: socket.socket) -> None:
        with server.makefile("rb") as answer:
            head = _head_of(answer)
            if self._gathers and b"\r\ntransfer-encoding:" in head.lower():
                browser.sendall(head + answer.read())
                return
            browser.sendall(head)
            while piece := answer.read1(_PIECE):
                browser.sendall(piece)


def _pass_on(browser: socket.socket, server: socket.socket) -> None:
    while piece := browser.recv(_PIECE):
        server.sendall(piece)


def _head_of(stream: BinaryIO) -> bytes:
    """Up to the empty line, or b"" at the end. What asks for no WebSocket is the last thing on its connection."""
    head = b""
    while line := stream.readline():
        head += line
        if line == b"\r\n":
            return head if _asks_for_a_socket(head) else _CONNECTION.sub(b"\r\nConnection: close\r\n", head)
    return b""


def _asks_for_a_socket(head: bytes) -> bool:
    return b"\r\nupgrade: websocket\r\n" in head.lower()


def _length_of(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)\r\n", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _run(work: Callable[..., None], *ends: socket.socket) -> None:
    def until_closed() -> None:
        with suppress(OSError):
            work(*ends)
        _close(*ends)

    threading.Thread(target=until_closed, daemon=True).start()


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)  # closing alone does not wake who waits for it
        end.close()
