"""What stands behind the # of an address is never sent, whatever asks."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

from tests.e2e.support.steps import choose, file_of, finished, get_link
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
