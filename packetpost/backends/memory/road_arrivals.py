"""What arrives at one seat: bodies of all other seats come in, and hand their stretches to its answer one by one.

Owns whose turn it is, that no more than one stretch waits, and who is let go.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from packetpost.errors import TooMany
from packetpost.road import BEAT, FROZEN, GRACE, LONGEST, MOST_BODIES, SIGN_OF_LIFE, Cut, Send, Stretch
from packetpost.road_errors import Frozen, NobodyListens


@dataclass(slots=True, eq=False)
class Carried:
    """A body on its way, and whether some of it was lost."""

    sender: int
    # For how many seconds it waits where no answer is open.
    grace: float
    broken: bool = False


class Arrivals:
    """What is on its way to one seat: bodies come in, the answer whose turn it is carries them out."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        # For bodies, which wait here until an answer is open and nothing else is being sent in it.
        self._changed = threading.Condition(self.lock)
        # One stretch of a seat after the other, whatever the number of its bodies: each road has the same share.
        self._turns: dict[int, threading.Lock] = {}
        self.answers: deque[MemoryAnswer] = deque()
        # The stretch that waits until the answer has sent the last one, where that is asked for each.
        self.waiting: tuple[bytes, Carried] | None = None
        self._bodies: set[Carried] = set()
        self._heard = time.monotonic()

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
        with self.lock:
            self._bodies.discard(carried)
            for answer in self.answers:
                answer.look()

    def give(self, carried: Carried, stretches: Sequence[Stretch]) -> None:
        """Hand over what comes next, when the answer whose turn it is takes more. Raises NobodyListens, Frozen."""
        while stretches:
            with self.lock:
                self._wait(carried, lambda: not self.waiting and self.answers[0].takes_more())
                answer = self.answers[0]
                if not answer.send:
                    self.waiting = (b"".join(stretches[0]), carried)
                    stretches = stretches[1:]
                    answer.wake()
                    continue
                answer.busy, answer.carried = True, carried
            self._send(answer.send, answer, stretches)
            return

    def _send(self, send: Send, answer: "MemoryAnswer", stretches: Sequence[Stretch]) -> None:
        """Right here, past who iterates over the answer, which is not woken for it."""
        try:
            send(stretches, FROZEN)
        except TimeoutError as error:
            self.cut_all()
            raise Frozen from error
        except BaseException as error:
            with self.lock:
                if answer in self.answers:
                    self._cut(answer)
            if isinstance(error, OSError):
                raise NobodyListens from error
            raise
        with self.lock:
            self.note_taken(answer)

    def wait_until_taken(self, carried: Carried) -> None:
        with self.lock:
            if self._is_out(carried):
                self._wait(carried, lambda: not self._is_out(carried))
            if carried.broken:
                raise NobodyListens

    def _is_out(self, carried: Carried) -> bool:
        waits = self.waiting and self.waiting[1] is carried
        return bool(waits) or any(answer.carried is carried for answer in self.answers)

    def _wait(self, carried: Carried, ready: Callable[[], bool]) -> None:
        """Until an answer is open and that is so."""
        begun = time.monotonic()
        while True:
            if carried.broken:
                raise NobodyListens
            now = time.monotonic()
            if not self.answers:
                until = max(begun, self._heard) + carried.grace
                if now >= until:
                    if carried.grace:
                        self._break()
                    raise NobodyListens
            elif ready():
                return
            else:
                until = max(begun, self.answers[0].moved) + FROZEN
                if now >= until:
                    self._cut_all()
                    raise Frozen
            self._changed.wait(until - now)

    def note_taken(self, answer: "MemoryAnswer") -> None:
        """What was out in it has been sent."""
        answer.busy, answer.carried, answer.moved = False, None, time.monotonic()
        answer.look()
        self._changed.notify_all()

    def open(self, answer: "MemoryAnswer") -> None:
        with self.lock:
            while self.answers and (self.answers[0].page != answer.page or len(self.answers) > 1):
                # Another page takes the seat's place; of one page only the newest waits for its turn.
                self._cut(self.answers[0] if self.answers[0].page != answer.page else self.answers[-1])
            self.answers.append(answer)
            self.answers[0].look()
            self._changed.notify_all()

    def follow_elsewhere(self, page: str) -> None:
        with self.lock:
            for answer in tuple(self.answers):
                if answer.page == page:
                    answer.followed = True
                    answer.look()
                else:
                    self._cut(answer)
            self._changed.notify_all()

    def leave(self, answer: "MemoryAnswer", lost: bool) -> None:
        """The answer has ended; with `lost` a stretch was in it that nobody has for sure."""
        with self.lock:
            if answer in self.answers:
                self.answers.remove(answer)
                self._heard = time.monotonic()
            if lost:
                self._break()
            if self.answers:
                self.answers[0].wake()
            self._changed.notify_all()

    def cut_all(self) -> None:
        with self.lock:
            self._cut_all()

    def _cut_all(self) -> None:
        while self.answers:
            self._cut(self.answers[0])
        self._break()

    def _cut(self, answer: "MemoryAnswer") -> None:
        # What was given out to it may be lost, and what comes behind that is of no use without it.
        if answer is self.answers[0]:
            self._break()
        self.answers.remove(answer)
        self._heard = time.monotonic()
        answer.end_now()

    def _break(self) -> None:
        for carried in self._bodies:
            carried.broken = True
        self.waiting = None
        self._changed.notify_all()

    def next_out(self) -> tuple[bytes, Carried]:
        """The stretch that waits, which is sent now; there is one."""
        assert self.waiting
        taken, self.waiting = self.waiting, None
        self._changed.notify_all()
        return taken


