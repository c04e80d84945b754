"""The sockets that one process holds for the relay, and how far each of their seats was told."""

import json
import threading
from collections.abc import Iterator, Sequence

from packetpost.live_protocols import SignalReceiver


class SocketHere:
    """A seat's socket. Kept messages reach it in order and once, whether they were published or fetched.

    One at a time fetches. It begins as if somebody did: who sits down brings the mailbox along.
    """

    def __init__(self, session_id: str, seat: int, browser: SignalReceiver, sitting: str, seen: int) -> None:
        """`sitting`, as `process/number/tab`, is no other socket's; `seen` is the last message that the browser has."""
        self.session_id, self.seat, self.browser, self.sitting = session_id, seat, browser, sitting
        self.tab = sitting.split("/", 2)[2]
        self.seen = seen
        self.late = False
        self._fetching, self._again = True, False
        self._lock = threading.Lock()

    def bring(self, number: int, text: str) -> bool:
        """Message `number` was published. False where others before it are missing and must be fetched."""
        with self._lock:
            if self._fetching:
                self._again = True
            elif number == self.seen + 1:
                self._deliver(number, text)
            elif number > self.seen:
                return False
            return True

    def begin_fetch(self) -> bool:
        """False where somebody is at it; they will look once more."""
        with self._lock:
            self._again = self._again or self._fetching
            begun, self._fetching = not self._fetching, True
            return begun

    def fetched(self, number: int, texts: Sequence[str]) -> bool:
        """The mailbox's last messages, the newest being `number`. False when more came meanwhile: fetch again."""
        with self._lock:
            for at, text in enumerate(texts, number - len(texts) + 1):
                self._deliver(at, text)
            self.seen, self.late = number, False
            self._fetching, self._again = self._again, False
            return not self._fetching

    def not_fetched(self) -> None:
        """The store is away. Somebody shall try again later."""
        with self._lock:
            self._fetching, self._again, self.late = False, False, True

    def _deliver(self, number: int, text: str) -> None:
        self.browser.deliver({**json.loads(text), "n": number})
        self.seen = number


class SocketsHere:
    """All of one process, by session and seat."""

    def __init__(self) -> None:
        self._sockets: dict[str, dict[int, SocketHere]] = {}

    def put(self, socket: SocketHere) -> SocketHere | None:
        """The socket that it replaces."""
        seats = self._sockets.setdefault(socket.session_id, {})
        before, seats[socket.seat] = seats.get(socket.seat), socket
        return before

    def drop(self, socket: SocketHere) -> bool:
        """False when it was not there, or another one had replaced it."""
        seats = self._sockets.get(socket.session_id, {})
        if seats.get(socket.seat) is not socket:
            return False
        del seats[socket.seat]
        if not seats:
            self._sockets.pop(socket.session_id, None)
        return True

    def of(self, session_id: str) -> list[SocketHere]:
        return list(self._sockets.get(session_id, {}).values())

    def at(self, session_id: str, seat: int) -> SocketHere | None:
        return self._sockets.get(session_id, {}).get(seat)

    def sessions(self) -> set[str]:
        return set(self._sockets)

    def __iter__(self) -> Iterator[SocketHere]:
        return (socket for seats in tuple(self._sockets.values()) for socket in tuple(seats.values()))
