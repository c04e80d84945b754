"""A page of a sealed session without its key says so and asks for it: nobody is blamed, and nothing goes plain."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.hostile import Hostile, Message, swap_fingerprint
from tests.e2e.support.live_steps import Pages, accept_all, never_connect, send_live, status
from tests.e2e.support.steps import choose, file_of, rows, sha
from tests.e2e.support.stripped_pages import without_seal
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
NOTICE = "[data-notice]"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    return file_of(tmp_path, "letter.bin", 100_000)


def another_tab(page: Page, address: str) -> Page:
    tab = page.context.new_page()
    tab.goto(address)
    return tab


def sealed(page: Page) -> None:
    expect(page.get_by_test_id("protection")).to_have_attribute("data-state", "sealed")


def paste(page: Page, address: str) -> None:
    page.get_by_test_id("whole-address").fill(address)
    page.get_by_test_id("send-address").click()


@pytest.mark.parametrize("way", ["second tab", "closed"])
def test_a_sender_who_opens_the_address_again_is_sealed_and_alarms_nobody(
    page: Page, far: Pages, server: Server, letter: Path, way: str
) -> None:
    receiver = far()
    address = send_live(page, server, letter)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    if way == "closed":
        tab = page.context.new_page()
        page.close()
        tab.goto(address)
    else:
        tab = another_tab(page, address)
        tab.get_by_test_id("take-seat").click()
    choose(tab, letter)
    sealed(tab)
    assert accept_all(receiver) == {"letter.bin": sha(letter)}
    expect(receiver.locator(NOTICE)).to_be_hidden()
    status(tab, "completed")


def test_a_sender_s_tab_without_the_key_asks_for_the_address_and_checks_it(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    address = send_live(page, server, letter)
    other = send_live(page.context.new_page(), server, letter)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    tab = page.context.new_page()
    page.close()
    tab.goto(address.split("#")[0])
    expect(tab.get_by_test_id("status")).to_have_text("This tab lacks the key of this session")
    for part in ("live-url", "protection", "file-input", "use-link"):
        expect(tab.get_by_test_id(part)).to_be_hidden()
    audit(tab)
    for wrong, why in ((address[:-1], "not the whole address"), (other, "another session")):
        paste(tab, wrong)
        expect(tab.get_by_test_id("alert")).to_contain_text(why)
    paste(tab, f"{address.split('#')[0]}#{other.split('#')[1]}")
    expect(tab.get_by_test_id("alert")).to_contain_text("another session")
    paste(tab, address)
    sealed(tab)
    choose(tab, letter)
    assert accept_all(receiver) == {"letter.bin": sha(letter)}
    expect(receiver.locator(NOTICE)).to_be_hidden()


def test_a_receiver_s_tab_without_the_key_takes_the_whole_address(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    address = send_live(page, server, letter)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    tab = receiver.context.new_page()
    receiver.close()
    tab.goto(address.split("#")[0])
    tab.get_by_test_id("half-code").fill(address)
    tab.get_by_test_id("send-half").click()
    sealed(tab)
    assert accept_all(tab) == {"letter.bin": sha(letter)}


def test_an_address_with_the_end_of_another_session_is_said_to_be_mixed_up_on_both_pages(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    of_another = send_live(page.context.new_page(), server, letter).split("#")[1]
    receiver.goto(f"{send_live(page, server, letter).split('#')[0]}#{of_another}")
    for side, whose in ((page, "send them the whole one"), (receiver, "ask for the whole one")):
        expect(side.locator(NOTICE)).to_contain_text("belong")
        expect(side.locator(NOTICE)).to_contain_text("mixed up")
        expect(side.locator(NOTICE)).to_contain_text(whose)


def say_plain(message: Message) -> Message:
    """The server says in the sender's name that the session is plain."""
    if message["type"] == "key" and message["step"] in ("share", "wrong"):
        message["step"] = "plain"
    return message


def test_a_session_that_is_said_to_be_plain_is_not_believed(
    page: Page, far: Pages, hostile: Hostile, letter: Path
) -> None:
    receiver = far()
    hostile.change = say_plain
    receiver.goto(send_live(page, hostile, letter).split("#")[0])
    expect(receiver.locator(NOTICE)).to_contain_text("somebody said to this page that it is not")
    expect(receiver.get_by_test_id("protection")).to_be_hidden()
    expect(rows(receiver)).to_have_count(0)


@pytest.mark.slow
def test_a_session_s_link_that_came_plain_is_stopped_on_both_sides(
    page: Page, far: Pages, hostile: Hostile, letter: Path
) -> None:
    receiver = far()
    for side in (page, receiver):
        never_connect(side)
    receiver.goto(send_live(page, hostile, letter))
    expect(receiver.get_by_test_id("status")).to_have_attribute("data-state", "connecting")
    hostile.rewrite = without_seal
    page.get_by_test_id("use-link").click()
    for side in (page, receiver):
        expect(side.get_by_test_id("stopped")).to_be_visible()
        expect(side.get_by_test_id("download")).to_have_count(0)
    expect(page.get_by_test_id("link-url")).to_have_count(0)
    assert letter.read_bytes()[1000:1032] not in hostile.told
    tab = another_tab(receiver, receiver.url.split("#")[0])
    expect(tab.get_by_test_id("stopped")).to_be_visible()


def test_a_sender_s_tab_that_took_the_seat_sends_other_files(
    page: Page, far: Pages, server: Server, letter: Path, tmp_path: Path
) -> None:
    receiver, other = far(), file_of(tmp_path, "other.bin", 100_000)
    address = send_live(page, server, letter)
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    tab = another_tab(page, address)
    tab.get_by_test_id("take-seat").click()
    choose(tab, other)
    expect(rows(receiver)).to_contain_text("other.bin")
    assert accept_all(receiver) == {"other.bin": sha(other)}


@pytest.mark.parametrize(
    ("kind", "at", "seen"),
    [
        ("offer", "sender", "Seen here: an offer whose proof does not fit."),
        ("answer", "receiver", "Seen here: an answer whose proof does not fit."),
    ],
)
def test_an_alarm_names_what_was_seen_and_where(
    page: Page, far: Pages, hostile: Hostile, letter: Path, kind: str, at: str, seen: str
) -> None:
    receiver = far()
    hostile.change = swap_fingerprint(kind)
    receiver.goto(send_live(page, hostile, letter))
    here, there = (page, receiver) if at == "sender" else (receiver, page)
    expect(here.locator(NOTICE)).to_contain_text(seen)
    expect(there.locator(NOTICE)).to_contain_text("The other side's page saw it.")
