"""One seat of a live session in several tabs: one takes part, the others say where it went, ask, and give it back."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.gate import Gate
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    address_of,
    moved,
    saving,
    send_live,
    shas,
    status,
    watch_channels,
    without_streams,
)
from tests.e2e.support.steps import MIB, choose, file_of, rows, sha
from tests.support.fleet import Fleet
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
ELSEWHERE = "This session is open in another tab"
# A name that browsers find on this machine without taking it for secure.
INSECURE = "packetpost.example"
# Pages without a window are seen all the time: tell one that its person has come back to it.
_LOOKED_AT = """() => {
  document.dispatchEvent(new Event('visibilitychange'))
  return document.querySelector('[data-elsewhere]').hidden
}"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 60 * MIB)


def another_tab(page: Page, address: str) -> Page:
    tab = page.context.new_page()
    tab.goto(address)
    return tab


def parked(page: Page) -> None:
    """It says where the session is, offers to take it, and shows nothing that would mislead."""
    status(page, "elsewhere")
    expect(page.get_by_test_id("status")).to_have_text(ELSEWHERE)
    expect(page.get_by_test_id("take-seat")).to_be_visible()
    for part in ("accept", "cancel", "retry", "live-url", "use-link", "close-live", "progress"):
        expect(page.get_by_test_id(part)).to_be_hidden()


def go_on_here(page: Page) -> None:
    page.get_by_test_id("take-seat").click()
    expect(page.get_by_test_id("take-seat")).to_be_hidden()


def test_a_receiver_s_second_tab_asks_and_the_transfer_goes_on_in_the_first(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    watch_channels(page)
    address = send_live(page, server, film)
    receiver.goto(address)
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, MIB)
        tab = another_tab(receiver, address)
        parked(tab)
        status(receiver, "transferring")
        status(receiver, "completed")
    audit(tab)
    assert shas(downloads) == {"film.bin": sha(film)}


def test_while_the_first_tab_s_socket_is_away_a_second_one_asks_and_the_transfer_goes_on(
    page: Page, far: Pages, server: Server, gate: Gate, film: Path
) -> None:
    receiver = far()
    watch_channels(page)
    address = send_live(page, server, film)
    receiver.goto(address.replace(server.url, gate.url))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, MIB)
        gate.cut()
        tab = another_tab(receiver, address)
        parked(tab)
        status(receiver, "transferring")
        gate.mend()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


def test_a_seat_that_is_taken_and_taken_back_goes_on_where_it_was(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    watch_channels(page)
    address = send_live(page, server, film)
    receiver.goto(address)
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, MIB)
        tab = another_tab(receiver, address)
        go_on_here(tab)
        expect(tab.get_by_test_id("accept")).to_be_visible()
        parked(receiver)
        go_on_here(receiver)
        parked(tab)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


def test_a_tab_that_took_the_seat_receives_everything(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    address = send_live(page, server, film)
    receiver.goto(address)
    accept(receiver)
    moved(receiver, MIB)
    tab = another_tab(receiver, address)
    go_on_here(tab)
    assert accept_all(tab) == {"film.bin": sha(film)}
    parked(receiver)
    status(page, "completed")


def test_a_sender_s_second_tab_asks_and_the_files_stay_where_they_were(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    address = send_live(page, server, film)
    tab = another_tab(page, address)
    parked(tab)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    go_on_here(tab)
    parked(page)
    go_on_here(page)
    parked(tab)
    expect(rows(page)).to_have_count(1)
    assert accept_all(receiver) == {"film.bin": sha(film)}


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_the_tab_that_is_left_gets_the_seat_when_the_other_is_closed(
    page: Page, far: Pages, server: Server, film: Path, who: str
) -> None:
    receiver = far()
    address = send_live(page, server, film)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    side = page if who == "sender" else receiver
    tab = another_tab(side, address)
    go_on_here(tab)
    parked(side)
    tab.close()
    side.wait_for_function(_LOOKED_AT)
    assert accept_all(receiver) == {"film.bin": sha(film)}


def test_a_tab_that_crashed_gets_its_seat_back_unasked(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    address = send_live(page, server, film)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    with receiver.expect_event("crash"), suppress(Error):
        receiver.goto("chrome://crash")
    assert accept_all(another_tab(receiver, address)) == {"film.bin": sha(film)}


def test_a_tab_that_was_copied_asks_like_any_other(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    with receiver.context.expect_page() as opened:  # what `window.open` makes begins with the storage of its opener
        receiver.evaluate("() => void open(location.href)")
    parked(opened.value)


def test_a_tab_of_another_instance_asks_too(page: Page, far: Pages, fleet: Callable[..., Fleet], film: Path) -> None:
    one, two = fleet(2).servers
    receiver = far()
    address = send_live(page, one, film)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    tab = another_tab(receiver, two.url + "/" + address.split("/", 3)[3])
    parked(tab)
    go_on_here(tab)
    parked(receiver)
    assert accept_all(tab) == {"film.bin": sha(film)}


def test_without_https_a_second_tab_asks_too(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    page.goto(server.url.replace("localhost", INSECURE))
    page.get_by_test_id("file-input").set_input_files(film)
    page.get_by_test_id("create-live").click()
    address = address_of(page)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    tab = another_tab(receiver, address)
    parked(tab)
    go_on_here(tab)
    parked(receiver)
    assert accept_all(tab) == {"film.bin": sha(film)}


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_reload_asks_nothing(page: Page, far: Pages, server: Server, film: Path, who: str) -> None:
    receiver = far()
    address = send_live(page, server, film)
    receiver.goto(address)
    side = page if who == "sender" else receiver
    for _ in range(3):
        expect(receiver.get_by_test_id("accept")).to_be_visible()
        side.reload()
        if who == "sender":
            choose(page, film)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    expect(side.get_by_test_id("take-seat")).to_be_hidden()
    assert accept_all(receiver) == {"film.bin": sha(film)}


def test_bytes_that_a_browser_keeps_go_on_in_the_tab_that_took_the_seat(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    without_streams(receiver)
    address = send_live(page, server, film)
    receiver.goto(address)
    accept(receiver)
    moved(receiver, 10 * MIB)
    tab = receiver.context.new_page()
    without_streams(tab)
    tab.goto(address)
    go_on_here(tab)
    assert accept_all(tab) == {"film.bin": sha(film)}
