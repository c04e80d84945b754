"""Two instances over one folder and one Redis: whatever begins on one goes on at the other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.fleet import Fleet
from tests.support.http import MIB, Tus, begin, content, fetch, fetched, line, sha256, share, start_patch, stored
from tests.support.seats import closing_code, greeting, hear_of, hear_signal, say, seat, session
from tests.support.server_process import Server

Pair = tuple[Server, Server]


@pytest.fixture(scope="module")
def pair(fleet: Callable[..., Fleet]) -> Pair:
    one, two = fleet(2).servers
    return one, two


def at(server: Server, url: str) -> str:
    """The same address at another instance."""
    return server.url + "/" + url.split("/", 3)[3]


def test_a_link_of_one_instance_is_downloaded_from_the_other(pair: Pair) -> None:
    link = share(pair[0], content(MIB))
    assert fetched(at(pair[1], link.download_url)) == sha256(content(MIB))


def test_a_link_deleted_at_one_instance_has_ended_at_the_other(pair: Pair) -> None:
    link = share(pair[0], content(5))
    assert requests.delete(at(pair[1], link.delete_url), timeout=SECONDS).status_code == 204
    assert fetch(link.download_url).status_code == 404


def test_an_upload_goes_on_at_the_other_instance(pair: Pair) -> None:
    data = content(2 * MIB)
    upload = begin(pair[0], len(data))
    upload.patch(0, data[:MIB])
    assert Tus(at(pair[1], upload.url), None).patch(MIB, data[MIB:]).status_code == 204
    assert fetched(upload.shown.download_url) == sha256(data)


def test_an_upload_has_one_writer_also_of_two_instances(pair: Pair) -> None:
    upload = begin(pair[0], 2 * MIB)
    with line(pair[0]) as connection:
        start_patch(connection, upload, 0, MIB, content(MIB)[:-1])
        upload.holds(MIB - 1)
        assert Tus(at(pair[1], upload.url), None).patch(MIB - 1, b"x").status_code == 423


def test_a_download_follows_an_upload_to_the_other_instance(pair: Pair) -> None:
    data = content(2 * MIB)
    upload = begin(pair[0], len(data))
    upload.patch(0, data[:MIB])
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(fetched, at(pair[1], upload.shown.download_url))
        upload.patch(MIB, data[MIB:])
        assert following.result(SECONDS) == sha256(data)


def test_a_cookie_of_one_instance_is_good_at_the_other(pair: Pair) -> None:
    link = share(pair[0], content(5), headers={"X-Password": "secret"})
    with requests.Session() as browser:
        browser.post(f"{link.url}/unlock", {"password": "secret"}, timeout=SECONDS)
        assert browser.get(at(pair[1], link.download_url), timeout=SECONDS).content == content(5)


def test_the_last_download_is_given_out_once_by_both(pair: Pair) -> None:
    link = share(pair[0], content(5), headers={"X-Downloads": "1"})
    urls = [link.download_url, at(pair[1], link.download_url)] * 4
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda url: fetch(url).status_code, urls))
    assert statuses.count(200) == 1


def test_seats_on_two_instances_signal_to_each_other(pair: Pair) -> None:
    code, sender, receiver = session(pair[0])
    with seat(pair[0], code, sender) as one, seat(pair[1], code, receiver) as two:
        say(two, type="offer", to=0, sdp="v=0", **{"try": 1})
        assert hear_signal(one)["sdp"] == "v=0"
        say(one, type="answer", to=1, sdp="v=1", **{"try": 1})
        assert hear_signal(two)["sdp"] == "v=1"


def test_presence_is_told_and_known_across_instances(pair: Pair) -> None:
    code, sender, receiver = session(pair[0])
    with seat(pair[0], code, sender) as one:
        with seat(pair[1], code, receiver):
            hear_of(one, 1, True)
        hear_of(one, 1, False)


def test_a_reconnect_to_the_other_instance_finds_its_mailbox(pair: Pair) -> None:
    code, sender, receiver = session(pair[0])
    with seat(pair[0], code, sender) as one:
        for number in range(3):
            say(one, type="ice-candidate", to=1, candidate=str(number), **{"try": 0})
        say(one, type="nonsense")
        assert hear_signal(one)["type"] == "error"  # so all before it are in the mailbox
        with seat(pair[1], code, receiver, last=1) as two:
            assert [hear_signal(two)["candidate"] for _ in range(2)] == ["1", "2"]


def test_a_seat_opened_at_the_other_instance_replaces_the_first(pair: Pair) -> None:
    code, sender, _ = session(pair[0])
    with seat(pair[0], code, sender) as one, seat(pair[1], code, sender):
        assert closing_code(one) == 4001


def test_a_later_socket_of_a_tab_at_the_other_instance_says_so_to_the_first(pair: Pair) -> None:
    code, sender, _ = session(pair[0])
    with seat(pair[0], code, sender, tab="one") as one, seat(pair[1], code, sender, tab="one"):
        assert closing_code(one) == 4011


def test_what_a_replaced_socket_said_comes_never_after_what_the_later_one_says(pair: Pair) -> None:
    code, sender, receiver = session(pair[0])
    with seat(pair[0], code, sender) as hearing, seat(pair[0], code, receiver) as first:
        for number in range(150):
            say(first, type="ice-candidate", to=0, candidate=f"first {number}", **{"try": 0})
        with seat(pair[1], code, receiver) as second:
            for word in ("second", "last"):
                say(second, type="ice-candidate", to=0, candidate=word, **{"try": 0})
            while hear_signal(hearing)["candidate"] != "second":
                pass
            assert hear_signal(hearing)["candidate"] == "last", "the first one's came after the second one's"
            assert closing_code(first) == 4001


def test_a_tab_at_the_other_instance_takes_no_seat_unasked(pair: Pair) -> None:
    code, _, receiver = session(pair[0])
    with seat(pair[0], code, receiver, tab="one") as one:
        with greeting(pair[1], code, receiver, tab="two") as two:
            assert closing_code(two) == 4009
        with seat(pair[1], code, receiver, tab="two", take=True):
            assert closing_code(one) == 4001
        with seat(pair[0], code, receiver, tab="one"):
            pass


def test_closing_a_session_closes_its_sockets_at_both(pair: Pair) -> None:
    code, sender, receiver = session(pair[0])
    with seat(pair[1], code, receiver) as two:
        requests.post(
            f"{pair[0].url}/api/transfer/close", json={"transferCode": code, "token": sender}, timeout=SECONDS
        )
        assert hear_signal(two) == {"type": "ended", "state": "closed"}
        assert closing_code(two) == 4010


def test_rates_are_counted_by_both_together(fleet: Callable[..., Fleet]) -> None:
    one, two = fleet(2, PACKETPOST_RATE_LIMITS="on").servers

    def join(server: Server) -> int:
        asked = {"transferCode": "AAAA-BBBB"}
        return requests.post(f"{server.url}/api/transfer/join", json=asked, timeout=SECONDS).status_code

    assert [join(server) for server in (one, two) * 30] == [404] * 60
    assert [join(server) for server in (one, two)] == [429, 429]


def test_of_two_workers_each_serves_what_the_other_began(fleet: Callable[..., Fleet]) -> None:
    (server,) = fleet(1, WEB_CONCURRENCY="2").servers
    for number in range(20):
        code, sender, receiver = session(server)
        with seat(server, code, sender) as one, seat(server, code, receiver) as two:
            say(two, type="offer", to=0, sdp=str(number), **{"try": 1})
            assert hear_signal(one)["sdp"] == str(number)


def test_of_two_workers_both_take_uploads_and_hand_them_out(fleet: Callable[..., Fleet]) -> None:
    (server,) = fleet(1, WEB_CONCURRENCY="2").servers
    with ThreadPoolExecutor(8) as pool:
        links = list(pool.map(lambda seed: share(server, content(MIB, seed)), range(16)))
        sums = list(pool.map(lambda link: fetched(link.download_url), links))
    assert sums == [sha256(content(MIB, seed)) for seed in range(16)]


def test_one_of_two_instances_sweeps(fleet: Callable[..., Fleet]) -> None:
    one, two = fleet(2, PACKETPOST_SWEEP_SECONDS="1").servers
    share(one, content(5), headers={"X-Expiry": "1s"})
    kept = share(two, content(5))
    swept = threading.Event()
    for _ in range(int(SECONDS * 10)):
        if len(stored(one)) == 1 or swept.wait(0.1):
            break
    assert fetched(kept.download_url) == sha256(content(5))
    assert len(stored(one)) == 1
