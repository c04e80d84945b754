"""The SQLite file: what it refuses, and that it is closed."""

import sqlite3
from pathlib import Path

import pytest

from packetpost.backends.sqlite.database import Database
from packetpost.errors import SettingsError


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Every connection that is opened meanwhile."""
    found: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def note(*args: object, **options: object) -> sqlite3.Connection:
        found.append(connect(*args, **options))  # type: ignore[call-overload]
        return found[-1]

    monkeypatch.setattr(sqlite3, "connect", note)
    return found


def is_closed(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError as error:
        return "closed" in str(error)
    return False


def test_a_database_that_nobody_has_any_more_is_closed(tmp_path: Path, opened: list[sqlite3.Connection]) -> None:
    """From Python 3.13 on a connection that is only dropped is warned of."""
    database = Database(tmp_path / "facts.sqlite")
    assert not is_closed(opened[0])
    del database
    assert is_closed(opened[0])


def test_a_database_from_the_future_is_refused_with_a_sentence_and_closed(
    tmp_path: Path, opened: list[sqlite3.Connection]
) -> None:
    with sqlite3.connect(tmp_path / "facts.sqlite") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(SettingsError, match="newer Packet Post"):
        Database(tmp_path / "facts.sqlite")
    assert is_closed(opened[-1])
