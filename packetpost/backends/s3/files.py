"""Files in an S3 bucket: each as pieces in objects of their own, which any instance finds, also after a crash.

Why pieces and no multipart upload while the bytes come: the parts of an unfinished multipart upload cannot be read, and
a download may start while its upload runs. It costs no more requests. A finished file is made one object by the store
itself (`composing`), where receivers are sent to it: a copying request more for each 8 MiB, and no byte through us.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

from packetpost import threads
from packetpost.backends.disk.full_disk import no_space
from packetpost.backends.memory.waiters import Waiters
from packetpost.backends.s3.bucket import Bucket, Found
from packetpost.backends.s3.client import BucketPrefix
from packetpost.backends.s3.composing import CannotCompose, compose
from packetpost.backends.s3.layout import Layout, Piece
from packetpost.backends.s3.lease import Acquire, Lease
from packetpost.backends.s3.objects import Objects
from packetpost.backends.s3.reading import OpenObjects
from packetpost.backends.s3.writing import Writer, cancelled
from packetpost.errors import NotFound, Problem, TooLarge, Unavailable
from packetpost.protocols import Body, Stored
from packetpost.tus_errors import WrongOffset

log = logging.getLogger(__name__)

# Calls that run at once; memory for the bodies of so many.
_THREADS = 16
# A page that shows many files asks S3 at most so often a second for their sizes.
_LOOKS = 100
_MOST_SEEN = 10_000
# An address given to a receiver holds for so long, in seconds; a download that has begun by then goes on.
_ADDRESS_SECONDS = 60


class S3Files:
    """The `Files` Protocol in a bucket."""

    def __init__(self, at: BucketPrefix, folder: Path, acquire: Acquire, redirect: bool) -> None:
        """`folder` holds what is on its way to S3, `acquire` leases names, `redirect` lets receivers fetch from S3.

        Raises SettingsError when the bucket cannot be used.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._acquire, self._redirect = folder, acquire, redirect
        self._bucket, self._crew = Bucket(at), threads.Crew(_THREADS)
        self._crew.run(self._bucket.check)
        self._waiters = Waiters()
        self._writers: dict[str, list[Writer]] = {}
        self._seen: dict[str, tuple[int | None, float]] = {}
        self._composing: set[str] = set()

    def _objects(self, key: str) -> Objects:
        return Objects(self._bucket, key)

    def _layout(self, key: str) -> Layout:
        layout = self._crew.run(self._objects(key).layout)
        if layout is None:
            raise NotFound
        return layout

    def ping(self) -> None:
        self._crew.run(self._bucket.ping)

    def create(self, *keys: str) -> None:
        self._crew.map(lambda key: self._objects(key).begin(), keys)

    def size(self, key: str) -> int | None:
        stored = self._written_here(key)
        if stored is not None:
            return stored
        layout = self._crew.run(self._objects(key).layout)
        return layout.end if layout else None

    def _written_here(self, key: str) -> int | None:
        """What the writer of this process has stored, as long as nobody else can write."""
        return next((writer.stored for writer in self._writers.get(key, ()) if writer.current), None)

    def sizes(self, wholes: Mapping[str, int | None]) -> list[int | None]:
        now = time.monotonic()
        oldest = now - len(wholes) / _LOOKS
        sizes = {key: self._known(key, whole, oldest) for key, whole in wholes.items()}
        missing = [key for key, size in sizes.items() if size is None]
        for key, layout in zip(missing, self._crew.map(lambda key: self._objects(key).layout(), missing), strict=True):
            sizes[key] = layout.end if layout else None
            self._seen[key] = sizes[key], now
        while len(self._seen) > _MOST_SEEN:
            self._seen.pop(next(iter(self._seen)))
        return list(sizes.values())

    def _known(self, key: str, whole: int | None, oldest: float) -> int | None:
        stored = self._written_here(key)
        if stored is not None:
            return stored
        size, at = self._seen.get(key, (None, 0.0))
        return size if size == whole or at > oldest else None

    def append(self, key: str, offset: int, body: Body, limit: int, digest: tuple[str, bytes] | None = None) -> int:
        objects, lease = self._objects(key), Lease(self._acquire, key)
        lease.acquire()
        try:
            layout = self._layout(key)
            if layout.end != offset:
                raise WrongOffset
            if layout.loose:
                self._crew.run(objects.drop, layout.loose)
            writer = Writer(self._crew, objects, lease, layout, self._folder, lambda: self._waiters.wake(key))
            with self._leaving_nothing(objects), self._writing(key, writer), no_space():
                count = writer.receive_checked(body, limit, digest) if digest else writer.receive(body, limit)
        finally:
            lease.give_back()
        if count == limit and body.length != 0 and body.read(1):
            raise TooLarge("The body was longer than announced. It was cut off there.")
        return offset + count

    @contextmanager
    def _leaving_nothing(self, objects: Objects) -> Iterator[None]:
        """Where the file was deleted meanwhile, what was written after the deletion goes too. Raises NotFound then."""
        try:
            yield
        finally:
            kept = True
            with suppress(Unavailable):  # what stays for that is swept
                kept = self._crew.run(objects.kept)
                if not kept:
                    self._crew.run(objects.remove)
            if not kept:
                raise cancelled()

    @contextmanager
    def _writing(self, key: str, writer: Writer) -> Iterator[None]:
        writers = self._writers.setdefault(key, [])
        writers.append(writer)
        try:
            with writer:
                yield
        finally:
            writers.remove(writer)
            if not writers:
                self._writers.pop(key, None)
            self._seen.pop(key, None)

    def join(self, key: str, parts: Sequence[str]) -> None:
        layouts = [self._layout(part) for part in parts]
        target = self._objects(key)
        copies: list[tuple[str, str]] = []
        base = 0
        for part, layout in zip(map(self._objects, parts), layouts, strict=True):
            for piece in layout.pieces:
                copies.append((part.name(piece), target.name(Piece(base + piece.start, base + piece.end))))
            base += layout.end
        self.create(key)
        try:
            with self._leaving_nothing(target):
                self._crew.map(lambda names: self._bucket.copy(*names), copies)
        except BaseException:
            self.remove(key)
            raise

    def finish(self, key: str) -> None:
        if self._redirect and key not in self._composing:
            self._composing.add(key)
            threads.later(self._compose, key)

    def _compose(self, key: str) -> None:
        try:
            compose(self._crew, self._objects(key))
        except CannotCompose:
            self._redirect = False
            log.warning("this S3 store copies no objects into parts: receivers get larger files through this server")
        except Problem as error:  # the file is whole as it is; whoever asks for its address tries again
            log.warning("a file stays in several objects: %s", error)
        finally:
            self._composing.discard(key)

    def address(self, key: str, disposition: str, kind: str) -> str | None:
        if not self._redirect:
            return None
        layout = self._layout(key)
        if len(layout.pieces) == 1:
            return self._bucket.sign(self._objects(key).name(layout.pieces[0]), disposition, kind, _ADDRESS_SECONDS)
        self.finish(key)
        return None

    def open(self, key: str) -> Stored:
        objects, layout = self._objects(key), self._layout(key)
        return OpenObjects(self._crew, objects, layout, lambda: self._crew.run(objects.layout), self._waiters, key)

    def remove(self, *keys: str) -> None:
        for key in keys:
            self._seen.pop(key, None)
            for writer in self._writers.get(key, ()):
                writer.removed = True
        self._crew.map(lambda key: self._objects(key).remove(), keys)
        for key in keys:
            self._waiters.wake(key)

    def stored(self) -> Iterator[tuple[str, float]]:
        for key, found in groupby(self._everything(), lambda one: one.name.partition("/")[0]):
            yield key, max(one.written_at for one in found)

    def _everything(self) -> Iterator[Found]:
        last = ""
        while page := self._crew.run(self._bucket.page, "", last):
            yield from page
            last = page[-1].name

    def tidy(self, before: float) -> None:
        for name, upload_id, begun_at in self._crew.run(self._bucket.unfinished, ""):
            if begun_at < before:
                self._crew.run(self._bucket.abort_parts, name, upload_id)

    def free_bytes(self) -> int | None:
        return None
