"""The recipient's page: ready, waiting, locked, and honest when there is nothing to have."""

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
    option,
    protect,
    row,
    rows,
    saved,
    send,
    sha,
)
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


def test_the_page_tells_names_sizes_expiry_and_downloads_left(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "one.bin", 1500), file_of(tmp_path, "two.bin", 2_000_000))
    option(page, "Downloads", "5")
    page.get_by_label("Keep for").select_option("1 hour")
    link = get_link(page)
    finished(page)
    other.goto(link)
    expect(other.get_by_role("heading", name="2 files for you")).to_be_visible()
    expect(row(other, "one.bin")).to_contain_text("1.5 kB")
    for text in ("2.0 MB in all", "5 downloads left", "expires in 1 hour"):
        expect(other.get_by_test_id("parcel")).to_contain_text(text)


def test_an_early_recipient_sees_the_page_waiting_and_it_arms_itself(
    page: Page, other: Page, gate: Gate, server: Server, tmp_path: Path
) -> None:
    gate.hold_after(0)
    page.goto(gate.url)
    first, second = file_of(tmp_path, "first.bin", MIB), file_of(tmp_path, "second.bin", 2 * MIB)
    choose(page, first, second)
    other.goto(get_link(page).replace(gate.url, server.url))
    expect(other.get_by_test_id("status")).to_contain_text("The sender is still uploading.")
    expect(row(other, "first.bin")).to_contain_text("waiting for the sender")
    expect(other.get_by_test_id("download")).to_have_count(0)
    gate.release()
    expect(other.get_by_test_id("parcel")).to_have_attribute("data-state", "ready")
    expect(other.get_by_test_id("download-all")).to_be_visible()
    assert sha(saved(fetch(other, row(other, "second.bin").get_by_test_id("download")))) == sha(second)


def test_a_download_that_starts_early_follows_the_upload_to_its_end(
    page: Page, other: Page, gate: Gate, server: Server, tmp_path: Path
) -> None:
    gate.hold_after(3 * MIB)
    page.goto(gate.url)
    film = file_of(tmp_path, "film.bin", 12 * MIB)
    choose(page, film)
    link = get_link(page).replace(gate.url, server.url)
    gate.wait_until_held()
    other.goto(link)
    expect(row(other, "film.bin")).to_contain_text("arriving")
    with other.expect_download() as waiting:
        other.get_by_test_id("download").click()
    gate.release()
    assert sha(saved(waiting.value)) == sha(film)


def test_a_password_is_asked_for_refused_and_taken(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    file = file_of(tmp_path, "letter.bin", 1000)
    choose(page, file)
    protect(page, "open sesame")
    link = get_link(page)
    finished(page)
    answer = other.goto(link)
    assert answer is not None
    assert answer.status == 401
    expect(other.get_by_text("letter.bin")).to_have_count(0)
    expect(other.get_by_test_id("password")).to_be_focused()
    other.get_by_test_id("password").fill("guess")
    other.keyboard.press("Enter")
    expect(other.get_by_test_id("alert")).to_have_text("That password is not right. Check it and try again.")
    other.get_by_test_id("password").fill("open sesame")
    other.get_by_test_id("unlock").click()
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)


def test_the_way_back_from_an_unlocked_link_asks_no_password_again(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "letter.bin", 1000))
    protect(page, "open sesame")
    other.goto(get_link(page))
    other.get_by_test_id("password").fill("open sesame")
    other.get_by_test_id("unlock").click()
    expect(rows(other)).to_have_count(1)
    other.reload()
    expect(rows(other)).to_have_count(1)


@pytest.mark.parametrize("path", ["/l/AAAAAAAAAAAAAAAAAAAAAA", "/l/short", "/nowhere"])
def test_what_never_existed_is_an_honest_404(page: Page, server: Server, path: str) -> None:
    answer = page.goto(server.url + path)
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    expect(page.get_by_role("link", name="Send files yourself")).to_be_visible()


def test_a_stranger_learns_nothing_of_a_used_up_link_but_who_had_it_does(
    page: Page, other: Page, visit: Callable[..., BrowserContext], server: Server, tmp_path: Path
) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "letter.bin", 1000))
    option(page, "Downloads", "1")
    link = get_link(page)
    finished(page)
    late = visit().new_page()
    late.goto(link)
    other.goto(link)
    fetch(other, other.get_by_test_id("download"))
    answer = late.reload()
    assert answer is not None
    assert answer.status == 410
    expect(late.get_by_test_id("alert")).to_have_text(
        "This link has reached its download limit. Ask the sender for a new one."
    )
    stranger = visit().new_page().goto(link)
    assert stranger is not None
    assert stranger.status == 404


def test_an_open_page_of_a_link_that_expires_says_so(other: Page, server: Server) -> None:
    made = requests.post(
        f"{server.url}/api/files",
        headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10", "X-Expiry": "3s"},
        timeout=5,
    )
    other.goto(made.headers["X-Link"])
    expect(other.get_by_test_id("status")).to_contain_text("The sender is still uploading.")
    expect(other.get_by_test_id("alert")).to_have_text("This link has expired. Ask the sender for a new one.")
    answer = other.reload()
    assert answer is not None
    assert answer.status == 410


def test_names_of_all_scripts_and_hostile_ones_are_shown_and_downloaded_as_they_are(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    names = ["北海道の写真.zip", "مرحبا بالعالم.docx", "<b>&'%2F'.txt", "x" * 200 + ".bin"]
    other.goto(send(page, server.url, *(file_of(tmp_path, name, 10) for name in names)))
    expect(rows(other).locator(".file-name")).to_have_text(names)
    for name, button in zip(names, other.get_by_test_id("download").all(), strict=True):
        assert sha(saved(fetch(other, button))) == sha(tmp_path / name)
