"""Who may write to a file now, across instances: a lease that its holder renews while bytes flow."""

import time
from collections.abc import Callable
from contextlib import suppress

from packetpost import tokens
from packetpost.errors import Unavailable, UploadLocked

# A crashed writer locks its upload for so long at most. In seconds, as all here.
SECONDS = 2.0
_RENEW_AFTER = 0.7

# name, holder, seconds -> whether the holder has it now; 0 seconds give it back
Acquire = Callable[[str, str, float], bool]


class Lease:
    """One writer's hold on one file."""

    def __init__(self, acquire: Acquire, key: str) -> None:
        self._acquire, self._name, self._holder = acquire, f"upload:{key}", tokens.new_id()
        self._taken_at = self._tried_at = float("-inf")

    def acquire(self) -> None:
        """Raises UploadLocked while another writer has it."""
        self._tried_at = time.monotonic()
        if not self._acquire(self._name, self._holder, SECONDS):
            raise UploadLocked
        self._taken_at = self._tried_at

    def renew(self) -> bool:
        """Take it again when it is time to; True if others may have had it meanwhile. Raises UploadLocked.

        While the records are away nobody can take it: the holder goes on, and looks again later.
        """
        if time.monotonic() < self._tried_at + _RENEW_AFTER:
            return False
        lapsed = not self.held
        try:
            self.acquire()
        except Unavailable:
            return False
        return lapsed

    def give_back(self) -> None:
        """Where the records are away, it lapses by itself."""
        self._taken_at = self._tried_at = float("-inf")
        with suppress(Unavailable):
            self._acquire(self._name, self._holder, 0)

    @property
    def held(self) -> bool:
        """Whether nobody else can have it now."""
        return time.monotonic() < self._taken_at + SECONDS
