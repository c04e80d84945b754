"""A receiver's page dies at random moments of a transfer by the road: every byte is right at the end."""

import random
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page

from tests.e2e.support.live_steps import Pages, accept, moved, saving, send_live, shas, status, without_webrtc
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZE = 48 * MIB
TIMES = 4


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """Slow enough that pages die while bytes move."""
    return serve(PACKETPOST_ROAD_SESSION_RATE=str(8 * MIB))


def crashed(page: Page, address: str) -> Page:
    """Its process dies; the tab in its place is at that address."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    tab = page.context.new_page()
    without_webrtc(tab)
    tab.goto(address)
    return tab


def test_a_receiver_s_page_that_dies_again_and_again_gets_everything_in_its_next_tab(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, receiver, seed = file_of(tmp_path, "film.bin", SIZE), far(), random.randrange(10**9)
    print(f"seed {seed}")  # shown when the test fails
    for side in (page, receiver):
        without_webrtc(side)
    address = send_live(page, server, film)
    receiver.goto(address)
    with ExitStack() as stack:
        stack.enter_context(saving(receiver))
        accept(receiver)
        for bytes_before in random.Random(seed).sample(range(1, SIZE - 8 * MIB), TIMES):
            moved(receiver, bytes_before)
            receiver = crashed(receiver, address)
            downloads = stack.enter_context(saving(receiver))
            accept(receiver)
        status(receiver, "completed")
        status(page, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
