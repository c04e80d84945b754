"""Files that one instance removes while another one writes to them: nothing may stay in the bucket, uncounted."""

from unittest import mock

import pytest

from packetpost.backends.s3.files import S3Files
from packetpost.errors import ClientGone, NotFound
from packetpost.protocols import WriteObserver
from tests.backends.test_s3 import DATA, fill, pieces
from tests.support.bodies import Hook, Hooked


@pytest.fixture
def files(s3_files: S3Files) -> S3Files:
    s3_files.create("key1")
    return s3_files


@pytest.fixture
def other(instances: tuple[S3Files, S3Files]) -> S3Files:
    """The same files at another instance."""
    return instances[1]


def test_a_late_writer_leaves_nothing_of_a_file_that_another_instance_removed(files: S3Files, other: S3Files) -> None:
    """It never looks meanwhile: its last bytes go up after the removal."""

    class Remove(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            other.remove("key1")

    with pytest.raises(NotFound):
        files.append("key1", 0, Hooked(DATA, Remove()), len(DATA))
    assert pieces(files) == []


def test_a_late_writer_whose_client_leaves_leaves_nothing_either(files: S3Files, other: S3Files) -> None:
    class Remove(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            other.remove("key1")

    class Leaving(Hooked):
        def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
            super().copy_to(fd, limit, observer)
            raise ClientGone

    with pytest.raises(NotFound):
        files.append("key1", 0, Leaving(b"bytes", Remove()), 10)
    assert pieces(files) == []


def test_joined_parts_of_a_file_that_was_removed_meanwhile_leave_nothing(files: S3Files, other: S3Files) -> None:
    fill(files)
    copy = files._bucket.copy

    def removed_first(source: str, target: str) -> None:
        other.remove("whole")
        copy(source, target)

    with mock.patch.object(files._bucket, "copy", removed_first), pytest.raises(NotFound):
        files.join("whole", ["key1"])
    assert pieces(files, "whole") == []
