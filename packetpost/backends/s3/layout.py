"""How a file lies in a bucket: as objects named by the bytes they hold, of which the longest from each start counts.

Pure. `bucket` lists the objects, `writing` makes them, `composing` makes one of many.

A piece is never changed: one that grows is stored again under a longer name, and the shorter one is dropped afterwards.
So no order of events, and no writer that comes back late, can take away a byte that was told to be stored.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MIB = 1024**2
# S3 multipart uploads have at most 10,000 parts, each of at least 5 MiB but for the last one.
MOST_PARTS = 10_000
LEAST_PART = 5 * MIB
# The first thousand pieces are this long, and each further thousand twice as long as the one before: 10,000 pieces
# hold 7.8 TiB, and a small file is stored in small steps.
_FIRST = 8 * MIB
_BAND = 1000
_NAME = re.compile(r"(\d+)-(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """The bytes from `start` up to `end` of a file, in one object."""

    start: int
    end: int

    @property
    def name(self) -> str:
        return f"{self.start}-{self.end}"

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Layout:
    """The pieces of a file, back to back from its first byte, and the objects that are none (any more)."""

    pieces: tuple[Piece, ...]
    loose: tuple[Piece, ...]

    @property
    def end(self) -> int:
        """The file's size, in bytes."""
        return self.pieces[-1].end if self.pieces else 0

    @property
    def tail(self) -> Piece | None:
        """The last piece, where it is still to grow."""
        last = self.pieces[-1] if self.pieces else None
        return last if last and last.size < piece_size(last.start) else None

    def at(self, offset: int) -> Piece | None:
        """The piece that holds the byte at `offset`."""
        number = bisect_right(self.pieces, offset, key=lambda piece: piece.start) - 1
        found = self.pieces[number] if number >= 0 else None
        return found if found and offset < found.end else None


def piece_size(start: int) -> int:
    """How long the piece that starts there becomes, in bytes."""
    size, band_end = _FIRST, _BAND * _FIRST
    while start >= band_end:
        size *= 2
        band_end += _BAND * size
    return size


def parse(name: str) -> Piece | None:
    """The piece that an object's name tells; None for other names."""
    match = _NAME.fullmatch(name)
    piece = Piece(int(match[1]), int(match[2])) if match else None
    return piece if piece and piece.size > 0 else None


def arrange(found: Iterable[Piece]) -> Layout:
    """Lay the pieces that were found back to back."""
    every = sorted(found)
    longest = {piece.start: piece for piece in every}
    pieces: list[Piece] = []
    offset = 0
    while piece := longest.get(offset):
        pieces.append(piece)
        offset = piece.end
    kept = set(pieces)
    return Layout(tuple(pieces), tuple(piece for piece in every if piece not in kept))


def groups(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces as parts of one multipart upload: neighbours that are too short by themselves go together."""
    least = max(LEAST_PART, -(-pieces[-1].end // MOST_PARTS))
    made: list[list[Piece]] = [[]]
    for piece in pieces:
        if made[-1] and sum(one.size for one in made[-1]) >= least:
            made.append([])
        made[-1].append(piece)
    return made
