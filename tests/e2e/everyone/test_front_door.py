"""How little a page asks for, and how it comes by its scripts while a new release is rolled out."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.e2e.support.steps import file_of, send
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

MOST_REQUESTS = 10


def asked_for(page: Page, url: str) -> list[str]:
    """The addresses that a page asks for until it is quiet."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto(url, wait_until="networkidle")
    page.remove_listener("request", note)
    return asked


def test_a_page_makes_few_requests_and_the_next_one_fewer(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    assert len(asked_for(page, server.url)) <= MOST_REQUESTS
    link = send(page, server.url, file_of(tmp_path, "a.bin", 1000))
    asked = asked_for(other, link)
    assert len(asked) <= MOST_REQUESTS
    assert not any("/js/lib/" in url for url in asked)


def test_what_only_some_need_is_not_asked_for(page: Page, server: Server) -> None:
    rare = ("lean-qr", "noble-hashes", "client-zip", "tus.min", "disk-sink-worker")
    assert [url for url in asked_for(page, server.url) for name in rare if name in url] == []


def test_a_page_that_asked_a_server_of_another_release_comes_again_by_itself(browser: Browser, server: Server) -> None:
    """Two servers side by side: the page came from one, a script of it was asked of the other."""
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=404, body="This page and the server are of different versions. Reload the page.")

    page.route("**/joined/base.js", refuse_once)
    page.goto(f"{server.url}/#kept")
    page.wait_for_event("load")  # of the second one: it is asked for half a second after the first
    # What only a page that lives does: a file that is chosen gets a row.
    page.get_by_test_id("file-input").set_input_files({"name": "a.txt", "mimeType": "", "buffer": b"a"})
    expect(page.get_by_text("a.txt")).to_be_visible()
    assert page.url.endswith("/#kept")
    assert len(refused) == 1
    context.close()


@pytest.mark.parametrize(("times", "more"), [(0, 1), (5, 0)])
def test_a_page_whose_scripts_never_come_is_asked_for_five_times_more_at_most(
    browser: Browser, server: Server, times: int, more: int
) -> None:
    context = browser.new_context()
    context.add_init_script(f"sessionStorage['again /'] ??= '{times}'")
    page = context.new_page()
    page.route("**/joined/base.js", lambda route: route.fulfill(status=404))
    page.goto(server.url)
    page.wait_for_timeout(1200)  # the first wait is half a second, the second one more
    assert page.evaluate("Number(sessionStorage['again /'])") == times + more
    context.close()


def test_a_page_that_somebody_has_touched_is_not_asked_for_again(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/joined/base.js", lambda route: route.fulfill(status=404))
    page.goto(server.url)
    page.locator("h1").click()
    page.wait_for_timeout(1000)
    assert page.evaluate("sessionStorage['again /']") is None
    context.close()
