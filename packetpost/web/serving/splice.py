"""Moves bytes from a socket to a file inside the kernel: splice(2), through a few pipes that are used again and again.

Knows nothing of HTTP; `request_bodies` says how much, when, and in which thread.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum

_PIPE = 1024**2
_COPY = 256 * 1024
# At most one a thread of gevent's pool is lent at once; this many stay open between uploads.
_MOST_IDLE = 4

_idle: list[tuple[int, int]] = []


class Source(Enum):
    """How the socket stood at the last look: it may hold more, holds nothing now, or is closed or reset."""

    OPEN = 1
    DRY = 2
    GONE = 3


@dataclass(slots=True)
class Moved:
    """What one move did: bytes that are in the file now, and how it left the socket. `error` is the file's."""

    count: int = 0
    source: Source = Source.OPEN
    error: OSError | None = None


class _NoSplice(Exception):
    """No pipe is to be had, or the socket's kind has no splice(2). Nothing was taken from the socket."""


def move(source: int, out: int, most: int) -> Moved:
    """Write what the socket `source` (a non-blocking one) holds now to the file `out`, at most `most` bytes.

    Safe in any thread. Never raises, since bytes that are in the file count even when the next ones fail.
    """
    moved = Moved()
    try:
        try:
            with _lent_pipe() as pipe:
                while moved.count < most and moved.source is Source.OPEN:
                    moved.source = _splice(source, pipe, out, min(most - moved.count, _PIPE), moved)
        except _NoSplice:
            while moved.count < most and moved.source is Source.OPEN:
                moved.source = _copy(source, out, min(most - moved.count, _COPY), moved)
    except OSError as error:
        moved.error = error
    return moved


def write_all(out: int, piece: bytes, moved: Moved | None = None) -> None:
    """Write the whole piece, counting in `moved` what is in the file also when OSError ends it."""
    rest = memoryview(piece)
    while rest:
        count = os.write(out, rest)
        rest = rest[count:]
        if moved:
            moved.count += count


def _splice(source: int, pipe: tuple[int, int], out: int, most: int, moved: Moved) -> Source:
    """Fill the pipe once and empty it again. Raises _NoSplice, and OSError of the file's."""
    try:
        held = os.splice(source, pipe[1], most, flags=os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK)
    except BlockingIOError:
        return Source.DRY
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise _NoSplice from error
        return Source.GONE
    if not held:
        return Source.GONE
    _empty(pipe[0], out, held, moved)
    return Source.OPEN


def _empty(pipe_end: int, out: int, held: int, moved: Moved) -> None:
    while held:
        try:
            count = os.splice(pipe_end, out, held, flags=os.SPLICE_F_MOVE)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            _write_held(pipe_end, out, held, moved)
            return
        moved.count += count
        held -= count


def _write_held(pipe_end: int, out: int, held: int, moved: Moved) -> None:
    """The same for a file that cannot be spliced into (splice(2), EINVAL): one opened to append, or a file system's."""
    while held:
        piece = os.read(pipe_end, held)
        write_all(out, piece, moved)
        held -= len(piece)


def _copy(source: int, out: int, most: int, moved: Moved) -> Source:
    """From the socket to the file through this process's memory. Raises OSError of the file's."""
    try:
        piece = os.read(source, most)
    except BlockingIOError:
        return Source.DRY
    except OSError:
        return Source.GONE
    if not piece:
        return Source.GONE
    write_all(out, piece, moved)
    return Source.OPEN


@contextmanager
def _lent_pipe() -> Iterator[tuple[int, int]]:
    """An empty pipe. It is dropped after any error: bytes that stayed in it must not get into the next file."""
    try:
        pipe = _idle.pop()
    except IndexError:
        pipe = _new_pipe()
    try:
        yield pipe
    except BaseException:
        _close(pipe)
        raise
    if len(_idle) < _MOST_IDLE:
        _idle.append(pipe)
    else:
        _close(pipe)


def _new_pipe() -> tuple[int, int]:
    try:
        pipe = os.pipe2(os.O_CLOEXEC)
    except OSError as error:
        raise _NoSplice from error
    with suppress(OSError):  # above the user's share (pipe(7), pipe-user-pages-soft) it stays small and slower
        fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, _PIPE)
    return pipe


def _close(pipe: tuple[int, int]) -> None:
    for end in pipe:
        os.close(end)
