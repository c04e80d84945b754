"""Downloads over HTTP: whole, in ranges, by name and type, and what their headers forbid a browser."""

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, Shared, content, fetch, fetched, line, sha256, share, share_all
from tests.support.server_process import Server

DATA = content(3 * MIB + 9)
SIZE = len(DATA)


@pytest.fixture(scope="module")
def link(server: Server) -> Shared:
    return share(server, DATA, "report.bin")


def etag(link: Shared) -> str:
    return requests.head(link.download_url, timeout=SECONDS).headers["ETag"]


def test_a_file_is_sent_whole(link: Shared) -> None:
    answer = fetch(link.file_url())
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert sha256(answer.content) == sha256(DATA)


def test_the_links_own_address_gives_its_only_file(link: Shared) -> None:
    assert fetched(link.download_url) == sha256(DATA)


RANGES = [
    ("0-0", 0, 1),
    ("0-", 0, SIZE),
    ("-1", SIZE - 1, 1),
    ("-1000000000", 0, SIZE),
    (f"{SIZE - 1}-", SIZE - 1, 1),
    ("1000-1999999", 1000, 1_999_000),
    (f"5-{SIZE + 100}", 5, SIZE - 5),
    (f"{MIB}-{MIB}", MIB, 1),
]


@pytest.mark.parametrize(("asked", "start", "count"), RANGES)
def test_one_range_is_sent(link: Shared, asked: str, start: int, count: int) -> None:
    answer = fetch(link.file_url(), {"Range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + count - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(count)
    assert sha256(answer.content) == sha256(DATA[start : start + count])


@pytest.mark.parametrize("asked", [f"{SIZE}-", f"{SIZE}-{SIZE + 5}", "-0"])
def test_a_range_outside_is_416_and_the_size_is_told(link: Shared, asked: str) -> None:
    answer = fetch(link.file_url(), {"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("asked", ["bytes=0-0,5-9", "bytes=5-2", "bytes=x-", "lines=1-2", "bytes=", "bytes=0-0, -1"])
def test_several_ranges_or_none_that_is_one_are_the_whole(link: Shared, asked: str) -> None:
    answer = fetch(link.file_url(), {"Range": asked})
    assert answer.status_code == 200
    assert sha256(answer.content) == sha256(DATA)


def test_a_range_of_this_version_is_sent(link: Shared) -> None:
    answer = fetch(link.file_url(), {"Range": "bytes=5-9", "If-Range": etag(link)})
    assert (answer.status_code, answer.content) == (206, DATA[5:10])


@pytest.mark.parametrize("version", ['"other"', "Wed, 21 Oct 2026 07:28:00 GMT", "W/{etag}"])
def test_a_range_of_another_version_is_the_whole(link: Shared, version: str) -> None:
    answer = fetch(link.file_url(), {"Range": "bytes=5-9", "If-Range": version.format(etag=etag(link))})
    assert (answer.status_code, len(answer.content)) == (200, SIZE)


def test_a_range_of_an_empty_file_is_416(server: Server) -> None:
    assert fetch(share(server, b"").file_url(), {"Range": "bytes=0-"}).status_code == 416


def test_head_tells_what_get_would_send(link: Shared) -> None:
    head, get = requests.head(link.file_url(), timeout=SECONDS), fetch(link.file_url())
    told = ("Content-Length", "Content-Type", "Content-Disposition", "ETag", "Accept-Ranges")
    assert [head.headers[name] for name in told] == [get.headers[name] for name in told]
    assert head.content == b""


def test_head_leaves_the_connection_usable(server: Server, link: Shared) -> None:
    with line(server) as kept:
        for _ in range(2):
            kept.ask("HEAD", f"/api/download/{link.id}")
            assert kept.reply("HEAD").status == 200


def test_two_files_have_two_etags_that_tell_no_upload(server: Server) -> None:
    first, second = share(server, b"x"), share(server, b"x")
    assert etag(first) != etag(second)
    assert etag(first).startswith('"')


@pytest.mark.parametrize("position", ["1", "99999999999999999999", "-1", "x"])
def test_a_file_that_is_not_there_is_404(link: Shared, position: str) -> None:
    assert fetch(f"{link.download_url}/{position}/a").status_code == 404


def test_a_download_may_not_run_render_or_be_kept(link: Shared) -> None:
    headers = fetch(link.file_url()).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in headers["Cache-Control"]


TYPES = [
    ("text/html", "application/octet-stream"),
    ("image/svg+xml", "application/octet-stream"),
    ("application/xhtml+xml", "application/octet-stream"),
    ("text/javascript", "application/octet-stream"),
    ("application/pdf", "application/octet-stream"),
    ("text/xml; charset=utf-8", "application/octet-stream"),
    ("image/png", "image/png"),
    ("video/mp4; codecs=avc1", "video/mp4"),
    ("image/png, text/html", "application/octet-stream"),
]


@pytest.mark.parametrize(("claimed", "served"), TYPES)
def test_a_type_that_browsers_render_is_not_served(server: Server, claimed: str, served: str) -> None:
    link = share(server, b"<script>alert(1)</script>", "x.html", {"Content-Type": claimed})
    assert fetch(link.file_url()).headers["Content-Type"] == served


NAMES = [
    ("a b.txt", 'attachment; filename="a b.txt"'),
    ("日本.txt", "attachment; filename=\"download.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
    ("naïve.txt", "attachment; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
    ("🎉.png", "attachment; filename=\"download.png\"; filename*=UTF-8''%F0%9F%8E%89.png"),
    ("\u202etxt.exe", 'attachment; filename="txt.exe"'),
    ("שלום.txt", "attachment; filename=\"download.txt\"; filename*=UTF-8''%D7%A9%D7%9C%D7%95%D7%9D.txt"),
    ('say "hi".txt', "attachment; filename=\"say _hi_.txt\"; filename*=UTF-8''say%20%22hi%22.txt"),
    ("a\r\nSet-Cookie: x=y.txt", 'attachment; filename="aSet-Cookie: x=y.txt"'),
    ("a\tb\x00c.txt", 'attachment; filename="abc.txt"'),
    ("../../etc/passwd", 'attachment; filename="passwd"'),
    ("..", 'attachment; filename="unnamed"'),
    ("100%;x.txt", "attachment; filename=\"100__x.txt\"; filename*=UTF-8''100%25%3Bx.txt"),
]


@pytest.mark.parametrize(("name", "disposition"), NAMES)
def test_names_of_all_kinds_are_told_safely(server: Server, name: str, disposition: str) -> None:
    answer = fetch(share_all(server, [(name, b"x")]).file_url())
    assert answer.headers["Content-Disposition"] == disposition
    assert "Set-Cookie" not in answer.headers


def test_several_files_have_addresses_of_their_own(server: Server) -> None:
    link = share_all(server, [("a", b"one"), ("b", b"two")])
    assert [fetch(link.file_url(n)).content for n in range(2)] == [b"one", b"two"]
