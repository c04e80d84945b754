"""Two instances on Redis and S3, one of whose clocks is 90 s ahead: nothing is given twice, and that one says so."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.operation.test_fleet import at
from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, begin, content, expect, fetch, fetched, sha256, share
from tests.support.redis_process import RedisServer
from tests.support.s3_process import S3Server
from tests.support.seats import session
from tests.support.server_process import Server, wait_until

AHEAD = 90
# Python runs this before anything else, so that the whole server lives in that time.
_CLOCK = f"import time\n_true = time.time\ntime.time = lambda: _true() + {AHEAD}\n"


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What makes an instance live ahead."""
    folder: Path = tmp_path_factory.mktemp("ahead")
    (folder / "sitecustomize.py").write_text(_CLOCK)
    return {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def pair(
    serve: Callable[..., Server], rclone: S3Server, redis_for_all: RedisServer, ahead: dict[str, str]
) -> tuple[Server, Server]:
    """One that is right, and one that is ahead."""
    environ = rclone.environ_below("clock") | {"REDIS_URL": redis_for_all.url}
    return serve(**environ), serve(**environ, **ahead)


def test_an_instance_whose_clock_is_off_says_so_and_is_not_ready(pair: tuple[Server, Server]) -> None:
    right, ahead = (requests.get(f"{server.url}/healthz?ready", timeout=SECONDS) for server in pair)
    assert (right.status_code, ahead.status_code) == (200, 503)
    assert right.json()["checks"]["clock"] == "ok"
    assert ahead.json()["reasons"] == [f"This machine's clock is {AHEAD} s ahead of Redis'."]


def test_the_check_says_what_to_do_about_a_clock(pair: tuple[Server, Server]) -> None:
    told = pair[1].flask("check", exits=1)
    assert f"clock is {AHEAD} s ahead" in told
    assert "NTP" in told


def test_the_last_download_is_given_once_whatever_the_clock(pair: tuple[Server, Server]) -> None:
    link = share(pair[0], content(MIB), headers={"X-Downloads": "1"})
    with requests.get(link.download_url, stream=True, timeout=SECONDS) as first:
        assert next(first.iter_content(1024))
        assert fetch(at(pair[1], link.download_url)).status_code in (404, 409)


def test_a_link_expires_by_the_clock_of_all(pair: tuple[Server, Server]) -> None:
    link = share(pair[1], content(5), headers={"X-Expiry": "1h"})
    told = expect(200, fetch(link.url, {"Accept": "application/json"})).json()
    assert abs(told["expires_at"] - time.time() - 3600) < AHEAD / 2


def slowly(data: bytes, pause: threading.Event) -> Iterator[bytes]:
    for start in range(0, len(data), MIB):
        yield data[start : start + MIB]
        pause.wait(0.3)


def test_a_writer_is_not_lost_to_an_instance_that_is_ahead(pair: tuple[Server, Server]) -> None:
    data, pause = content(10 * MIB), threading.Event()
    upload = begin(pair[0], len(data))
    there = upload.at(pair[1])
    sent: list[int] = []

    def send() -> None:
        while not sent or sent[-1] == 423:  # the other one was just looking
            sent.append(upload.patch(0, slowly(data, pause)).status_code)

    sending = threading.Thread(target=send)
    sending.start()
    wait_until(lambda: there.patch(there.offset(), b"").status_code == 423, SECONDS, "both may write")
    pause.set()
    sending.join(SECONDS)
    assert sent[-1] == 204
    assert fetched(upload.shown.download_url) == sha256(data)


def test_a_cookie_of_the_instance_that_is_ahead_is_good_at_the_other(pair: tuple[Server, Server]) -> None:
    link = share(pair[0], content(5), headers={"X-Password": "secret"})
    with requests.Session() as browser:
        browser.post(f"{at(pair[1], link.url)}/unlock", {"password": "secret"}, timeout=SECONDS)
        assert browser.get(link.download_url, timeout=SECONDS).content == content(5)


def test_a_session_of_one_is_open_at_the_other(pair: tuple[Server, Server]) -> None:
    for begun, other in (pair, pair[::-1]):
        code, sender, _ = session(begun)
        asked = {"transferCode": code, "token": sender}
        expect(200, requests.post(f"{other.url}/api/transfer/extend", json=asked, timeout=SECONDS))


def test_a_rate_limit_holds_whatever_the_clock(
    serve: Callable[..., Server], rclone: S3Server, redis_for_all: RedisServer, ahead: dict[str, str]
) -> None:
    environ = rclone.environ_below("limits") | {"REDIS_URL": redis_for_all.url, "PACKETPOST_RATE_LIMITS": "on"}
    right, other = serve(**environ), serve(**environ, **ahead)
    link = share(right, b"x")

    def report(server: Server) -> int:
        url = f"{at(server, link.url)}/report"
        return requests.post(url, {"complaint": "other"}, timeout=SECONDS).status_code

    assert [report(right) for _ in range(5)] == [201] * 5
    assert [report(other), report(right)] == [429, 429]
