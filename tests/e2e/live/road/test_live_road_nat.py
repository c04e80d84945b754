"""Two people behind any two routers, with nothing but this server: live all the same, and nothing of it on its disk."""

from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live.conftest import Person
from tests.e2e.support.live_steps import accept, moved, open_live, saving, shas, status, stored
from tests.e2e.support.nat_lab import KINDS, Kind, Lab, missing
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

UDP: set[Kind] = {"public", "port-preserving", "random-port"}


def begin(page: Page, receiver: Page, server: Server, file: Path) -> None:
    """The file is offered; the receiver's page shows it."""
    page.goto(server.url)
    choose(page, file)
    receiver.goto(open_live(page))


@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(KINDS, 2)))
def test_the_file_arrives_live_behind_any_two_routers(
    network: Lab, person: Person, tmp_path: Path, one: Kind, other: Kind
) -> None:
    file, before = file_of(tmp_path, "film.bin", 2 * MIB), stored(network.bare)
    page, receiver = person("a", one), person("b", other)
    begin(page, receiver, network.bare, file)
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(file)}
    assert stored(network.bare) == before
    if not {one, other} <= UDP or "public" not in {one, other}:
        expect(receiver.get_by_test_id("path")).to_have_text("through the server")


def test_a_line_that_falls_silent_goes_on_through_the_server_and_back(
    network: Lab, person: Person, tmp_path: Path
) -> None:
    page, receiver = person("c", "public"), person("d", "port-preserving")
    network.limit("d1", "40mbit")
    file, before = file_of(tmp_path, "film.bin", 160 * MIB), stored(network.both)
    begin(page, receiver, network.both, file)
    with saving(receiver) as downloads:
        accept(receiver)
        expect(receiver.get_by_test_id("path")).to_have_text("direct")
        moved(receiver, 2 * MIB)
        network.cut_udp("d1")
        expect(receiver.get_by_test_id("path")).to_have_text("through the server")
        moved(receiver, 40 * MIB)
        network.mend_udp("d1")
        expect(receiver.get_by_test_id("path")).to_have_text("direct", timeout=40_000)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(file)}
    assert stored(network.both) == before
