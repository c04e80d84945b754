"""What every store of bytes must do: on a folder, and on S3."""

import base64
import errno
import hashlib
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from packetpost.backends.disk.files import DiskFiles
from packetpost.errors import ClientGone, NoSpace, NotFound, TooLarge, UploadLocked
from packetpost.protocols import Files, WriteObserver
from packetpost.tus_errors import ChecksumMismatch, WrongOffset
from tests.support.bodies import Bytes, Hook, Hooked, whole


@pytest.fixture(params=["disk", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    made: Files = DiskFiles(tmp_path) if request.param == "disk" else request.getfixturevalue("s3_files")
    made.create("key1")
    return made


def test_appended_bytes_are_the_size_and_come_back(files: Files) -> None:
    assert files.append("key1", 0, Bytes(b"hello "), 11) == 6
    assert files.append("key1", 6, Bytes(b"world"), 5) == 11
    assert (files.size("key1"), whole(files)) == (11, b"hello world")


def test_an_empty_body_stores_nothing_and_is_no_error(files: Files) -> None:
    assert files.append("key1", 0, Bytes(b""), 0) == 0


def test_a_wrong_offset_is_refused_and_stores_nothing(files: Files) -> None:
    with pytest.raises(WrongOffset):
        files.append("key1", 3, Bytes(b"x"), 1)
    assert files.size("key1") == 0


def test_a_body_longer_than_the_limit_is_cut_off_there(files: Files) -> None:
    with pytest.raises(TooLarge):
        files.append("key1", 0, Bytes(b"12345"), 3)
    assert whole(files) == b"123"


def test_what_arrived_before_a_disconnect_is_kept(files: Files) -> None:
    with pytest.raises(ClientGone):
        files.append("key1", 0, Bytes(b"part", ClientGone()), 10)
    assert whole(files) == b"part"


def test_a_full_disk_is_told_as_no_space_and_keeps_the_prefix(files: Files) -> None:
    with pytest.raises(NoSpace):
        files.append("key1", 0, Bytes(b"part", OSError(errno.ENOSPC, "full")), 10)
    assert whole(files) == b"part"


def test_a_second_writer_is_locked_out_while_the_first_one_writes(files: Files) -> None:
    class Second(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            with pytest.raises(UploadLocked):
                files.append("key1", 0, Bytes(b"second"), 6)

    files.append("key1", 0, Hooked(b"first", Second()), 5)
    assert whole(files) == b"first"


def test_a_silent_writer_gives_the_lock_away_and_finds_out(files: Files) -> None:
    class Rest(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            released: AbstractContextManager[None] = observer.lock_released()
            with released:
                files.append("key1", 0, Bytes(b"second"), 6)

    with pytest.raises(UploadLocked):
        files.append("key1", 0, Hooked(b"first", Rest()), 5)
    assert whole(files) == b"second"


def test_a_silent_writer_goes_on_when_nobody_wrote(files: Files) -> None:
    class Rest(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            with observer.lock_released():
                pass

    files.append("key1", 0, Hooked(b"first", Rest()), 5)
    assert whole(files) == b"first"


def test_removal_stops_a_running_writer(files: Files) -> None:
    class Remove(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            files.remove("key1")

    with pytest.raises(NotFound):
        files.append("key1", 0, Hooked(b"first", Remove()), 5)
    assert files.size("key1") is None


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_bytes_with_the_right_checksum_are_stored(files: Files, algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"good").digest()
    assert files.append("key1", 0, Bytes(b"good"), 4, (algorithm, digest)) == 4
    assert whole(files) == b"good"


def test_bytes_with_a_wrong_checksum_are_not_stored(files: Files) -> None:
    digest = base64.b64decode("Kq5sNclPz7QV2+lfQIuc6R7oRu0=")
    with pytest.raises(ChecksumMismatch):
        files.append("key1", 0, Bytes(b"bad"), 3, ("sha1", digest))
    assert files.size("key1") == 0


def test_joined_parts_are_one_file(files: Files) -> None:
    files.create("key2")
    files.append("key1", 0, Bytes(b"one "), 4)
    files.append("key2", 0, Bytes(b"two"), 3)
    files.join("both", ["key1", "key2"])
    assert whole(files, "both") == b"one two"


def test_a_join_with_a_missing_part_leaves_nothing(files: Files) -> None:
    with pytest.raises(NotFound):
        files.join("both", ["key1", "missing"])
    assert files.size("both") is None


def test_an_open_file_notices_its_removal(files: Files) -> None:
    files.append("key1", 0, Bytes(b"bytes"), 5)
    stored = files.open("key1")
    assert not stored.gone()
    files.remove("key1")
    assert stored.gone()
    stored.close()


def test_a_follower_wakes_when_bytes_come(files: Files) -> None:
    stored = files.open("key1")
    woken: list[bool] = []
    follower = threading.Thread(target=lambda: woken.append(stored.wait(0, 10)))
    follower.start()
    files.append("key1", 0, Bytes(b"x"), 1)
    follower.join(10)
    assert woken == [True]
    stored.close()


def test_a_follower_is_told_of_removal(files: Files) -> None:
    stored = files.open("key1")
    files.remove("key1")
    assert not stored.wait(0, 10)
    stored.close()


def test_what_is_not_there(files: Files) -> None:
    assert files.size("nothing") is None
    files.remove("nothing")
    with pytest.raises(NotFound):
        files.open("nothing")
    with pytest.raises(NotFound):
        files.append("nothing", 0, Bytes(b"x"), 1)


def test_several_files_are_made_measured_and_removed_at_once(files: Files) -> None:
    files.create("key2", "key3")
    files.append("key2", 0, Bytes(b"two"), 3)
    assert files.sizes({"key1": 5, "key2": 3, "key3": None, "nothing": None}) == [0, 3, 0, None]
    files.remove("key1", "key2", "key3")
    assert list(files.stored()) == []


def test_a_finished_file_stays_as_it_is(files: Files) -> None:
    files.append("key1", 0, Bytes(b"bytes"), 5)
    files.finish("key1")
    assert whole(files) == b"bytes"
    assert files.address("key1", "attachment", "text/plain") is None


def test_every_stored_key_is_listed(files: Files) -> None:
    files.create("other")
    assert {key for key, _ in files.stored()} == {"key1", "other"}


def test_a_checksum_in_the_making_is_not_listed(files: Files) -> None:
    class Look(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            assert {key for key, _ in files.stored()} == {"key1"}

    digest = hashlib.sha1(b"good").digest()
    files.append("key1", 0, Hooked(b"good", Look()), 4, ("sha1", digest))