class MemoryAnswer:
    """The `RoadAnswer` Protocol: goes on until its turn is over."""

    def __init__(self, arrivals: Arrivals, page: str, cut: Cut, send: Send | None, forget: Callable[[], None]) -> None:
        self.page, self.send = page, send
        self._arrivals, self._cut, self._forget = arrivals, cut, forget
        # For who iterates over it. Bodies that send in it themselves do not wake that each time.
        self._changed = threading.Condition(arrivals.lock)
        # Whether something is being sent: a sign of life, or a stretch of that body.
        self.busy = True
        self.carried: Carried | None = None
        self.moved = time.monotonic()
        self._ends = self.moved + LONGEST
        self._ended = False
        # Another process has this page's next answer.
        self.followed = False

    def __iter__(self) -> Iterator[bytes]:
        yield SIGN_OF_LIFE
        while content := self._next():
            yield content

    def _next(self) -> bytes:
        """The next stretch, a sign of life, or b'' at the end. What was given out before has been sent."""
        with self._arrivals.lock:
            self._arrivals.note_taken(self)
            while not self._ended:
                now = time.monotonic()
                if not self.busy:
                    if self._is_over(now):
                        break
                    if self._is_first and self._arrivals.waiting:
                        self.busy = True
                        content, self.carried = self._arrivals.next_out()
                        return content
                    if now >= self.moved + BEAT:
                        self.busy = True
                        return SIGN_OF_LIFE
                self._changed.wait(BEAT if self.busy else min(self.moved + BEAT, self._ends) - now)
        self._end()
        return b""

    def takes_more(self) -> bool:
        """Whether what comes next may be handed over."""
        return not self.send or not (self.busy or self._is_over(time.monotonic()))

    def wake(self) -> None:
        """Let who iterates over it look for what there is."""
        self._changed.notify_all()

    def look(self) -> None:
        """Wake it if it is over."""
        if self._is_over(time.monotonic()):
            self.wake()

    @property
    def _is_first(self) -> bool:
        answers = self._arrivals.answers
        return bool(answers) and answers[0] is self

    def _is_over(self, now: float) -> bool:
        if self.followed and self._arrivals.carries_nothing:
            return True
        next_is_open = self._is_first and len(self._arrivals.answers) > 1
        return next_is_open or now >= self._ends

    def close(self) -> None:
        self._end()

    def end_now(self) -> None:
        """From outside: its reader may take nothing. The arrivals have let it go already."""
        if not self._ended:
            self._ended, self.carried = True, None
            self._changed.notify_all()
            self._cut()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            if self.carried and self.send:
                self._cut()  # who sends in it now would wait for its reader
            self._arrivals.leave(self, lost=self.carried is not None)
        self._forget()
