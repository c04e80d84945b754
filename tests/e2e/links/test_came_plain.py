"""A server that takes the encryption out of its pages: whoever was promised it is told, and nothing goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.hostile import Hostile
from tests.e2e.support.sealed_steps import seal_link
from tests.e2e.support.steps import choose, get_link, plainly, protect, row, rows
from tests.e2e.support.stripped_pages import without_seal
from tests.support.seal_client import Codec
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
SECRET_WORDS = b"the whale swims at midnight. "


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


@pytest.fixture
def hostile(server: Server) -> Iterator[Hostile]:
    hostile = Hostile(server.port)
    hostile.rewrite = without_seal
    yield hostile
    hostile.close()


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_bytes(SECRET_WORDS * 1000)
    return path


def stopped(page: Page) -> None:
    expect(page.get_by_test_id("stopped")).to_be_visible()
    expect(page.get_by_test_id("alert").last).to_contain_text("end-to-end encrypted")
    for part in ("download", "download-all", "password", "unlock"):
        expect(page.get_by_test_id(part)).to_have_count(0)


def honest(hostile: Hostile, server: Server, link: str) -> str:
    """The same link at the hostile server."""
    return link.replace(server.url, hostile.url)


def test_a_link_page_that_came_plain_offers_nothing(page: Page, hostile: Hostile, server: Server, codec: Codec) -> None:
    page.goto(honest(hostile, server, seal_link(codec, server.url, {"letter.bin": b"x"})))
    stopped(page)
    audit(page)


def test_a_password_is_not_asked_for_by_a_page_that_came_plain(
    page: Page, hostile: Hostile, server: Server, codec: Codec
) -> None:
    page.goto(honest(hostile, server, seal_link(codec, server.url, {"letter.bin": b"x"}, password="open sesame")))
    stopped(page)
    assert b"/unlock" not in hostile.told


def test_an_address_whose_end_was_cut_off_is_a_promise_too(
    page: Page, hostile: Hostile, server: Server, codec: Codec
) -> None:
    page.goto(honest(hostile, server, seal_link(codec, server.url, {"letter.bin": b"x"}))[:-10])
    stopped(page)


@pytest.mark.parametrize("password", ["", "open sesame"])
def test_another_tab_without_the_end_of_the_link_remembers_that_it_was_sealed(
    page: Page, hostile: Hostile, server: Server, codec: Codec, password: str
) -> None:
    hostile.rewrite = None
    link = honest(hostile, server, seal_link(codec, server.url, {"letter.bin": b"x"}, password=password))
    page.goto(link)
    if password:
        page.get_by_test_id("password").fill(password)
        page.get_by_test_id("unlock").click()
    expect(row(page, "letter.bin")).to_be_visible()
    page.context.clear_cookies()
    hostile.rewrite = without_seal
    tab = page.context.new_page()
    tab.goto(link.split("#")[0])
    stopped(tab)


def test_a_page_that_turns_plain_while_it_waits_is_stopped(
    page: Page, hostile: Hostile, server: Server, codec: Codec
) -> None:
    hostile.rewrite = None
    page.goto(honest(hostile, server, seal_link(codec, server.url, {"letter.bin": b"x"}, stored=False)))
    expect(row(page, "letter.bin")).to_be_visible()
    hostile.rewrite = without_seal
    stopped(page)


def test_a_card_that_came_plain_uploads_nothing_and_shows_no_address(
    page: Page, hostile: Hostile, letter: Path
) -> None:
    page.goto(hostile.url)
    choose(page, letter)
    page.get_by_test_id("create-link").click()
    stopped(page)
    expect(page.get_by_test_id("link-url")).to_have_count(0)
    audit(page)
    assert b"PATCH " not in hostile.told
    assert SECRET_WORDS not in hostile.told


@pytest.mark.parametrize("way", ["tab", "home"])
def test_an_owner_who_comes_back_uploads_nothing_plain(page: Page, hostile: Hostile, letter: Path, way: str) -> None:
    hostile.rewrite = None
    page.route("**/api/files/**", lambda route: route.abort())
    page.goto(hostile.url)
    choose(page, letter)
    get_link(page)
    expect(row(page, letter.name)).to_be_visible()
    owner = page.url
    hostile.rewrite = without_seal
    tab = page.context.new_page()
    if way == "tab":
        tab.goto(owner)
    else:
        tab.goto(hostile.url)
        choose(tab, letter)
        tab.get_by_test_id("create-link").click()
    stopped(tab)
    expect(tab.get_by_test_id("link-url")).to_have_count(0)
    expect(tab.get_by_test_id("file-input")).to_have_count(0)
    assert SECRET_WORDS not in hostile.told


def test_a_plain_form_can_do_nothing_until_the_page_has_looked(
    visit: Callable[..., BrowserContext], page: Page, server: Server, letter: Path
) -> None:
    page.goto(server.url)
    choose(page, letter)
    plainly(page)
    protect(page, "open sesame")
    link = get_link(page)
    other = visit().new_page()
    held = []
    other.route("**/static/**/link*.js", lambda route: held.append(route))
    other.goto(link, wait_until="commit")
    expect(other.get_by_test_id("unlock")).to_be_disabled()
    other.get_by_test_id("password").fill("open sesame")
    other.keyboard.press("Enter")
    expect(other.get_by_test_id("password")).to_have_value("open sesame")
    assert held
    held[0].continue_()
    expect(other.get_by_test_id("unlock")).to_be_enabled()
    other.get_by_test_id("unlock").click()
    expect(rows(other)).to_have_count(1)
