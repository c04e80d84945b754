"""What stands behind the # of an address is never sent, whatever asks."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.support.steps import choose, file_of, finished, get_link, row, send
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

FRAGMENT = "A" * 42 + "Q"


def test_no_request_of_a_page_tells_its_fragment(page: Page, server: Server, tmp_path: Path) -> None:
    told: list[Request] = []
    page.on("request", lambda request: told.append(request))
    page.goto(f"{server.url}/#{FRAGMENT}")
    choose(page, file_of(tmp_path, "a.bin", 5))
    get_link(page)
    finished(page)
    asked = [request for request in told if request.headers.get("hx-request")]
    assert asked
    assert [request.url for request in told if FRAGMENT in f"{request.headers} {request.post_data}"] == []


@pytest.mark.parametrize(
    "altered", ["{}.", "{})", "{}/", "{}%20", "{}?utm_source=x", "{}%3E", "{}%E2%80%8B", "%20{}", "#{}", "{}#"]
)
def test_what_stands_around_the_secret_is_cut_off(
    page: Page, other: Page, server: Server, tmp_path: Path, altered: str
) -> None:
    address, _, secret = send(page, server.url, file_of(tmp_path, "a.bin", 5)).partition("#")
    other.goto(f"{address}#{altered.format(secret)}")
    expect(row(other, "a.bin")).to_be_visible()


def test_a_sign_that_was_encoded_opens_and_warns(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    other.goto(send(page, server.url, file_of(tmp_path, "a.bin", 5)).replace("#", "%23") + ".")
    expect(row(other, "a.bin")).to_be_visible()
    expect(other.get_by_test_id("altered")).to_contain_text("has reached this server")


def test_a_secret_that_is_cut_short_is_told_by_its_length(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    other.goto(send(page, server.url, file_of(tmp_path, "a.bin", 5))[:-3])
    expect(other.locator("[data-open-why]")).to_contain_text("belong 43 letters and digits, and here are 40")
