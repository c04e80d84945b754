"""Nobody stores what was meant to be live where people were not told before, or where either side switched it off."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    address_of,
    arrives_by_link,
    break_channels,
    connect_again,
    may_store,
    moved,
    never_connect,
    never_store,
    open_live,
    saving,
    send_live,
    shas,
    status,
    told_no_link,
    watch_channels,
    without_webrtc,
)
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.http import stored
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BOTH = pytest.mark.parametrize("who", ["sender", "receiver"])


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """It carries no live bytes, and makes links that are kept for 3 days at most."""
    return serve(PACKETPOST_ROAD="off", PACKETPOST_MAX_EXPIRY_HOURS="72", PACKETPOST_EXPIRY_CHOICES_HOURS="1,24,72")


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Where the sender's page asks for a link."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/link"):
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_both_pages_say_before_what_happens_and_remember_what_was_chosen(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    page.goto(server.url)
    choose(page, film)
    page.get_by_text("Options").click()
    page.get_by_label("Keep for").select_option("3600")
    receiver.goto(open_live(page))
    said = [side.get_by_test_id("where-not-live") for side in (page, receiver)]
    expect(said[0]).to_contain_text("stored here as a link, end-to-end encrypted, for 1 hour")
    expect(said[1]).to_contain_text("stored here as a link, end-to-end encrypted, for at most 3 days")
    for side in (page, receiver):
        expect(side.get_by_test_id("never-store")).not_to_be_checked()
        never_store(side)
        side.reload()
        expect(side.get_by_test_id("never-store")).to_be_checked()


@BOTH
def test_where_one_side_switched_it_off_nothing_is_stored(
    page: Page, far: Pages, server: Server, film: Path, asked: list[str], who: str
) -> None:
    receiver, before = far(), stored(server)
    receiver.goto(server.url)
    address = send_live(page, server, film)
    never_connect(receiver)
    receiver.goto(address)
    side = page if who == "sender" else receiver
    never_store(side)
    here, there = ("you", "the sender") if who == "sender" else ("the other side", "you")
    told_no_link(page, f"The browsers cannot reach each other. Nothing was stored, as {here} chose")
    told_no_link(receiver, f"The browsers cannot reach each other. Nothing was stored, as {there} chose")
    assert (asked, stored(server)) == ([], before)
    arrives_by_link(receiver, film, lambda: may_store(side))


@BOTH
def test_where_nothing_is_stored_live_may_be_tried_again(
    page: Page, far: Pages, server: Server, film: Path, asked: list[str], who: str
) -> None:
    receiver = far()
    receiver.goto(server.url)
    address = send_live(page, server, film)
    never_store(page)
    never_connect(receiver)
    receiver.goto(address)
    told_no_link(receiver, "Nothing was stored")
    (page if who == "sender" else receiver).get_by_test_id("retry").click()
    expect(receiver.get_by_test_id("status")).not_to_have_attribute("data-state", "failed")
    told_no_link(receiver, "Nothing was stored")  # still there is no way, and it is said again
    connect_again(receiver)
    (page if who == "sender" else receiver).get_by_test_id("retry").click()
    assert accept_all(receiver) == {"film.bin": sha(film)}
    assert asked == []


@BOTH
def test_a_way_that_broke_is_waited_for_where_nothing_may_be_stored(
    page: Page, far: Pages, server: Server, tmp_path: Path, asked: list[str], who: str
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    watch_channels(page)
    address = send_live(page, server, film)
    receiver.goto(address)
    never_store(page if who == "sender" else receiver)
    with saving(receiver) as saved:
        accept(receiver)
        moved(receiver, 4 * MIB)
        never_connect(receiver)
        break_channels(page)
        for side in (page, receiver):
            told_no_link(side, "The connection broke and did not come back. Nothing was stored")
        connect_again(receiver)
        receiver.get_by_test_id("retry").click()
        status(receiver, "completed")
    assert shas(saved) == {"film.bin": sha(film)}
    assert asked == []


@BOTH
def test_a_receiver_without_webrtc_asks_for_no_link_where_it_is_switched_off(
    page: Page, far: Pages, server: Server, film: Path, asked: list[str], who: str
) -> None:
    receiver, before = far(), stored(server)
    without_webrtc(receiver)
    receiver.goto(server.url)
    address = send_live(page, server, film)
    side = page if who == "sender" else receiver
    side.evaluate("() => localStorage.setItem('never-store', '1')")
    if who == "sender":
        never_store(page)
    receiver.goto(address)
    for each in (page, receiver):
        told_no_link(each, "WebRTC is off or missing). Nothing was stored")
    assert (asked, stored(server)) == ([], before)
    arrives_by_link(receiver, film, lambda: may_store(side))


def test_a_sender_without_webrtc_gets_no_link_where_it_was_switched_off_before(
    page: Page, far: Pages, server: Server, film: Path, asked: list[str]
) -> None:
    receiver = far()
    without_webrtc(page)
    page.goto(server.url)
    page.evaluate("() => localStorage.setItem('never-store', '1')")
    address = send_live(page, server, film)
    told_no_link(page, "WebRTC is off or missing). Nothing was stored, as you chose")
    receiver.goto(address)
    told_no_link(receiver, "WebRTC is off or missing). Nothing was stored, as the sender chose")
    assert asked == []
    arrives_by_link(receiver, film, lambda: may_store(page))


@BOTH
def test_who_reaches_the_server_by_no_signal_gets_no_link_where_it_was_switched_off(
    page: Page, far: Pages, server: Server, gate: Gate, film: Path, asked: list[str], who: str
) -> None:
    receiver, gate.sockets, gate.signals = far(), False, False
    page.goto((gate if who == "sender" else server).url)
    choose(page, film)
    page.get_by_test_id("create-live").click()
    address = address_of(page)
    here, there = (gate.url, server.url) if who == "sender" else (server.url, gate.url)
    side = page if who == "sender" else receiver
    receiver.goto(address.replace(here, there))
    never_store(side)
    told_no_link(side, "The network keeps live sessions from this page. Nothing was stored, as you chose")
    assert asked == []
    arrives_by_link(receiver, film, lambda: may_store(side))


def test_what_the_server_would_refuse_is_not_even_asked_for(
    page: Page, far: Pages, serve: Callable[..., Server], film: Path, asked: list[str]
) -> None:
    server, receiver = serve(PACKETPOST_MAX_UPLOAD_BYTES=str(MIB), PACKETPOST_ROAD="off"), far()
    receiver.goto(server.url)
    address = send_live(page, server, film)
    never_store(page)
    never_connect(receiver)
    receiver.goto(address)
    told_no_link(receiver, "Nothing was stored, as the sender chose")
    assert asked == []


def test_it_holds_for_sessions_with_a_road_too(
    page: Page, far: Pages, serve: Callable[..., Server], film: Path, asked: list[str]
) -> None:
    server, receiver = serve(), far()
    receiver.goto(server.url)
    address = send_live(page, server, film)
    page.get_by_test_id("direct-only").check()
    never_connect(receiver)
    receiver.goto(address)
    never_store(receiver)
    told_no_link(page, "The browsers cannot reach each other. Nothing was stored, as the other side chose")
    assert asked == []
    page.get_by_test_id("direct-only").uncheck()  # there is a way after all
    assert accept_all(receiver) == {"film.bin": sha(film)}
    expect(page.locator("[data-notice]")).to_be_hidden()
