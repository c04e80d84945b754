"""One append to a file in the bucket: bytes gather in a spool on the disk, and each full piece leaves it at once.

Several pieces are on their way at a time. The last, unfinished one (the tail) is stored when the request ends, when its
client rests, and every few seconds of a slow upload; it is stored again, longer, when more bytes have come.
"""

import hashlib
import mmap
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Self

from packetpost import threads
from packetpost.backends.s3.layout import MIB, Layout, Piece, piece_size
from packetpost.backends.s3.lease import Lease
from packetpost.backends.s3.objects import Objects
from packetpost.errors import NoSpace, NotFound, Unavailable, UploadLocked
from packetpost.protocols import Body
from packetpost.retry import until_available
from packetpost.tus_errors import ChecksumMismatch

# So many pieces of one upload are on their way at once.
_AT_ONCE = 3
# Pieces above this are not read into memory, which makes sending them slower: those of files beyond 24 GiB.
_MOST_MEMORY = 16 * MIB
# A slow client's bytes are stored after so many seconds, also where they fill no piece.
_MOST_UNSTORED = 5.0
# A writer looks so often, in seconds, whether another instance has deleted its file.
_LOOK = 2.0
_AWAIT = 0.5


class Writer:
    """The `WriteObserver` of one append. To be entered; the lease is held until then and after."""

    def __init__(
        self,
        crew: threads.Crew,
        objects: Objects,
        lease: Lease,
        layout: Layout,
        folder: Path,
        changed: Callable[[], None],
    ) -> None:
        """`layout` is what is stored under the lease, `folder` where spools lie, `changed` is told of more bytes."""
        self._crew, self._objects, self._lease, self._folder = crew, objects, lease, folder
        self._changed = changed
        self._tail: Piece | None = layout.tail
        self._start = self._tail.start if self._tail else layout.end
        self._sent: set[Piece] = set()  # and not yet known to be stored
        self._coming: deque[tuple[Piece, FileIO, threads.Job[None]]] = deque()
        self._flushed_at = self._looked_at = time.monotonic()
        self._all_or_nothing = False
        self.stored = layout.end
        self.removed = False  # by this process

    def __enter__(self) -> Self:
        self._spool = self._new_spool()
        if self._tail:
            get = self._objects.bucket.get
            self._spool.write(self._crew.run(get, self._objects.name(self._tail), 0, self._tail.size))
        return self

    def __exit__(self, *_: object) -> None:
        for _piece, spool, job in self._coming:
            job.wait()
            spool.close()
        self._spool.close()

    @property
    def current(self) -> bool:
        """Whether nobody else can be writing, so that `stored` is the whole truth."""
        return self._lease.held

    def receive(self, body: Body, limit: int) -> int:
        """Store at most `limit` bytes of the body as they come, and return how many."""
        begin = self._end
        try:
            while (left := limit - (self._end - begin)) and self._fill(body, left):
                pass
        except (NotFound, UploadLocked, Unavailable, NoSpace):
            raise
        except BaseException:
            self._flush()
            raise
        self._flush()
        return self._end - begin

    def receive_checked(self, body: Body, limit: int, digest: tuple[str, bytes]) -> int:
        """Store all of the body, or nothing where its digest is another one, and return how many bytes."""
        self._all_or_nothing = True
        begin = self._end
        count = body.copy_to(self._spool.fileno(), limit, self)
        algorithm, expected = digest
        self._spool.seek(begin - self._start)
        if threads.run(hashlib.file_digest, self._spool, algorithm).digest() != expected:
            raise ChecksumMismatch
        self._check()
        if count:
            self._send_backwards()
        return count

    def _send_backwards(self) -> None:
        """Send the spool's pieces, the first one last: only it connects the others to what is stored."""
        first, *rest = _cut(self._start, self._end)
        jobs: deque[threads.Job[None]] = deque()
        try:
            for piece in rest:
                jobs.append(self._crew.start(_send, self._objects, piece, self._spool, piece.start - self._start))
                if len(jobs) == _AT_ONCE:
                    self._await(jobs.popleft())
            while jobs:
                self._await(jobs.popleft())
        finally:
            for job in jobs:
                job.wait()
        self._check()
        self._sent.update([first, *rest])
        self._store(first, self._spool)
        self._is_stored(first)
        self.stored = self._end

    def wrote(self, count: int) -> None:
        while self._coming and self._coming[0][2].done():
            self._land()
        self._check()
        # Where pieces are on their way the store is the slower one, and a full piece goes at once.
        waits = self._coming or self._all_or_nothing or self._end - self._start >= piece_size(self._start)
        if time.monotonic() > self._flushed_at + _MOST_UNSTORED and not waits:
            self._flush()

    @contextmanager
    def lock_released(self) -> Iterator[None]:
        if not self._all_or_nothing:
            self._flush()
        self._lease.give_back()
        yield
        self._check()

    @property
    def _end(self) -> int:
        """How far the bytes have come, stored or not."""
        return self._start + os.fstat(self._spool.fileno()).st_size

    def _new_spool(self) -> FileIO:
        return tempfile.TemporaryFile(dir=self._folder, buffering=0)

    def _fill(self, body: Body, left: int) -> bool:
        """Gather bytes of one piece, and send it when it is full; False at the body's end."""
        before = self._end
        most = min(left, self._start + piece_size(self._start) - before)
        body.copy_to(self._spool.fileno(), most, self)
        count = self._end - before
        if self._end - self._start == piece_size(self._start):
            self._ship()
        return count == most

    def _ship(self) -> None:
        piece, spool = Piece(self._start, self._end), self._spool
        self._spool, self._start = self._new_spool(), piece.end
        self._sent.add(piece)
        self._coming.append((piece, spool, self._crew.start(_send, self._objects, piece, spool, 0)))
        self._flushed_at = time.monotonic()
        if len(self._coming) == _AT_ONCE:
            self._land()

    def _land(self) -> None:
        """Wait for the first of the pieces that are on their way."""
        piece, spool, job = self._coming[0]
        try:
            self._await(job)
        except Unavailable:
            until_available(self._store, piece, spool)
        self._coming.popleft()
        spool.close()
        self._is_stored(piece)

    def _store(self, piece: Piece, spool: FileIO) -> None:
        self._await(self._crew.start(_send, self._objects, piece, spool, 0))

    def _flush(self) -> None:
        """Store all that has come."""
        while self._coming:
            self._land()
        if self._end > self.stored:
            self._check()
            piece = Piece(self._start, self._end)
            self._sent.add(piece)
            until_available(self._store, piece, self._spool)
            self._is_stored(piece)
            self._tail = piece
        self._flushed_at = time.monotonic()

    def _is_stored(self, piece: Piece) -> None:
        if self._tail and self._tail.start == piece.start and self._tail != piece:
            # Nobody waits: what stays is loose, and goes with the next append or with the file.
            self._crew.start(self._objects.drop, [self._tail])
            self._tail = None
        self._sent.discard(piece)
        self.stored = piece.end
        self._changed()

    def _await(self, job: threads.Job[None]) -> None:
        """Wait for a job, keeping the lease. It has ended also when this raises, since it reads a spool."""
        try:
            while not job.ended(_AWAIT):
                self._check()
        finally:
            job.wait()
        job.result()

    def _check(self) -> None:
        """Keep the lease, and see that the file still exists and that nobody else wrote to it meanwhile."""
        if self.removed:
            raise cancelled()
        if self._lease.renew():
            layout = until_available(self._crew.run, self._objects.layout)
            if layout is None:
                raise cancelled()
            if layout.end < self.stored or any(p.end > self.stored and p not in self._sent for p in layout.pieces):
                raise UploadLocked("Somebody else went on with this upload meanwhile.")
        elif time.monotonic() > self._looked_at + _LOOK:
            self._looked_at = time.monotonic()
            with suppress(Unavailable):  # whoever is waiting for the store keeps waiting
                if not self._crew.run(self._objects.kept):
                    raise cancelled()


def _cut(start: int, end: int) -> list[Piece]:
    pieces = []
    while start < end:
        pieces.append(Piece(start, min(end, start + piece_size(start))))
        start = pieces[-1].end
    return pieces


def _send(objects: Objects, piece: Piece, spool: FileIO, at: int) -> None:
    """Store what the spool holds from `at` on. In a thread of the crew."""
    if piece.size <= _MOST_MEMORY:
        objects.bucket.put(objects.name(piece), os.pread(spool.fileno(), piece.size, at))
    else:
        with mmap.mmap(spool.fileno(), piece.size, prot=mmap.PROT_READ, offset=at) as view:
            objects.bucket.put(objects.name(piece), view)


def cancelled() -> NotFound:
    """What a writer is told whose file is gone."""
    return NotFound("This upload was cancelled or its link was deleted.")
