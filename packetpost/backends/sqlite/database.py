"""The SQLite file: one connection, its schema brought up to date, changes in whole steps."""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from packetpost.backends.sqlite.schema import STEPS
from packetpost.errors import NoSpace, SettingsError

Row = tuple[Any, ...]  # columns of several types, in the order of the statement


class Database:
    """One connection that all greenlets (or threads) of the process share.

    Calls take well under a millisecond, so they run on the event loop. `synchronous=NORMAL`: a killed process loses no
    committed row; PROTOCOL.md says what a power failure may cost. It is closed when nobody has the object any more.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the database and bring its schema up to date. Raises SettingsError if it is from the future."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_private(path)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        # Python 3.13 warns of connections that are only dropped. What a process has at its end closes with it, as ever.
        weakref.finalize(self, self._connection.close).atexit = False
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._migrate(path)

    def _migrate(self, path: Path) -> None:
        with self.change() as execute:
            (version,) = execute("PRAGMA user_version").fetchone()
            if version > len(STEPS):
                raise SettingsError(
                    f"{path} was written by a newer Packet Post. Run that version, or use another folder."
                )
            for step in STEPS[version:]:
                for statement in step:
                    execute(statement)
            execute(f"PRAGMA user_version = {len(STEPS)}")

    @contextmanager
    def change(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with self._lock, _no_space():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled it back already
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *values: object) -> list[Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()


def _keep_private(path: Path) -> None:
    """It holds the key that signs cookies: nobody but its owner reads it. SQLite's files beside it take its mode."""
    for kept in (path, *(path.with_name(f"{path.name}-{more}") for more in ("wal", "shm"))):
        if kept == path:
            kept.touch(mode=0o600)
        if kept.exists() and kept.stat().st_mode & 0o077:
            kept.chmod(0o600)


@contextmanager
def _no_space() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        # A full disk is SQLITE_FULL, or an I/O error where the shared memory of the WAL cannot grow.
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise NoSpace from error
        raise
