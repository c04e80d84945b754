"""kill -9 of instances, Redis and pages at random moments of a transfer by the road: every byte is right at the end."""

import random
from collections.abc import Callable, Sequence
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


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", SIZE)


@pytest.fixture(scope="module")
def slow(serve: Callable[..., Server]) -> Server:
    return serve(PACKETPOST_ROAD_SESSION_RATE=RATE)


def moments(count: int) -> tuple[random.Random, list[int]]:
    """After how many bytes somebody dies; which are said when the test fails."""
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    print(f"seed {seed}")
    return chance, sorted(chance.sample(range(1, SIZE - 8 * MIB), count))


def by_road(page: Page, receiver: Page, film: Path, servers: Sequence[Server]) -> str:
    """The sender's page is at the first server, the receiver's at the last one; the address for the receiver."""
    for side in (page, receiver):
        without_webrtc(side)
    address = at(servers[-1], send_live(page, servers[0], film))
    receiver.goto(address)
    return address


def test_whatever_server_dies_the_bytes_come_by_the_road_and_are_right(
    page: Page, far: Pages, fleet: Callable[..., Fleet], film: Path
) -> None:
    two, receiver = fleet(2, PACKETPOST_ROAD_SESSION_RATE=RATE), far()
    victims: list[Victim] = [*two.servers, two.redis] * 4
    chance, when = moments(len(victims))
    chance.shuffle(victims)
    by_road(page, receiver, film, two.servers)
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
    page: Page, far: Pages, slow: Server, film: Path
) -> None:
    receiver = far()
    _, when = moments(5)
    address = by_road(page, receiver, film, [slow])
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
    page: Page, far: Pages, slow: Server, film: Path
) -> None:
    receiver = far()
    _, when = moments(3)
    address = by_road(page, receiver, film, [slow])
    with saving(receiver) as downloads:
        accept(receiver)
        for bytes_before in when:
            moved(receiver, bytes_before)
            page = crashed(page, address)
            choose(page, film)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")
