"""A file as an upload reads it: the same sealed bytes from any place on, in parts of any length."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.seal_client import OWN_RECORD, RECORD, Codec

SECRET = "A" * 43


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


def entry(size: int) -> dict[str, object]:
    return {"n": 3, "path": "film.bin", "size": size, "mtime": 1, "seal": 2}


@pytest.mark.parametrize("size", [0, 1, RECORD, 2 * RECORD + 5])
@pytest.mark.parametrize("part", [7 * RECORD, RECORD, 99_999])
def test_parts_make_the_whole_message(codec: Codec, size: int, part: int) -> None:
    file = os.urandom(size)
    whole = codec.bytes("sealFile", secret=SECRET, password="", entry=entry(size), file=file)
    assert codec.bytes("source", secret=SECRET, entry=entry(size), file=file, start=0, part=part) == whole


FILE = os.urandom(3 * RECORD + 9)
SEALED_SIZE = len(FILE) + 4 * 38


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, SEALED_SIZE - 1), part=st.integers(30_000, SEALED_SIZE))
def test_it_goes_on_at_any_byte(codec: Codec, start: int, part: int) -> None:
    whole = codec.bytes("sealFile", secret=SECRET, password="", entry=entry(len(FILE)), file=FILE)
    assert (
        codec.bytes("source", secret=SECRET, entry=entry(len(FILE)), file=FILE, start=start, part=part) == whole[start:]
    )


@pytest.mark.parametrize(
    ("sealed", "opened"),
    [
        (0, 0),
        (1, 1),
        (RECORD, RECORD),
        (OWN_RECORD, RECORD),
        (1 + OWN_RECORD, RECORD + 1),
        (2 * OWN_RECORD, RECORD + 9),
    ],
)
def test_progress_counts_the_file_s_own_bytes(codec: Codec, sealed: int, opened: int) -> None:
    assert codec.call("openedBytes", sealed=sealed, size=RECORD + 9) == opened
