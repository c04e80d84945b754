"""What a folder does beyond what every store of bytes must: `test_files` has that. And who serves it."""

from pathlib import Path

from packetpost.backends.disk.files import DiskFiles
from packetpost.backends.disk.folder_lock import FolderLock
from tests.support.bodies import Bytes


def test_a_removed_file_can_be_read_by_whoever_has_it_open(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    files.create("key1")
    files.append("key1", 0, Bytes(b"bytes"), 5)
    stored = files.open("key1")
    files.remove("key1")
    assert stored.read_at(0, 9) == b"bytes"
    stored.close()


def test_the_first_process_is_alone_and_the_second_is_not(tmp_path: Path) -> None:
    first, second = (FolderLock(tmp_path / "serving.lock") for _ in range(2))
    assert first.join()
    assert not second.join()
