"""Wakes those in this process who wait for a key to change. What changed is for them to see."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Waiters:
    """Wakes those in this process who wait for a key to change."""

    def __init__(self) -> None:
        self._events: dict[str, set[threading.Event]] = {}

    @contextmanager
    def wait_for(self, key: str) -> Iterator[threading.Event]:
        event = threading.Event()
        self._events.setdefault(key, set()).add(event)
        try:
            yield event
        finally:
            self._events[key].discard(event)
            if not self._events[key]:
                del self._events[key]

    def wake(self, key: str) -> None:
        for event in tuple(self._events.get(key, ())):
            event.set()
