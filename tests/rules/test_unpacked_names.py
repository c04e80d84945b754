"""Whatever people call their files: unpacked, each is a file of its own with a name that every system takes."""

import unicodedata
from collections.abc import Iterator
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetpost.unpacked_names import for_unpacking
from tests.support.seal_client import Codec

# What the rules are about, often; and all other letters, seldom.
OFTEN = [
    "a",
    "A",
    "é",
    "e\u0301",
    "ß",
    "ss",
    "CON",
    "aux",
    "com1",
    "LPT²",
    ".",
    "..",
    " ",
    " (2)",
    ":",
    "*",
    "\\",
    "\x01",
]
PIECES = st.sampled_from(OFTEN)
LONG = st.sampled_from([char * count for char in "xä\u0958💌" for count in (55, 63, 64, 127, 128, 251, 256)])
SELDOM = st.characters(exclude_characters="/", exclude_categories=["Cs", "Cn"])
NAMES = st.lists(st.one_of(PIECES, PIECES, LONG, SELDOM), min_size=1, max_size=4)
PATHS = st.lists(NAMES.map("".join).filter(lambda name: name not in (".", "..")), min_size=1, max_size=5).map("/".join)
NUMBERED = [f"{kind}{number}" for kind in ("COM", "LPT") for number in "0123456789¹²³"]
DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *NUMBERED}


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec("rules.mjs")
    yield codec
    codec.close()


def same(path: str) -> str:
    """What a file system makes of it that ignores case and the form of accents."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFC", path).casefold())


def can_be_a_name(part: str) -> bool:
    """Whether Windows, Linux and macOS take it."""
    refused = any(ord(char) < 32 or char in '<>:"|?*\\/' for char in part)
    device = part.split(".")[0].rstrip(" ").upper() in DEVICES
    return bool(part) and not refused and not device and part[-1] not in ". " and len(part.encode()) <= 255


@settings(max_examples=300, deadline=None)
@given(st.lists(PATHS, min_size=1, max_size=6))
def test_each_is_a_file_of_its_own_with_a_name_that_every_system_takes(paths: list[str]) -> None:
    unpacked = for_unpacking(paths)
    assert all(can_be_a_name(part) for path in unpacked for part in path.split("/"))
    assert all(len(path.encode()) <= 1024 or "/" not in path for path in unpacked)
    files = {same(path) for path in unpacked}
    folders = {same(folder) for path in unpacked for folder in accumulate(path.split("/")[:-1], "{}/{}".format)}
    assert (len(files), files & folders) == (len(paths), set())


@settings(max_examples=100, deadline=None)
@given(st.lists(PATHS, min_size=1, max_size=6))
def test_what_all_rules_hold_of_is_left_as_it_is(paths: list[str]) -> None:
    unpacked = for_unpacking(paths)
    assert for_unpacking(unpacked) == unpacked


@settings(max_examples=150, deadline=None)
@given(st.lists(PATHS, min_size=1, max_size=6))
def test_python_and_javascript_agree(codec: Codec, paths: list[str]) -> None:
    assert codec.call("forUnpacking", paths=paths) == for_unpacking(paths)


def test_many_names_are_kept_apart_in_little_time(codec: Codec) -> None:
    unpacked = for_unpacking(["a.txt"] * 10_000)
    assert (len(set(unpacked)), unpacked[-1]) == (10_000, "a (10000).txt")
    assert codec.call("forUnpacking", paths=["a.txt"] * 10_000) == unpacked
    different = [f"{number}.txt" for number in range(50_000)]
    assert for_unpacking(different) == different
