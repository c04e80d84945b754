"""gunicorn's gevent worker, with bounds on what one connection may take. Loaded by `server.py`."""

import socket
from contextlib import suppress
from typing import Any

import gevent
from gevent.socket import SocketType
from gunicorn.http.message import Request
from gunicorn.workers.ggevent import GeventWorker

from packetpost.web.serving import client_timeouts

# How often, in seconds, to see whether the worker is to stop.
_LOOK = 0.2
# WebSocket close code (RFC 6455 section 7.4.1, registry): browsers come back at once, and keep transferring meanwhile.
_RESTART = 1012


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves one connection a greenlet. Stops listening to idle ones as soon as it is asked to stop."""

    def run(self) -> None:
        self._idle: set[SocketType] = set()
        gevent.spawn(self._hang_up)
        super().run()

    def _hang_up(self) -> None:
        """Without it, one idle browser would hold up every stop and reload for the whole graceful time-out."""
        while self.alive:
            gevent.sleep(_LOOK)
        if services := services_of(self):
            services.relay.close_all(_RESTART, "The server restarts. Come back.")
        while True:
            for sock in tuple(self._idle):
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RD)
            gevent.sleep(_LOOK)

    def handle(self, listener: SocketType, client: SocketType, addr: Any) -> None:  # a tuple, or a text (Unix socket)
        if client.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_USER_TIMEOUT"):
            # The kernel gives up on a client that takes nothing for so long, whoever of us is writing to it.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(client_timeouts.SILENCE * 1000))
        if client.family == socket.AF_INET6 and addr[0].startswith("::ffff:"):
            addr = (addr[0].removeprefix("::ffff:"), *addr[1:])  # IPv4 on a socket for both
        self._idle.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._idle.discard(client)

    def handle_request(self, listener_name: Any, req: Request, sock: SocketType, addr: Any) -> None:
        self._idle.discard(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            self._idle.add(sock)


def services_of(worker: Any) -> Any:  # gunicorn's worker; the app's services, None of an app without or not loaded
    """The app's services in a worker, None where the app is another or not loaded."""
    return _extension(worker, "packetpost")


def static_files_of(worker: Any) -> Any:  # likewise
    """The static files of the app in a worker, None likewise."""
    return _extension(worker, "packetpost.static")


def _extension(worker: Any, name: str) -> Any:  # likewise
    app = getattr(getattr(worker, "wsgi", None), "app", None)
    return getattr(app, "extensions", {}).get(name)
