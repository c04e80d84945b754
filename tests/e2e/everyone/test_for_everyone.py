"""Every page and state for everyone: axe-core, light and dark, phone and desktop, and the keyboard alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.between import Between
from tests.e2e.support.gate import Gate
from tests.e2e.support.steps import (
    MIB,
    accept_questions,
    choose,
    fetch,
    file_of,
    finished,
    get_link,
    option,
    plainly,
    protect,
    rows,
    send,
)
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

LONG = "Holiday in the Dolomites, day 3, before breakfast, final FINAL version (2) edited by Marta"
NAMES = [
    f"{LONG}.jpeg",
    "x" * 120 + ".tar.gz",
    "مرحبا بالعالم.docx",
    "北海道の写真集二〇二六年冬の旅行記録.zip",
    "empty.txt",
]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [file_of(tmp_path, name, number * 1000) for number, name in enumerate(NAMES)]


@pytest.fixture
def uploading(page: Page, gate: Gate, files: list[Path], tmp_path: Path) -> Iterator[str]:
    """The sender's card in mid-upload; the link."""
    gate.hold_after(5 * MIB)
    page.goto(gate.url)
    choose(page, *files, file_of(tmp_path, "film.bin", 24 * MIB))
    link = get_link(page)
    gate.wait_until_held()
    expect(page.get_by_test_id("rate")).to_be_empty()
    yield link
    gate.release()


def test_the_home_page_empty_with_an_alert_and_with_open_options(page: Page, server: Server) -> None:
    page.goto(server.url)
    audit(page)
    page.get_by_test_id("create-link").click()
    page.locator("summary").click()
    expect(page.get_by_label("Keep for")).to_be_visible()
    audit(page)


def test_the_home_page_filled(page: Page, server: Server, files: list[Path], tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, *files)
    audit(page)
    choose(page, *(file_of(tmp_path, f"photo {number}.jpg", 10) for number in range(100)))
    expect(rows(page)).to_have_count(105)
    audit(page)


def test_the_home_page_that_asks_for_the_upload_password(page: Page, serve: Callable[..., Server]) -> None:
    page.goto(serve(PACKETPOST_UPLOAD_PASSWORD="stamps").url)
    audit(page)


def test_the_card_uploading_and_paused(page: Page, uploading: str) -> None:
    audit(page)
    page.get_by_test_id("pause").click()
    expect(page.get_by_test_id("status")).to_have_text("Paused")
    audit(page)


def test_the_card_and_the_home_page_after_an_interruption(page: Page, gate: Gate, uploading: str) -> None:
    accept_questions(page)
    page.reload()
    expect(page.get_by_role("heading", name="Go on with the upload")).to_be_visible()
    audit(page)
    page.goto(gate.url)
    expect(page.get_by_test_id("go-on")).to_be_visible()
    audit(page)


def test_the_card_with_a_file_that_failed(page: Page, uploading: str, tmp_path: Path) -> None:
    accept_questions(page)
    page.reload()
    file_of(tmp_path, "film.bin", 24 * MIB)
    choose(page, tmp_path / "film.bin")
    expect(page.get_by_test_id("status")).to_have_text("1 file could not be sent")
    audit(page)


def test_the_card_done_and_deleted(page: Page, server: Server, files: list[Path]) -> None:
    accept_questions(page)
    send(page, server.url, *files)
    audit(page)
    page.get_by_test_id("delete-link").click()
    expect(page.get_by_role("heading", name="The link is deleted")).to_be_visible()
    audit(page)


def test_the_link_page_waiting(uploading: str, other: Page, gate: Gate, server: Server) -> None:
    other.goto(uploading.replace(gate.url, server.url))
    expect(other.get_by_test_id("status")).to_contain_text("The sender is still uploading.")
    audit(other)


def test_the_link_page_with_many_files(page: Page, other: Page, server: Server, files: list[Path]) -> None:
    other.goto(send(page, server.url, *files))
    audit(other)


@pytest.mark.slow
def test_the_link_page_locked_unlocked_and_used_up(page: Page, other: Page, server: Server, files: list[Path]) -> None:
    page.goto(server.url)
    choose(page, files[0])
    protect(page, "open sesame")
    page.get_by_label("Downloads").select_option("1")
    other.goto(get_link(page))
    finished(page)
    audit(other)
    other.get_by_test_id("password").fill("guess")
    other.get_by_test_id("unlock").click()
    expect(other.get_by_test_id("alert")).to_be_visible()
    audit(other)
    other.get_by_test_id("password").fill("open sesame")
    other.get_by_test_id("unlock").click()
    expect(rows(other)).to_have_count(1)
    audit(other)
    fetch(other, other.get_by_test_id("download"))
    expect(page.get_by_role("heading", name="This link is used up")).to_be_visible()
    audit(page)


