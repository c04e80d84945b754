"""The records of a zip (PKWARE's APPNOTE 6.3.10): stored members, their sizes and checksums before their bytes.

So it can be read as a stream; and all but the checksums is known before a byte is read: lengths, places, the whole.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_MOST32, _MOST16 = 2**32 - 1, 2**16 - 1
_UTF8 = 0x800
_UNIX, _MODE = 3, 0o100644
_ZIP64, _PLAIN = 45, 20
# What the format's clock, of two-second ticks, can tell.
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC).timestamp(), datetime(2107, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class MemberHead:
    """What a zip says of a file: its path, its size in bytes, when it was last changed (Unix seconds)."""

    path: str
    size: int
    changed_at: float

    def local(self, crc: int) -> bytes:
        """What stands before its bytes."""
        size = min(self.size, _MOST32)
        large = struct.pack("<HHQQ", 1, 16, self.size, self.size) if self.size >= _MOST32 else b""
        name, extra = self.path.encode(), large + self._changed()
        version = _ZIP64 if large else _PLAIN
        clock = _clock(self.changed_at)
        fixed = _LOCAL.pack(0x04034B50, version, _UTF8, 0, *clock, crc, size, size, len(name), len(extra))
        return fixed + name + extra

    def central(self, crc: int, offset: int) -> bytes:
        """Its entry in the directory; its local head is at `offset`."""
        sizes = [self.size, self.size] if self.size >= _MOST32 else []
        wide = sizes + ([offset] if offset >= _MOST32 else [])
        large = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        name, extra = self.path.encode(), large + self._changed()
        version, size = _ZIP64 if wide else _PLAIN, min(self.size, _MOST32)
        made_by, clock = _UNIX << 8 | version, _clock(self.changed_at)
        names = (len(name), len(extra), 0, 0, 0, _MODE << 16, min(offset, _MOST32))
        return _CENTRAL.pack(0x02014B50, made_by, version, _UTF8, 0, *clock, crc, size, size, *names) + name + extra

    def _changed(self) -> bytes:
        """The time in UTC, by the second (Info-ZIP's extended timestamp): the format's own clock knows no zone."""
        return struct.pack("<HHBI", 0x5455, 5, 1, int(self.changed_at)) if 0 <= self.changed_at < 2**31 else b""


def ending(count: int, offset: int, size: int) -> bytes:
    """What stands behind a directory of `count` entries that begins at `offset` and has `size` bytes."""
    end = _END.pack(
        0x06054B50, 0, 0, min(count, _MOST16), min(count, _MOST16), min(size, _MOST32), min(offset, _MOST32), 0
    )
    if count < _MOST16 and size < _MOST32 and offset < _MOST32:
        return end
    made_by = _UNIX << 8 | _ZIP64
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, made_by, _ZIP64, 0, 0, count, count, size, offset)
    return record + struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1) + end


def _clock(changed_at: float) -> tuple[int, int]:
    at = datetime.fromtimestamp(min(max(changed_at, _EARLIEST), _LATEST), UTC)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
