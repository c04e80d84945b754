"""Servers for live sessions, and people behind any two routers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.conftest import CHROMIUM, FLAGS, MEETING
from tests.e2e.support.hostile import Hostile
from tests.e2e.support.nat_lab import KINDS, Kind, Lab, lab
from tests.e2e.support.steps import MIB, file_of
from tests.support.server_process import Server

Person = Callable[[str, Kind], Page]


@pytest.fixture(scope="module")
def roadless(serve: Callable[..., Server]) -> Server:
    """A server without a road, which would be a way where there is no other."""
    return serve(PACKETPOST_ROAD="off")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 3 * MIB)


@pytest.fixture
def hostile(roadless: Server) -> Iterator[Hostile]:
    hostile = Hostile(roadless.port)
    yield hostile
    hostile.close()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture(scope="module")
def trusting(launch: Callable[..., Browser]) -> Browser:
    """A browser that takes any certificate, also for a service worker's script."""
    return launch(flags=[*FLAGS, "--ignore-certificate-errors", *MEETING])


@pytest.fixture(scope="module")
def at(network: Lab, launch: Callable[..., Browser]) -> Callable[[str, Kind], Browser]:
    """The browser of a person behind a router of that kind. Where there is a road it seals, as it would over https."""
    started: dict[str, Browser] = {}

    def browser(who: str, kind: Kind) -> Browser:
        person = f"{who}{KINDS.index(kind)}"
        if person not in started:
            secure = f"--unsafely-treat-insecure-origin-as-secure={network.bare.url},{network.both.url}"
            started[person] = launch(network.chromium(person, kind, CHROMIUM), [*FLAGS, secure])
        return started[person]

    return browser


@pytest.fixture
def person(visit: Callable[..., BrowserContext], at: Callable[[str, Kind], Browser]) -> Person:
    return lambda who, kind: visit(at(who, kind)).new_page()
