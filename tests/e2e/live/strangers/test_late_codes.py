"""Who types the code after its session became a link still gets in, as long as the sender's page is open."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.hostile import Hostile, in_all_forms
from tests.e2e.support.live_steps import Pages, code_of, come, history_of, open_live, send_live, status
from tests.e2e.support.steps import choose, fetch, file_of, finished, row, saved, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
NOTICE = "[data-notice]"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    return file_of(tmp_path, "my letter.bin", 100_000)


def fall_back(page: Page) -> None:
    page.get_by_test_id("use-link").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()


def opens(receiver: Page, letter: Path) -> None:
    """Its page is the link's, with the key behind the #, and what it saves is whole."""
    expect(row(receiver, letter.name)).to_be_visible()
    assert len(receiver.url.partition("#")[2]) == 43
    assert sha(saved(fetch(receiver, receiver.get_by_test_id("download")))) == sha(letter)


def type_half(receiver: Page, text: str) -> None:
    receiver.get_by_test_id("half-code").fill(text)
    receiver.get_by_test_id("send-half").click()


def at_the_card(page: Page, server: Server | Hostile, letter: Path) -> str:
    """Send live, and turn the session into a link that is whole; the code as its card shows it."""
    send_live(page, server, letter)
    code = code_of(page)
    fall_back(page)
    assert code_of(page) == code
    finished(page)
    return code


@pytest.mark.parametrize("box", ["home", "session"])
def test_who_types_the_code_after_it_became_a_link_gets_in(
    page: Page, far: Pages, hostile: Hostile, letter: Path, box: str
) -> None:
    receiver = far()
    code = at_the_card(page, hostile, letter)
    audit(page)
    if box == "home":
        come(receiver, hostile, "code", "", code)
    else:
        receiver.goto(f"{hostile.url}/live/{code.split('-')[0]}")
        expect(receiver.get_by_test_id("half-code")).to_be_visible()
        audit(receiver)
        type_half(receiver, code)
    opens(receiver, letter)
    seen = hostile.told + b"".join(url.partition("#")[0].encode() for url in history_of(receiver))
    for never in [code.split("-")[1].encode(), *in_all_forms(receiver.url.partition("#")[2])]:
        assert never not in seen
    expect(page.locator(NOTICE)).to_contain_text("Somebody typed the code")


