"""Bodies between two processes: pieces in a list in Redis, and words by which each side wakes the other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from packetpost.backends.redis.store import Store, key
from packetpost.errors import ClientGone, Unavailable
from packetpost.road import FROZEN
from packetpost.road_errors import Frozen

# Pieces of one body that may lie in Redis: with four bodies that is 4 MiB a way.
PIECE, _MOST_LYING = 256 * 1024, 4
# They are forgotten after so many seconds, if nobody fetches them.
_KEPT = 30
# Whoever receives says what is frozen; who sends waits a little longer for that, in seconds.
_ANSWERED = FROZEN + 5
# A word may be lost: who waits looks again after so many seconds.
_LOOK = 1.0


class Carriers:
    """The bodies that this process sends to others, and those that it receives from them, by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, _Sending | RedisBody] = {}

    @contextmanager
    def sending(self, name: str) -> Iterator["_Sending"]:
        sending = _Sending(self._store, name)
        self._waiting[name] = sending
        try:
            yield sending
        finally:
            del self._waiting[name]
            with suppress(Unavailable):  # it expires
                self._store.call("DEL", _list(name))

    def receive(self, name: str, length: int, tell_room: Callable[[], object]) -> "RedisBody":
        body = RedisBody(self._store, name, length, tell_room)
        self._waiting[name] = body
        return body

    def received(self, body: "RedisBody") -> None:
        self._waiting.pop(body.name, None)

    def hear(self, word: str, name: str, *rest: str) -> None:
        """`room`, `end` (with how) to who sends; `more`, `broken` to who receives."""
        waiting = self._waiting.get(name)
        if waiting:
            waiting.hear(word, *rest)


class _Sending:
    """A body on its way to another process."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._list = store, _list(name)
        self._heard = threading.Event()
        self._outcome = ""

    def push(self, content: bytes) -> bool:
        """Whether who receives it must be told. Raises Frozen."""
        until = time.monotonic() + _ANSWERED
        while not self._outcome and self._store.call("LLEN", self._list) >= _MOST_LYING:
            if time.monotonic() > until:
                raise Frozen
            self._heard.wait(_LOOK)
            self._heard.clear()
        lying, _ = self._store.raw_calls(("RPUSH", self._list, content), ("EXPIRE", self._list, _KEPT))
        return int(lying) == 1

    def outcome(self) -> str:
        """How it went: `taken`, or the code of a refusal; '' where that process does not say."""
        until = time.monotonic() + _ANSWERED
        while not self._outcome and time.monotonic() < until:
            self._heard.wait(_LOOK)
            self._heard.clear()
        return self._outcome

    def hear(self, word: str, *rest: str) -> None:
        if word == "end":
            self._outcome = rest[0]
        self._heard.set()


class RedisBody:
    """The `RoadBody` Protocol: what another process sends here."""

    def __init__(self, store: Store, name: str, length: int, tell_room: Callable[[], object]) -> None:
        self.name, self.length = name, length
        self._store, self._list, self._tell_room = store, _list(name), tell_room
        self._heard = threading.Event()
        self._broken = False

    def read(self, size: int) -> bytes:
        """The next piece, as it was pushed. Raises ClientGone."""
        until = time.monotonic() + _KEPT
        while True:
            found, lying = self._store.raw_calls(("LPOP", self._list), ("LLEN", self._list))
            if found:
                if int(lying) == _MOST_LYING // 2:
                    self._tell_room()
                content: bytes = found
                return content
            if self._broken or time.monotonic() > until:
                raise ClientGone
            self._heard.wait(_LOOK)
            self._heard.clear()

    def hear(self, word: str, *rest: str) -> None:
        self._broken = self._broken or word == "broken"
        self._heard.set()


def _list(name: str) -> str:
    return key("road-body", name)
