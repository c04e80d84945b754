"""All files of a link as one zip: stored, streamed, ZIP64 where needed, of a size known before the first byte."""

import errno
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from zipstream import ZIP_STORED, ZipStream

from packetpost.protocols import Stored
from packetpost.unpacked_names import for_unpacking

_PIECE = 1024**2
# How often a running zip says that it still moves, in seconds.
_SIGN_OF_LIFE = 15


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the zip: its path there, its size in bytes, and how to open its bytes."""

    path: str
    size: int
    open: Callable[[], Stored]


class ZipBody:
    """The response body. `ended` is called once, with True when the last byte was written; `moving` now and then.

    `count` is told of every byte, as it goes.
    """

    def __init__(
        self,
        members: Iterable[Member],
        ended: Callable[[bool], None],
        moving: Callable[[], None],
        count: Callable[[int], None],
    ) -> None:
        self._zip = ZipStream(compress_type=ZIP_STORED, sized=True)
        given = list(members)
        for member, path in zip(given, for_unpacking(member.path for member in given), strict=True):
            self._zip.add(_bytes_of(member), path, size=member.size)
        self._ended, self._moving, self._count = ended, moving, count
        self._complete = False

    def __len__(self) -> int:
        """The size of the zip, in bytes."""
        return len(self._zip)

    def __iter__(self) -> Iterator[bytes]:
        signed = time.monotonic()
        for piece in self._zip:
            yield piece
            self._count(len(piece))
            if time.monotonic() - signed > _SIGN_OF_LIFE:
                self._moving()
                signed = time.monotonic()
        self._complete = True

    def close(self) -> None:
        """Called by the WSGI server at the end, however it came."""
        self._ended(self._complete)


def zip_size(members: Iterable[Member]) -> int:
    """The size in bytes that the zip of these members will have."""
    return len(ZipBody(members, lambda _: None, lambda: None, lambda _: None))


def _bytes_of(member: Member) -> Iterator[bytes]:
    stored = member.open()
    try:
        offset = 0
        while offset < member.size:
            piece = stored.read_at(offset, min(_PIECE, member.size - offset))
            if stored.gone() or not piece:
                # A short zip must not look whole: break the connection. gunicorn takes this errno for the client's.
                raise ConnectionResetError(errno.ECONNRESET, "a file of the zip was deleted")
            yield piece
            offset += len(piece)
    finally:
        stored.close()
