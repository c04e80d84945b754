"""The road: bytes from seat to seat through memory, as they lie on the wire and as the server's halves see them.

Owns the bounds, the head of a stretch and the Protocol; what the bytes mean is for the pages, which seal them.
PROTOCOL.md, "The road".
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

# Bytes of one body, and of one stretch of it.
MOST_BODY, MOST_STRETCH = 4 * 1024**2, 128 * 1024
# What is read of a body at once: each step costs the same, whatever its size.
MOST_AT_ONCE = 384 * 1024
# How many bodies of one way may be on their way at once.
MOST_BODIES = 4
# How many answers one process may have open.
MOST_ANSWERS = 1024
MOST_NUMBER = 2**32 - 1

# An answer ends when the next one is open already, and after so many seconds by all means.
LONGEST = 28.0
# A sign of life after so many seconds of silence.
BEAT = 5.0
# Whoever takes nothing for so long is let go, in seconds.
FROZEN = 20.0
# A body waits so long for an answer that is just between two, in seconds.
GRACE = 3.0

# Lane, number, the seat and the length in one, what is left.
_HEAD = struct.Struct(">IIII")
_SEAT_SHIFT = 24
HEAD_BYTES = _HEAD.size
SIGN_OF_LIFE = bytes(HEAD_BYTES)


class Way(NamedTuple):
    """One direction of a road: from a seat to another one of its session."""

    session_id: str
    sender: int
    receiver: int

    @property
    def end(self) -> "RoadEnd":
        """Where its bodies arrive."""
        return RoadEnd(self.session_id, self.receiver)


class RoadEnd(NamedTuple):
    """Where bodies arrive: a seat of a session."""

    session_id: str
    seat: int


class Stamp(NamedTuple):
    """Which body it is: its number on a lane. Both are the page's own, and the server only passes them on."""

    lane: int
    n: int


# A stretch's head and its bytes.
Stretch = tuple[bytes, memoryview]


class RoadBody(Protocol):
    """The bytes of one body, read once and in order; every `Body` is one."""

    @property
    def length(self) -> int | None:
        """Bytes that are still to come."""

    def read(self, size: int) -> bytes:
        """At most `size` (above 0) bytes; b'' at the end. Raises `ClientGone` when the page leaves early."""


def stretch(sender: int, stamp: Stamp, content: bytes, left: int) -> bytes:
    """A part of a body of that seat as it lies in an answer; `left` bytes of the body come after it."""
    return b"".join(stretches(sender, stamp, content, left)[0])


def stretches(sender: int, stamp: Stamp, content: bytes, left: int) -> "list[Stretch]":
    """The same for a part of any size, without copying it: as many stretches as it takes, each with its head."""
    whole, length = memoryview(content), len(content)
    found: list[Stretch] = []
    for at in range(0, length, MOST_STRETCH):
        piece = whole[at : at + MOST_STRETCH]
        behind = length - at - len(piece) + left
        found.append((_HEAD.pack(stamp.lane, stamp.n, sender << _SEAT_SHIFT | len(piece), behind), piece))
    return found


class RoadAnswer(Protocol):
    """A page's open answer. Iterating waits for what comes; asking for more says that the last part has been sent."""

    def __iter__(self) -> Iterator[bytes]:
        """Stretches and signs of life, the first at once. Ends where the next answer goes on, or it is cut."""

    def close(self) -> None:
        """The answer has ended, however. What was given out and not asked after is lost, and its body breaks."""


class Roads(Protocol):
    """Carries bodies from seat to seat through memory, within bounds, never through a file. Keeps nothing.

    All methods raise Unavailable while a store that they need is away.
    """

    def listen(self, end: RoadEnd, page: str, cut: "Cut", send: "Send | None" = None) -> RoadAnswer:
        """The page on that seat has opened an answer, for what comes from all others. Raises RoadFull.

        An older one of another page is cut; one of the same page ends with the stretch that it is giving out.

        `cut` is called, from anywhere and at most once, when the answer must end although its reader takes nothing.
        Where there is a `send`, stretches go by it past the iteration, which only shows signs of life then. It is
        called by one at a time, and never while what was given out is being sent.
        """

    def carry(self, way: Way, stamp: Stamp, body: RoadBody) -> None:
        """Bring a whole body, of known length, to the answers at the way's end. Returns when all was taken there.

        A lane's first body (number 0) waits for no answer: where none is open, nobody listens.

        Raises NobodyListens, Frozen, TooMany, ClientGone (of the body).
        """

    def close_all(self) -> None:
        """Cut every answer of this process, which is about to end. New ones are refused with Unavailable."""

    def stop(self) -> None:
        """Carry nothing more: the process ends."""


class Cut(Protocol):
    """Ends an answer from outside, for instance by closing its connection."""

    def __call__(self) -> None: ...


class Send(Protocol):
    """Sends stretches in an answer, past whatever iterates over that, without joining or copying them."""

    def __call__(self, stretches: Sequence[Stretch], seconds: float) -> None:
        """Returns when all of them are on their way.

        Raises TimeoutError when the reader takes nothing for so many seconds, OSError when it is gone. Some of them
        may have been sent then, so that the answer is of no use any more.
        """
