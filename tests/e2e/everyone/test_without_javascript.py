"""Everything that must work in a browser that runs no scripts at all."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support.steps import choose, fetch, file_of, link_of, rows, saved, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Callable[..., BrowserContext]) -> Page:
    return visit(java_script_enabled=False).new_page()


@pytest.fixture
def other(visit: Callable[..., BrowserContext]) -> Page:
    return visit(java_script_enabled=False).new_page()


def send(page: Page, url: str, *files: Path) -> str:
    page.goto(url)
    choose(page, *files)
    page.get_by_test_id("create-link").click()
    return link_of(page)


def test_the_form_sends_the_files_and_leads_to_a_page_with_the_link(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    files = [file_of(tmp_path, "ä letter.bin", 100_000), file_of(tmp_path, "empty.bin", 0)]
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.url.endswith("/links") else None)
    link = send(page, server.url, *files)
    assert statuses == [303]
    expect(page.get_by_test_id("status")).to_have_text("All files are stored")
    expect(page.get_by_test_id("qr")).to_be_visible()
    expect(page.get_by_test_id("copy-link")).to_be_hidden()
    other.goto(link)
    with zipfile.ZipFile(saved(fetch(other, other.get_by_test_id("download-all")))) as archive:
        assert {name: sha(archive.read(name)) for name in archive.namelist()} == {
            file.name: sha(file) for file in files
        }


def test_each_file_is_downloaded(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    file = file_of(tmp_path, "letter.bin", 100_000)
    other.goto(send(page, server.url, file))
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)


def test_the_owner_deletes_with_the_button(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    link = send(page, server.url, file_of(tmp_path, "letter.bin", 100))
    page.get_by_test_id("delete-link").click()
    expect(page.get_by_role("heading", name="The link is deleted")).to_be_visible()
    answer = other.goto(link)
    assert answer is not None
    assert answer.status == 404


def test_options_and_a_password_work(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "letter.bin", 100))
    page.locator("summary").click()
    page.get_by_label("Password").fill("open sesame")
    page.get_by_label("Downloads").select_option("20")
    page.get_by_test_id("create-link").click()
    expect(page.get_by_test_id("card-state")).to_contain_text("0 of 20 downloads used")
    other.goto(link_of(page))
    other.get_by_test_id("password").fill("guess")
    other.get_by_test_id("unlock").click()
    expect(other.get_by_test_id("alert")).to_have_text("That password is not right. Check it and try again.")
    other.get_by_test_id("password").fill("open sesame")
    other.get_by_test_id("unlock").click()
    expect(rows(other)).to_have_count(1)


def test_the_operator_s_upload_password_reaches_the_server_before_the_files(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve(PACKETPOST_UPLOAD_PASSWORD="stamps")
    page.goto(server.url)
    page.get_by_test_id("upload-password").fill("wrong")
    choose(page, file_of(tmp_path, "letter.bin", 100))
    page.get_by_test_id("create-link").click()
    expect(page.get_by_test_id("alert")).to_contain_text("upload password")
    page.goto(server.url)
    page.get_by_test_id("upload-password").fill("stamps")
    choose(page, file_of(tmp_path, "letter.bin", 100))
    page.get_by_test_id("create-link").click()
    link_of(page)


def test_too_large_a_file_is_a_page_that_says_so(page: Page, serve: Callable[..., Server], tmp_path: Path) -> None:
    page.goto(serve(PACKETPOST_MAX_UPLOAD_BYTES="1000").url)
    choose(page, file_of(tmp_path, "large.bin", 4_000_000))
    page.get_by_test_id("create-link").click()
    expect(page.get_by_role("heading", name="Too large")).to_be_visible()


def test_what_needs_scripts_is_not_shown(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(page.get_by_test_id("file-input")).to_be_visible()
    expect(page.get_by_text("Drop files or folders here")).to_be_hidden()
    expect(page.get_by_test_id("choose-folder")).to_be_hidden()


def test_a_code_is_sent_nowhere_and_the_page_says_that_live_needs_scripts(page: Page, server: Server) -> None:
    page.goto(server.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.get_by_text("Receiving by a code needs JavaScript")).to_be_visible()
    expect(page.get_by_test_id("join-live")).to_be_disabled()
    page.get_by_test_id("join-code").fill("K7QF-3MZPA")
    page.get_by_test_id("join-code").press("Enter")
    page.get_by_test_id("create-link").click(trial=True)  # the page is still the same
    assert [url for url in asked if not url.endswith("/favicon.svg")] == []  # for which browsers ask when they like
