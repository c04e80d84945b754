"""The picker: every way in, the list, and the limits, all before a byte moves."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.steps import choose, file_of, payload, plainly, row, rows
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

_PASTE_IMAGE = """async () => {
  const canvas = new OffscreenCanvas(8, 8)
  canvas.getContext('2d').fillRect(0, 0, 8, 8)
  const blob = await canvas.convertToBlob({ type: 'image/png' })
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })])
}"""


def drop(page: Page, *paths: Path) -> None:
    """Drop real files or folders onto the page, as the operating system does."""
    session = page.context.new_cdp_session(page)
    cargo = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 400, "data": cargo})


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for name in ("a.jpg", "day one/b.jpg", "day one/evening/c.jpg"):
        file_of(tmp_path / "album", name, 100)
    return tmp_path / "album"


def paths_in(page: Page) -> set[str]:
    return set(rows(page).locator(".file-name").all_text_contents())


ALBUM = {"album/a.jpg", "album/day one/b.jpg", "album/day one/evening/c.jpg"}


def test_chosen_files_are_listed_with_their_sizes_and_the_total(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "one.bin", 1500), file_of(tmp_path, "two.bin", 2_000_000))
    expect(row(page, "one.bin")).to_contain_text("1.5 kB")
    expect(row(page, "two.bin")).to_contain_text("2.0 MB")
    expect(page.get_by_text("2 files, 2.0 MB")).to_be_visible()


def test_choosing_again_adds_and_the_same_file_twice_is_one(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    one, two = file_of(tmp_path, "one.bin", 10), file_of(tmp_path, "two.bin", 10)
    choose(page, one)
    choose(page, one, two)
    expect(rows(page)).to_have_count(2)


def test_two_files_of_one_name_size_and_time_are_both_sent(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    for folder in ("one", "two"):
        file = file_of(tmp_path / folder, "config.json", 200_000)
        os.utime(file, (1_700_000_000, 1_700_000_000))
        choose(page, file)
    expect(rows(page)).to_have_count(2)


def test_a_file_is_removed_and_the_focus_goes_to_its_neighbour(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "one.bin", 10), file_of(tmp_path, "two.bin", 20))
    row(page, "one.bin").get_by_test_id("remove").click()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("1 file, 20 B")).to_be_visible()
    expect(row(page, "two.bin").get_by_test_id("remove")).to_be_focused()


def test_removing_the_last_file_leads_back_to_the_empty_picker(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "one.bin", 10))
    row(page, "one.bin").get_by_test_id("remove").click()
    expect(page.get_by_text("Drop files or folders here")).to_be_visible()
    expect(page.get_by_test_id("file-input")).to_be_focused()


def test_a_folder_from_the_dialog_keeps_its_tree(page: Page, server: Server, album: Path) -> None:
    page.goto(server.url)
    page.get_by_test_id("folder-input").set_input_files(album)
    expect(rows(page)).to_have_count(3)
    assert paths_in(page) == ALBUM


def test_a_dropped_folder_keeps_its_tree(page: Page, server: Server, album: Path) -> None:
    page.goto(server.url)
    drop(page, album)
    expect(rows(page)).to_have_count(3)
    assert paths_in(page) == ALBUM


def test_a_dropped_folder_of_more_than_a_hundred_files_is_read_to_its_end(
    page: Page, server: Server, tmp_path: Path
) -> None:
    for number in range(230):
        file_of(tmp_path / "many", f"{number}.txt", 1)
    page.goto(server.url)
    drop(page, tmp_path / "many")
    expect(rows(page)).to_have_count(230)


def test_dropped_files_and_a_folder_come_together(page: Page, server: Server, album: Path, tmp_path: Path) -> None:
    page.goto(server.url)
    drop(page, file_of(tmp_path, "letter.txt", 5), album)
    expect(rows(page)).to_have_count(4)
    assert paths_in(page) == {*ALBUM, "letter.txt"}


def test_a_dropped_empty_folder_says_so(page: Page, server: Server, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    page.goto(server.url)
    drop(page, tmp_path / "empty")
    expect(page.get_by_test_id("alert")).to_have_text("There are no files in that folder.")


def test_a_picture_is_pasted_from_the_clipboard(visit: Callable[..., BrowserContext], server: Server) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(server.url)
    page.evaluate(_PASTE_IMAGE)
    page.keyboard.press("Control+V")
    expect(row(page, "image.png")).to_be_visible()


def test_the_limits_are_told_before_anything_is_chosen(page: Page, serve: Callable[..., Server]) -> None:
    page.goto(serve(PACKETPOST_MAX_UPLOAD_BYTES="5000000", PACKETPOST_MAX_FILES="3").url)
    expect(page.get_by_test_id("file-input")).to_have_accessible_description(
        "Up to 5.0 MB, at most 3 files in one link."
    )


def test_too_much_is_refused_before_any_byte_moves(page: Page, serve: Callable[..., Server], tmp_path: Path) -> None:
    gate = Gate(serve(PACKETPOST_MAX_UPLOAD_BYTES="1000").port)
    page.goto(gate.url)
    choose(page, file_of(tmp_path, "large.bin", 1001))
    expect(page.get_by_test_id("alert")).to_contain_text("one link takes at most 1.0 kB")
    page.get_by_test_id("create-link").click()
    expect(page.get_by_test_id("alert")).to_be_visible()
    assert {asked.method for asked in gate.asked} == {"GET"}
    gate.close()


def test_what_fits_only_without_encryption_is_said_and_goes_when_sent_plainly(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    page.goto(serve(PACKETPOST_MAX_UPLOAD_BYTES="1000").url)
    choose(page, file_of(tmp_path, "just.bin", 990))
    expect(page.get_by_test_id("alert")).to_contain_text("Together that is 1.0 kB when encrypted")
    plainly(page)
    expect(page.get_by_test_id("alert")).to_have_count(0)


def test_too_many_files_are_refused_until_some_are_removed(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    page.goto(serve(PACKETPOST_MAX_FILES="2").url)
    choose(page, *(file_of(tmp_path, f"{number}.bin", 1) for number in range(3)))
    expect(page.get_by_test_id("alert")).to_contain_text("That is 3 files")
    row(page, "0.bin").get_by_test_id("remove").click()
    expect(page.get_by_test_id("alert")).to_have_count(0)


def test_nothing_chosen_is_said_and_the_focus_goes_to_the_picker(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_test_id("create-link").click()
    expect(page.get_by_test_id("alert")).to_have_text("Choose at least one file first.")
    expect(page.get_by_test_id("file-input")).to_be_focused()


def test_the_folded_options_say_what_is_chosen(page: Page, server: Server) -> None:
    page.goto(server.url)
    summary = page.locator("summary")
    expect(summary).to_have_text("Options kept 1 day")
    summary.click()
    page.get_by_label("Keep for").select_option("7 days")
    page.get_by_label("Downloads").select_option("5")
    page.get_by_label("Password").fill("secret")
    expect(summary).to_have_text("Options kept 7 days · downloads: 5 · with a password")
    assert page.get_by_label("Keep for").locator("option").all_text_contents() == ["1 hour", "1 day", "7 days"]
    assert page.get_by_label("Downloads").locator("option").all_text_contents() == ["No limit", "1", "5", "20"]


def test_names_are_shown_as_text_whatever_they_hold(page: Page, server: Server) -> None:
    name = '<img src=x onerror=alert(1)> & "quotes".txt'
    page.goto(server.url)
    page.get_by_test_id("file-input").set_input_files(payload(name, b"x"))
    expect(rows(page).locator(".file-name")).to_have_text(name)


def test_a_part_of_the_page_that_cannot_be_loaded_is_said_and_loses_no_file(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    """In a session of its own: everywhere else a script that is missing is a fault."""
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(server.url)
        page.route("**/joined/send*.js", lambda route: route.abort())
        choose(page, file_of(tmp_path, "letter.txt", 10))
        page.get_by_test_id("create-link").click()
        expect(page.get_by_test_id("alert")).to_contain_text("A part of this page could not be loaded.")
        expect(rows(page)).to_have_count(1)
        page.unroute("**/joined/send*.js")
        page.get_by_test_id("create-link").click()
        expect(page.get_by_test_id("link-url")).to_be_visible()
