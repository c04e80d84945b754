"""kill -9 of instances, Redis and pages at random moments of a transfer by the road: every byte is right at the end."""

import random
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page

from tests.e2e.live.test_live_fleet import at
from tests.e2e.support.live_steps import Pages, accept, moved, saving, send_live, shas, status, without_webrtc
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.chaos import Victim
from tests.support.fleet import Fleet
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZE = 48 * MIB
# Slow enough that each is hit while bytes move.
RATE = str(8 * MIB)


def moments(count: int) -> tuple[random.Random, list[int]]:
    """After how many bytes somebody dies; which are said when the test fails."""
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    print(f"seed {seed}")
    return chance, sorted(chance.sample(range(1, SIZE - 8 * MIB), count))


def test_whatever_server_dies_the_bytes_come_by_the_road_and_are_right(
    page: Page, far: Pages, fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    two, film, receiver = fleet(2, PACKETPOST_ROAD_SESSION_RATE=RATE), file_of(tmp_path, "film.bin", SIZE), far()
    victims: list[Victim] = [*two.servers, two.redis] * 4
    chance, when = moments(len(victims))
    chance.shuffle(victims)
    for side in (page, receiver):
        without_webrtc(side)
    receiver.goto(at(two.servers[1], send_live(page, two.servers[0], film)))
    with saving(receiver) as downloads:
        accept(receiver)
        for bytes_before, victim in zip(when, victims, strict=True):
            moved(receiver, bytes_before)
            victim.kill()
            victim.start()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


def crashed(page: Page, address: str) -> Page:
    """Its process dies; the tab in its place is at that address."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    tab = page.context.new_page()
    without_webrtc(tab)
    tab.goto(address)
    return tab


def test_a_receiver_s_page_that_dies_again_and_again_gets_everything_in_its_next_tab(
    page: Page, far: Pages, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server, film, receiver = serve(PACKETPOST_ROAD_SESSION_RATE=RATE), file_of(tmp_path, "film.bin", SIZE), far()
    _, when = moments(5)
    for side in (page, receiver):
        without_webrtc(side)
    address = send_live(page, server, film)
    receiver.goto(address)
    with ExitStack() as stack:
        downloads = stack.enter_context(saving(receiver))
        accept(receiver)
        for bytes_before in when:
            moved(receiver, bytes_before)
            receiver = crashed(receiver, address)
            downloads = stack.enter_context(saving(receiver))
            accept(receiver)
        status(receiver, "completed")
        status(page, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}


def test_a_sender_s_page_that_dies_goes_on_in_its_next_tab_with_the_same_file(
    page: Page, far: Pages, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server, film, receiver = serve(PACKETPOST_ROAD_SESSION_RATE=RATE), file_of(tmp_path, "film.bin", SIZE), far()
    _, when = moments(3)
    for side in (page, receiver):
        without_webrtc(side)
    address = send_live(page, server, film)
    receiver.goto(address)
    with saving(receiver) as downloads:
        accept(receiver)
        for bytes_before in when:
            moved(receiver, bytes_before)
            page = crashed(page, address)
            choose(page, film)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")
