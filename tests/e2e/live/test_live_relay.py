"""Two browsers that meet at a relay only, a real coturn: what it lets in follows the session."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket

from tests.e2e.support.live_steps import Pages, accept, break_channels, moved, open_live, saving, status, watch_channels
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.coturn_process import ON_THE_LOOPBACK, SECRET, Coturn
from tests.support.server_process import Server, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What coturn says of each address that it gave out, and to whom.
_GIVEN = re.compile(r"user <(\d+):[\w-]+\.(\d)>: incoming packet ALLOCATE processed, success")


@pytest.fixture(scope="module")
def relay(coturn: Callable[..., Coturn]) -> Coturn:
    return coturn("--verbose", *ON_THE_LOOPBACK)


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server], relay: Coturn) -> Server:
    return serve(PACKETPOST_TURN_URLS=relay.url, PACKETPOST_TURN_SECRET=SECRET)


def given(relay: Coturn) -> dict[int, set[int]]:
    """To which seats, by when their credentials end."""
    found: dict[int, set[int]] = {}
    for until, seat in _GIVEN.findall(relay.log.read_text()):
        found.setdefault(int(until), set()).add(int(seat))
    return found


def told(socket: WebSocket) -> AbstractContextManager[Any]:
    """The page hears meanwhile that its session lives longer."""
    return socket.expect_event("framereceived", lambda text: '"extended"' in text)


def test_after_the_session_was_extended_the_next_connection_asks_the_relay_with_new_credentials(
    page: Page, far: Pages, server: Server, relay: Coturn, tmp_path: Path
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 60 * MIB), far()
    watch_channels(receiver)
    sockets: list[WebSocket] = []
    for side in (page, receiver):
        side.on("websocket", lambda socket: sockets.append(socket))
    page.goto(server.url)
    choose(page, file)
    address = open_live(page)
    page.get_by_test_id("relay-only").check()
    receiver.goto(address)
    receiver.get_by_test_id("join-live").click()
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 2 * MIB)
        [(first, seats)] = given(relay).items()
        assert 0 in seats
        wait_until(lambda: time.time() > first - 15 * 60 + 1, 5, "the clock stands still")
        with told(sockets[0]), told(sockets[1]):
            page.get_by_test_id("extend").click()
        break_channels(receiver)
        status(receiver, "completed")
    assert sha(Path(downloads[0].path())) == sha(file)
    later = {until for until in given(relay) if until > first}
    assert len(later) == 1
    assert 0 in given(relay)[later.pop()]
