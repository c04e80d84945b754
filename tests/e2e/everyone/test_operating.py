"""What people and operators see when a link is reported or taken down."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.steps import file_of, send
from tests.support.http import share
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def link(page: Page, server: Server, tmp_path: Path) -> str:
    """Of one file; the owner's card is open on `page`."""
    return send(page, server.url, file_of(tmp_path, "odd.bin", 1000))


def test_a_receiver_reports_a_link(other: Page, link: str, server: Server) -> None:
    other.goto(link)
    other.get_by_text("Report these files").click()
    audit(other)
    other.get_by_test_id("complaint").select_option("malware")
    other.get_by_test_id("report-text").fill("My scanner says so.")
    other.get_by_test_id("send-report").click()
    expect(other.get_by_test_id("report-sent")).to_contain_text("Thank you")
    audit(other)
    assert "My scanner says so." in server.flask("reports")


def test_a_report_without_a_reason_is_not_sent(other: Page, link: str) -> None:
    other.goto(link)
    other.get_by_text("Report these files").click()
    other.get_by_test_id("send-report").click()
    expect(other.get_by_test_id("complaint")).to_be_focused()
    expect(other.get_by_test_id("report-sent")).to_have_count(0)


@pytest.fixture
def plain(visit: Callable[..., BrowserContext]) -> Page:
    """A page without JavaScript."""
    return visit(java_script_enabled=False).new_page()


def test_a_report_without_javascript(plain: Page, server: Server) -> None:
    plain.goto(share(server, b"12345").url)
    plain.get_by_text("Report these files").click()
    plain.get_by_test_id("complaint").select_option("other")
    plain.get_by_test_id("report-contact").fill("someone@home.example")
    plain.get_by_test_id("send-report").click()
    expect(plain.get_by_test_id("report-sent")).to_be_visible()
    plain.get_by_role("link", name="Back to the files").click()
    expect(plain.get_by_test_id("download")).to_be_visible()
    assert "someone@home.example" in server.flask("reports")


def test_a_takedown_reaches_the_owner_and_strangers(page: Page, other: Page, link: str, server: Server) -> None:
    server.flask("takedown", link)
    expect(page.get_by_role("heading", name="This link was taken down")).to_be_visible()
    audit(page)
    answer = other.goto(link)
    assert answer is not None
    assert answer.status == 451
    expect(other.get_by_role("heading", name="This link was taken down")).to_be_visible()
    audit(other)


def test_the_operators_check(page: Page, serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_ADMIN_TOKEN="an-admin-token-of-oak", PACKETPOST_REQUEST_BYTES="1000000")
    page.goto(f"{server.url}/check")
    audit(page)
    page.get_by_test_id("admin-token").fill("an-admin-token-of-oak")
    page.get_by_test_id("enter").click()
    browser = page.get_by_test_id("browser")
    for name in ("secure", "socket", "clock"):
        expect(browser.locator(f'[data-look="{name}"]')).to_have_attribute("data-state", "ok")
        expect(browser.locator(f'[data-look="{name}"] [data-advice]')).to_be_hidden()
    expect(browser.locator('[data-look="live"]')).to_contain_text("Live works from here: through this server")
    page.get_by_test_id("look-outside").click()
    expect(page.get_by_test_id("outside")).to_contain_text("Bodies of 1,000,000 bytes get through.")
    audit(page)
