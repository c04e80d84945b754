"""All files of a link as one zip: stored, streamed from any byte on, the same bytes each time.

zipstream and its kin write a checksum behind the bytes that it is of: nobody can read such a zip from a pipe, or go on
with it. Here it stands before, reckoned when a zip first needs it, and kept.
"""

import errno
import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from packetpost import threads
from packetpost.protocols import Stored
from packetpost.ranges import Span
from packetpost.unpacked_names import for_unpacking
from packetpost.web.links.zip_format import MemberHead, ending

_PIECE = 1024**2
# How often a running zip says that it still moves, in seconds.
_SIGN_OF_LIFE = 15


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the zip: which, its path, its size in bytes, its time (Unix seconds), how to open its bytes.

    `crc` is None where nobody has reckoned it yet; `keep` is told it then.
    """

    id: str
    path: str
    size: int
    changed_at: float
    open: Callable[[], Stored]
    crc: int | None = None
    keep: Callable[[int], None] = lambda _: None


class Zip:
    """Its bytes, of which all but checksums and contents are known at once."""

    def __init__(self, members: Sequence[Member]) -> None:
        paths = for_unpacking(member.path for member in members)
        self._members = list(members)
        self._heads = [
            MemberHead(path, member.size, member.changed_at) for path, member in zip(paths, members, strict=True)
        ]
        self._crcs = [member.crc for member in members]
        self._offsets: list[int] = []
        offset = 0
        for head in self._heads:
            self._offsets.append(offset)
            offset += len(head.local(0)) + head.size
        self._directory_at = offset

    @cached_property
    def size(self) -> int:
        """In bytes."""
        return self._directory_at + len(self._directory([0] * len(self._heads)))

    @property
    def tag(self) -> str:
        """A strong ETag: another one where a byte would be another."""
        facts = [f"{member.id} {head!r}" for member, head in zip(self._members, self._heads, strict=True)]
        digest = hashlib.sha256("\n".join(["zip 1", *facts]).encode())
        return f'"{digest.hexdigest()[:32]}"'

    def pieces(self, start: int, count: int) -> Iterator[bytes]:
        """`count` bytes from `start` on. b'' now and then, while a checksum is reckoned."""
        end = start + count
        for at, member in enumerate(self._members):
            begins = self._offsets[at]
            bytes_at = begins + len(self._heads[at].local(0))
            if begins < end and start < bytes_at:
                yield from self._reckon(at)
                yield _cut(self._heads[at].local(self._crcs[at] or 0), begins, start, end)
            if bytes_at < end and start < bytes_at + member.size:
                yield from _bytes_of(member, max(0, start - bytes_at), min(member.size, end - bytes_at))
        if end > self._directory_at:
            for at in range(len(self._members)):
                yield from self._reckon(at)
            yield _cut(self._directory([crc or 0 for crc in self._crcs]), self._directory_at, start, end)

    def _directory(self, crcs: Sequence[int]) -> bytes:
        entries = b"".join(
            head.central(crc, offset) for head, crc, offset in zip(self._heads, crcs, self._offsets, strict=True)
        )
        return entries + ending(len(self._heads), self._directory_at, len(entries))

    def _reckon(self, at: int) -> Iterator[bytes]:
        if self._crcs[at] is not None:
            return
        crc, member = 0, self._members[at]
        for piece in _bytes_of(member, 0, member.size):
            crc = threads.run(zlib.crc32, piece, crc)
            yield b""
        self._crcs[at] = crc
        member.keep(crc)


class ZipBody:
    """The response body. `ended` is called once, with True when the last byte was written; `moving` now and then.

    `count` is told of every byte, as it goes.
    """

    def __init__(
        self,
        archive: Zip,
        span: Span,
        ended: Callable[[bool], None],
        moving: Callable[[], None],
        count: Callable[[int], None],
    ) -> None:
        self._pieces = archive.pieces(span.start, span.count)
        self._ended, self._moving, self._count = ended, moving, count
        self._complete = False

    def __iter__(self) -> Iterator[bytes]:
        signed = time.monotonic()
        for piece in self._pieces:
            if piece:
                yield piece
                self._count(len(piece))
            if time.monotonic() - signed > _SIGN_OF_LIFE:
                self._moving()
                signed = time.monotonic()
        self._complete = True

    def close(self) -> None:
        """Called by the WSGI server at the end, however it came."""
        self._ended(self._complete)


def _cut(data: bytes, at: int, start: int, end: int) -> bytes:
    """Of bytes that begin at `at`, those from `start` to `end`."""
    return data[max(0, start - at) : max(0, end - at)]


def _bytes_of(member: Member, offset: int, end: int) -> Iterator[bytes]:
    stored = member.open()
    try:
        while offset < end:
            piece = stored.read_at(offset, min(_PIECE, end - offset))
            if stored.gone() or not piece:
                # A short zip must not look whole: break the connection. gunicorn takes this errno for the client's.
                raise ConnectionResetError(errno.ECONNRESET, "a file of the zip was deleted")
            yield piece
            offset += len(piece)
    finally:
        stored.close()
