"""The road within one process: a body's request hands its stretches to the other side's answer.

Owns at which seats something arrives; `road_arrivals` has what happens at one. `Roads` says what is promised.
"""

import threading
import time
from collections.abc import Iterator

from packetpost.backends.memory.road_arrivals import Arrivals, MemoryAnswer
from packetpost.backends.memory.road_pace import Pace
from packetpost.errors import ClientGone, Unavailable
from packetpost.road import (
    MOST_ANSWERS,
    MOST_AT_ONCE,
    MOST_STRETCH,
    Cut,
    RoadBody,
    RoadEnd,
    Send,
    Stamp,
    Way,
    stretches,
)
from packetpost.road_errors import RoadFull

# A part that was taken within so many seconds was taken soon.
_SOON = 0.02


class MemoryRoads:
    """The `Roads` Protocol within one process."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace(0, 0)
        self._arrivals: dict[RoadEnd, Arrivals] = {}
        self._closing = False
        # Around finding, making and forgetting them.
        self._lock = threading.Lock()

    def listen(self, end: RoadEnd, page: str, cut: Cut, send: Send | None = None) -> "MemoryAnswer":
        if self._closing:
            raise Unavailable("This server restarts. Come back in a moment.")
        with self._lock:
            if sum(len(arrivals.answers) for arrivals in self._arrivals.values()) >= MOST_ANSWERS:
                raise RoadFull
            arrivals = self._arrivals.setdefault(end, Arrivals())
            answer = MemoryAnswer(arrivals, page, cut, send, lambda: self._forget(end))
            arrivals.open(answer)
        return answer

    def listens(self, end: RoadEnd) -> bool:
        """Whether an answer of that seat is open in this process, which is not followed in another one."""
        arrivals = self._arrivals.get(end)
        return bool(arrivals and arrivals.answers and not arrivals.answers[0].followed)

    def follow_elsewhere(self, end: RoadEnd, page: str) -> None:
        """The page has opened its next answer in another process: what is on its way here finishes here."""
        arrivals = self._arrivals.get(end)
        if arrivals:
            arrivals.follow_elsewhere(page)

    def carry(self, way: Way, stamp: Stamp, body: RoadBody) -> None:
        with self._lock:
            arrivals = self._arrivals.setdefault(way.end, Arrivals())
            carried = arrivals.begin(way.sender, first=stamp.n == 0)
        try:
            for content, left in parts_of(body):
                with arrivals.turn(way.sender):
                    self._pace.wait(way.session_id, len(content))
                    arrivals.give(carried, stretches(way.sender, stamp, content, left))
            arrivals.wait_until_taken(carried)
        finally:
            arrivals.finish(carried)
            self._forget(way.end)

    def close_all(self) -> None:
        self._closing = True
        for arrivals in tuple(self._arrivals.values()):
            arrivals.cut_all()

    def stop(self) -> None:
        self.close_all()

    def _forget(self, end: RoadEnd) -> None:
        with self._lock:
            arrivals = self._arrivals.get(end)
            if arrivals and arrivals.idle:
                del self._arrivals[end]


def parts_of(body: RoadBody, most: int = MOST_AT_ONCE) -> Iterator[tuple[bytes, int]]:
    """The parts of a body of known length as they come, each with how many bytes are left. Raises ClientGone.

    They are large where the one before was soon taken: for slow readers little is held.
    """
    left, size = body.length or 0, MOST_STRETCH
    while left:
        content = body.read(min(left, size))
        if not content:
            raise ClientGone
        left -= len(content)
        given = time.monotonic()
        yield content, left
        size = most if time.monotonic() - given < _SOON else MOST_STRETCH
