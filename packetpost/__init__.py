"""Packet Post: hands files from one person to another. `create_app` wires the rooms together.

Imports wait until `create_app`, since gunicorn's master reads `packetpost.settings` before gevent has patched anything.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from packetpost.settings import Settings
    from packetpost.web.services import Services

__version__ = "0.1.0"


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The WSGI app, with settings from `environ` (the process's own by default). Raises SettingsError."""
    from packetpost.settings import Settings
    from packetpost.web.factory import build

    settings = Settings.from_environ(os.environ if environ is None else environ)
    return build(_services(settings))


def _services(settings: Settings) -> Services:
    from packetpost.backends.disk import DiskFiles
    from packetpost.backends.memory_relay import MemoryRelay
    from packetpost.backends.presence import Presence
    from packetpost.backends.sqlite import SqliteRecords
    from packetpost.backends.sqlite_database import Database
    from packetpost.backends.sqlite_sessions import SqliteSessions
    from packetpost.downloads import Downloads
    from packetpost.links import Links
    from packetpost.sessions import Sessions
    from packetpost.sweeper import Sweeper
    from packetpost.uploads import Uploads
    from packetpost.web.services import Services

    folder = Path(settings.data_dir)
    database = Database(folder / "packetpost.sqlite")
    records, live_records, files = SqliteRecords(database), SqliteSessions(database), DiskFiles(folder / "files")
    relay = MemoryRelay()
    sessions = Sessions(live_records, relay, settings)
    links = Links(records, files, settings)
    uploads = Uploads(records, files, links)
    join = Presence(folder / "serving.lock").join
    sweeper = Sweeper(records, files, links, uploads, sessions, settings.sweep_seconds, join)
    return Services(
        settings, records, files, links, uploads, Downloads(records), sweeper, live_records, relay, sessions
    )
