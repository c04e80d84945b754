"""Names as people send them, made safe to show and to put into headers and zips."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetpost.errors import BadRequest
from packetpost.names import check_path, clean_name, clean_path, disposition, served_type
from packetpost.unpacked_names import keep_apart


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("album/photo.jpg", "album/photo.jpg"),
        ("C:\\Users\\me\\photo.jpg", "C:/Users/me/photo.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a/./b//c", "a/b/c"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("報告書.pdf", "報告書.pdf"),
        ("👩‍👩‍👧.png", "👩‍👩‍👧.png"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("שלום.txt", "שלום.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        (" spaced .txt", "spaced .txt"),
    ],
)
def test_a_path_is_cleaned(sent: str, kept: str) -> None:
    assert clean_path(sent) == kept


def test_a_long_name_keeps_its_ending_within_255_bytes() -> None:
    name = clean_name("ä" * 300 + ".jpeg")
    assert len(name.encode()) <= 255
    assert name.endswith("ä.jpeg")


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "./a", "a/../b", "..", "x" * 1025])
def test_a_manifest_path_that_is_not_plain_is_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        check_path(path)


def test_equal_paths_are_kept_apart_before_their_endings() -> None:
    assert keep_apart(["a.txt", "A.txt", "a.txt", "d/a.txt"]) == ["a.txt", "A (2).txt", "a (3).txt", "d/a.txt"]


@pytest.mark.parametrize(
    ("name", "fallback"),
    [
        ("plain.txt", "plain.txt"),
        ('say "hi".txt', "say _hi_.txt"),
        ("100% sure;.txt", "100_ sure_.txt"),
        ("naïve.txt", "naive.txt"),
        ("報告書.pdf", "download.pdf"),
        ("😀.png", "download.png"),
    ],
)
def test_the_disposition_has_an_ascii_fallback_and_the_exact_name(name: str, fallback: str) -> None:
    value = disposition(name)
    assert value.isascii()
    assert value.startswith(f'attachment; filename="{fallback}"')
    star = re.search(r"filename\*=UTF-8''(\S+)$", value)
    assert name == (unquote(star[1]) if star else fallback)


@pytest.mark.parametrize(
    ("claimed", "served"),
    [
        ("image/png", "image/png"),
        ("video/mp4; codecs=x", "video/mp4"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("image/png\r\nX: y", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_type_that_a_browser_would_run_is_served_as_bytes(claimed: str, served: str) -> None:
    assert served_type(claimed) == served


@given(st.text(max_size=400))
def test_whatever_is_sent_becomes_a_plain_relative_path(text: str) -> None:
    path = clean_path(text)
    assert path
    assert not any(part in ("", ".", "..") for part in path.split("/"))
    assert len(path.encode()) <= 1024


@given(st.text(min_size=1, max_size=200))
def test_no_name_breaks_out_of_its_header(text: str) -> None:
    value = disposition(clean_path(text).rpartition("/")[2])
    assert value.isascii()
    assert not any(ord(char) < 32 for char in value)
    assert value.count('"') == 2
