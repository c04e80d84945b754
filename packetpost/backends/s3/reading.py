"""A file in the bucket, read block by block, one block ahead of its reader, and followed while it grows."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from packetpost import threads
from packetpost.backends.memory.waiters import Waiters
from packetpost.backends.s3.layout import MIB, Layout
from packetpost.backends.s3.objects import Objects
from packetpost.errors import NotFound, Unavailable
from packetpost.retry import until_available

# Blocks grow from the least to the most while the reader takes each within 0.1 s, and shrink when it needs 0.5 s. Each
# reader has at most two of them: all together hold 512 KiB a reader, or what they take in a second.
_LEAST, _MOST = 256 * 1024, 8 * MIB
_FAST, _SLOW = 0.1, 0.5
# Followers of a file that another instance writes look for new bytes this often, in seconds.
_POLL = 1.0
_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    content: bytes

    def holds(self, offset: int) -> bool:
        return self.start <= offset < self.start + len(self.content)


class OpenObjects:
    """The `Stored` Protocol on objects. `look` tells what is stored by now, None when the file was deleted."""

    def __init__(
        self,
        crew: threads.Crew,
        objects: Objects,
        layout: Layout,
        look: Callable[[], Layout | None],
        waiters: Waiters,
        key: str,
    ) -> None:
        self._crew, self._objects, self._layout, self._look = crew, objects, layout, look
        self._waiting = ExitStack()
        self._changed = self._waiting.enter_context(waiters.wait_for(key))
        self._gone = False
        self._block = _Block(0, b"")
        self._next: tuple[int, threads.Job[bytes]] | None = None
        self._length, self._taken_at = _LEAST, time.monotonic()

    def fileno(self) -> None:
        return None

    def size(self) -> int:
        self._keep_up()
        return self._layout.end

    def gone(self) -> bool:
        self._keep_up()
        return self._gone

    def wait(self, beyond: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.size() <= beyond and not self._gone:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._changed.wait(min(left, _POLL))
            self._changed.set()  # also where another instance writes
        return self.size() > beyond and not self._gone

    def _keep_up(self) -> None:
        """Look again when this process has changed the file."""
        if self._changed.is_set() and not self._gone:
            self._changed.clear()
            self._refresh()

    def _refresh(self) -> None:
        layout = until_available(self._look)
        if layout is None:
            self._gone = True
        else:
            self._layout = layout

    def read_at(self, offset: int, size: int) -> bytes:
        if not self._block.holds(offset):
            self._block = self._fetch(offset)
        at = offset - self._block.start
        # Through the thread pool: a reader that is always ready would otherwise keep everybody else waiting.
        return threads.run(self._block.content.__getitem__, slice(at, at + size))

    def _fetch(self, offset: int) -> _Block:
        """The block from `offset` on, empty at the end or when the file is gone; the one after it is on its way."""
        ahead, self._next = self._next, None
        in_order = offset == self._block.start + len(self._block.content)
        self._pace(in_order)
        content: bytes | None = None
        if ahead and ahead[0] == offset:
            with suppress(NotFound, Unavailable):
                content = ahead[1].result()
        tries = _TRIES
        while content is None and not self._gone:
            try:
                content = until_available(self._get, offset)
            except NotFound:  # the objects were replaced by others, or deleted
                self._refresh()
                tries -= 1
                if not tries:
                    raise Unavailable from None
        block = _Block(offset, content or b"")
        after = offset + len(block.content)
        job = self._start(after) if in_order and block.content else None
        self._next = (after, job) if job else None
        return block

    def _pace(self, in_order: bool) -> None:
        """Choose the length of the next block."""
        took = time.monotonic() - self._taken_at
        self._taken_at = time.monotonic()
        if not in_order or took > _SLOW:
            self._length = max(_LEAST, self._length // 2)
        elif took < _FAST:
            self._length = min(_MOST, self._length * 2)

    def _get(self, offset: int) -> bytes:
        job = self._start(offset)
        return job.result() if job else b""

    def _start(self, offset: int) -> threads.Job[bytes] | None:
        """Begin to get a block; None where nothing is stored there."""
        piece = self._layout.at(offset)
        if piece is None:
            return None
        count = min(self._length, piece.end - offset)
        return self._crew.start(self._objects.bucket.get, self._objects.name(piece), offset - piece.start, count)

    def close(self) -> None:
        self._next = None
        self._waiting.close()
