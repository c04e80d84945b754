"""Redis' clock, by which all that share it reckon: an instance whose own is off neither gives nor takes too much.

It is asked every few seconds; in between the monotonic clock runs on, so that a step of the machine's does nothing.
"""

import time
from contextlib import suppress

from packetpost.backends.redis.store import Store
from packetpost.errors import Unavailable

# Seconds, both. A slow answer says too little about the time in between.
_ASK_EVERY = 5.0
_SLOW = 0.5


class RedisClock:
    """Unix seconds as Redis tells them; as this machine does, until Redis has answered once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked_at = float("-inf")
        self._ahead: float | None = None  # of the monotonic clock

    def now(self) -> float:
        """The time."""
        if time.monotonic() - self._asked_at > _ASK_EVERY:
            with suppress(Unavailable):  # whoever needs the store learns that from it
                self._ask()
        return time.time() if self._ahead is None else self._ahead + time.monotonic()

    def off(self) -> float:
        """By how many seconds this machine's clock is ahead of Redis'; negative where behind. Raises Unavailable."""
        self._ask()
        return time.time() - self.now()

    def _ask(self) -> None:
        self._asked_at = before = time.monotonic()
        seconds, micros = self._store.call("TIME")
        after = time.monotonic()
        if self._ahead is None or after - before < _SLOW:
            self._ahead = seconds + micros / 1e6 - (before + after) / 2
