"""Chromium to Firefox and back, live and by link: two builders of WebRTC and of WebCrypto, one protocol."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.support.firefox import Firefox
from tests.e2e.support.live_steps import receive, send_live, status
from tests.e2e.support.sealed_steps import seal_link
from tests.e2e.support.steps import MIB, fetch, file_of, saved, sha, shas_in
from tests.support.seal_client import RECORD, Codec
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    browser = Firefox(tmp_path)
    try:
        yield browser.open()
    finally:
        browser.close()


def has_status(state: str) -> str:
    return f"document.querySelector('[data-testid=status]')?.dataset.state === '{state}'"


def firefox_saves(firefox: Firefox, name: str, digest: str) -> None:
    file = firefox.downloads / name
    wait_until(lambda: file.exists() and sha(file) == digest, 20, f"Firefox did not save {name} as it was sent")


def zipped(firefox: Firefox) -> dict[str, str]:
    """What lies in the one zip that Firefox saves: paths and digests."""
    wait_until(lambda: any(map(zipfile.is_zipfile, firefox.downloads.glob("*.zip"))), 20, "Firefox saved no zip")
    (path,) = firefox.downloads.glob("*.zip")
    return shas_in(path)


def test_chromium_sends_and_firefox_saves(page: Page, firefox: Firefox, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 9 * MIB + 1)
    firefox.goto(send_live(page, server, film))
    firefox.press("accept")
    firefox.wait_for(has_status("completed"))
    status(page, "completed")
    firefox_saves(firefox, "film.bin", sha(film))


def test_firefox_sends_and_chromium_saves(page: Page, firefox: Firefox, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 9 * MIB + 1)
    firefox.goto(server.url)
    firefox.choose("file-input", film)
    firefox.press("create-live")
    firefox.wait_for("document.querySelector('[data-testid=live-url]')")
    address = firefox.look("document.querySelector('[data-testid=live-url]').value")
    assert receive(page, address) == {"film.bin": sha(film)}
    firefox.wait_for(has_status("completed"))


def test_firefox_saves_live_files_as_one_zip(page: Page, firefox: Firefox, server: Server, tmp_path: Path) -> None:
    files = [file_of(tmp_path, name, size) for name, size in {"a.bin": 5 * MIB + 1, "ç ü 北.txt": 0}.items()]
    firefox.goto(send_live(page, server, *files))
    firefox.press("accept-zip")
    firefox.wait_for(has_status("completed"))
    status(page, "completed")
    assert zipped(firefox) == {file.name: sha(file) for file in files}


def test_firefox_opens_a_sealed_link(firefox: Firefox, server: Server) -> None:
    letter, codec = os.urandom(9 * MIB + 1), Codec()
    firefox.goto(seal_link(codec, server.url, {"letter.bin": letter}))
    codec.close()
    firefox.press("download")
    firefox_saves(firefox, "letter.bin", sha(letter))


def test_firefox_zips_what_is_in_a_sealed_link(firefox: Firefox, server: Server) -> None:
    files, codec = {"album/a.jpg": os.urandom(RECORD + 5), "ç ü 北.txt": b"", "b.bin": os.urandom(3 * MIB)}, Codec()
    firefox.goto(seal_link(codec, server.url, files))
    codec.close()
    firefox.press("download-all")
    assert zipped(firefox) == {name: sha(content) for name, content in files.items()}


def test_chromium_opens_what_firefox_sealed(page: Page, firefox: Firefox, server: Server, tmp_path: Path) -> None:
    film = file_of(tmp_path, "film.bin", 17 * MIB + 1)
    firefox.goto(server.url)
    firefox.choose("file-input", film)
    firefox.press("create-link")
    firefox.wait_for(has_status("completed"))
    page.goto(firefox.look("document.querySelector('[data-testid=link-url]').value"))
    assert sha(saved(fetch(page, page.get_by_test_id("download")))) == sha(film)