def test_a_receiver_that_was_asked_for_the_code_while_it_became_a_link_gets_in(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    address = send_live(page, server, letter)
    code = code_of(page)
    receiver.goto(address.split("#")[0])
    expect(receiver.get_by_test_id("half-code")).to_be_visible()
    fall_back(page)
    expect(receiver.get_by_test_id("status")).to_contain_text("key of the link")
    type_half(receiver, code)
    opens(receiver, letter)


def test_a_wrong_half_is_said_and_counted_after_it_became_a_link_as_before(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    code = at_the_card(page, server, letter)
    wrong = code.split("-")[0] + "-AAAAA"
    come(receiver, server, "code", "", wrong)
    for _ in range(2):
        expect(receiver.locator(NOTICE)).to_contain_text("not right")
        type_half(receiver, wrong)
    expect(page.locator(NOTICE)).to_contain_text("three times")
    type_half(receiver, code)  # the right one, now that it is dead
    expect(receiver.locator(NOTICE)).to_contain_text("not right")
    page.get_by_test_id("new-code").click()
    type_half(receiver, code_of(page))
    opens(receiver, letter)


def test_guesses_before_it_became_a_link_are_counted_after_it(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    send_live(page, server, letter)
    wrong = code_of(page).split("-")[0] + "-AAAAA"
    come(receiver, server, "code", "", wrong)
    expect(page.locator(NOTICE)).to_contain_text("Somebody typed a wrong code")
    fall_back(page)
    for _ in range(2):
        expect(receiver.get_by_test_id("half-code")).to_be_visible()
        type_half(receiver, wrong)
    expect(page.locator(NOTICE)).to_contain_text("three times")


@pytest.mark.parametrize("way", ["reloaded", "opened again"])
def test_the_card_goes_on_answering_after_it_was(
    page: Page, far: Pages, server: Server, letter: Path, way: str
) -> None:
    receiver = far()
    code = at_the_card(page, server, letter)
    if way == "reloaded":
        page.reload()
    else:
        page.goto(f"{server.url}/live/{code.split('-')[0]}")
    assert code_of(page) == code
    come(receiver, server, "code", "", code)
    opens(receiver, letter)


def test_who_types_it_while_the_sender_s_page_is_away_is_told_and_gets_in_when_it_is_back(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    code = at_the_card(page, server, letter)
    card = page.url
    page.goto("about:blank")
    come(receiver, server, "code", "", code)
    expect(receiver.locator(NOTICE)).to_contain_text("as long as the sender's page is open")
    audit(receiver)
    page.goto(card)
    opens(receiver, letter)


def test_while_the_sender_s_page_is_away_the_whole_address_opens_the_link(
    page: Page, far: Pages, server: Server, letter: Path
) -> None:
    receiver = far()
    code = at_the_card(page, server, letter)
    address = page.get_by_test_id("link-url")
    expect(address).to_be_visible()
    link = address.input_value()
    page.close()
    come(receiver, server, "code", "", code)
    expect(receiver.locator(NOTICE)).to_contain_text("ask the sender for the whole address")
    type_half(receiver, link)
    opens(receiver, letter)


CLOSE = "code => fetch(`/live/${code}/close`, { method: 'POST' })"


def test_a_sender_who_closed_the_session_leaves_a_sentence(
    page: Page, far: Pages, visit: Callable[..., Any], server: Server, letter: Path
) -> None:
    receiver, later = far(), visit().new_page()
    code = at_the_card(page, server, letter)
    link = page.get_by_test_id("link-url").input_value()
    receiver.goto(f"{server.url}/live/{code.split('-')[0]}")
    type_half(receiver, code.split("-")[0] + "-AAAAA")
    expect(receiver.locator(NOTICE)).to_contain_text("not right")
    page.evaluate(CLOSE, code.split("-")[0])
    expect(receiver.locator(NOTICE)).to_contain_text("The code is valid no more")
    expect(page.get_by_test_id("live-code")).to_be_hidden()
    come(later, server, "code", "", code)
    expect(later.locator("[data-open-why]")).to_contain_text("its session is over")
    type_half(receiver, link)
    opens(receiver, letter)


def test_who_comes_by_the_address_needs_no_seat_of_the_session(
    page: Page, far: Pages, visit: Callable[..., Any], server: Server, letter: Path
) -> None:
    address = send_live(page, server, letter)
    fall_back(page)
    for one in (far(), visit().new_page(), far()):
        one.goto(address)
        expect(row(one, letter.name)).to_be_visible()
    assert "joined" not in page.request.get(f"{address.split('#')[0]}/state").text()


@pytest.mark.parametrize("where", ["the same tab", "another tab"])
def test_a_receiver_who_came_by_code_opens_the_session_s_address_again(
    page: Page, far: Pages, server: Server, letter: Path, where: str
) -> None:
    receiver = far()
    address = send_live(page, server, letter)
    code = code_of(page)
    come(receiver, server, "code", "", code)
    status(receiver, "connected")
    fall_back(page)
    expect(receiver.get_by_test_id("download")).to_be_visible()
    tab = receiver if where == "the same tab" else receiver.context.new_page()
    tab.goto(address.split("#")[0])
    if where == "another tab":
        type_half(tab, code)
    opens(tab, letter)


def test_a_plain_session_s_code_leads_to_its_link_as_ever(page: Page, far: Pages, server: Server, letter: Path) -> None:
    receiver = far()
    page.goto(server.url)
    choose(page, letter)
    page.get_by_test_id("plain").check()
    open_live(page)
    code = code_of(page)
    fall_back(page)
    expect(page.get_by_test_id("live-code")).to_have_count(0)
    come(receiver, server, "code", "", code)
    assert sha(saved(fetch(receiver, receiver.get_by_test_id("download")))) == sha(letter)
