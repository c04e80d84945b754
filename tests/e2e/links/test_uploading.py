"""From the picker to the recipient's disk: the bytes that arrive are the bytes that were chosen."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.qr import read_qr
from tests.e2e.support.steps import (
    MIB,
    choose,
    fetch,
    file_of,
    finished,
    get_link,
    row,
    rows,
    saved,
    sealed_size,
    send,
    sha,
    slow_down,
)
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [0, 1, 3 * MIB + 1])
def test_one_file_arrives_whole(page: Page, other: Page, server: Server, tmp_path: Path, size: int) -> None:
    file = file_of(tmp_path, "letter.bin", size)
    other.goto(send(page, server.url, file))
    download = fetch(other, other.get_by_test_id("download"))
    assert download.suggested_filename == "letter.bin"
    assert sha(saved(download)) == sha(file)


def test_many_files_arrive_each_and_as_one_zip(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    files = {f"{number}.bin": file_of(tmp_path, f"{number}.bin", number * 70_001) for number in range(12)}
    other.goto(send(page, server.url, *files.values()))
    for name in ("0.bin", "1.bin", "11.bin"):
        assert sha(saved(fetch(other, row(other, name).get_by_test_id("download")))) == sha(files[name])
    with zipfile.ZipFile(saved(fetch(other, other.get_by_test_id("download-all")))) as archive:
        assert {name: sha(archive.read(name)) for name in archive.namelist()} == {
            name: sha(path) for name, path in files.items()
        }


def test_a_folder_arrives_as_a_zip_with_its_tree(page: Page, other: Page, server: Server, tmp_path: Path) -> None:
    for name in ("a.jpg", "day one/b.jpg", "day one/evening/ç ü 北.jpg"):
        file_of(tmp_path / "album", name, 5000)
    page.goto(server.url)
    page.get_by_test_id("folder-input").set_input_files(tmp_path / "album")
    link = get_link(page)
    finished(page)
    other.goto(link)
    expect(row(other, "b.jpg").locator(".file-name")).to_have_text("album/day one/b.jpg")
    with zipfile.ZipFile(saved(fetch(other, other.get_by_test_id("download-all")))) as archive:
        for path in (path for path in tmp_path.rglob("*.jpg")):
            assert sha(archive.read(path.relative_to(tmp_path).as_posix())) == sha(path)


def test_equal_names_are_kept_apart_and_get_their_own_bytes(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    left, right = file_of(tmp_path, "left/same.bin", 1000), file_of(tmp_path, "right/same.bin", 1001)
    page.goto(server.url)
    choose(page, left)
    choose(page, right)
    link = get_link(page)
    finished(page)
    other.goto(link)
    buttons = other.get_by_test_id("download")
    assert [sha(saved(fetch(other, buttons.nth(n)))) for n in range(2)] == [sha(left), sha(right)]


def test_a_file_goes_in_requests_of_the_size_the_server_asks_for(
    page: Page, other: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    gate = Gate(serve(PACKETPOST_REQUEST_BYTES="1000000").port)
    file = file_of(tmp_path, "letter.bin", 3_000_001)
    other.goto(send(page, gate.url, file))
    rest = sealed_size(3_000_001) - 3_000_000
    assert [asked.body_bytes for asked in gate.uploads()] == [1_000_000, 1_000_000, 1_000_000, rest]
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)
    gate.close()


@pytest.mark.slow
def test_300_mib_arrive_whole_in_requests_of_at_most_32_mib(
    page: Page, other: Page, server: Server, tmp_path: Path
) -> None:
    asked: list[int] = []
    page.on("request", lambda request: asked.append(1) if request.method == "PATCH" else None)
    file = file_of(tmp_path, "film.bin", 300 * MIB)
    page.goto(server.url)
    choose(page, file)
    link = get_link(page)
    finished(page, timeout=90_000)
    assert len(asked) == 10
    other.goto(link)
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)


def test_the_link_is_there_before_the_bytes_to_copy_and_as_a_qr_code(
    visit: Callable[..., BrowserContext], gate: Gate, tmp_path: Path
) -> None:
    gate.hold_after(0)
    page = visit(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(gate.url)
    choose(page, file_of(tmp_path, "letter.bin", 100))
    link = get_link(page)
    assert re.fullmatch(rf"{gate.url}/l/[\w-]{{22}}#[\w-]{{43}}", link)
    expect(page.get_by_role("heading", name="Your link is ready to share")).to_be_focused()
    page.get_by_test_id("copy-link").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    assert read_qr(page.get_by_test_id("qr")) == link


def test_the_link_is_shared_where_the_browser_can(
    visit: Callable[..., BrowserContext], server: Server, tmp_path: Path
) -> None:
    context = visit()
    context.add_init_script("navigator.share = async (what) => { globalThis.shared = what.url }")
    page = context.new_page()
    link = send(page, server.url, file_of(tmp_path, "letter.bin", 100))
    page.get_by_test_id("share-link").click()
    assert page.evaluate("globalThis.shared") == link


def test_progress_shows_bytes_speed_and_time_left(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "film.bin", 3_000_000))
    slow_down(page, 1_000_000)
    get_link(page)
    expect(page.get_by_test_id("rate")).to_have_text(re.compile(r"^[\d.]+ [kM]B/s, .+ left$"))
    expect(page.get_by_test_id("bytes")).to_have_text(re.compile(r"^[\d.]+ [kM]B of 3\.0 MB$"))
    expect(page.get_by_test_id("progress")).to_have_js_property("max", 3_000_000)
    expect(page).to_have_title(re.compile(r"^\d+ % · Packet Post$"))
    finished(page)
    expect(page).to_have_title("Sent · Packet Post")


def test_the_upload_library_is_loaded_only_when_bytes_must_move(page: Page, gate: Gate, tmp_path: Path) -> None:
    page.goto(gate.url)
    choose(page, file_of(tmp_path, "letter.bin", 100))
    assert not any("/tus.min" in asked.path for asked in gate.asked)
    get_link(page)
    finished(page)
    assert any("tus.min.js" in asked.path for asked in gate.asked)


def test_the_operator_s_upload_password_is_asked_for_and_checked(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    page.goto(serve(PACKETPOST_UPLOAD_PASSWORD="stamps").url)
    choose(page, file_of(tmp_path, "letter.bin", 100))
    page.get_by_test_id("upload-password").fill("wrong")
    page.get_by_test_id("create-link").click()
    expect(page.get_by_test_id("alert")).to_contain_text("upload password")
    expect(rows(page)).to_have_count(1)
    page.get_by_test_id("upload-password").fill("stamps")
    get_link(page)
    finished(page)
