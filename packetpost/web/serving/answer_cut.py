"""Ends an answer whose reader may take nothing, by closing the connection under it."""

from contextlib import suppress
from socket import SHUT_RDWR

from flask import request

from packetpost.web.serving import gunicorn_internals


class AnswerCut:
    """Of this request's answer; where there is no connection to close it does nothing."""

    def __init__(self) -> None:
        self._sock = gunicorn_internals.connection_of(request.environ)

    def __call__(self) -> None:
        if self._sock:
            with suppress(OSError):
                self._sock.shutdown(SHUT_RDWR)
