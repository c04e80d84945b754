"""The road within one process: a body's request and the other side's answer meet in a small buffer.

Owns which directions there are; `road_direction` has what happens in one. `Roads` says what is promised.
"""

import threading
from collections.abc import Iterator

from packetpost.backends.memory.road_direction import Direction, MemoryAnswer
from packetpost.backends.memory.road_pace import Pace
from packetpost.errors import ClientGone, Unavailable
from packetpost.road import MOST_ANSWERS, MOST_STRETCH, Cut, RoadBody, Stamp, Way, stretch
from packetpost.road_errors import RoadFull


class MemoryRoads:
    """The `Roads` Protocol within one process."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace(0, 0)
        self._directions: dict[Way, Direction] = {}
        self._closing = False
        # Around finding, making and forgetting a direction.
        self._lock = threading.Lock()

    def listen(self, way: Way, page: str, cut: Cut) -> "MemoryAnswer":
        if self._closing:
            raise Unavailable("This server restarts. Come back in a moment.")
        with self._lock:
            if sum(len(direction.answers) for direction in self._directions.values()) >= MOST_ANSWERS:
                raise RoadFull
            direction = self._directions.setdefault(way, Direction())
            answer = MemoryAnswer(direction, page, cut, lambda: self._forget(way))
            direction.open(answer)
        return answer

    def listens(self, way: Way) -> bool:
        """Whether an answer of the way is open in this process, which is not followed in another one."""
        direction = self._directions.get(way)
        return bool(direction and direction.answers and not direction.answers[0].followed)

    def follow_elsewhere(self, way: Way, page: str) -> None:
        """The page has opened its next answer in another process: what is on its way here finishes here."""
        direction = self._directions.get(way)
        if direction:
            direction.follow_elsewhere(page)

    def carry(self, way: Way, stamp: Stamp, body: RoadBody) -> None:
        with self._lock:
            direction = self._directions.setdefault(way, Direction())
            carried = direction.begin()
        try:
            with direction.turn:
                for content, left in stretches_of(body):
                    self._pace.wait(way.session_id, len(content))
                    direction.put(carried, stretch(stamp, content, left))
            direction.wait_until_taken(carried)
        finally:
            direction.finish(carried)
            self._forget(way)

    def close_all(self) -> None:
        self._closing = True
        for direction in tuple(self._directions.values()):
            direction.cut_all()

    def stop(self) -> None:
        self.close_all()

    def _forget(self, way: Way) -> None:
        with self._lock:
            direction = self._directions.get(way)
            if direction and direction.idle:
                del self._directions[way]


def stretches_of(body: RoadBody) -> Iterator[tuple[bytes, int]]:
    """The parts of a body of known length as they come, each with how many bytes are left. Raises ClientGone."""
    left = body.length or 0
    while left:
        content = body.read(min(left, MOST_STRETCH))
        if not content:
            raise ClientGone
        left -= len(content)
        yield content, left
