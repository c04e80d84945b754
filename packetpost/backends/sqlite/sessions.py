"""Live sessions and their seats in SQLite."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from packetpost.backends.sqlite.database import Database, Row
from packetpost.models import Seat, Session, SessionState

_SESSION = "id, code, created_at, expires_at, max_receivers, joined, closed, moving_until, link_id, falling_back_until"
_PUT = f"INSERT OR REPLACE INTO sessions ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class SqliteSessions:
    """The `SessionRecords` Protocol."""

    def __init__(self, database: Database) -> None:
        self._change, self._rows = database.change, database.rows

    def add_session(self, session: Session, sender: Seat) -> bool:
        with self._change() as execute:
            if execute("SELECT 1 FROM sessions WHERE code = ?", (session.code,)).fetchone():
                return False
            execute(_PUT, _row(session))
            execute("INSERT INTO seats VALUES (?, ?, ?)", (session.id, sender.number, sender.token_hash))
            return True

    def session(self, session_id: str) -> Session | None:
        return _first(self._rows(f"SELECT {_SESSION} FROM sessions WHERE id = ?", session_id))

    def session_by_code(self, code: str) -> Session | None:
        return _first(self._rows(f"SELECT {_SESSION} FROM sessions WHERE code = ?", code))

    def seats(self, session_id: str) -> list[Seat]:
        statement = "SELECT session_id, number, token_hash FROM seats WHERE session_id = ? ORDER BY number"
        return [Seat(*row) for row in self._rows(statement, session_id)]

    def take_seat(self, session_id: str, token_hash: str) -> Seat | None:
        with self._change() as execute:
            row = execute("SELECT max_receivers FROM sessions WHERE id = ?", (session_id,)).fetchone()
            taken = {n for (n,) in execute("SELECT number FROM seats WHERE session_id = ?", (session_id,)).fetchall()}
            free = [number for number in range(1, (row[0] if row else 0) + 1) if number not in taken]
            if not free:
                return None
            execute("INSERT INTO seats VALUES (?, ?, ?)", (session_id, free[0], token_hash))
            execute("UPDATE sessions SET joined = 1 WHERE id = ?", (session_id,))
            return Seat(session_id, free[0], token_hash)

    def leave_seat(self, session_id: str, number: int) -> None:
        with self._change() as execute:
            execute("DELETE FROM seats WHERE session_id = ? AND number = ?", (session_id, number))

    def change_session(self, session_id: str, change: Callable[[Session], Session]) -> Session | None:
        with self._change() as execute:
            rows = execute(f"SELECT {_SESSION} FROM sessions WHERE id = ?", (session_id,)).fetchall()
            before = _first(rows)
            if before is None:
                return None
            after = change(before)
            execute(_PUT, _row(after))
            return after

    def count_sessions(self, now: float) -> dict[SessionState, int]:
        rows = self._rows(
            """SELECT CASE WHEN closed THEN 'closed' WHEN max(expires_at, moving_until) <= ? THEN 'expired'
                           WHEN joined THEN 'joined' ELSE 'created' END, COUNT(*) FROM sessions GROUP BY 1""",
            now,
        )
        return {**dict.fromkeys(get_args(SessionState), 0), **dict(rows)}

    def forget_sessions(self, before: float) -> int:
        with self._change() as execute:
            gone = execute("DELETE FROM sessions WHERE max(expires_at, moving_until) < ?", (before,)).rowcount
            execute("DELETE FROM seats WHERE session_id NOT IN (SELECT id FROM sessions)")
            return gone


def _row(session: Session) -> tuple[object, ...]:
    times = (session.id, session.code, session.created_at, session.expires_at, session.max_receivers)
    state = (int(session.joined), int(session.closed), session.moving_until)
    return (*times, *state, session.link_id, session.falling_back_until)


def _first(rows: list[Row]) -> Session | None:
    return _session(*rows[0]) if rows else None


def _session(*columns: Any) -> Session:
    session = Session(*columns)
    return replace(session, joined=bool(session.joined), closed=bool(session.closed))
