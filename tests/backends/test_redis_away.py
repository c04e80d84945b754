"""Redis is killed, hangs, or is not there yet: what cannot be says so, what runs goes on, and it ends by itself."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from packetpost import environ, settings
from packetpost.backends.redis.claims import RedisRecords
from packetpost.backends.redis.store import Store, key
from packetpost.errors import NoSpace, SettingsError
from tests.backends.test_records import UPLOAD
from tests.support.bytes_server import SECONDS
from tests.support.fleet import Fleet
from tests.support.http import MIB, begin, content, fetch, fetched, line, sha256, share, start_patch, stored
from tests.support.redis_process import RedisServer
from tests.support.seats import hear_of, hear_signal, say, seat, session
from tests.support.server_process import Server, wait_until

# No call to Redis may take longer, connecting and waiting for a connection included.
PROMPT = 8.0


@pytest.fixture(scope="module")
def alone(fleet: Callable[..., Fleet]) -> Fleet:
    """One server and its Redis, which every test leaves running."""
    return fleet(1)


@contextmanager
def away(fleet: Fleet) -> Iterator[Server]:
    """The server, while its Redis is killed; afterwards it is back and the server is ready."""
    server = fleet.servers[0]
    fleet.redis.kill()
    try:
        yield server
    finally:
        fleet.redis.start()
        is_ready(server)


def is_ready(server: Server) -> None:
    wait_until(lambda: fetch(f"{server.url}/healthz?ready").ok, 10, "it is not ready again")


def refused(answer: requests.Response) -> bool:
    return (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")


def test_what_needs_facts_is_refused_with_a_sentence(alone: Fleet) -> None:
    link = share(alone.servers[0], content(5))
    with away(alone) as server:
        assert refused(fetch(link.download_url))
        answer = requests.post(f"{server.url}/api/transfer/create", json={}, timeout=SECONDS)
        assert refused(answer)
        assert answer.json()["code"] == "unavailable"
        assert "try again in a few seconds" in fetch(link.url, {"Accept": "text/html"}).text
    assert fetched(link.download_url) == sha256(content(5))


def test_it_lives_but_is_not_ready_and_says_why(alone: Fleet) -> None:
    with away(alone) as server:
        assert fetch(f"{server.url}/healthz").ok
        answer = fetch(f"{server.url}/healthz?ready")
        assert answer.status_code == 503
        assert answer.json()["reasons"]


def test_metrics_go_on_without_the_facts(alone: Fleet) -> None:
    with away(alone) as server:
        text = fetch(f"{server.url}/metrics").text
    assert "packetpost_requests_total" in text
    assert "packetpost_links" not in text


def test_links_and_sessions_outlive_a_killed_redis(alone: Fleet) -> None:
    link, (code, sender, _) = share(alone.servers[0], content(5)), session(alone.servers[0])
    with away(alone):
        pass
    assert fetched(link.download_url) == sha256(content(5))
    with seat(alone.servers[0], code, sender):
        link.delete()


def test_a_running_upload_goes_on_to_its_end(alone: Fleet) -> None:
    data = content(2 * MIB)
    upload = begin(alone.servers[0], len(data))
    with line(alone.servers[0]) as connection:
        start_patch(connection, upload, 0, len(data), data[:MIB])
        upload.holds(MIB)
        with away(alone):
            connection.send(data[MIB:])
            assert connection.reply("PATCH").status == 204
    assert fetched(upload.shown.download_url) == sha256(data)


def test_a_put_that_ends_meanwhile_waits_and_gets_its_link(alone: Fleet) -> None:
    server, before = alone.servers[0], set(stored(alone.servers[0]))
    with line(server) as connection:
        connection.ask("PUT", "/a.bin", content(MIB)[:-1], announced=MIB)
        wait_until(lambda: any(p.stat().st_size == MIB - 1 for p in set(stored(server)) - before), SECONDS, "no bytes")
        with away(alone):
            connection.send(content(MIB)[-1:])
        assert connection.reply().status == 201


def test_a_running_download_goes_on_to_its_end(alone: Fleet) -> None:
    link = share(alone.servers[0], content(64 * MIB))
    with line(alone.servers[0], receive_buffer=64 * 1024) as connection:
        connection.ask("GET", link.download_url.removeprefix(alone.servers[0].url))
        connection.sock.recv(1000)
        with away(alone):
            pass
        left = 64 * MIB - 100_000
        while left > 0:
            piece = connection.sock.recv(MIB)
            assert piece, "the download was cut off"
            left -= len(piece)


def test_a_socket_stays_and_what_it_says_arrives_later(alone: Fleet) -> None:
    code, sender, receiver = session(alone.servers[0])
    with seat(alone.servers[0], code, sender) as one, seat(alone.servers[0], code, receiver) as two:
        hear_of(one, 1, True)  # so both have sat down
        with away(alone):
            say(two, type="offer", to=0, sdp="v=0", **{"try": 1})
        assert hear_signal(one) == {"type": "offer", "from": 1, "sdp": "v=0", "try": 1, "n": 1}
        say(one, type="answer", to=1, sdp="v=1", **{"try": 1})
        assert hear_signal(two) == {"type": "answer", "from": 0, "sdp": "v=1", "try": 1, "n": 1}


def test_a_socket_that_closes_meanwhile_is_known_to_be_gone(alone: Fleet) -> None:
    code, sender, receiver = session(alone.servers[0])
    with seat(alone.servers[0], code, sender) as one:
        with seat(alone.servers[0], code, receiver) as two:
            hear_of(one, 1, True)
            with away(alone):
                two.close()
        hear_of(one, 1, False)


def test_a_new_socket_is_refused_before_the_handshake(alone: Fleet) -> None:
    code, _, _ = session(alone.servers[0])
    with away(alone) as server, pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://localhost:{server.port}/live/{code}/socket", legacy=True)
    assert refusal.value.response.status_code == 503


def test_a_redis_that_hangs_holds_up_nobody_for_long(alone: Fleet) -> None:
    link = share(alone.servers[0], content(5))
    alone.redis.pause()
    try:
        before = time.monotonic()
        with ThreadPoolExecutor(30) as pool:
            assert all(pool.map(lambda _: refused(fetch(link.download_url)), range(30)))
        assert time.monotonic() - before < PROMPT
        assert fetch(f"{alone.servers[0].url}/healthz").ok
    finally:
        alone.redis.resume()
    is_ready(alone.servers[0])
    assert fetched(link.download_url) == sha256(content(5))


def test_a_server_starts_without_its_redis_and_serves_once_that_is_there(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    server = fleet.add()
    try:
        server.start()
        assert refused(fetch(server.url))
        assert fetch(f"{server.url}/static/favicon.svg").ok
        fleet.redis.start()
        is_ready(server)
        assert fetch(server.url).ok
    finally:
        fleet.stop()


def test_rates_are_limited_also_without_redis(fleet: Callable[..., Fleet]) -> None:
    limited = fleet(1, PACKETPOST_RATE_LIMITS="on")
    with away(limited) as server:
        answers = [requests.post(f"{server.url}/api/transfer/create", json={}, timeout=SECONDS) for _ in range(60)]
        assert {answer.status_code for answer in answers} == {503}
        # The turn of a minute between them lets a few more pass.
        while answers[-1].status_code != 429:
            answers.append(requests.post(f"{server.url}/api/transfer/create", json={}, timeout=SECONDS))
            assert len(answers) <= 130


def test_a_wrong_password_is_refused_with_a_sentence(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, password="right").start()
    store = Store(server.url.replace("right", "wrong"))
    with pytest.raises(SettingsError, match="password of REDIS_URL"):
        store.check()
    store.close()
    server.stop()


def test_a_redis_on_the_same_machine_may_be_a_unix_socket(redis_server: RedisServer) -> None:
    store = Store(f"unix://{redis_server.socket}")
    assert not store.call("EXISTS", key("nothing"))
    store.close()


def test_a_redis_without_memory_is_a_server_without_room(redis_server: RedisServer) -> None:
    store = Store(redis_server.url)
    records = RedisRecords(store, "process")
    with redis_server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(NoSpace):
                records.add_upload(UPLOAD)
        finally:
            client.config_set("maxmemory", 0)
    records.add_upload(UPLOAD)
    store.close()


def test_without_the_package_the_setting_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environ, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"requirements-scale\.txt"):
        settings.Settings.from_environ({"REDIS_URL": "redis://localhost"})


def test_an_address_that_is_none_of_redis_is_refused_with_a_sentence() -> None:
    with pytest.raises(SettingsError, match="redis://"):
        settings.Settings.from_environ({"REDIS_URL": "http://localhost:6379"})


def test_several_workers_without_a_redis_are_refused_with_a_sentence() -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        settings.Settings.from_environ({"WEB_CONCURRENCY": "2"})
    assert settings.Settings.from_environ({"WEB_CONCURRENCY": "2", "REDIS_URL": "redis://localhost"}).workers == 2
