"""HTTP byte ranges (RFC 9110 section 14): one range, else the whole file. Pure."""

import re
from dataclasses import dataclass

from packetpost.errors import RangeNotSatisfiable
from packetpost.inputs import whole_number

_ONE_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*", re.ASCII)
_BEYOND = 2**63


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
        start, end = max(0, size - _position(last)), size - 1
    else:
        start, end = _position(first), min(_position(last), size - 1) if last else size - 1
        if last and _position(last) < start:
            return None
    if start >= size or end < start:
        raise RangeNotSatisfiable(size)
    return Span(start, end - start + 1, size)


def _position(digits: str) -> int:
    """However many digits: what is too long to count with lies behind every file's end."""
    number = whole_number(digits)
    return _BEYOND if number is None else number
