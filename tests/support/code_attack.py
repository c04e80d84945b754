"""Trying codes out on what a server has of an exchange, and the forms in which a secret may lie in a capture."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.support import cpace
from tests.support.code_client import derived
from tests.support.seal_client import unbase64url

_POINT_BYTES = 32
# A process that gives memory back all the time could never be read.
_MOST_READINGS = 5


def forms_of(raw: bytes) -> Iterator[bytes]:
    """Plain, in hex, URL-encoded, UTF-16, and in both kinds of base64, wherever in a longer text it stands."""
    yield from (raw, raw.hex().encode(), raw.hex().upper().encode())
    yield from (quote(raw).encode(), quote_plus(raw).encode(), raw.replace(b"", b"\0")[1:])
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        inner = text[-(-before * 4 // 3) + (before > 0) : len(text) - 4]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))


def memory_of(pid: int) -> bytes:
    """What a process and all that it started can write to, as it is now."""
    return b"".join(part for process in (pid, *_children(pid)) for part in _regions_of(process))


def _regions_of(pid: int) -> list[bytes]:
    """What one process can write to. What it gives back while it is read makes us begin anew."""
    for _ in range(_MOST_READINGS - 1):
        with suppress(OSError):
            return _read_regions(pid)
    return _read_regions(pid)


def _read_regions(pid: int) -> list[bytes]:
    parts = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"(\w+)-(\w+) rw", line)
            if not found or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(edge, 16) for edge in found.groups())
            memory.seek(start)
            parts.append(memory.read(end - start) or b"")
    return parts


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from _children(child)


def fitting(
    said: Mapping[str, str], session: str, seat: int, halves: Iterable[str], known: Iterable[bytes]
) -> list[str]:
    """The halves of a code that a capture tells from others.

    `said` are the values of the exchange by their steps. `known` is whatever else might be a scalar of either side.
    """
    values = [unbase64url(value) for value in said.values()]
    ours, theirs = values[0][:_POINT_BYTES], unbase64url(said["share"])[_POINT_BYTES:]
    tag = unbase64url(said["confirm"])[_POINT_BYTES:]
    channel = cpace.lengths(b"packetpost/1 receiver", str(seat).encode(), b"packetpost/1 sender")
    cut = [value[at : at + 32] for value in (*values, *known) for at in range(0, len(value) - 31, 32)]
    scalars = [int.from_bytes(one, "little") % cpace.ORDER for one in dict.fromkeys(cut)]

    def opens(point: cpace.Point) -> bool:
        start = cpace.lengths(b"CPaceRistretto255_ISK", session.encode(), cpace.encode(point))
        isk = hashlib.sha512(start + cpace.lengths(ours, b"") + cpace.lengths(theirs, b"")).digest()
        return derived(isk, "code confirm") == tag

    points = [cpace.decode(ours), cpace.decode(theirs)]

    def fits(half: str) -> bool:
        generator = cpace.generator(half.encode(), channel, session.encode())
        tried = [*points, generator, *(cpace.add(*pair) for pair in product([*points, generator], repeat=2))]
        if any(opens(point) for point in tried):
            return True
        return any(cpace.encode(cpace.multiply(generator, scalar)) in (ours, theirs) for scalar in scalars)

    return [half for half in halves if fits(half)]
