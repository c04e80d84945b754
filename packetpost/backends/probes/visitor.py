"""Asks the public address as a visitor does: over HTTP and a WebSocket, with the operator's token.

Owns how it is asked; what the answers mean is for `public_address`.
"""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from simple_websocket import Client, ConnectionClosed, ConnectionError
from simple_websocket.ws import Base

# Seconds.
_PATIENCE = 15
# What asking raises where nobody answers, or nothing that is HTTP.
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)


class Visitor:
    """Whoever opens this address."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.scheme, self.host, self.base = parts.scheme, parts.netloc, parts.path.rstrip("/")
        self.headers = {"Authorization": f"Bearer {token}"}

    def connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.scheme == "https" else http.client.HTTPConnection
        return kind(self.host, timeout=_PATIENCE)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: Iterator[bytes] | None = None
    ) -> tuple[int, dict[str, Any], http.client.HTTPMessage]:
        """The status, the JSON object (empty where there is none) and the headers of one answer."""
        connection = self.connect()
        try:
            # Who refuses a body may answer and close before all of it is sent.
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                connection.request(method, self.base + path, body, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        told = json.loads(text) if answer.headers.get_content_type() == "application/json" else {}
        return answer.status, told, answer.headers

    def echoed(self, text: str) -> tuple[str | bytes | None, str]:
        """What a WebSocket gives back of this text, and why it gave nothing."""
        origin = f"{self.scheme}://{self.host}"
        url = f"{origin.replace('http', 'ws', 1)}{self.base}/check/socket"
        try:
            socket = _Socket(url, headers={**self.headers, "Origin": origin})
            socket.send(text)
            heard = socket.receive(timeout=_PATIENCE)
            socket.close()
        except (ConnectionError, ConnectionClosed, OSError) as error:
            return None, str(error) or type(error).__name__
        return heard, ""


class _Socket(Client):  # type: ignore[misc]  # simple_websocket has no types
    """A client whose two faults would be ours."""

    def handshake(self) -> None:
        """Its own leaves the port out of the header Host."""
        if self.port not in (80, 443):
            self.host: str = f"{self.host}:{self.port}"
        super().handshake()

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        """Its own closes the file descriptor under its reading thread, which goes on with whoever gets that number."""
        Base.close(self, reason, message)
        self.thread.join(_PATIENCE)
