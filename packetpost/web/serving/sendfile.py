"""Moves bytes from a file to a socket inside the kernel: sendfile(2), whole packets, right here or in a thread.

Knows nothing of HTTP; `response_bodies` says how much, when, and in which thread.
"""

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import AF_INET, AF_INET6, IPPROTO_TCP

from gevent import monkey
from gevent.socket import SocketType

# Linux only; 0 elsewhere.
_TCP_CORK: int = getattr(socket, "TCP_CORK", 0)
_JOB_SECONDS = 0.01
# Threads of the pool wait by themselves, not in an event loop of gevent's.
_poll = monkey.get_original("select", "poll")


@contextmanager
def corked(sock: SocketType) -> Iterator[None]:
    """Let the kernel fill its packets (tcp(7), TCP_CORK) instead of sending at the end of every step: a fifth faster.

    Not for followers, whose bytes should leave as they come.
    """
    if not _TCP_CORK or sock.family not in (AF_INET, AF_INET6):
        yield
        return
    sock.setsockopt(IPPROTO_TCP, _TCP_CORK, 1)
    try:
        yield
    finally:
        with suppress(OSError):  # the connection may be gone
            sock.setsockopt(IPPROTO_TCP, _TCP_CORK, 0)


def send(out: int, source: int, offset: int, most: int) -> tuple[int, bool]:
    """Hand bytes to the socket until it is full (True) or `most` are sent. Safe in any thread."""
    sent = 0
    while sent < most:
        try:
            count = os.sendfile(out, source, offset + sent, most - sent)
        except BlockingIOError:
            return sent, True
        if not count:
            break
        sent += count
    return sent, False


def send_on(out: int, source: int, offset: int, most: int) -> tuple[int, bool]:
    """The same in a thread, going on when there is room again: a trip to the event loop for each 2 MiB costs a fifth.

    A client that is no longer fast gives the thread back within `_JOB_SECONDS`.
    """
    room, ends, sent = _poll(), time.monotonic() + _JOB_SECONDS, 0
    room.register(out, select.POLLOUT)
    while True:
        count, full = send(out, source, offset + sent, most - sent)
        sent += count
        left = ends - time.monotonic()
        if not full or left <= 0 or not room.poll(left * 1000):
            return sent, full
