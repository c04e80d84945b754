"""The sweeper: frees what has expired, ended or lost its record, on a timer and by `flask --app app sweep`."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice

from packetpost import logs, tokens
from packetpost.links import Links
from packetpost.protocols import Files, Records
from packetpost.sessions import Sessions
from packetpost.uploads import Uploads

# Ended links are remembered for a week, so that their owners and receivers learn why they ended.
REMEMBERED = 7 * 24 * 3600
# A file without a record may be one whose record is written next; older ones are left-overs of a crash.
_ORPHAN_AGE = 3600
_LEASE = 300
_BATCH = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep freed, in numbers of links, uploads and files."""

    links: int = 0
    uploads: int = 0
    orphans: int = 0


class Sweeper:
    """Sweeps under a lease, so that of several processes one does it at a time. Its loop reads the clock."""

    def __init__(
        self,
        records: Records,
        files: Files,
        links: Links,
        uploads: Uploads,
        sessions: Sessions,
        every: int,
        join: Callable[[], bool],
        tell: Callable[[Swept], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`every` is the pause between two sweeps, in seconds; `join` says at start whether no other process serves.

        `tell` hears of every sweep that ended well; `clock` tells Unix seconds.
        """
        self._records, self._files, self._links, self._uploads = records, files, links, uploads
        self._sessions, self._every, self._join, self._tell, self._clock = sessions, every, join, tell, clock
        self._holder = tokens.new_id()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def sweep(self, now: float, orphans: bool = True) -> Swept | None:
        """Sweep once; None when another process is at it. Orphans cost a look at every file.

        Each process tells its own sockets that their session has expired.
        """
        self._sessions.end_expired(now)
        if not self._records.lease("sweep", self._holder, now, _LEASE):
            return None
        try:
            swept = Swept(self._end_links(now), self._drop_strays(now), self._drop_orphans(now) if orphans else 0)
            self._note_lapsed(now)
            self._records.forget(now - REMEMBERED)
            self._sessions.forget(now)
        finally:
            self._records.lease("sweep", self._holder, now, 0)
        if swept != Swept():
            logs.event(log, "swept", **asdict(swept))
        self._tell(swept)
        return swept

    def _end_links(self, now: float) -> int:
        used_up = self._records.used_up_links(now)
        for link in used_up:
            self._links.end(link, "used-up")
        rest = self._records.links_to_free(now)
        for link in rest:
            self._links.end(link, "expired")  # keeps an earlier reason
        return len(used_up) + len(rest)

    def _drop_strays(self, now: float) -> int:
        strays = self._records.stray_uploads(now)
        for upload in strays:
            self._uploads.discard(upload)
        return len(strays)

    def _note_lapsed(self, now: float) -> None:
        """Free what is held for uploads that make no progress. How much is stored of them, their files know best."""
        self._links.room(now)
        for upload in self._records.lapsed():
            self._uploads.note(upload, self._files.size(upload.id) or 0, now)

    def _drop_orphans(self, now: float) -> int:
        self._files.tidy(now - _ORPHAN_AGE)
        count = 0
        old = (key for key, written_at in self._files.stored() if written_at < now - _ORPHAN_AGE)
        for keys in _batches(old):
            orphans = set(keys) - self._records.known_uploads(keys)
            self._files.remove(*orphans)
            count += len(orphans)
        return count

    def _drop_unfinished(self, now: float) -> None:
        """Uploads that one request was filling when the processes before this one died; a reload kills none."""
        for upload in self._records.unfinished_bodies(now):
            self._uploads.discard(upload)

    def start(self) -> None:
        """Sweep now and then every so often, in a thread of its own, until `stop`."""
        if self._join():
            self._drop_unfinished(self._clock())
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        looked_at = 0.0
        while True:
            now = self._clock()
            orphans = now - looked_at > _ORPHAN_AGE
            try:
                self.sweep(now, orphans)
            except Exception:  # the next sweep may succeed; this one is in the log
                log.exception("the sweep failed")
            else:
                looked_at = now if orphans else looked_at
            if self._stop.wait(self._every):
                return


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    keys = iter(keys)
    while batch := list(islice(keys, _BATCH)):
        yield batch
