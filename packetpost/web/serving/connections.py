"""How many connections one address may hold: half-sent heads of one stranger must leave room for everybody else.

Without proxies the address is the socket's own. Behind proxies every socket is the proxy's, and whom it speaks for is
known once a head has been read: from then on the running request counts for that address.
"""

import logging
import time
from collections import Counter
from contextlib import suppress

from flask import Flask, request
from gevent.socket import SocketType

from packetpost import logs
from packetpost.errors import TooManyConnections
from packetpost.web.http import limits, metrics
from packetpost.web.http.request_log import record_of

log = logging.getLogger(__name__)

_BODY = f"{TooManyConnections.message}\n".encode()
_REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)
# Who is refused all day long takes a line of the log now and then, not one each time. Seconds.
_LINE_EVERY = 60


class Connections:
    """Counts what each address holds, at most `most` for each."""

    def __init__(self, most: int) -> None:
        self._most, self._held, self._told = most, Counter[str](), -float(_LINE_EVERY)

    def hold(self, address: str) -> bool:
        """One more for this address, until `release`; False, and not counted, where it holds as many as it may."""
        if address and self._held[address] >= self._most:
            self._tell(address)
            return False
        self._held[address] += 1
        return True

    def release(self, address: str) -> None:
        self._held[address] -= 1
        if self._held[address] <= 0:
            del self._held[address]

    def _tell(self, address: str) -> None:
        metrics.limited.labels("connections").inc()
        if time.monotonic() - self._told >= _LINE_EVERY:
            self._told = time.monotonic()
            logs.event(log, "too-many-connections", logging.WARNING, address=logs.shortened(address), most=self._most)


def refuse(sock: SocketType) -> None:
    """Say why in one packet; the caller closes."""
    with suppress(OSError):
        sock.settimeout(1)
        sock.send(_REFUSAL)


def count_requests(app: Flask, most: int) -> None:
    """Behind proxies: hold one for the forwarded address while its request runs, a WebSocket for as long as it is open.

    Raises TooManyConnections to the request.
    """
    connections = Connections(most)

    def hold() -> None:
        address = limits.client()
        if not connections.hold(address):
            raise TooManyConnections
        record_of(request.environ).at_end(lambda: connections.release(address))

    app.before_request(hold)
