"""Room: how much may be held, by all and by one sender, and what is left of it. The records check and take in one step.

What a link may hold is `links`' business.
"""

from packetpost.errors import NoSpace
from packetpost.models import Bounds
from packetpost.protocols import Files
from packetpost.room_records import RoomRecords
from packetpost.settings import Limits


class Room:
    """The room of one server, or of all that share its records. Times are Unix seconds, sizes bytes."""

    def __init__(self, records: RoomRecords, files: Files, limits: Limits) -> None:
        self._records, self._files, self._limits = records, files, limits

    def bounds(self, now: float, holder: str = "") -> Bounds:
        """What the records are to check against. `holder` is who asks, '' where that does not matter."""
        total = self._total()
        # Whatever the share, the largest link must be possible.
        share = max(total * self._limits.share_percent // 100, self._limits.upload_bytes)
        return Bounds(total, share, holder, now, now - self._limits.reserved_seconds)

    def _total(self) -> int:
        """All that may be held: the operator's limit, or what the device can take together with what it has already."""
        kept = self._records.kept_bytes()  # before the look at the device, so that nothing counts twice
        free = self._files.free_bytes()
        most = self._limits.stored_bytes
        return most if free is None else min(most, kept + free - self._limits.free_bytes)

    def left(self, now: float | None = None) -> int:
        """Bytes that may still be held. What has lapsed by `now` counts as free."""
        if now is not None:
            self._records.lapse(now - self._limits.reserved_seconds)
        return self._total() - self._records.promised_bytes()

    def check_disk(self) -> None:
        """Raises NoSpace when less than the reserve is free on the device."""
        free = self._files.free_bytes()
        if free is not None and free < self._limits.free_bytes:
            raise NoSpace
