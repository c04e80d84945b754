"""Processes that share a Redis: who is here, and what is done about those that died."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from packetpost.backends.redis.claims import RedisRecords
from packetpost.backends.redis.processes import LEASE, Processes
from packetpost.backends.redis.relay import RedisRelay
from packetpost.backends.redis.store import Store, key
from tests.backends.test_records import NOW, UPLOAD
from tests.support.ear import Ear
from tests.support.redis_process import RedisServer
from tests.support.server_process import wait_until

Start = Callable[[], tuple[Processes, RedisRelay]]


@pytest.fixture
def start(redis_server: RedisServer) -> Iterator[Start]:
    made: list[RedisRelay] = []

    def make() -> tuple[Processes, RedisRelay]:
        store = Store(redis_server.url)
        processes = Processes(store)
        made.append(RedisRelay(store, processes))
        return processes, made[-1]

    yield make
    for relay in made:
        relay.stop()


def dies(redis_server: RedisServer, process: Processes) -> None:
    """Nobody hears of it any more, and its lease has run out."""
    process.stop()
    with redis_server.client() as client:
        client.zadd(key("processes"), {process.number: 1})


def test_the_seats_of_a_dead_process_are_not_here_at_once(redis_server: RedisServer, start: Start) -> None:
    (dead, relay), (_, other) = start(), start()
    relay.sit("s", 1, Ear(), 0)
    assert other.here("s") == {1}
    dies(redis_server, dead)
    assert other.here("s") == set()


def test_the_others_are_told_of_the_seats_that_a_dead_process_left(redis_server: RedisServer, start: Start) -> None:
    (dead, relay), (living, other), ear = start(), start(), Ear()
    relay.sit("s", 1, Ear(), 0)
    other.sit("s", 0, ear, 0)
    dies(redis_server, dead)
    living.beat(time.monotonic())
    assert ear.heard == []  # after an outage of Redis everybody looks dead: only who has beaten for a while buries
    living.beat(time.monotonic() + LEASE + 1)
    ear.hears({"type": "present", "seat": 1, "here": False})


def test_a_seat_that_came_back_elsewhere_is_not_buried(redis_server: RedisServer, start: Start) -> None:
    (dead, relay), (living, other) = start(), start()
    relay.sit("s", 1, Ear(), 0)
    dies(redis_server, dead)
    other.sit("s", 1, Ear(), 0)
    living.beat(time.monotonic())
    living.beat(time.monotonic() + LEASE + 1)
    assert other.here("s") == {1}


def test_what_a_dead_process_was_receiving_becomes_stray(redis_server: RedisServer, start: Start) -> None:
    (dead, _), (living, _) = start(), start()
    store = Store(redis_server.url)
    records = RedisRecords(store, dead.number)
    records.add_upload(replace(UPLOAD, link_id="", expires_at=NOW + 9000))
    records.add_upload(replace(UPLOAD, id="part", link_id="", partial=True, expires_at=NOW + 9000))
    dead.beat(time.monotonic())
    dies(redis_server, dead)
    living.beat(time.monotonic())
    living.beat(time.monotonic() + LEASE + 1)
    assert [upload.id for upload in records.stray_uploads(NOW)] == ["upload"]
    store.close()


def test_a_process_that_redis_forgot_brings_its_seats_back(redis_server: RedisServer, start: Start) -> None:
    (process, relay), (_, other), ear = start(), start(), Ear()
    relay.sit("s", 1, ear, 0)
    redis_server.empty()
    process.beat(time.monotonic())
    assert other.here("s") == {1}
    other.send("s", 1, {"type": "offer"})
    ear.hears({"type": "offer", "n": 1})


def test_a_seat_that_redis_forgot_is_back_when_the_connection_is(redis_server: RedisServer, start: Start) -> None:
    (_, relay), (_, other), ear = start(), start(), Ear()
    relay.sit("s", 1, ear, 0)
    with redis_server.client() as client:
        client.delete(key("here", "s"))  # as after a kill that cost the last second
        client.client_kill_filter(_type="pubsub")
    wait_until(lambda: other.here("s") == {1}, 5, "the seat does not come back")
    other.send("s", 1, {"type": "offer"})
    ear.hears({"type": "offer", "n": 1})


def test_a_mailbox_that_expired_begins_empty_and_counts_on(redis_server: RedisServer, start: Start) -> None:
    (_, relay), ear = start(), Ear()
    for _ in range(40):
        relay.send("s", 1, {"type": "offer", "sdp": "x" * 12_000})
    with redis_server.client() as client:
        assert client.ttl(key("box", "s", 1)) <= 600
        client.delete(key("box", "s", 1))
    for _ in range(40):
        relay.send("s", 1, {"type": "offer", "sdp": "x" * 12_000})
    relay.sit("s", 1, ear, 40)
    assert [message["n"] for message in ear.heard] == list(range(41, 81))
