"""A body that holds room for its bytes before it takes them: all of it where its length is known, else step by step.

So nobody holds room for bytes that never come, and what came has always been held before.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from packetpost.errors import NoSpace, Problem, ShareTaken, Unavailable
from packetpost.protocols import Body, WriteObserver
from packetpost.retry import until_available

MIB = 1024**2
# A body of unknown length holds so much more than has come: a quarter of it, within these bounds. Bytes.
_LEAST_AHEAD, _MOST_AHEAD = 4 * MIB, 64 * MIB

# The offset that has been reached, the one that is needed, the one that would be better -> the one that may be reached.
# Raises NoSpace or ShareTaken where not even the needed one may.
Hold = Callable[[int, int, int], int]


class ReservedBody:
    """A `Body` for the bytes of a file from `offset` on. Where there is no more room it ends early: see `refused`."""

    def __init__(self, body: Body, offset: int, end: int, hold: Hold, look_again: float) -> None:
        """`end` is as far as the file may grow. What is held may lapse, so `hold` is asked again every `look_again` s.

        Raises what `hold` does.
        """
        self._body, self._offset, self._end, self._hold, self._look_again = body, offset, end, hold, look_again
        self.refused: Problem | None = None
        length = body.length
        if length is None:
            self._reach = self._ask(min(offset + 1, end), self._ahead())
        else:
            self._reach = self._ask(min(offset + length, end), min(offset + length, end))

    @property
    def length(self) -> int | None:
        return self._body.length

    def read(self, size: int) -> bytes:
        return self._body.read(size)

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        count = 0
        watcher = _Watcher(self, observer)
        while count < limit and self._goes_on():
            step = min(limit - count, self._reach - self._offset)
            copied = self._body.copy_to(fd, step, watcher)
            count += copied
            if copied < step:
                break
        return count

    def _goes_on(self) -> bool:
        """Whether one more byte may come, for which more is held where that is needed."""
        if self._body.length == 0 or self.refused:
            return False
        if self._offset < self._reach:
            return True
        try:
            self._reach = until_available(self._ask, self._offset + 1, self._ahead())
        except (NoSpace, ShareTaken) as error:
            if self._body.read(1):
                self.refused = error
            return False
        return True

    def _ahead(self) -> int:
        return min(self._end, self._offset + min(max(self._offset // 4, _LEAST_AHEAD), _MOST_AHEAD))

    def _ask(self, need: int, wish: int) -> int:
        self._asked_at = time.monotonic()
        return self._hold(self._offset, need, wish)

    def took(self, count: int) -> None:
        """So many bytes are in the file. Raises NoSpace or ShareTaken where what was held for more has lapsed."""
        self._offset += count
        if time.monotonic() - self._asked_at > self._look_again:
            with suppress(Unavailable):  # it is asked again after the same time
                self._ask(self._reach, self._reach)


class _Watcher:
    """The observer of the bytes on their way to the file's own."""

    def __init__(self, reserved: ReservedBody, observer: WriteObserver) -> None:
        self._reserved, self._observer = reserved, observer

    def wrote(self, count: int) -> None:
        self._observer.wrote(count)
        self._reserved.took(count)

    @contextmanager
    def lock_released(self) -> Iterator[None]:
        with self._observer.lock_released():
            yield
