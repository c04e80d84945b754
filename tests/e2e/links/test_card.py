"""The owner's card: what it shows of the link while people download, and how it ends."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.steps import accept_questions, choose, fetch, file_of, finished, get_link, option, send
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    return file_of(tmp_path, "letter.bin", 1000)


def test_downloads_are_counted_while_the_card_is_open(page: Page, other: Page, server: Server, letter: Path) -> None:
    other.goto(send(page, server.url, letter))
    expect(page.get_by_test_id("card-state")).to_contain_text("Downloaded 0 times")
    fetch(other, other.get_by_test_id("download"))
    expect(page.get_by_test_id("card-state")).to_contain_text("Downloaded 1 time")


def test_the_card_says_when_the_last_download_has_been_taken(
    page: Page, other: Page, server: Server, letter: Path
) -> None:
    page.goto(server.url)
    choose(page, letter)
    option(page, "Downloads", "1")
    link = get_link(page)
    finished(page)
    expect(page.get_by_test_id("card-state")).to_contain_text("0 of 1 download used")
    other.goto(link)
    fetch(other, other.get_by_test_id("download"))
    expect(page.get_by_role("heading", name="This link is used up")).to_be_visible()
    expect(page.get_by_test_id("link-url")).to_have_count(0)


def test_an_open_card_says_when_its_link_has_expired(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.request.post(
        f"{server.url}/links",
        form={"manifest": '[{"path": "letter.txt", "size": 10}]', "expiry": "3s"},
        headers={"Sec-Fetch-Site": "same-origin"},
        max_redirects=0,
    )
    owner = next(cookie for cookie in page.context.cookies() if cookie["name"] == "owner")
    page.goto(f"{server.url}{owner['path']}/owner")
    expect(page.get_by_role("heading", name="Your link is ready to share")).to_be_visible()
    expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()


def test_deleting_asks_then_ends_the_link_for_everyone(page: Page, other: Page, server: Server, letter: Path) -> None:
    asked = accept_questions(page)
    link = send(page, server.url, letter)
    other.goto(link)
    page.get_by_test_id("delete-link").click()
    expect(page.get_by_role("heading", name="The link is deleted")).to_be_focused()
    assert asked == ["confirm: Delete this link and its files?"]
    answer = other.reload()
    assert answer is not None
    assert answer.status == 410
    expect(other.get_by_test_id("alert")).to_have_text("This link was deleted by its sender.")


def test_not_deleting_after_all_keeps_the_link(page: Page, other: Page, server: Server, letter: Path) -> None:
    link = send(page, server.url, letter)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.get_by_test_id("delete-link").click()
    other.goto(link)
    expect(other.get_by_test_id("download")).to_be_visible()


def test_the_card_comes_back_after_a_reload(page: Page, server: Server, letter: Path) -> None:
    link = send(page, server.url, letter)
    page.reload()
    expect(page.get_by_test_id("link-url")).to_have_value(link)
    finished(page)


def test_a_recipient_cannot_open_the_owner_s_card(page: Page, other: Page, server: Server, letter: Path) -> None:
    answer = other.goto(send(page, server.url, letter).split("#")[0] + "/owner")
    assert answer is not None
    assert answer.status == 403
    expect(other.get_by_test_id("alert")).to_contain_text("Only the person who made this link can do that")


def test_the_open_page_of_an_unfinished_link_says_when_it_is_deleted(page: Page, other: Page, server: Server) -> None:
    accept_questions(page)
    page.goto(server.url)
    page.request.post(
        f"{server.url}/links",
        form={"manifest": '[{"path": "letter.txt", "size": 10}]'},
        headers={"Sec-Fetch-Site": "same-origin"},
        max_redirects=0,
    )
    owner = next(cookie for cookie in page.context.cookies() if cookie["name"] == "owner")
    page.goto(f"{server.url}{owner['path']}/owner")
    other.goto(server.url + owner["path"])
    page.get_by_test_id("delete-link").click()
    expect(other.get_by_role("heading", name="This link has ended")).to_be_focused()
    expect(other.get_by_test_id("alert")).to_have_text("This link was deleted by its sender.")
    audit(other)
