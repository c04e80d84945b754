"""Which processes serve a data folder now: each holds a shared flock on one file, which the kernel drops with it."""

import fcntl
import os
from pathlib import Path


class FolderLock:
    """One process's place among those that serve a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def join(self) -> bool:
        """Take a place until this process ends; True when no other process had one."""
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._fd, fcntl.LOCK_SH)
            return False
        fcntl.flock(self._fd, fcntl.LOCK_SH)
        return True
