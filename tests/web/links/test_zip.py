"""All files of a link as one zip."""

import base64
import io
import json
import os
import struct
import subprocess
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from packetpost.ranges import Span
from packetpost.web.links.zips import Member, Zip, ZipBody
from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, Shared, Tus, begin, begin_part, content, create, fetch, share, share_all, shared
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


def zip_of(*sizes: int) -> Zip:
    """Of files of zeros."""
    return Zip([Member(str(at), f"{at}/zeros", size, 1_700_000_000 + at, Zeros) for at, size in enumerate(sizes)])


@pytest.mark.slow
def test_a_zip_above_four_gigabytes_has_the_length_that_was_told() -> None:
    archive, ended = zip_of(2**32 + 5, 10), list[bool]()
    span = Span(0, archive.size, archive.size)
    body = ZipBody(archive, span, ended.append, lambda: None, lambda _: None)
    count, tail = 0, b""
    for piece in body:
        count, tail = count + len(piece), (tail + piece)[-4096:]
    body.close()
    assert (count, ended) == (archive.size, [True])
    assert b"PK\x06\x06" in tail  # the ZIP64 end of central directory


def test_what_lies_beyond_four_gigabytes_is_found_by_its_place() -> None:
    """Read by Python from a file with a hole in the place of the large member's bytes."""
    size, head = 2**32 + 5, 30 + len("large") + 20 + 9
    archive = Zip([Member("a", "large", size, 1_700_000_000, Zeros, 0), Member("b", "after", 10, 0, Zeros)])
    with tempfile.TemporaryFile() as file:
        file.write(b"".join(archive.pieces(0, head)))
        file.seek(size, os.SEEK_CUR)
        file.write(b"".join(archive.pieces(head + size, archive.size - head - size)))
        with zipfile.ZipFile(file) as opened:
            assert [(info.filename, info.file_size) for info in opened.infolist()] == [("large", size), ("after", 10)]
            assert opened.read("after") == bytes(10)


@given(start=st.integers(0, 10_000), count=st.integers(1, 10_000))
def test_any_part_of_a_zip_is_that_part_of_the_whole(start: int, count: int) -> None:
    archive = zip_of(0, 5, 3000, 1)
    whole = b"".join(archive.pieces(0, archive.size))
    start %= len(whole)
    part = b"".join(zip_of(0, 5, 3000, 1).pieces(start, min(count, len(whole) - start)))
    assert part == whole[start : start + count]


def test_a_checksum_is_reckoned_once_and_kept() -> None:
    kept: list[int] = []
    first = Zip([Member("id", "a", 5, 0, Zeros, keep=kept.append)])
    whole = b"".join(first.pieces(0, first.size))
    assert kept == [zlib.crc32(bytes(5))]
    again = Zip([Member("id", "a", 5, 0, Zeros, kept[0], kept.append)])
    assert (b"".join(again.pieces(0, again.size)), len(kept)) == (whole, 1)


TIMES = [1_000_000_000, 1_700_000_001, 0]


@pytest.fixture(scope="module")
def dated(server: Server) -> str:
    """The address of the zip of a link whose sender told the times of the files."""
    files = [{"path": f"d/{at}.bin", "size": 1000, "mtime": when * 1000} for at, when in enumerate(TIMES)]
    with requests.Session() as owner:
        made = owner.post(f"{server.url}/links", {"manifest": json.dumps(files)}, timeout=SECONDS)
        card = owner.get(made.url, headers={"Accept": "application/json"}, timeout=SECONDS).json()
    for at, file in enumerate(card["files"]):
        assert Tus(server.url + file["upload_url"], None).patch(0, content(1000, at)).status_code == 204
    return f"{server.url}/api/download/{card['link_id']}.zip"


def test_unzip_gives_the_files_their_times_and_lets_others_read_them(dated: str, tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(fetch(dated).content)
    subprocess.run(["unzip", "-q", "all.zip"], cwd=tmp_path, check=True)
    unpacked = [(tmp_path / f"d/{at}.bin").stat() for at in range(3)]
    assert [int(stat.st_mtime) for stat in unpacked] == TIMES
    assert {stat.st_mode & 0o777 for stat in unpacked} == {0o644}


def only_time(link: Shared) -> datetime:
    with zipfile.ZipFile(io.BytesIO(fetch(link.zip_url).content)) as archive:
        return datetime(*archive.infolist()[0].date_time, tzinfo=UTC)


TOLD = datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers",
    [{"X-OC-Mtime": "1500000000"}, {"X-OC-Mtime": "1500000000.5"}, {"Last-Modified": "Fri, 14 Jul 2017 02:40:00 GMT"}],
)
def test_a_put_tells_the_time_of_its_file(server: Server, headers: dict[str, str]) -> None:
    assert only_time(share(server, b"x", headers=headers)) == TOLD


