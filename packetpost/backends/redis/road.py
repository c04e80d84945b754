"""The road of several processes: a body whose answer is open elsewhere goes there through Redis, stretch by stretch.

What is published may be lost; the body that waits for it breaks then, and the page begins anew.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator

from packetpost.backends.memory.road import MemoryRoads, parts_of
from packetpost.backends.memory.road_pace import Pace
from packetpost.backends.redis import road_scripts as scripts
from packetpost.backends.redis.channel_listener import ChannelListener
from packetpost.backends.redis.road_carriers import PIECE, Carriers, RedisBody
from packetpost.backends.redis.store import Store, key
from packetpost.errors import Problem, TooMany, Unavailable
from packetpost.road import GRACE, Cut, RoadAnswer, RoadBody, RoadEnd, Send, Stamp, Way
from packetpost.road_errors import Frozen, NobodyListens

log = logging.getLogger(__name__)

# Seconds: how long it is known where an answer is open without hearing of it again, how often that is said, and between
# two looks for one.
_KNOWN, _SAID, _LOOK = 40, 10.0, 0.05
# Seconds: so long a body that came from another process may take to say how it ended, when this one stops.
_STOPS_WITHIN = 2.0
_REFUSALS: dict[str, type[Problem]] = {
    problem.code: problem for problem in (NobodyListens, Frozen, TooMany, Unavailable)
}


class RedisRoads:
    """The `Roads` Protocol across processes. Begins to listen with the first answer or body."""

    def __init__(self, store: Store, process: str, pace: Pace | None = None) -> None:
        self._store, self._process = store, process
        self._here = MemoryRoads(pace)
        self._carriers = Carriers(store)
        self._numbers = itertools.count(1)
        self._bringing = set[threading.Thread]()
        self._keep = store.script(scripts.KEEP)
        self._leave = store.script(scripts.LEAVE)
        self._listener = ChannelListener(store, ("road", process), self._hear)

    def listen(self, end: RoadEnd, page: str, cut: Cut, send: Send | None = None) -> RoadAnswer:
        self._listener.start()
        answer = self._here.listen(end, page, cut, send)
        try:
            before, _ = self._store.calls(
                [("GET", _key(end)), ("SET", _key(end), self._process, "EX", _KNOWN)],
            )
            if before and before != self._process:
                self._publish(before, "elsewhere", f"{end.session_id} {end.seat} {page}")
        except BaseException:
            answer.close()
            raise
        return _KnownAnswer(answer, lambda: self._keep(*end, self._process, _KNOWN), lambda: self._forget(end))

    def carry(self, way: Way, stamp: Stamp, body: RoadBody) -> None:
        self._listener.start()
        process = self._find(way.end, GRACE if stamp.n else 0.0)
        if process == self._process:
            self._here.carry(way, stamp, body)
        else:
            self._carry_there(process, way, stamp, body)

    def close_all(self) -> None:
        self._here.close_all()

    def stop(self) -> None:
        self._listener.stop()
        self._here.stop()
        for thread in tuple(self._bringing):  # it has a word to say to Redis, whose connection ends next
            thread.join(_STOPS_WITHIN)

    def _find(self, end: RoadEnd, grace: float) -> str:
        """The process that has the seat's answer, or will have it in so many seconds. Raises NobodyListens."""
        until = time.monotonic() + grace
        while True:
            if self._here.listens(end):
                return self._process
            found = self._store.call("GET", _key(end))
            if found and found != self._process:
                return str(found)
            if time.monotonic() >= until:
                raise NobodyListens
            time.sleep(_LOOK)

    def _carry_there(self, process: str, way: Way, stamp: Stamp, body: RoadBody) -> None:
        name = f"{self._process}/{next(self._numbers)}"
        with self._carriers.sending(name) as sending:
            told = " ".join(map(str, (*way, *stamp, body.length, name, self._process)))
            if not self._publish(process, "bring", told):
                raise NobodyListens  # that process has died
            try:
                for content, _ in parts_of(body, PIECE):
                    if sending.push(content):
                        self._publish(process, "more", name)
            except BaseException:
                self._publish(process, "broken", name)
                raise
            self._raise(sending.outcome())

    def _raise(self, code: str) -> None:
        if code != "taken":
            raise _REFUSALS.get(code, NobodyListens)

    def _publish(self, process: str, word: str, rest: str) -> int:
        """How many heard it: 1, or 0 where that process is no more."""
        return int(self._store.call("PUBLISH", key("road", process), f"{word} {rest}"))

    def _forget(self, end: RoadEnd) -> None:
        if not self._here.listens(end):
            self._leave(*end, self._process)

    def _hear(self, text: str) -> None:
        word, *rest = text.split(" ")
        if word == "elsewhere":
            session_id, seat, page = rest
            self._here.follow_elsewhere(RoadEnd(session_id, int(seat)), page)
        elif word == "bring":
            session_id, sender, receiver, lane, n, length, name, process = rest
            way, stamp = Way(session_id, int(sender), int(receiver)), Stamp(int(lane), int(n))
            body = self._carriers.receive(name, int(length), lambda: self._publish(process, "room", name))
            thread = threading.Thread(target=self._bring, args=(process, way, stamp, body), daemon=True)
            self._bringing.add(thread)
            thread.start()
        else:
            self._carriers.hear(word, *rest)

    def _bring(self, process: str, way: Way, stamp: Stamp, body: RedisBody) -> None:
        """A body from another process, for an answer in this one."""
        outcome = "taken"
        try:
            self._here.carry(way, stamp, body)
        except Problem as problem:
            outcome = problem.code
        finally:
            self._carriers.received(body)
        try:
            self._publish(process, "end", f"{body.name} {outcome}")
        except Unavailable:
            log.warning("Redis went away while a body was on the road")
        finally:
            self._bringing.discard(threading.current_thread())


class _KnownAnswer:
    """An answer that other processes know of for as long as it is open."""

    def __init__(self, answer: RoadAnswer, keep: Callable[[], object], forget: Callable[[], object]) -> None:
        self._answer, self._keep, self._forget = answer, keep, forget

    def __iter__(self) -> Iterator[bytes]:
        said = time.monotonic()
        for part in self._answer:
            if time.monotonic() - said > _SAID:
                said = time.monotonic()
                self._keep()
            yield part

    def close(self) -> None:
        self._answer.close()
        try:
            self._forget()
        except Unavailable:
            log.warning("Redis is away: where an answer was open is known for a while")


def _key(end: RoadEnd) -> str:
    return key("road", *end)
