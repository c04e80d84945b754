"""HTTP byte ranges (RFC 9110 section 14): one range, else the whole file. Pure."""

import re
from dataclasses import dataclass

from packetpost.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """`count` bytes from `start` of a file of `size` bytes."""

    start: int
    count: int
    size: int

    @property
    def whole(self) -> bool:
        return self.count == self.size

    @property
    def ends_file(self) -> bool:
        return self.start + self.count == self.size

    def content_range(self) -> str:
        return f"bytes {self.start}-{self.start + self.count - 1}/{self.size}"


def parse_range(header: str | None, size: int) -> Span | None:
    """The one range asked for; None when there is none, several, or a malformed one (all mean the whole file).

    Raises RangeNotSatisfiable when it lies outside the file.
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if not match or match.group(0).strip() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < int(first):
            return None
    if start >= size or end < start:
        raise RangeNotSatisfiable(size)
    return Span(start, end - start + 1, size)