@pytest.mark.slow
def test_the_pages_that_ask_for_the_end_of_a_link(page: Page, other: Page, server: Server, files: list[Path]) -> None:
    page.goto(server.url)
    choose(page, files[0])
    protect(page, "open sesame")
    link = get_link(page)
    finished(page)
    other.goto(link.split("#")[0])
    expect(other.get_by_test_id("secret")).to_be_visible()
    audit(other)
    other.get_by_test_id("secret").fill(link)
    other.get_by_test_id("password").fill("open sesame")
    other.get_by_test_id("unlock").click()
    expect(rows(other)).to_have_count(1)
    for address in (page.url, link.split("#")[0]):
        tab = (page if address == page.url else other).context.new_page()
        tab.goto(address)
        expect(tab.get_by_test_id("open-why")).to_be_visible()
        audit(tab)


def test_the_home_page_sending_plainly(page: Page, server: Server) -> None:
    page.goto(server.url)
    plainly(page)
    audit(page)


def test_the_link_page_while_it_opens_a_file(page: Page, other: Page, gate: Gate, tmp_path: Path) -> None:
    gate.hold_after(5 * MIB)
    page.goto(gate.url)
    choose(page, file_of(tmp_path, "film.bin", 24 * MIB))
    other.goto(get_link(page))
    gate.wait_until_held()
    other.get_by_test_id("download").click()
    expect(other.get_by_test_id("progress")).to_be_visible()
    audit(other)
    gate.release()
    finished(page)


def test_the_link_page_refusing_what_was_changed(page: Page, other: Page, server: Server, files: list[Path]) -> None:
    between = Between(server.port)
    between.change = lambda path, body: body[:-1] if path.startswith("/api/download/") else body
    other.goto(send(page, server.url, files[0], files[1]).replace(server.url, between.url))
    for button in other.get_by_test_id("download").all():
        button.click()
    expect(other.get_by_test_id("alert")).to_have_count(2)
    audit(other)
    between.close()


def test_the_pages_for_what_is_not_there(page: Page, other: Page, server: Server, files: list[Path]) -> None:
    page.goto(server.url + "/l/AAAAAAAAAAAAAAAAAAAAAA")
    audit(page)
    accept_questions(page)
    link = send(page, server.url, files[0])
    other.goto(link)
    page.get_by_test_id("delete-link").click()
    expect(page.get_by_role("heading", name="The link is deleted")).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", name="This link has ended")).to_be_visible()
    audit(other)


def tab_to(page: Page, description: str) -> None:
    """Press Tab until the element with the test id has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if (
            page.evaluate("() => document.activeElement.dataset.testid ?? document.activeElement.tagName")
            == description
        ):
            return
    raise AssertionError(f"Tab never reached {description}")


def test_the_keyboard_alone_leads_from_the_page_to_a_finished_upload(
    page: Page, server: Server, files: list[Path]
) -> None:
    page.on("filechooser", lambda chooser: None)  # from the start, since Enter is quicker than the wait below
    page.goto(server.url)
    tab_to(page, "file-input")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([str(path) for path in files[:2]])
    expect(rows(page)).to_have_count(2)
    tab_to(page, "remove")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    tab_to(page, "SUMMARY")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Keep for")).to_be_visible()
    tab_to(page, "create-link")
    page.keyboard.press("Enter")
    finished(page)
    expect(page.get_by_role("heading", name="Your link is ready to share")).to_be_focused()
    tab_to(page, "copy-link")


def test_the_keyboard_alone_downloads(page: Page, other: Page, server: Server, files: list[Path]) -> None:
    other.goto(send(page, server.url, *files[:3]))
    tab_to(other, "download-all")
    with other.expect_download() as waiting:
        other.keyboard.press("Enter")
    assert waiting.value.failure() is None


def test_screen_readers_hear_what_changes(page: Page, server: Server, files: list[Path]) -> None:
    page.goto(server.url)
    choose(page, *files[:2])
    expect(page.get_by_role("status").filter(has_text="2 files")).to_be_visible()
    option(page, "Downloads", "1")
    get_link(page)
    expect(page.get_by_role("status").filter(has_text="All files are stored")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="0 of 1 download used")).to_be_visible()
