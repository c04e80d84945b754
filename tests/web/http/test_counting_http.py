"""When a download counts, over HTTP: no order of ranges gives a limited file to more people than its sender allowed."""

from collections.abc import Callable

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, Shared, content, expect, fetch, line, sha256, share
from tests.support.s3_process import S3Server
from tests.support.server_process import Server, wait_until

DATA = content(3 * MIB + 9)
SIZE = len(DATA)
ONCE = {"X-Downloads": "1"}


@pytest.fixture(scope="module", params=["disk", "s3"])
def post(request: pytest.FixtureRequest, serve: Callable[..., Server]) -> Server:
    if request.param == "disk":
        return serve()
    rclone: S3Server = request.getfixturevalue("rclone")
    return serve(**rclone.environ_below("counting"))


@pytest.fixture
def link(post: Server) -> Shared:
    return share(post, DATA, headers=ONCE)


def part(link: Shared, start: int, end: int, who: str = "anna") -> requests.Response:
    return fetch(link.download_url, {"Range": f"bytes={start}-{end - 1}", "User-Agent": who})


def counted(link: Shared) -> bool:
    """Whether strangers find nothing any more; asking takes no download."""
    return requests.head(link.download_url, headers={"User-Agent": "carl"}, timeout=SECONDS).status_code == 404


def test_all_but_the_last_byte_is_a_download(link: Shared) -> None:
    expect(206, part(link, 0, SIZE - 1))
    wait_until(lambda: counted(link), SECONDS, "it does not count")
    assert part(link, 0, SIZE - 1, who="ben").status_code == 404


def test_nine_tenths_in_pieces_are_a_download(link: Shared) -> None:
    tenth = SIZE // 10 + 1
    for start in range(0, 9 * tenth, tenth):
        assert not counted(link)
        expect(206, part(link, start, start + tenth))
    wait_until(lambda: counted(link), SECONDS, "it does not count")


def test_all_but_the_ends_is_not_given_again_and_again(link: Shared) -> None:
    statuses = [part(link, 1, SIZE - 1).status_code for _ in range(8)]
    assert statuses.count(206) <= 5
    assert statuses[-1] == 404


def test_who_lost_the_rest_fetches_it(link: Shared) -> None:
    got = expect(206, part(link, 0, SIZE - 1000)).content
    wait_until(lambda: counted(link), SECONDS, "it does not count")
    assert sha256(got + expect(206, part(link, SIZE - 1000, SIZE)).content) == sha256(DATA)


def test_who_leaves_after_half_of_it_leaves_it_for_later(post: Server) -> None:
    link = share(post, content(64 * MIB), headers=ONCE)
    with line(post, receive_buffer=4096) as connection:
        connection.ask("GET", link.download_url.removeprefix(post.url), b"", "User-Agent: anna")
        assert connection.head()[0] == 200
    assert not counted(link)
    expect(206, part(link, 10, 20))
