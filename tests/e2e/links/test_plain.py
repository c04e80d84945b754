"""The other choice: sent plainly, for curl and for browsers without JavaScript, and labelled so everywhere."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.steps import (
    MIB,
    choose,
    fetch,
    file_of,
    finished,
    get_link,
    plainly,
    protect,
    row,
    saved,
    sha,
)
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

_NO_CRYPTO = "Object.defineProperty(globalThis, 'isSecureContext', { get: () => false })"


def send_plainly(page: Page, url: str, *files: Path) -> str:
    page.goto(url)
    choose(page, *files)
    plainly(page)
    link = get_link(page)
    finished(page)
    return link


def test_the_choice_says_what_it_means(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_test_id("protection")).to_have_text("End-to-end encrypted")
    page.get_by_label("Works with curl and without JavaScript, not end-to-end encrypted").check()
    expect(page.get_by_test_id("protection")).to_have_text("Not end-to-end encrypted")
    expect(page.get_by_text("This server can read what you send.")).to_be_visible()


def test_what_is_sent_plainly_is_read_by_curl_and_labelled(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    file = file_of(tmp_path, "letter.bin", 3 * MIB + 1)
    link = send_plainly(page, server.url, file)
    assert "#" not in link
    got = requests.get(link.replace("/l/", "/api/download/"), timeout=10)
    assert "letter.bin" in got.headers["Content-Disposition"]
    assert sha(got.content) == sha(file)
    other.goto(link)
    for person in (page, other):
        expect(person.get_by_test_id("protection")).to_have_text("Not end-to-end encrypted")
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)


def test_many_come_as_the_server_s_zip(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    files = [file_of(tmp_path, "a.bin", 70_000), file_of(tmp_path, "b.bin", 0)]
    other.goto(send_plainly(page, server.url, *files))
    with zipfile.ZipFile(saved(fetch(other, other.get_by_test_id("download-all")))) as archive:
        assert {name: sha(archive.read(name)) for name in archive.namelist()} == {f.name: sha(f) for f in files}


def test_a_download_that_starts_early_follows_the_upload_to_its_end(
    page: Page, other: Page, gate: Gate, server: Server, tmp_path: Path
) -> None:
    gate.hold_after(3 * MIB)
    page.goto(gate.url)
    film = file_of(tmp_path, "film.bin", 12 * MIB)
    choose(page, film)
    plainly(page)
    link = get_link(page).replace(gate.url, server.url)
    gate.wait_until_held()
    other.goto(link)
    expect(row(other, "film.bin")).to_contain_text("arriving")
    with other.expect_download() as waiting:
        other.get_by_test_id("download").click()
    gate.release()
    assert sha(saved(waiting.value)) == sha(film)


def test_the_same_file_goes_on_after_a_reload(page: Page, gate: Gate, tmp_path: Path) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    gate.hold_after(5 * MIB)
    page.goto(gate.url)
    film = file_of(tmp_path, "film.bin", 24 * MIB)
    choose(page, film)
    plainly(page)
    get_link(page)
    gate.wait_until_held()
    page.reload()
    gate.release()
    choose(page, film)
    finished(page)
    assert sum(asked.body_bytes for asked in gate.uploads()) == 24 * MIB


def test_the_password_of_a_plain_link_is_asked_for_as_it_was_typed(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    file = file_of(tmp_path, "letter.bin", 1000)
    page.goto(server.url)
    choose(page, file)
    plainly(page)
    protect(page, "open sesame")
    link = get_link(page)
    finished(page)
    other.goto(link)
    other.get_by_test_id("password").fill("open sesame")
    other.get_by_test_id("unlock").click()
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)


def test_a_page_that_cannot_encrypt_says_so_and_sends_plainly(
    visit: Callable[..., BrowserContext], other: Page, server: Server, tmp_path: Path
) -> None:
    context = visit()
    context.add_init_script(_NO_CRYPTO)
    page, file = context.new_page(), file_of(tmp_path, "letter.bin", 1000)
    page.goto(server.url)
    expect(page.get_by_test_id("plain")).to_be_checked()
    expect(page.get_by_test_id("plain")).to_be_disabled()
    expect(page.get_by_text("it cannot encrypt here")).to_be_visible()
    choose(page, file)
    link = get_link(page)
    finished(page)
    other.goto(link)
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)


def test_a_page_that_cannot_open_says_so(
    page: Page, visit: Callable[..., BrowserContext], server: Server, tmp_path: Path
) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "letter.bin", 10))
    link = get_link(page)
    finished(page)
    context = visit()
    context.add_init_script(_NO_CRYPTO)
    old = context.new_page()
    old.goto(link)
    expect(old.get_by_text("on this page the browser cannot open them")).to_be_visible()
