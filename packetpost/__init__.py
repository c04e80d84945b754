"""Packet Post: hands files from one person to another. `create_app` wires the rooms together.

Imports wait until `create_app`, since gunicorn's master reads `packetpost.settings` before gevent has patched anything.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from packetpost.live_protocols import Relay, SessionRecords
    from packetpost.protocols import Files, Records
    from packetpost.road import Roads
    from packetpost.settings import Settings
    from packetpost.web.http.services import Services

__version__ = "0.2.0"


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The WSGI app, with settings from `environ` (the process's own by default). Raises SettingsError."""
    from packetpost import logs
    from packetpost.settings import Settings
    from packetpost.web.factory import build

    settings = Settings.from_environ(os.environ if environ is None else environ)
    logs.init(settings.log)
    return build(_services(settings))


def _services(settings: Settings) -> Services:
    from packetpost import readiness
    from packetpost.downloads import Downloads
    from packetpost.links import Links
    from packetpost.sessions import Sessions
    from packetpost.sweeper import Sweeper
    from packetpost.uploads import Uploads
    from packetpost.web.http import metrics
    from packetpost.web.http.services import Services

    facts = _redis(settings) if settings.store.redis_url else _sqlite(settings)
    records, files = facts.records, _files(settings, facts)
    sessions = Sessions(facts.live_records, facts.relay, settings)
    links = Links(records, files, settings)
    uploads = Uploads(records, files, links)
    sweeper = Sweeper(
        records, files, links, uploads, sessions, settings.sweep_seconds, facts.join, metrics.note_sweep, facts.clock
    )
    downloads = Downloads(records)
    return Services(
        settings,
        records,
        files,
        links,
        uploads,
        downloads,
        sweeper,
        facts.live_records,
        facts.relay,
        facts.roads,
        sessions,
        facts.rate_options,
        readiness.needed(settings, records, files, links, facts.clock_off),
        facts.clock,
    )


class _Facts(NamedTuple):
    """What keeps facts and carries signals; `join`, `clock` and `rate_options` are as in `Sweeper` and `limits.init`.

    `clock_off` says by how many seconds this machine's clock is ahead of that clock; None where it is the same.
    """

    records: Records
    live_records: SessionRecords
    relay: Relay
    roads: Roads
    join: Callable[[], bool]
    rate_options: dict[str, object]
    clock: Callable[[], float]
    clock_off: Callable[[], float] | None


def _sqlite(settings: Settings) -> _Facts:
    from packetpost.backends.disk.folder_lock import FolderLock
    from packetpost.backends.memory.relay import MemoryRelay
    from packetpost.backends.memory.road import MemoryRoads
    from packetpost.backends.memory.road_pace import Pace
    from packetpost.backends.sqlite.database import Database
    from packetpost.backends.sqlite.links import SqliteRecords
    from packetpost.backends.sqlite.sessions import SqliteSessions

    folder = Path(settings.store.data_dir)
    database = Database(folder / "packetpost.sqlite")
    join = FolderLock(folder / "serving.lock").join
    relay = MemoryRelay(time.time_ns() // 1_000_000)
    roads = MemoryRoads(Pace(settings.road.rate, settings.road.session_rate))
    return _Facts(SqliteRecords(database), SqliteSessions(database), relay, roads, join, {}, time.time, None)


def _redis(settings: Settings) -> _Facts:
    from packetpost.backends.memory.road_pace import Pace
    from packetpost.backends.redis.claims import RedisRecords
    from packetpost.backends.redis.clock import RedisClock
    from packetpost.backends.redis.processes import Processes
    from packetpost.backends.redis.relay import RedisRelay
    from packetpost.backends.redis.road import RedisRoads
    from packetpost.backends.redis.sessions import RedisSessions
    from packetpost.backends.redis.store import PREFIX, Store

    store = Store(settings.store.redis_url)
    store.check()
    processes = Processes(store)
    records, relay = RedisRecords(store, processes.number), RedisRelay(store, processes)
    rate_options = {"connection_pool": store.pool, "key_prefix": f"{PREFIX}rates"}
    clock = RedisClock(store)
    roads = RedisRoads(store, processes.number, Pace(settings.road.rate, settings.road.session_rate))
    live = RedisSessions(store)
    return _Facts(records, live, relay, roads, processes.join, rate_options, clock.now, clock.off)


def _files(settings: Settings, facts: _Facts) -> Files:
    """Where bytes are kept. Raises SettingsError when that cannot be used."""
    folder = Path(settings.store.data_dir)
    if not settings.store.files_url.startswith("s3://"):
        from packetpost.backends.disk.files import DiskFiles

        return DiskFiles(Path(settings.store.files_url or folder / "files"))

    from packetpost.backends.s3.client import BucketPrefix
    from packetpost.backends.s3.files import S3Files

    def acquire(name: str, holder: str, seconds: float) -> bool:
        return facts.records.lease(name, holder, facts.clock(), seconds)

    bucket, _, prefix = settings.store.files_url.removeprefix("s3://").partition("/")
    at = BucketPrefix(
        bucket, f"{prefix.strip('/')}/".lstrip("/"), settings.store.s3_endpoint, settings.store.s3_path_style
    )
    return S3Files(at, folder / "spool", acquire, settings.store.s3_redirect)
