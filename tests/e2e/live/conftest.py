"""Servers for live sessions: one without a road, which would be a way where there is no other, and a hostile one."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.support.hostile import Hostile
from tests.support.server_process import Server


@pytest.fixture(scope="module")
def roadless(serve: Callable[..., Server]) -> Server:
    return serve(PACKETPOST_ROAD="off")


@pytest.fixture
def hostile(roadless: Server) -> Iterator[Hostile]:
    hostile = Hostile(roadless.port)
    yield hostile
    hostile.close()
