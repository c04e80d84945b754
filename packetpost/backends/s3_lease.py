"""Who may write to a file now, across instances: a lease that its holder renews while bytes flow."""

import time
from collections.abc import Callable

from packetpost import tokens
from packetpost.errors import UploadLocked

# A crashed writer locks its upload for so long at most. In seconds, as all here.
SECONDS = 2.0
_RENEW_AFTER = 0.7

# name, holder, seconds -> whether the holder has it now; 0 seconds give it back
Take = Callable[[str, str, float], bool]


class Lease:
    """One writer's hold on one file."""

    def __init__(self, take: Take, key: str) -> None:
        self._take, self._name, self._holder = take, f"upload:{key}", tokens.new_id()
        self._taken_at = float("-inf")

    def take(self) -> None:
        """Raises UploadLocked while another writer has it."""
        before = time.monotonic()
        if not self._take(self._name, self._holder, SECONDS):
            raise UploadLocked
        self._taken_at = before

    def give_back(self) -> None:
        self._taken_at = float("-inf")
        self._take(self._name, self._holder, 0)

    @property
    def held(self) -> bool:
        """Whether nobody else can have it now."""
        return time.monotonic() < self._taken_at + SECONDS

    @property
    def due(self) -> bool:
        """Whether it is time to take it again."""
        return time.monotonic() > self._taken_at + _RENEW_AFTER
