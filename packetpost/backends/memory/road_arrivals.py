"""What arrives at one seat: bodies of all other seats come in, and its answer carries them out of a small buffer.

Owns whose turn it is, how much may wait, and who is let go.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from packetpost.errors import TooMany
from packetpost.road import (
    BEAT,
    FROZEN,
    GRACE,
    LONGEST,
    MOST_BODIES,
    MOST_WAITING,
    SIGN_OF_LIFE,
    Cut,
)
from packetpost.road_errors import Frozen, NobodyListens


@dataclass(slots=True, eq=False)
class Carried:
    """A body on its way: stretches that were not taken yet, and whether some never will be."""

    sender: int
    # For how many seconds it waits where no answer is open.
    grace: float
    untaken: int = 0
    broken: bool = False


class Arrivals:
    """What is on its way to one seat: bodies come in, the answer whose turn it is carries them out."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        # One stretch of a seat after the other, whatever the number of its bodies: each road has the same share.
        self._turns: dict[int, threading.Lock] = {}
        self.answers: deque[MemoryAnswer] = deque()
        self.waiting: deque[tuple[bytes, Carried]] = deque()
        self._waiting_bytes = 0
        self._bodies: set[Carried] = set()
        self._progress = self._heard = time.monotonic()

    @property
    def idle(self) -> bool:
        return not self.answers and not self._bodies

    @property
    def carries_nothing(self) -> bool:
        return not self._bodies and not self.waiting

    def begin(self, sender: int, first: bool) -> Carried:
        """A body of that seat has come; the `first` of a lane waits for no answer. Raises TooMany."""
        if sum(carried.sender == sender for carried in self._bodies) >= MOST_BODIES:
            raise TooMany("Four bodies are on their way there already. Wait for one of them.")
        carried = Carried(sender, 0.0 if first else GRACE)
        self._bodies.add(carried)
        return carried

    def turn(self, sender: int) -> threading.Lock:
        """Held while a stretch of that seat waits for its pace, and for room."""
        return self._turns.setdefault(sender, threading.Lock())

    def finish(self, carried: Carried) -> None:
        with self.changed:
            self._bodies.discard(carried)
            self.changed.notify_all()

    def put(self, carried: Carried, content: bytes) -> None:
        """Wait for room, and let it go out. Raises NobodyListens, Frozen."""
        with self.changed:
            self._wait(carried, lambda: self._waiting_bytes + len(content) > MOST_WAITING and bool(self.waiting))
            self.waiting.append((content, carried))
            self._waiting_bytes += len(content)
            carried.untaken += 1
            self.changed.notify_all()

    def wait_until_taken(self, carried: Carried) -> None:
        with self.changed:
            self._wait(carried, lambda: carried.untaken > 0)

    def _wait(self, carried: Carried, blocked: Callable[[], bool]) -> None:
        begun = time.monotonic()
        while True:
            if carried.broken:
                raise NobodyListens
            now = time.monotonic()
            until = max(begun, self._progress) + FROZEN
            if not self.answers:
                until = max(begun, self._heard) + carried.grace
                if now >= until:
                    if carried.grace:
                        self._break()
                    raise NobodyListens
            elif not blocked():
                return
            elif now >= until:
                self.cut_all()
                raise Frozen
            self.changed.wait(until - now)

    def open(self, answer: "MemoryAnswer") -> None:
        with self.changed:
            while self.answers and (self.answers[0].page != answer.page or len(self.answers) > 1):
                # Another page takes the seat's place; of one page only the newest waits for its turn.
                self._cut(self.answers[0] if self.answers[0].page != answer.page else self.answers[-1])
            self.answers.append(answer)
            self._progress = time.monotonic()
            self.changed.notify_all()

    def follow_elsewhere(self, page: str) -> None:
        with self.changed:
            for answer in tuple(self.answers):
                if answer.page == page:
                    answer.followed = True
                else:
                    self._cut(answer)
            self.changed.notify_all()

    def next_out(self) -> tuple[bytes, Carried]:
        content, carried = self.waiting.popleft()
        self._waiting_bytes -= len(content)
        return content, carried

    def note_taken(self, carried: Carried) -> None:
        carried.untaken -= 1
        self._progress = time.monotonic()
        self.changed.notify_all()

    def leave(self, answer: "MemoryAnswer", lost: bool) -> None:
        """The answer has ended; with `lost` a stretch was in it that nobody has for sure."""
        with self.changed:
            if answer in self.answers:
                self.answers.remove(answer)
                self._heard = time.monotonic()
            if lost:
                self._break()
            self.changed.notify_all()

    def cut_all(self) -> None:
        with self.changed:
            while self.answers:
                self._cut(self.answers[0])
            self._break()
            self.changed.notify_all()

    def _cut(self, answer: "MemoryAnswer") -> None:
        # What was given out to it may be lost, and what waits behind that is of no use without it.
        if answer is self.answers[0]:
            self._break()
        self.answers.remove(answer)
        self._heard = time.monotonic()
        answer.end_now()

    def _break(self) -> None:
        for carried in self._bodies:
            carried.broken = True
        self.waiting.clear()
        self._waiting_bytes = 0


class MemoryAnswer:
    """The `RoadAnswer` Protocol: goes on until its turn is over."""

    def __init__(self, arrivals: Arrivals, page: str, cut: Cut, forget: Callable[[], None]) -> None:
        self.page = page
        self._arrivals, self._cut, self._forget = arrivals, cut, forget
        self._ends = time.monotonic() + LONGEST
        self._out: Carried | None = None
        self._ended = False
        # Another process has this page's next answer.
        self.followed = False

    def __iter__(self) -> Iterator[bytes]:
        yield SIGN_OF_LIFE
        while content := self._next():
            yield content

    def _next(self) -> bytes:
        """The next stretch, a sign of life, or b'' at the end."""
        arrivals = self._arrivals
        with arrivals.changed:
            if self._out:
                arrivals.note_taken(self._out)
                self._out = None
            beat = time.monotonic() + BEAT
            while not self._ended:
                now = time.monotonic()
                mine = bool(arrivals.answers) and arrivals.answers[0] is self
                if self._is_over(now, mine):
                    break
                if mine and arrivals.waiting:
                    content, self._out = arrivals.next_out()
                    arrivals.changed.notify_all()
                    return content
                if now >= beat:
                    return SIGN_OF_LIFE
                arrivals.changed.wait(min(beat, self._ends) - now)
        self._end()
        return b""

    def _is_over(self, now: float, mine: bool) -> bool:
        if self.followed and self._arrivals.carries_nothing:
            return True
        next_is_open = mine and len(self._arrivals.answers) > 1
        return next_is_open or now >= self._ends

    def close(self) -> None:
        self._end()

    def end_now(self) -> None:
        """From outside: its reader may take nothing. The arrivals have let it go already."""
        if not self._ended:
            self._ended, self._out = True, None
            self._cut()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._arrivals.leave(self, lost=self._out is not None)
            self._out = None
        self._forget()
