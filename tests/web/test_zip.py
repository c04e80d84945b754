"""All files of a link as one zip."""

import io
import zipfile

import pytest
import requests

from packetpost.web.links.zips import Member, ZipBody, zip_size
from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, Shared, begin, content, fetch, share_all
from tests.support.server_process import Server

FILES = [
    ("album/a.jpg", content(MIB + 1, 1)),
    ("album/a.jpg", content(100, 2)),
    ("empty", b""),
    ("報告 😀.txt", content(5, 3)),
    ("../escape.sh", content(7, 4)),
]
NAMES = ["album/a.jpg", "album/a (2).jpg", "empty", "報告 😀.txt", "escape.sh"]


@pytest.fixture(scope="module")
def link(server: Server) -> Shared:
    return share_all(server, FILES)


def test_the_zip_is_whole_and_of_the_announced_length(link: Shared) -> None:
    answer = fetch(link.zip_url)
    assert len(answer.content) == int(answer.headers["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None


def test_the_tree_is_kept_and_equal_names_are_apart(link: Shared) -> None:
    with zipfile.ZipFile(io.BytesIO(fetch(link.zip_url).content)) as archive:
        assert archive.namelist() == NAMES
        assert [archive.read(name) for name in NAMES] == [data for _, data in FILES]


def test_nothing_is_compressed(link: Shared) -> None:
    with zipfile.ZipFile(io.BytesIO(fetch(link.zip_url).content)) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_the_links_own_address_gives_the_zip_of_several_files(link: Shared) -> None:
    assert fetch(link.download_url).content[:2] == b"PK"


def test_the_length_is_told_without_the_zip(link: Shared) -> None:
    head = requests.head(link.zip_url, timeout=SECONDS)
    assert int(head.headers["Content-Length"]) == len(fetch(link.zip_url).content)


def test_a_zip_of_an_unfinished_link_is_not_ready(server: Server) -> None:
    assert fetch(begin(server, 5).shown.zip_url).status_code == 409


class Zeros:
    """A `Stored` of zeros, as large as it is asked for."""

    def fileno(self) -> int:
        return -1

    def size(self) -> int:
        return 1 << 40

    def gone(self) -> bool:
        return False

    def wait(self, beyond: int, timeout: float) -> bool:
        return True

    def read_at(self, offset: int, size: int) -> bytes:
        return bytes(size)

    def close(self) -> None: ...


@pytest.mark.slow
def test_a_zip_above_four_gigabytes_has_the_length_that_was_told() -> None:
    members = [Member("large", 2**32 + 5, Zeros), Member("after", 10, Zeros)]
    ended: list[bool] = []
    body = ZipBody(members, ended.append, lambda: None, lambda _: None)
    count, tail = 0, b""
    for piece in body:
        count, tail = count + len(piece), (tail + piece)[-4096:]
    body.close()
    assert (count, ended) == (zip_size(members), [True])
    assert b"PK\x06\x06" in tail  # the ZIP64 end of central directory