@pytest.mark.parametrize(("name", "value"), [("mtime", b"1500000000"), ("lastModified", b"1500000000000")])
def test_tus_metadata_tell_the_time_of_their_file(server: Server, name: str, value: bytes) -> None:
    told = {"Upload-Metadata": f"{name} {base64.b64encode(value).decode()}"}
    upload = begin(server, 1, told)
    assert upload.patch(0, b"x").status_code == 204
    assert only_time(upload.shown) == TOLD
    joined = create(server, {**told, "Upload-Concat": f"final;{begin_part(server, b'x').url}"})
    assert only_time(shared(joined)) == TOLD


def test_a_told_time_that_is_none_keeps_nobody_from_sending(server: Server) -> None:
    link = share(server, b"x", headers={"X-OC-Mtime": "yesterday"})
    assert only_time(link).year == datetime.now(UTC).year


def test_without_a_told_time_it_is_that_of_the_upload(link: Shared) -> None:
    with zipfile.ZipFile(io.BytesIO(fetch(link.zip_url).content)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {datetime.now(UTC).year}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


@pytest.mark.parametrize("wrong", ["yesterday", -1, 1.5, True, 2**53])
def test_a_time_that_is_none_is_refused(server: Server, wrong: object) -> None:
    files = {"manifest": json.dumps([{"path": "a", "size": 1, "mtime": wrong}])}
    assert requests.post(f"{server.url}/links", files, timeout=SECONDS).status_code == 400


def test_each_download_has_the_same_bytes_under_the_same_tag(link: Shared) -> None:
    one, two = fetch(link.zip_url), fetch(link.zip_url)
    assert (one.content, one.headers["ETag"]) == (two.content, two.headers["ETag"])
    assert requests.head(link.zip_url, timeout=SECONDS).headers["ETag"] == one.headers["ETag"]


@pytest.mark.parametrize("have", [1, 29, 500_000, MIB + 200, -1])
def test_curl_goes_on_with_a_zip(link: Shared, tmp_path: Path, have: int) -> None:
    whole = fetch(link.zip_url).content
    (tmp_path / "all.zip").write_bytes(whole[:have])
    subprocess.run(["curl", "-sf", "-C", "-", "-o", "all.zip", link.zip_url], cwd=tmp_path, check=True)
    assert (tmp_path / "all.zip").read_bytes() == whole


def test_a_range_of_another_zip_is_not_given(link: Shared) -> None:
    whole = fetch(link.zip_url)
    ours, another = (
        fetch(link.zip_url, {"Range": "bytes=10-19", "If-Range": tag}) for tag in (whole.headers["ETag"], '"another"')
    )
    assert (ours.status_code, ours.content) == (206, whole.content[10:20])
    assert ours.headers["Content-Range"] == f"bytes 10-19/{len(whole.content)}"
    assert (another.status_code, another.content) == (200, whole.content)
    assert fetch(link.zip_url, {"Range": f"bytes={len(whole.content)}-"}).status_code == 416


def test_busybox_unpacks_it_from_a_pipe(link: Shared, tmp_path: Path) -> None:
    done = subprocess.run(["busybox", "unzip", "-q", "-"], input=fetch(link.zip_url).content, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert [(tmp_path / name).read_bytes() for name in NAMES] == [data for _, data in FILES]


def test_whoever_reads_it_as_a_stream_knows_each_file_before_its_bytes(link: Shared) -> None:
    """As `java.util.zip.ZipInputStream` does: heads and bytes alone, the directory unread."""
    rest, found = fetch(link.zip_url).content, {}
    while rest[:4] == b"PK\x03\x04":
        _, _, flags, method, _, _, crc, size, _, name, extra = struct.unpack_from("<IHHHHHIIIHH", rest)
        begins = 30 + name + extra
        data = rest[begins : begins + size]
        assert (flags & 8, method, zlib.crc32(data)) == (0, 0, crc)
        found[rest[30 : 30 + name].decode()] = data
        rest = rest[begins + size :]
    assert list(found.items()) == list(zip(NAMES, [data for _, data in FILES], strict=True))
