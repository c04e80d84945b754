"""What the server keeps on this machine is readable by its owner only."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from packetpost.backends.sqlite.database import Database
from tests.support.server_process import Server


@pytest.fixture(autouse=True)
def loose() -> Iterator[None]:
    """As on most machines: everybody may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable_by_others(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.stat().st_mode & 0o077]


def test_a_new_database_and_its_folder_are_the_owners(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    database = Database(folder / "facts.sqlite")  # whose further files are there for as long as somebody has it
    with database.change() as execute:
        execute("CREATE TABLE some (value)")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(list(folder.iterdir())) >= 2
    assert readable_by_others(folder) == []


def test_a_database_of_an_earlier_version_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "facts.sqlite").touch(mode=0o644)
    Database(tmp_path / "facts.sqlite")
    assert readable_by_others(tmp_path) == []


def test_nothing_that_a_running_server_keeps_is_readable_by_others(tmp_path: Path) -> None:
    server = Server(tmp_path).start()
    try:
        assert requests.put(f"{server.url}/a.txt", data=b"hello", timeout=10).status_code == 201
        assert len(list(server.data_dir.rglob("*"))) > 3
        assert readable_by_others(server.data_dir) == []
    finally:
        server.stop()
