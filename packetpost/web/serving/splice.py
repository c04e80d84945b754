"""Moves bytes from a socket to a file inside the kernel: splice(2), through a few pipes that are used again and again.

Knows nothing of HTTP; `bodies` says how much, when, and in which thread.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_PIPE = 1024**2
_COPY = 256 * 1024
# At most one a thread of gevent's pool is lent at once; this many stay open between uploads.
_MOST_IDLE = 4

_idle: list[tuple[int, int]] = []


@dataclass(slots=True)
class Moved:
    """What one step did: bytes that are in the file now, and why it ended early.

    `dry`: the socket holds nothing more at the moment. `gone`: the client closed or reset the connection. `error`
    is the file's.
    """

    count: int = 0
    dry: bool = False
    gone: bool = False
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
                while moved.count < most and _splice(source, pipe, out, min(most - moved.count, _PIPE), moved):
                    pass
        except _NoSplice:
            while moved.count < most and _copy(source, out, min(most - moved.count, _COPY), moved):
                pass
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


def _splice(source: int, pipe: tuple[int, int], out: int, most: int, moved: Moved) -> bool:
    """Fill the pipe once and empty it again; False when that is all for now."""
    with _reading(moved):
        held = os.splice(source, pipe[1], most, flags=os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK)
        moved.gone = not held
    if moved.dry or moved.gone:
        return False
    while held:
        try:
            count = os.splice(pipe[0], out, held, flags=os.SPLICE_F_MOVE)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # This file system cannot be spliced into.
            piece = os.read(pipe[0], held)
            write_all(out, piece, moved)
            held -= len(piece)
        else:
            moved.count += count
            held -= count
    return True


def _copy(source: int, out: int, most: int, moved: Moved) -> bool:
    """The same through this process's memory."""
    with _reading(moved):
        piece = os.read(source, most)
        moved.gone = not piece
    if moved.dry or moved.gone:
        return False
    write_all(out, piece, moved)
    return True


@contextmanager
def _reading(moved: Moved) -> Iterator[None]:
    """Tell why nothing came from the socket."""
    try:
        yield
    except BlockingIOError:
        moved.dry = True
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise _NoSplice from error
        moved.gone = True


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
