"""Files in a folder: one file a key, its size is the offset, its flock the write lock.

A lock that the kernel drops with its holder needs no clean-up after a crash; a removed file is noticed by its
readers and writers because its link count is 0. Never preallocates, never truncates.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from packetpost import threads
from packetpost.backends.disk.full_disk import no_space
from packetpost.backends.memory.waiters import Waiters
from packetpost.errors import NotFound, TooLarge, UploadLocked
from packetpost.protocols import Body, Stored
from packetpost.tus_errors import ChecksumMismatch, WrongOffset

# Followers of a file that another process writes look for new bytes this often, in seconds.
_POLL = 0.5
_COPY_STEP = 16 * 1024**2


class DiskFiles:
    """The `Files` Protocol in one folder, with a subfolder for each first two characters of the keys."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._waiters = Waiters()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def ping(self) -> None:
        with tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(b"x")

    def create(self, *keys: str) -> None:
        for key in keys:
            path = self._path(key)
            with no_space():
                path.parent.mkdir(exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def size(self, key: str) -> int | None:
        try:
            return os.stat(self._path(key)).st_size
        except FileNotFoundError:
            return None

    def sizes(self, wholes: Mapping[str, int | None]) -> list[int | None]:
        return [self.size(key) for key in wholes]

    def append(self, key: str, offset: int, body: Body, limit: int, digest: tuple[str, bytes] | None = None) -> int:
        with _open(self._path(key), os.O_RDWR) as fd, _Writer(fd, lambda: self._waiters.wake(key)) as writer:
            if writer.size() != offset:
                raise WrongOffset
            # splice(2) refuses files opened with O_APPEND, so the position is set by hand, under the lock.
            os.lseek(fd, offset, os.SEEK_SET)
            with no_space():
                if digest:
                    count = self._append_checked(fd, body, limit, digest, writer)
                else:
                    count = body.copy_to(fd, limit, writer)
            if count == limit and body.length != 0 and body.read(1):
                raise TooLarge("The body was longer than announced. It was cut off there.")
            return offset + count

    def _append_checked(self, fd: int, body: Body, limit: int, digest: tuple[str, bytes], writer: "_Writer") -> int:
        """Receive beside the file, compare, and only then append: a follower never sees bytes that turn out wrong."""
        algorithm, expected = digest
        with tempfile.TemporaryFile(dir=self._folder) as aside:
            count = body.copy_to(aside.fileno(), limit, writer)
            aside.seek(0)
            if threads.run(hashlib.file_digest, aside, algorithm).digest() != expected:
                raise ChecksumMismatch
            threads.run(_copy, aside.fileno(), fd)
        return count

    def join(self, key: str, parts: Sequence[str]) -> None:
        self.create(key)
        try:
            with _open(self._path(key), os.O_WRONLY) as out, no_space():
                for part in parts:
                    with _open(self._path(part), os.O_RDONLY) as source:
                        threads.run(_copy, source, out)
        except BaseException:
            self.remove(key)
            raise

    def open(self, key: str) -> Stored:
        with _open(self._path(key), os.O_RDONLY) as fd:
            return _OpenFile(os.dup(fd), key, self._waiters)

    def finish(self, key: str) -> None: ...

    def address(self, key: str, disposition: str, kind: str) -> str | None:
        return None

    def remove(self, *keys: str) -> None:
        for key in keys:
            # Unlinking 1 GiB takes 50 to 170 ms, so never on the event loop.
            threads.run(self._path(key).unlink, missing_ok=True)
            self._waiters.wake(key)

    def stored(self) -> Iterator[tuple[str, float]]:
        for folder in os.scandir(self._folder):
            if folder.is_dir():
                for entry in os.scandir(folder.path):
                    try:
                        yield entry.name, entry.stat().st_mtime
                    except FileNotFoundError:
                        continue

    def tidy(self, before: float) -> None: ...

    def free_bytes(self) -> int | None:
        return shutil.disk_usage(self._folder).free


class _OpenFile:
    """The `Stored` Protocol on a file descriptor of its own."""

    def __init__(self, fd: int, key: str, waiters: Waiters) -> None:
        self._fd, self._key, self._waiters = fd, key, waiters

    def fileno(self) -> int:
        return self._fd

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def gone(self) -> bool:
        return os.fstat(self._fd).st_nlink == 0

    def wait(self, beyond: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._waiters.wait_for(self._key) as event:
            while self.size() <= beyond and not self.gone():
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                event.wait(min(left, _POLL))
                event.clear()
        return self.size() > beyond and not self.gone()

    def read_at(self, offset: int, size: int) -> bytes:
        return threads.run(os.pread, self._fd, size, offset)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class _Writer:
    """The `WriteObserver` of one append: holds the lock while bytes flow, and notices when the file is removed."""

    def __init__(self, fd: int, wake: Callable[[], None]) -> None:
        self._fd, self._wake = fd, wake

    def __enter__(self) -> Self:
        self._lock()
        return self

    def __exit__(self, *_: object) -> None:
        self._wake()

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def wrote(self, count: int) -> None:
        self._check_kept()
        self._wake()

    @contextmanager
    def lock_released(self) -> Iterator[None]:
        before = self.size()
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        yield
        self._lock()
        if self.size() != before:
            raise UploadLocked("Somebody else went on with this upload meanwhile.")

    def _lock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadLocked from error
        self._check_kept()

    def _check_kept(self) -> None:
        if os.fstat(self._fd).st_nlink == 0:
            raise NotFound("This upload was cancelled or its link was deleted.")


def _copy(source: int, out: int) -> None:
    offset = 0
    while sent := os.sendfile(out, source, offset, _COPY_STEP):
        offset += sent


@contextmanager
def _open(path: Path, flags: int) -> Iterator[int]:
    try:
        fd = os.open(path, flags)
    except FileNotFoundError as error:
        raise NotFound from error
    try:
        yield fd
    finally:
        os.close(fd)
