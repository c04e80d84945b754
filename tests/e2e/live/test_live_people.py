"""What people meet around a live session: codes that are wrong, full or over, phones, several receivers, and time."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    moved,
    open_live,
    receive,
    saving,
    send_live,
    shas,
    status,
    without_webrtc,
)
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return file_of(tmp_path, "a.bin", 5)


def expire(server: Server) -> None:
    """Let the time of every session be over. A running server looks at the clock, not at this."""
    database = sqlite3.connect(server.data_dir / "packetpost.sqlite", timeout=10)
    with database:
        database.execute("UPDATE sessions SET expires_at = unixepoch() - 1, moving_until = 0")
    database.close()


def type_code(page: Page, server: Server, code: str) -> None:
    page.goto(server.url)
    page.get_by_test_id("join-code").fill(code)
    page.get_by_test_id("join-live").click()


def code_in(address: str) -> str:
    return address.rsplit("/", 1)[1].split("#")[0]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("K7Q", "No code looks like that."),
        ("AAAA-AAAA", "There is no session with that code. Check it, or ask the sender for a new one."),
    ],
)
def test_a_wrong_code_says_so(page: Page, server: Server, code: str, sentence: str) -> None:
    type_code(page, server, code)
    expect(page.get_by_test_id("alert")).to_contain_text(sentence)


def test_the_code_of_a_full_session_says_so(page: Page, far: Pages, server: Server, file: Path) -> None:
    address, late = send_live(page, server, file), far()
    far().goto(address)
    status(page, "connected")
    type_code(late, server, code_in(address))
    expect(late.get_by_test_id("alert")).to_contain_text("Everybody that the sender expects is there already")


def test_the_code_of_a_closed_session_says_so(page: Page, far: Pages, server: Server, file: Path) -> None:
    address, receiver = send_live(page, server, file), far()
    page.get_by_test_id("close-live").click()
    expect(page.get_by_role("heading", name="This session is closed")).to_be_visible()
    type_code(receiver, server, code_in(address))
    expect(receiver.get_by_test_id("alert")).to_contain_text("That session has ended. Ask the sender for a new code.")


@pytest.mark.slow
def test_a_session_that_expires_is_told_to_both_and_to_who_comes_late(
    page: Page, far: Pages, serve: Callable[..., Server], file: Path
) -> None:
    server, receiver, late = serve(), far(), far()
    address = send_live(page, server, file)
    receiver.goto(address)
    status(page, "connected")
    server.kill()
    expire(server)
    server.start()
    for side in (page, receiver):
        expect(side.locator("[data-notice]")).to_have_text("The session has ended.", timeout=40_000)
    late.goto(address)
    expect(late.get_by_test_id("alert")).to_contain_text("That session has ended")
    page.reload()
    expect(page.get_by_role("heading", name="This session has expired")).to_be_visible()


def test_the_time_that_is_left_counts_down_and_can_be_extended(page: Page, server: Server, file: Path) -> None:
    send_live(page, server, file)
    state = page.get_by_test_id("live-state")
    expect(state).to_contain_text("Open for 15 minutes more")
    database = sqlite3.connect(server.data_dir / "packetpost.sqlite", timeout=10)
    with database:
        database.execute("UPDATE sessions SET expires_at = expires_at - 600")
    database.close()
    page.evaluate("() => document.body.dispatchEvent(new Event('session:changed'))")
    expect(state).to_contain_text("Open for 5 minutes more")
    page.get_by_test_id("extend").click()
    expect(state).to_contain_text("Open for 15 minutes more")


@pytest.mark.slow
def test_three_receivers_at_once(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 20 * MIB)
    page.goto(server.url)
    choose(page, film)
    address, receivers = open_live(page, receivers=4), [far(), far(), far()]
    for receiver in receivers:
        receiver.goto(address)
        expect(receiver.get_by_test_id("accept")).to_be_visible()
    with saving(receivers[0]) as one, saving(receivers[1]) as two, saving(receivers[2]) as three:
        for receiver in receivers:
            accept(receiver)
        expect(page.get_by_test_id("status")).to_have_text("Sending to 3 receivers")
        for receiver in receivers:
            status(receiver, "completed")
    assert [shas(downloads) for downloads in (one, two, three)] == [{"film.bin": sha(film)}] * 3
    status(page, "completed")


def test_a_receiver_that_cannot_be_reached_gets_the_link_after_the_others_are_served(
    page: Page, far: Pages, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve(PACKETPOST_ROAD="off")
    film, well, badly = file_of(tmp_path, "film.bin", 20 * MIB), far(), far()
    page.goto(server.url)
    choose(page, film)
    address = open_live(page, receivers=2)
    well.goto(address)
    with saving(well) as downloads:
        accept(well)
        moved(well, MIB)
        without_webrtc(badly)
        with badly.expect_download(timeout=60_000) as begun:
            badly.goto(address)
            status(well, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    assert sha(Path(begun.value.path())) == sha(film)


def test_a_phone_receives(
    page: Page, visit: Callable[..., BrowserContext], far_browser: Browser, server: Server, tmp_path: Path
) -> None:
    film = file_of(tmp_path, "film.bin", 3 * MIB)
    phone = visit(far_browser, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    phone.goto(send_live(page, server, film))
    expect(phone.get_by_test_id("accept")).to_be_in_viewport()
    with saving(phone) as downloads:
        phone.get_by_test_id("accept").tap()
        status(phone, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 360


def test_the_title_the_screen_reader_and_the_screen_follow(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    for side in (page, receiver):
        side.add_init_script("""globalThis.locks = []
          globalThis.spoken = []
          const { request } = WakeLock.prototype
          WakeLock.prototype.request = async function (kind) {
            const lock = { kind, released: false, release: async () => { lock.released = true } }
            locks.push(lock)
            return lock
          }
          addEventListener('load', () => new MutationObserver((changes) => changes.forEach(({ target }) => {
            const live = (target.parentElement ?? target).closest?.('[aria-live]') ?? target
            if (live.matches?.('[aria-live]')) spoken.push(live.textContent)
          })).observe(document.body, { childList: true, subtree: true, characterData: true }))""")
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 12 * MIB)
    for side in (page, receiver):
        assert side.title().endswith(" % · Packet Post")
        assert side.evaluate("() => locks.map(({ kind, released }) => [kind, released])") == [["screen", False]]
    for side, sentence in ((receiver, "Everything is saved"), (page, "Everything arrived")):
        status(side, "completed")
        assert side.title() == f"{sentence} · Packet Post"
        assert side.evaluate("() => locks.map(({ released }) => released)") == [True]
        assert {"50 % done", sentence} <= set(side.evaluate("() => spoken"))


def test_how_it_ended_reaches_the_operators_counters(
    page: Page, far: Pages, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server, film = serve(PACKETPOST_ROAD="off"), file_of(tmp_path, "film.bin", 2 * MIB)
    receiver = far()
    receive(receiver, send_live(page, server, film))
    status(page, "completed")
    without_webrtc(page)
    page.goto(server.url)
    choose(page, film)
    page.get_by_test_id("create-live").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()
    told = page.request.get(f"{server.url}/metrics").text()
    figures = dict(line.rsplit(" ", 1) for line in told.splitlines() if line.startswith("packetpost_live"))
    assert figures['packetpost_live_attempts_total{outcome="direct",reason=""}'] == "1.0"
    assert float(figures["packetpost_live_bytes_total"]) == 2 * MIB
    assert figures["packetpost_live_connect_seconds_count"] == "1.0"
    assert figures["packetpost_live_bytes_per_second_count"] == "1.0"


def test_the_sender_may_send_to_the_next_person_after_one_has_left(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, first, second = file_of(tmp_path, "film.bin", MIB), far(), far()
    address = send_live(page, server, film)
    first.goto(address)
    status(page, "connected")
    with first.expect_response(lambda answer: answer.request.method == "POST"):
        first.get_by_test_id("close-live").click()
    second.goto(address)
    assert accept_all(second) == {"film.bin": sha(film)}
    status(page, "completed")


def test_who_goes_away_holds_nobody_up_and_is_named(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file = file_of(tmp_path, "film.bin", 4 * MIB)
    page.goto(server.url)
    choose(page, file)
    address = open_live(page, receivers=2)
    one, two = far(), far()
    for receiver in (one, two):
        receiver.goto(address)
        receiver.get_by_test_id("accept").wait_for()
    people = page.get_by_test_id("person")
    expect(people).to_have_text(["Receiver 1waits to accept", "Receiver 2waits to accept"])
    two.close()
    expect(people.nth(1)).to_have_attribute("data-state", "away")
    assert accept_all(one) == {"film.bin": sha(file)}
    status(page, "completed")
    expect(page.get_by_test_id("status")).to_contain_text("1 of 2 receivers")
    expect(people).to_have_text(
        ["Receiver 1has everything, verified", "Receiver 2went away; it goes on when they come back"]
    )
