"""Instances, Redis and the S3 server are killed, one after another, under everything that people do meanwhile."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.chaos import Client, Downloader, Listener, Putter, Speaker, Uploader, Victim, path_of
from tests.support.fleet import Fleet
from tests.support.http import MIB, content, fetch, sha256, share
from tests.support.s3_process import S3Server
from tests.support.seats import session
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.slow

_ROUNDS = 3
_READY_WITHIN = 10
_END_WITHIN = 60
_LARGE = 16 * MIB


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[S3Server | None]:
    """Where the bytes are: None for a folder that all share."""
    if request.param == "folder":
        yield None
        return
    server = S3Server("rclone", tmp_path / "s3").start()
    yield server
    server.stop()


@pytest.fixture
def mortal(store: S3Server | None, tmp_path: Path) -> Iterator[Fleet]:
    """Two instances."""
    environ = {"PACKETPOST_MAX_STORED_BYTES": str(10**12), **(store.environ if store else {})}
    fleet = Fleet(tmp_path / "fleet", apart=store is not None, **environ)
    yield fleet.start(2)
    fleet.stop()


def test_nothing_acknowledged_is_lost_whatever_dies(mortal: Fleet, store: S3Server | None) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    victims: list[Victim] = [*mortal.servers, mortal.redis, *([store] if store else [])]
    with busy(mortal.servers) as clients:
        for victim in victims * _ROUNDS:
            kill(victim, chance)
            for server in mortal.servers:
                is_ready(server)
    assert {type(client).__name__: client.broken for client in clients if client.broken} == {}, f"seed {seed}"
    assert all(client.done for client in clients), f"seed {seed}"


@contextmanager
def busy(servers: list[Server]) -> Iterator[list[Client]]:
    """Everything that people do, until the end of the block; then each ends what it has begun."""
    over = threading.Event()
    link = share(servers[0], content(_LARGE))
    code, sender, receiver = session(servers[0])
    clients: list[Client] = [
        Uploader(servers, over),
        Uploader(servers, over),
        Putter(servers, over),
        Downloader(servers, over, path_of(link.download_url), sha256(content(_LARGE))),
        Listener(servers, over, code, sender),
        Speaker(servers, over, code, receiver),
    ]
    for client in clients:
        client.start()
    yield clients
    over.set()
    for client in clients:
        client.join(_END_WITHIN)


def kill(victim: Victim, chance: random.Random) -> None:
    """kill -9 at some moment, and back after another."""
    # The moments are what is random here: these waits are the test.
    threading.Event().wait(chance.uniform(0.5, 1.5))
    victim.kill()
    threading.Event().wait(chance.uniform(0, 1))
    victim.start()


def is_ready(server: Server) -> None:
    wait_until(lambda: ready(server), _READY_WITHIN, lambda: f"it is not ready:\n{server.log.read_text()[-2000:]}")


def ready(server: Server) -> bool:
    try:
        return fetch(f"{server.url}/healthz?ready").ok
    except OSError:
        return False
