"""The sockets that one process holds for the relay, and how far each of their seats was told."""

import json
import threading
from collections.abc import Iterator, Sequence

from packetpost.protocols import Peer


class Place:
    """A seat's socket. Kept messages reach it in order and once, whether they were published or fetched.

    One at a time fetches. It begins as if somebody did: who sits down brings the mailbox along.
    """

    def __init__(self, session_id: str, seat: int, peer: Peer, sitting: str, seen: int) -> None:
        """`sitting` tells this socket from all others of the seat; `seen` is the last message that the browser has."""
        self.session_id, self.seat, self.peer, self.sitting = session_id, seat, peer, sitting
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
        self.peer.deliver({**json.loads(text), "n": number})
        self.seen = number


class Places:
    """All of one process, by session and seat."""

    def __init__(self) -> None:
        self._places: dict[str, dict[int, Place]] = {}

    def put(self, place: Place) -> Place | None:
        """The place that it replaces."""
        seats = self._places.setdefault(place.session_id, {})
        before, seats[place.seat] = seats.get(place.seat), place
        return before

    def drop(self, place: Place) -> bool:
        """False when it was not there, or another one had replaced it."""
        seats = self._places.get(place.session_id, {})
        if seats.get(place.seat) is not place:
            return False
        del seats[place.seat]
        if not seats:
            self._places.pop(place.session_id, None)
        return True

    def of(self, session_id: str) -> list[Place]:
        return list(self._places.get(session_id, {}).values())

    def at(self, session_id: str, seat: int) -> Place | None:
        return self._places.get(session_id, {}).get(seat)

    def sessions(self) -> set[str]:
        return set(self._places)

    def __iter__(self) -> Iterator[Place]:
        return (place for seats in tuple(self._places.values()) for place in tuple(seats.values()))
