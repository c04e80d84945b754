"""gunicorn's gevent worker, with bounds on what one connection may take. Loaded by `gunicorn_conf`."""

import socket
from contextlib import suppress
from typing import Any

import gevent
from gevent.socket import SocketType

from packetpost.web.serving import client_timeouts
from packetpost.web.serving.gunicorn_internals import WatchedWorker, loaded_app

# How often, in seconds, to see whether the worker is to stop.
_LOOK = 0.2
# WebSocket close code (RFC 6455 section 7.4.1, registry): browsers come back at once, and keep transferring meanwhile.
_RESTART = 1012


class Worker(WatchedWorker):
    """Serves one connection a greenlet. Stops listening to idle ones as soon as it is asked to stop."""

    def run(self) -> None:
        self._idle: set[SocketType] = set()
        # The master loads this module too, before gevent has patched anything: what is heavy, and counts, starts here.
        from packetpost.web.http.limits import household
        from packetpost.web.serving.connections import Connections, refuse

        self._household, self._refuse = household, refuse
        # Behind proxies all sockets are theirs, and `connections.count_requests` counts whom they speak for.
        services = services_of(self)
        most = services.settings.connections if services and not services.settings.proxy_hops else 0
        self._connections = Connections(most) if most else None
        gevent.spawn(self._hang_up)
        super().run()

    def _hang_up(self) -> None:
        """Without it, one idle browser would hold up every stop and reload for the whole graceful time-out."""
        while self.alive:
            gevent.sleep(_LOOK)
        if services := services_of(self):
            services.relay.close_all(_RESTART, "The server restarts. Come back.")
            services.roads.close_all()
        while True:
            for sock in tuple(self._idle):
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RD)
            gevent.sleep(_LOOK)

    def connection_opened(self, sock: SocketType, addr: Any) -> Any:  # a tuple, or a text (Unix socket)
        if sock.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_USER_TIMEOUT"):
            # The kernel gives up on a client that takes nothing for so long, whoever of us is writing to it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(client_timeouts.SILENCE * 1000))
        self._idle.add(sock)
        if sock.family == socket.AF_INET6 and addr[0].startswith("::ffff:"):
            return (addr[0].removeprefix("::ffff:"), *addr[1:])  # IPv4 on a socket for both
        return addr

    def may_hold(self, addr: Any) -> str | None:  # likewise
        """The address that holds one more connection; None where it holds as many as it may."""
        address = self._household(addr[0]) if self._connections and isinstance(addr, tuple) else ""
        return address if not address or (self._connections and self._connections.hold(address)) else None

    def connection_refused(self, sock: SocketType) -> None:
        self._refuse(sock)

    def connection_closed(self, sock: SocketType, holder: str) -> None:
        self._idle.discard(sock)
        if holder and self._connections:
            self._connections.release(holder)

    def request_began(self, sock: SocketType) -> None:
        self._idle.discard(sock)

    def request_ended(self, sock: SocketType) -> None:
        self._idle.add(sock)


def services_of(worker: Any) -> Any:  # gunicorn's worker; the app's services, None of an app without or not loaded
    """The app's services in a worker, None where the app is another or not loaded."""
    return _extension(worker, "packetpost")


def static_files_of(worker: Any) -> Any:  # likewise
    """The static files of the app in a worker, None likewise."""
    return _extension(worker, "packetpost.static")


def _extension(worker: Any, name: str) -> Any:  # likewise
    app = getattr(loaded_app(worker), "app", None)
    return getattr(app, "extensions", {}).get(name)
