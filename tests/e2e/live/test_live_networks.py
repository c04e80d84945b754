"""People who change networks in the middle, as from Wi-Fi to mobile: live goes on, and little is sent twice."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live.conftest import Person
from tests.e2e.support.live_steps import (
    accept,
    moved,
    open_live,
    saving,
    sent_bytes,
    shas,
    status,
    watch_channels,
)
from tests.e2e.support.nat_lab import Lab, missing
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

SIZE, AGAIN = 60 * MIB, 8 * MIB


def begin(network: Lab, server: Server, page: Page, receiver: Page, file: Path) -> None:
    """The file is on its way."""
    network.limit_up("a0", "40mbit")
    watch_channels(page)
    page.goto(server.url)
    choose(page, file)
    receiver.goto(open_live(page))
    if server is network.relayed:
        receiver.get_by_test_id("join-live").click()
    accept(receiver)
    moved(receiver, 4 * MIB)


def change_network(network: Lab, person: str, page: Page) -> None:
    network.disconnect(person)
    page.wait_for_function("() => !navigator.onLine")
    network.connect(person)


@pytest.mark.parametrize("who", ["sender", "receiver"])
@pytest.mark.parametrize("helped", ["plain", "relayed", "both"])
def test_who_changes_networks_goes_on_live(network: Lab, person: Person, tmp_path: Path, who: str, helped: str) -> None:
    file, server = file_of(tmp_path, "film.bin", SIZE), getattr(network, helped)
    page, receiver = person("a", "public"), person("b", "public")
    with saving(receiver) as downloads:
        begin(network, server, page, receiver, file)
        change_network(network, *(("a0", page) if who == "sender" else ("b0", receiver)))
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(file)}
    expect(page.get_by_test_id("link-url")).not_to_be_visible()
    if helped == "plain":
        assert sent_bytes(page) < SIZE * 1.01 + AGAIN


def test_who_was_cut_off_decides_nothing_before_it_is_back(network: Lab, person: Person, tmp_path: Path) -> None:
    """Both are away for longer than a live session waits for a way before it becomes a link."""
    file, page, receiver = file_of(tmp_path, "film.bin", SIZE), person("a", "public"), person("b", "public")
    page.clock.install()
    with saving(receiver) as downloads:
        begin(network, network.plain, page, receiver, file)
        people = {"a0": page, "b0": receiver}
        for name, side in people.items():
            network.disconnect(name)
            side.wait_for_function("() => !navigator.onLine")
        expect(page.get_by_test_id("status")).to_contain_text("Your connection is gone")
        expect(receiver.get_by_test_id("status")).to_contain_text("Your connection is gone")
        page.clock.fast_forward(40_000)
        for name in people:
            network.connect(name)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(file)}
    expect(page.get_by_test_id("link-url")).not_to_be_visible()
