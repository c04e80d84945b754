"""What is held of the room, in SQLite: the `RoomRecords` Protocol. The schema's triggers keep the sums."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from packetpost.backends.sqlite.database import Database, Row
from packetpost.errors import NoSpace, NotFound, ShareTaken
from packetpost.models import LEAST_RATE, Bounds, Upload

UPLOAD = "id, link_id, position, path, size, type, created_at, expires_at, metadata, partial, changed_at, crc, concat"
_BATCH = 500

Execute = Callable[..., sqlite3.Cursor]


class SqliteRoom:
    """The part of the `Records` Protocol that is about room."""

    def __init__(self, database: Database) -> None:
        self._change, self._rows = database.change, database.rows

    def hold(self, upload_id: str, kept: int, need: int, wish: int, bounds: Bounds) -> int:
        with self._change() as execute:
            link_id, _, held, was_kept, holder = _find(execute, upload_id)
            granted = max(held, wish)
            if granted > held:
                free = _free(execute, bounds, holder, need - held)
                granted = min(wish, held + free)
            _write(execute, upload_id, granted, max(kept, was_kept))
            _moved(execute, link_id or upload_id, kept - was_kept, bounds.now, anew=granted > held)
            return granted

    def settle_size(self, upload_id: str, size: int, bounds: Bounds) -> bool:
        with self._change() as execute:
            link_id, settled, held, kept, holder = _find(execute, upload_id)
            if settled is not None:
                return bool(settled == size)
            if size > held:
                claim_room(execute, bounds, holder, size - held)
            execute("UPDATE uploads SET size = ? WHERE id = ?", (size, upload_id))
            _write(execute, upload_id, max(size, kept), kept)
            _moved(execute, link_id or upload_id, 0, bounds.now, anew=size > held)
            return True

    def note(self, upload_id: str, kept: int, now: float, size: int | None = None) -> None:
        with self._change() as execute:
            try:
                link_id, settled, held, was_kept, _ = _find(execute, upload_id)
            except NotFound:
                return
            if size is not None:
                execute("UPDATE uploads SET size = ? WHERE id = ?", (size, upload_id))
                settled = size
            whole = settled is not None and held >= settled
            _write(execute, upload_id, max(kept, settled or 0) if whole else kept, kept)
            _moved(execute, link_id or upload_id, kept - was_kept, now, anew=False)

    def lapse(self, idle_since: float) -> None:
        if self._rows("SELECT 1 FROM waiting WHERE moved_at < ? LIMIT 1", idle_since):
            with self._change() as execute:
                _lapse(execute, idle_since)

    def lapsed(self) -> list[Upload]:
        return uploads(self._rows(f"SELECT {UPLOAD} FROM uploads WHERE unseen = 1 LIMIT {_BATCH}"))

    def promised_bytes(self) -> int:
        held: int = self._rows("SELECT held FROM room")[0][0]
        return held

    def kept_bytes(self) -> int:
        kept: int = self._rows("SELECT kept FROM room")[0][0]
        return kept


def claim_room(execute: Execute, bounds: Bounds, holder: str, wanted: int) -> None:
    """Raises NoSpace or ShareTaken where there is less room than `wanted` bytes."""
    _free(execute, bounds, holder, wanted)


def begin_waiting(execute: Execute, waiting_id: str, now: float) -> None:
    """A link, or an upload that has none, is to make progress from now on."""
    execute("INSERT OR REPLACE INTO waiting (id, moved_at) VALUES (?, ?)", (waiting_id, now))


def _free(execute: Execute, bounds: Bounds, holder: str, wanted: int) -> int:
    """The bytes that the holder may still hold, at least `wanted`. Raises NoSpace or ShareTaken."""
    free = _left(execute, bounds, holder)
    if wanted <= 0:
        return max(0, min(free))
    if min(free) < wanted:
        _lapse(execute, bounds.idle_since)
        free = _left(execute, bounds, holder)
    of_all, of_share = free
    if of_all < wanted:
        raise NoSpace
    if of_share < wanted:
        raise ShareTaken
    return min(free)


def _left(execute: Execute, bounds: Bounds, holder: str) -> tuple[int, int]:
    """Of the room of all, and of the holder's share."""
    (held,) = execute("SELECT held FROM room").fetchone()
    of_all = bounds.total - held
    if not holder:
        return of_all, max(of_all, 0)
    row = execute("SELECT held FROM holders WHERE holder = ?", (holder,)).fetchone()
    return of_all, bounds.share - (row[0] if row else 0)


def _lapse(execute: Execute, idle_since: float) -> None:
    for (waiting_id,) in execute("SELECT id FROM waiting WHERE moved_at < ?", (idle_since,)).fetchall():
        for column in ("link_id", "id"):
            execute(f"UPDATE uploads SET held = kept, unseen = 1 WHERE {column} = ? AND held > kept", (waiting_id,))
    execute("DELETE FROM waiting WHERE moved_at < ?", (idle_since,))


def _find(execute: Execute, upload_id: str) -> tuple[str, int | None, int, int, str]:
    row = execute("SELECT link_id, size, held, kept, holder FROM uploads WHERE id = ?", (upload_id,)).fetchone()
    if row is None:
        raise NotFound
    link_id, size, held, kept, holder = row
    return link_id, size, held, kept, holder


def _write(execute: Execute, upload_id: str, held: int, kept: int) -> None:
    execute("UPDATE uploads SET held = ?, kept = ?, unseen = 0 WHERE id = ?", (max(held, kept), kept, upload_id))


def _moved(execute: Execute, waiting_id: str, count: int, now: float, anew: bool) -> None:
    """So many bytes came. Each buys a little time, so that a trickle keeps nothing from others."""
    if anew:
        begin_waiting(execute, waiting_id, now)
    elif count > 0:
        moved_at = "MIN(?, moved_at + ?)"
        execute(f"UPDATE waiting SET moved_at = {moved_at} WHERE id = ?", (now, count / LEAST_RATE, waiting_id))


def uploads(rows: list[Row]) -> list[Upload]:
    """Rows of the columns `UPLOAD` as facts."""
    return [_upload(*row) for row in rows]


def _upload(*columns: Any) -> Upload:
    upload = Upload(*columns)
    return replace(upload, partial=bool(upload.partial))
