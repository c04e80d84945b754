"""What the rules of room need from the store of facts; `protocols` has the rest of what it keeps."""

from typing import Protocol

from packetpost.models import Bounds, Upload


class RoomRecords(Protocol):
    """What is held of the room, in bytes: checked and taken in one step, so that no two are given the same.

    An upload holds its announced size, and at least `Upload.least`; of that it keeps what is stored. A link holds its
    sealed names. Whoever makes no progress is one link, or one upload that has none.
    """

    def hold(self, upload_id: str, kept: int, need: int, wish: int, bounds: Bounds) -> int:
        """Let an upload that keeps `kept` bytes hold `wish`, or at least `need`; how many it holds then.

        Raises NotFound; NoSpace or ShareTaken where `need` is more than there is.
        """

    def settle_size(self, upload_id: str, size: int, bounds: Bounds) -> bool:
        """Settle a deferred size, which is held from then on; False when another one was settled before.

        Raises NotFound, NoSpace, ShareTaken.
        """

    def note(self, upload_id: str, kept: int, now: float, size: int | None = None) -> None:
        """So much is kept. It goes on holding its size, if it did; what it held ahead is free. `size` is settled."""

    def lapse(self, idle_since: float) -> None:
        """Let those who have made no progress since then (Unix seconds) hold only what they keep."""

    def lapsed(self) -> list[Upload]:
        """At most 500 that have lapsed and were not noted since: their process may have died before it could."""

    def promised_bytes(self) -> int:
        """All that is held."""

    def kept_bytes(self) -> int:
        """Of that what is kept: no more than is stored."""
