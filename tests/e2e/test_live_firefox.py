"""Chromium to Firefox and back: two builders of WebRTC, one protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.firefox import Firefox
from tests.e2e.live_steps import receive, send_live, status
from tests.e2e.steps import MIB, file_of, sha
from tests.running import Server, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    browser = Firefox(tmp_path)
    try:
        yield browser.open()
    finally:
        browser.close()


def has_status(state: str) -> str:
    return f"document.querySelector('[data-testid=status]').dataset.state === '{state}'"


def test_chromium_sends_and_firefox_saves(page: Page, firefox: Firefox, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 9 * MIB + 1)
    firefox.goto(send_live(page, server, film))
    firefox.press("accept")
    firefox.wait_for(has_status("completed"))
    status(page, "completed")
    saved = firefox.downloads / "film.bin"
    wait_until(lambda: saved.exists() and sha(saved) == sha(film), 20, "Firefox did not save what was sent")


def test_firefox_sends_and_chromium_saves(page: Page, firefox: Firefox, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 9 * MIB + 1)
    firefox.goto(server.url)
    firefox.choose("file-input", film)
    firefox.press("create-live")
    firefox.wait_for("document.querySelector('[data-testid=live-url]')")
    address = firefox.look("document.querySelector('[data-testid=live-url]').value")
    assert receive(page, address) == {"film.bin": sha(film)}
    firefox.wait_for(has_status("completed"))
