"""Roads as a page has them: an answer that is read, bodies that are carried, and bounds that a test can reach."""

import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from packetpost.road import HEAD_BYTES, SIGN_OF_LIFE, RoadAnswer, Roads, Stamp, Way
from tests.support.bodies import Bytes

# From the sender to the first receiver, and back.
WAY, BACK = Way("s", 0, 1), Way("s", 1, 0)
# How long a test waits at most.
SECONDS = 20


class From(NamedTuple):
    """A body as it came: whose, on which lane, with which number."""

    seat: int
    lane: int
    n: int


Shorten = Callable[[str, float], None]


@pytest.fixture
def shorten(monkeypatch: pytest.MonkeyPatch) -> Shorten:
    """Makes one of the road's bounds smaller, for a test that waits until it is reached."""

    def shortened(name: str, bound: float) -> None:
        for module in ("memory.road_arrivals", "redis.road"):
            monkeypatch.setattr(f"packetpost.backends.{module}.{name}", bound, raising=False)

    return shortened


class Page:
    """A page's answer that is being read: what has come, by lane and number of its body."""

    def __init__(self, roads: Roads, way: Way = WAY, page: str = "p") -> None:
        self.cut = threading.Event()
        self.answer: RoadAnswer = roads.listen(way.end, page, self.cut.set)
        self._parts = iter(self.answer)
        self.bodies: dict[From, bytes] = {}
        self.lefts: list[int] = []
        assert next(self._parts) == SIGN_OF_LIFE

    def read(self) -> From | None:
        """The next stretch, signs of life aside; None where the answer has ended."""
        for part in self._parts:
            lane, n, seat_and_length, left = struct.unpack(">IIII", part[:HEAD_BYTES])
            seat, length = seat_and_length >> 24, seat_and_length & 0xFFFFFF
            assert length == len(part) - HEAD_BYTES
            if length:
                self.lefts.append(left)
                body = From(seat, lane, n)
                self.bodies[body] = self.bodies.get(body, b"") + part[HEAD_BYTES:]
                return body
        return None

    def read_until_taken(self, *carried: "Future[None]") -> None:
        """Read until all of these bodies have been answered."""
        reading = threading.Thread(target=self.read_on, daemon=True)
        reading.start()
        for one in carried:
            one.result(SECONDS)

    def read_on(self) -> None:
        """To the answer's end."""
        while self.read():
            pass


@contextmanager
def carrying(roads: Roads, *bodies: bytes, way: Way = WAY, lane: int = 7) -> Iterator[list["Future[None]"]]:
    """Bodies on their way, at once: numbers 1 and on of a lane."""
    with ThreadPoolExecutor(len(bodies)) as crew:
        yield [crew.submit(roads.carry, way, Stamp(lane, n), Bytes(body)) for n, body in enumerate(bodies, 1)]
