"""Who holds how much of the room, and for how long, over HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, TUS, Tus, begin, content, create, fetched, line, put, sha256, start_patch
from tests.support.server_process import Server, wait_until

ANNA, BEN = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
# All links hold 20 MiB, one address 10, a link 5. Who makes no progress holds room for a second.
SMALL = {
    "PACKETPOST_MAX_STORED_BYTES": str(20 * MIB),
    "PACKETPOST_MAX_UPLOAD_BYTES": str(5 * MIB),
    "PACKETPOST_RATE_LIMITS": "on",
    "PACKETPOST_PROXY_HOPS": "1",
}


@pytest.fixture
def shared(serve: Callable[..., Server]) -> Server:
    return serve(**SMALL)


@pytest.fixture(scope="module")
def hasty(serve: Callable[..., Server]) -> Server:
    return serve(**{**SMALL, "PACKETPOST_RATE_LIMITS": "off", "PACKETPOST_RESERVED_SECONDS": "1"})


@pytest.fixture(autouse=True)
def tidy(hasty: Server) -> Iterator[list[Tus]]:
    """Uploads that a test begins here go at its end."""
    begun: list[Tus] = []
    yield begun
    for upload in begun:
        requests.delete(upload.url, headers=TUS, timeout=SECONDS)


def make_link(server: Server, size: int, headers: dict[str, str]) -> requests.Response:
    form = {"manifest": json.dumps([{"path": "a.bin", "size": size, "type": ""}])}
    url = f"{server.url}/links"
    return requests.post(
        url, form, headers={**headers, "Accept": "application/json"}, allow_redirects=False, timeout=15
    )


def test_who_announces_much_and_sends_nothing_leaves_the_rest_to_others(shared: Server) -> None:
    answers = [make_link(shared, 5 * MIB, ANNA) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [303] * 2 + [429] * 8
    assert "Your network holds as much here as one may" in answers[-1].json()["message"]
    assert put(shared, content(5 * MIB), headers=BEN).status_code == 201


def test_what_is_stored_counts_for_its_sender_until_it_is_deleted(shared: Server) -> None:
    links = [put(shared, content(5 * MIB), headers=ANNA) for _ in range(3)]
    assert [link.status_code for link in links] == [201, 201, 429]
    requests.delete(links[0].headers["X-Url-Delete"], headers=ANNA, timeout=SECONDS)
    assert put(shared, content(5 * MIB), headers=ANNA).status_code == 201


def test_a_whole_network_of_ipv6_has_one_share(shared: Server) -> None:
    addresses = ("2001:db8:0:7::1", "2001:db8:0:7:5:6:7:8", "2001:db8:0:7:ffff::2", "2001:db8:0:8::1")
    statuses = [make_link(shared, 5 * MIB, {"X-Forwarded-For": address}).status_code for address in addresses]
    assert statuses == [303, 303, 429, 303]


def test_bodies_of_unknown_length_that_trickle_leave_room_for_others(shared: Server) -> None:
    with ExitStack() as stack:
        for number in range(6):
            connection = stack.enter_context(line(shared))
            connection.ask(
                "PUT", f"/{number}", b"1\r\nx\r\n", "Transfer-Encoding: chunked", "X-Forwarded-For: 192.0.2.1"
            )
        wait_until(lambda: held(shared) >= 2 * 4096, SECONDS, "no body arrived")
        assert held(shared) <= 10 * MIB
        assert put(shared, iter([content(5 * MIB)]), headers=BEN).status_code == 201


def held(server: Server) -> int:
    lines = requests.get(f"{server.url}/metrics", timeout=SECONDS).text.splitlines()
    (told,) = [line for line in lines if line.startswith("packetpost_stored_bytes ")]
    return int(float(told.split()[1]))


def test_what_is_announced_and_not_sent_lapses(hasty: Server, tidy: list[Tus]) -> None:
    tidy += [begin(hasty, 5 * MIB) for _ in range(4)]
    assert create(hasty, {"Upload-Length": str(MIB)}).status_code == 507
    wait_until(lambda: put(hasty, content(MIB)).status_code == 201, SECONDS, "the room stays held")


def test_an_upload_that_lapsed_goes_on_where_there_is_room(hasty: Server, tidy: list[Tus]) -> None:
    tidy += [begin(hasty, 5 * MIB) for _ in range(3)]
    late, data = tidy[0], content(5 * MIB)
    assert late.patch(0, data[:MIB]).status_code == 204
    wait_until(lambda: held(hasty) < 3 * MIB, SECONDS, "the room stays held")
    assert late.patch(MIB, data[MIB:]).status_code == 204
    assert fetched(late.shown.download_url) == sha256(data)


def test_an_upload_that_lapsed_waits_while_others_have_the_room(hasty: Server, tidy: list[Tus]) -> None:
    tidy += [begin(hasty, 5 * MIB)]
    data = content(5 * MIB)
    tidy[0].patch(0, data[:MIB])
    wait_until(lambda: held(hasty) < 3 * MIB, SECONDS, "the room stays held")
    others = [put(hasty, content(5 * MIB)) for _ in range(3)]
    assert tidy[0].patch(MIB, data[MIB:]).status_code == 507
    assert tidy[0].offset() == MIB
    for other in others:
        requests.delete(other.headers["X-Url-Delete"], timeout=SECONDS)
    assert tidy[0].patch(MIB, data[MIB:]).status_code == 204
    assert fetched(tidy[0].shown.download_url) == sha256(data)


def test_a_body_that_trickles_does_not_keep_what_it_announced(hasty: Server, tidy: list[Tus]) -> None:
    tidy += [begin(hasty, 5 * MIB)]
    with line(hasty) as connection:
        start_patch(connection, tidy[0], 0, 5 * MIB, b"x" * 1000)

        def trickled() -> bool:
            connection.send(b"x")
            return held(hasty) < 2 * MIB

        wait_until(trickled, SECONDS, "a trickle keeps the room")


def test_ten_thousand_empty_files_count(hasty: Server) -> None:
    manifest = json.dumps([{"path": f"{number}.txt", "size": 0, "type": ""} for number in range(1000)])
    before, answers = held(hasty), []
    for _ in range(10):
        form = {"manifest": manifest}
        answers.append(requests.post(f"{hasty.url}/links", form, allow_redirects=False, timeout=60).status_code)
    assert answers.count(507) > 0
    assert held(hasty) - before >= answers.count(303) * 1000 * 4096
