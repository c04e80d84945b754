"""Chromium to WebKitGTK and back, live: a browser without WebRTC takes part by the road, sealed as ever."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import receive, send_live, status, stored
from tests.e2e.support.steps import MIB, file_of, sha, shas_in
from tests.e2e.support.webkit import WebKit, missing, webkit
from tests.support.server_process import Server, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

PATH = "document.querySelector('[data-testid=path]').textContent"


@pytest.fixture
def safari(tmp_path: Path) -> Iterator[WebKit]:
    with webkit(tmp_path) as browser:
        yield browser


def completed(safari: WebKit, page: Page) -> None:
    """Both pages say so, and that every byte is right and came through the server."""
    status(page, "completed")
    safari.wait_for("document.querySelector('[data-testid=status]')?.dataset.state === 'completed'")
    safari.wait_for("document.querySelector('[data-testid=verified]').checkVisibility()")
    expect(page.get_by_test_id("verified")).to_be_visible()
    expect(page.get_by_test_id("path")).to_have_text("through the server")
    assert safari.look(PATH) == "through the server"


@pytest.mark.parametrize("size", [0, 9 * MIB + 1])
def test_chromium_sends_and_webkit_saves(page: Page, safari: WebKit, server: Server, tmp_path: Path, size: int) -> None:
    film = file_of(tmp_path, "film.bin", size)
    safari.goto(send_live(page, server, film))
    assert safari.look("globalThis.RTCPeerConnection === undefined")
    safari.press("accept")
    completed(safari, page)
    saved = safari.downloads / "film.bin"
    wait_until(lambda: saved.exists() and sha(saved) == sha(film), 20, "WebKit did not save it as it was sent")
    assert stored(server) == {}


def test_webkit_saves_live_files_as_one_zip(page: Page, safari: WebKit, server: Server, tmp_path: Path) -> None:
    files = [file_of(tmp_path, name, size) for name, size in {"a.bin": 5 * MIB + 1, "ç ü 北.txt": 0}.items()]
    safari.goto(send_live(page, server, *files))
    safari.press("accept-zip")
    completed(safari, page)
    wait_until(lambda: any(map(zipfile.is_zipfile, safari.downloads.glob("*.zip"))), 20, "WebKit saved no zip")
    (path,) = safari.downloads.glob("*.zip")
    assert shas_in(path) == {file.name: sha(file) for file in files}


def test_webkit_sends_and_chromium_saves(page: Page, safari: WebKit, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 9 * MIB + 1)
    safari.goto(server.url)
    safari.choose("file-input", film)
    safari.press("create-live")
    safari.wait_for("document.querySelector('[data-protection]')?.checkVisibility()")
    address = safari.look("document.querySelector('[data-testid=live-url]').value")
    assert "#" in address
    safari.wait_for("document.querySelector('[data-reach]').textContent.startsWith('Live works from here: through')")
    assert receive(page, address) == {"film.bin": sha(film)}
    completed(safari, page)
    assert stored(server) == {}
