"""Live sessions over several instances: two people meet across them, and need none of them once bytes flow."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.support.live_steps import Pages, accept, moved, receive, saving, send_live, shas, status
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.chaos import Victim
from tests.support.fleet import Fleet
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def two(fleet: Callable[..., Fleet]) -> Fleet:
    return fleet(2)


def at(server: Server, address: str) -> str:
    """The same page at another instance; what follows the `#` stays."""
    return server.url + "/" + address.split("/", 3)[3]


def test_two_people_meet_over_two_instances(page: Page, far: Pages, two: Fleet, tmp_path: Path) -> None:
    file, (here, there) = file_of(tmp_path, "film.bin", 3 * MIB), two.servers
    address = send_live(page, here, file)
    assert receive(far(), at(there, address)) == {"film.bin": sha(file)}
    status(page, "completed")


def test_a_transfer_ends_verified_although_everything_else_dies(
    page: Page, far: Pages, two: Fleet, tmp_path: Path
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 64 * MIB), far()
    receiver.goto(at(two.servers[1], send_live(page, two.servers[0], file)))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 4 * MIB)
        victims: list[Victim] = [*two.servers, two.redis]
        for victim in victims:
            victim.kill()
        status(receiver, "completed")
        status(page, "completed")
    assert shas(downloads) == {"film.bin": sha(file)}
