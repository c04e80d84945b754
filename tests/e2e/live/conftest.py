"""A hostile server for the live sessions here."""

from collections.abc import Iterator

import pytest

from tests.e2e.support.hostile import Hostile
from tests.support.server_process import Server


@pytest.fixture
def hostile(server: Server) -> Iterator[Hostile]:
    hostile = Hostile(server.port)
    yield hostile
    hostile.close()
