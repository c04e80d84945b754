"""The stores of facts, each of which must pass the same tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from packetpost.backends.redis.claims import RedisRecords
from packetpost.backends.redis.store import Store
from packetpost.backends.sqlite.database import Database
from packetpost.backends.sqlite.links import SqliteRecords
from packetpost.protocols import Records
from packetpost.sessions import Sessions
from packetpost.web.http.services import Services

Open = Callable[[], Records]


@pytest.fixture(params=["sqlite", "redis"])
def open_records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same facts again and again, as processes do that follow each other."""
    if request.param == "sqlite":
        yield lambda: SqliteRecords(Database(tmp_path / "facts.sqlite"))
        return
    store = Store(request.getfixturevalue("redis_server").url)
    yield lambda: RedisRecords(store, "process")
    store.close()


@pytest.fixture
def records(open_records: Open) -> Records:
    return open_records()


@pytest.fixture(params=["sqlite", "redis"])
def make_app(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Callable[..., Flask]:
    """The app on each store of facts."""
    if request.param == "sqlite":
        return make_app
    url = request.getfixturevalue("redis_server").url
    return lambda **environ: make_app(REDIS_URL=url, **environ)


@pytest.fixture
def sessions(services: Services) -> Sessions:
    return services.sessions
