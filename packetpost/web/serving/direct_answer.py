"""Parts of an answer that flows, sent past gunicorn: one writev(2) from where they lie, without joining them.

Owns the framing of a part and the waiting for a reader; when to send what is for who has the answer.
"""

import os
from collections.abc import Sequence
from typing import Any

from gevent.socket import SocketType

from packetpost.road import Stretch
from packetpost.web.serving import gunicorn_internals
from packetpost.web.serving.client_timeouts import writable
from packetpost.web.serving.gunicorn_internals import Answer

# Where the environ holds the answer that `unread_body.Announcing` has found.
ANSWER = "packetpost.answer"


def of(environ: dict[str, Any]) -> "DirectAnswer | None":  # WSGI's environ holds anything
    """The answer to this request; None over TLS or HTTP/2, and of other servers, which get parts by iterating only."""
    sock, answer = gunicorn_internals.connection_of(environ), environ.get(ANSWER)
    if sock and answer and gunicorn_internals.is_plain(sock):
        return DirectAnswer(sock, answer)
    return None


class DirectAnswer:
    """Sends parts of an answer, for `road.Send`, once gunicorn has sent the first one."""

    def __init__(self, sock: SocketType, answer: Answer) -> None:
        self._sock, self._answer = sock, answer

    def __call__(self, stretches: Sequence[Stretch], seconds: float) -> None:
        parts: list[bytes | memoryview] = [part for stretch in stretches for part in stretch]
        if self._answer.in_chunks():
            parts = [b"%X\r\n" % sum(map(len, parts)), *parts, b"\r\n"]
        left = sum(map(len, parts))
        while left:
            try:
                # Its number is asked for each time: the socket may be closed while this waits.
                sent = os.writev(self._sock.fileno(), parts)
            except BlockingIOError:
                if not writable(self._sock, seconds):
                    raise TimeoutError from None
            else:
                left -= sent
                parts = _behind(parts, sent) if left else []


def _behind(parts: list[bytes | memoryview], count: int) -> list[bytes | memoryview]:
    """What is left of the parts behind so many bytes."""
    for at, part in enumerate(parts):
        if count < len(part):
            return [memoryview(part)[count:], *parts[at + 1 :]]
        count -= len(part)
    return []
