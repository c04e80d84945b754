"""Before anything is sent the page says whether live works from here, and whom it asks for that."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live.conftest import Person
from tests.e2e.support.live_steps import Pages, open_live, send_live, without_webrtc
from tests.e2e.support.nat_lab import Lab, missing
from tests.e2e.support.steps import choose, file_of
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

# Counts the connections that a page begins, with the servers that they may ask.
_COUNTED = """globalThis.asked = []
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) { super(configuration); globalThis.asked.push(configuration.iceServers) }
}"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return file_of(tmp_path, "a.bin", 5)


def reach(page: Page, kind: str, said: str) -> None:
    line = page.get_by_test_id("reach")
    expect(line).to_have_attribute("data-reach", kind)
    expect(line).to_contain_text(said)


@pytest.mark.parametrize(("road", "said"), [("on", "through this server"), ("off", "within your network")])
def test_who_nobody_tells_an_address_reaches_others_nearby_or_by_the_server(
    page: Page, serve: Callable[..., Server], file: Path, road: str, said: str
) -> None:
    send_live(page, serve(PACKETPOST_ICE_SERVERS="[]", PACKETPOST_ROAD=road), file)
    reach(page, "near", said)


def test_who_has_no_webrtc_goes_through_the_server(page: Page, server: Server, file: Path) -> None:
    without_webrtc(page)
    send_live(page, server, file)
    reach(page, "none", "through this server.")


def test_nobody_is_asked_for_addresses_before_there_is_a_session(page: Page, server: Server, file: Path) -> None:
    page.add_init_script(_COUNTED)
    page.goto(server.url)
    choose(page, file)
    assert page.evaluate("() => globalThis.asked.length") == 0
    open_live(page)
    expect(page.get_by_test_id("reach")).to_contain_text("Live works from here")
    asked = page.evaluate("() => globalThis.asked.flat().flatMap(({ urls }) => urls)")
    assert set(asked) == {"stun:stun.l.google.com:19302"}


def test_the_page_says_who_is_asked_for_addresses(
    page: Page, far: Pages, server: Server, serve: Callable[..., Server], file: Path
) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, file))
    for side in (page, receiver):
        expect(side.get_by_test_id("stun")).to_contain_text("stun.l.google.com")
    send_live(page, serve(PACKETPOST_ICE_SERVERS="[]"), file)
    expect(page.get_by_test_id("stun")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize(
    ("kind", "found"), [("public", "far"), ("random-port", "far"), ("no-udp", "near"), ("web-only", "near")]
)
def test_behind_each_router_it_is_found_out_whether_others_find_the_way(
    network: Lab, person: Person, file: Path, kind: str, found: str
) -> None:
    page = person("a", kind)  # type: ignore[arg-type]
    send_live(page, network.both, file)
    reach(page, found, "Live works from here")
