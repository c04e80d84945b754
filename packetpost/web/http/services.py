"""What the views need: the rules, wired once by `create_app`, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from packetpost.downloads import Downloads
from packetpost.links import Links
from packetpost.live_protocols import Relay, SessionRecords
from packetpost.protocols import Files, Records
from packetpost.readiness import Check
from packetpost.road import Roads
from packetpost.sessions import Sessions
from packetpost.settings import Settings
from packetpost.sweeper import Sweeper
from packetpost.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Services:
    """One of each, for the whole process."""

    settings: Settings
    records: Records
    files: Files
    links: Links
    uploads: Uploads
    downloads: Downloads
    sweeper: Sweeper
    live_records: SessionRecords
    relay: Relay
    roads: Roads
    sessions: Sessions
    rate_options: dict[str, object]  # as `limits.init` takes them
    checks: tuple[Check, ...]  # without one of these it is not ready
    clock: Callable[[], float]  # Unix seconds, the same for all that share the records


def services() -> Services:
    """This app's services."""
    return cast(Services, current_app.extensions["packetpost"])


def now() -> float:
    """Unix seconds, by the clock of all that share the records."""
    return services().clock()
