"""Two people behind any two routers, with and without a TURN server: the file arrives, by the best way there is.

Pages come over plain http from an address that is not localhost: no secure context, hence no WebCrypto, no service
worker and no private storage. So this is also where digests come from the vendored script and files go into memory.
"""

from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live.conftest import Person
from tests.e2e.support.live_steps import accept, hold_candidates, moved, open_live, status
from tests.e2e.support.nat_lab import KINDS, Kind, Lab, missing
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

# The link comes after 12 s without a way, or 20 after one broke.
PATIENCE = 60_000
UDP: set[Kind] = {"public", "port-preserving", "random-port"}


def best_way(one: Kind, other: Kind, turn: bool) -> str:
    """What these routers allow. A port that is new for each destination is found only by who has no router."""
    pair = {one, other}
    if pair <= UDP and ("public" in pair or "random-port" not in pair):
        return "direct"
    return "relayed" if turn else "link"


def hand_over(
    page: Page, receiver: Page, server: Server, file: Path, way: str, turn: bool, relay_only: bool = False
) -> tuple[str, str]:
    """One file from page to page: which way it took, `way` or a link, and the SHA-256 of what was saved.

    A relay is known as one when its candidate is there, which the bytes may overtake.
    Where there is a relay, a receiver's page asks before it joins; else it joins by itself, and its button may be gone.
    """
    page.goto(server.url)
    choose(page, file)
    address = open_live(page)
    if relay_only:
        page.get_by_test_id("relay-only").check()
    with receiver.expect_download(timeout=PATIENCE) as download:
        receiver.goto(address)
        accepting, link = receiver.get_by_test_id("accept"), page.get_by_test_id("link-url")
        if turn:
            receiver.get_by_test_id("join-live").click()
        accepting.locator("visible=true").or_(receiver.get_by_test_id("download")).wait_for(timeout=PATIENCE)
        if accepting.is_visible():
            accepting.click()
    saved = sha(Path(download.value.path()))
    if link.is_visible():
        return "link", saved
    expect(receiver.get_by_test_id("path")).to_have_text(way)
    return way, saved


@pytest.mark.parametrize("turn", [False, True], ids=["stun", "turn"])
@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(KINDS, 2)))
def test_the_file_arrives_by_the_best_way(
    network: Lab, person: Person, tmp_path: Path, one: Kind, other: Kind, turn: bool
) -> None:
    file, server = file_of(tmp_path, "film.bin", 2 * MIB), network.relayed if turn else network.plain
    way = best_way(one, other, turn)
    assert hand_over(person("a", one), person("b", other), server, file, way, turn) == (way, sha(file))


def test_who_hides_the_address_is_met_by_relay_only(network: Lab, person: Person, tmp_path: Path) -> None:
    page, receiver = person("a", "public"), person("b", "public")
    said: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: said.append(str(frame))))
    file = file_of(tmp_path, "film.bin", 2 * MIB)
    assert hand_over(page, receiver, network.relayed, file, "relayed", turn=True, relay_only=True) == (
        "relayed",
        sha(file),
    )
    addresses = [text for text in said if '"candidate":"candidate' in text or "a=candidate" in text]
    assert addresses
    assert [
        text for text in addresses if " typ relay " not in text or " typ host" in text or " typ srflx" in text
    ] == []


def test_a_relay_is_known_as_one_when_its_candidate_comes_after_its_packets(
    network: Lab, person: Person, tmp_path: Path
) -> None:
    page, receiver = person("a", "public"), person("b", "public")
    held = hold_candidates(page)
    page.goto(network.relayed.url)
    choose(page, file_of(tmp_path, "film.bin", 2 * MIB))
    address = open_live(page)
    page.get_by_test_id("relay-only").check()
    receiver.goto(address)
    receiver.get_by_test_id("join-live").click()
    receiver.get_by_test_id("accept").wait_for(timeout=PATIENCE)
    assert [candidate for candidate in held if " typ relay" in candidate]
    held.release()
    expect(receiver.get_by_test_id("path")).to_have_text("relayed")


def test_a_line_that_falls_silent_becomes_a_link(network: Lab, person: Person, tmp_path: Path) -> None:
    page, receiver = person("c", "port-preserving"), person("d", "port-preserving")
    file = file_of(tmp_path, "film.bin", 100 * MIB)
    page.goto(network.plain.url)
    choose(page, file)
    receiver.goto(open_live(page))
    accept(receiver)
    status(page, "transferring")
    moved(receiver, 2 * MIB)
    with receiver.expect_download(timeout=2 * PATIENCE) as download:
        network.cut_udp("d1")
    assert sha(Path(download.value.path())) == sha(file)
    expect(page.get_by_test_id("link-url")).to_be_visible()
