"""A link that a receiver did not want is not opened by its page, whoever made it; its person may."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.support.live_steps import (
    Pages,
    arrives_by_link,
    may_store,
    never_connect,
    never_store,
    open_live,
    send_live,
    status,
    told_no_link,
)
from tests.e2e.support.steps import choose
from tests.support.http import stored
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_link_for_others_is_opened_only_by_those_who_want_it(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    one, other = far(), far()
    page.goto(roadless.url)
    choose(page, film)
    address = open_live(page, receivers=2)
    for receiver in (one, other):
        receiver.goto(roadless.url)
        never_connect(receiver)
    one.evaluate("() => localStorage.setItem('never-store', '1')")
    one.goto(address)
    told_no_link(one, "Nothing was stored, as you chose")
    arrives_by_link(other, film, lambda: other.goto(address))
    status(one, "fallback")
    expect(one.locator("[data-notice]")).to_contain_text("Your page has opened nothing of it")
    arrives_by_link(one, film, one.get_by_test_id("open-link").click)


def test_the_senders_own_button_makes_a_link_all_the_same(page: Page, far: Pages, roadless: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, roadless, film))
    for side in (page, receiver):
        never_store(side)
    status(page, "connected")
    page.get_by_test_id("use-link").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()
    status(receiver, "fallback")
    expect(receiver.get_by_test_id("accept")).to_be_hidden()
    arrives_by_link(receiver, film, lambda: may_store(receiver))


def test_a_page_that_is_loaded_anew_opens_no_unwanted_link_either(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    receiver = far()
    receiver.goto(send_live(page, roadless, film))
    never_store(receiver)
    status(page, "connected")
    page.get_by_test_id("use-link").click()
    status(receiver, "fallback")
    receiver.reload()
    status(receiver, "fallback")
    expect(receiver.get_by_test_id("download")).to_have_count(0)
    receiver.get_by_test_id("open-link").click()
    expect(receiver.get_by_test_id("download")).to_be_visible()


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_who_switches_it_off_late_takes_back_what_the_server_has_not_made_yet(
    page: Page, far: Pages, roadless: Server, film: Path, who: str
) -> None:
    receiver, before = far(), stored(roadless)
    receiver.goto(roadless.url)
    address = send_live(page, roadless, film)
    page.route("**/live/*/link", lambda route: None)  # it never comes to the server
    never_connect(receiver)
    receiver.goto(address)
    status(page, "fallback")
    never_store(page if who == "sender" else receiver)
    told_no_link(page, f"Nothing was stored, as {'you' if who == 'sender' else 'the other side'} chose")
    told_no_link(receiver, "Nothing was stored")
    assert stored(roadless) == before


def test_a_server_that_hides_what_a_receiver_wants_opens_no_link_in_its_page(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    receiver = far()

    def hide(socket: WebSocketRoute) -> None:
        behind = socket.connect_to_server()
        socket.on_message(lambda text: behind.send(str(text).replace(',"link":false', "")))

    receiver.route_web_socket("**/live/**", hide)
    receiver.goto(roadless.url)
    receiver.evaluate("() => localStorage.setItem('never-store', '1')")
    address = send_live(page, roadless, film)
    never_connect(receiver)
    receiver.goto(address)
    expect(page.get_by_test_id("link-url")).to_be_visible(timeout=60_000)  # it waits 12 s for a way
    status(receiver, "fallback")
    expect(receiver.get_by_test_id("open-link")).to_be_visible()
    expect(receiver.get_by_test_id("download")).to_have_count(0)
