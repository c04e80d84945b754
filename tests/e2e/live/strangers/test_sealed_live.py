"""Live sessions that nobody between the two browsers can read or change: by the address, by the code, and plain."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.audit import audit
from tests.e2e.support.hostile import Change, Hostile, InTheMiddle, drop_macs, in_all_forms, swap_fingerprint, swap_macs
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    address_of,
    break_channels,
    code_of,
    history_of,
    moved,
    open_live,
    receive,
    saving,
    send_live,
    shas,
    status,
    watch_channels,
)
from tests.e2e.support.steps import MIB, choose, file_of, plainly, row, rows, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
# A name that browsers find on this machine without taking it for secure.
INSECURE = "packetpost.example"


def protection(page: Page, state: str) -> None:
    expect(page.get_by_test_id("protection")).to_have_attribute("data-state", state)


def digits_of(page: Page) -> str:
    """What people may compare by voice."""
    page.get_by_test_id("fingerprint").locator("summary").click()
    digits = page.get_by_test_id("fingerprint-digits")
    expect(digits).to_have_text(re.compile(r"^\d{4}( \d{4}){4}$"))
    expect(digits).to_be_visible()
    return digits.inner_text()


def type_code(page: Page, server: Server | Hostile, code: str) -> None:
    page.goto(server.url)
    page.get_by_test_id("join-code").fill(code)
    page.get_by_test_id("join-live").click()


def test_the_address_carries_the_key(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 3 * MIB + 5), far()
    address = send_live(page, server, file)
    assert len(address.split("#")[1]) == 43
    assert receive(receiver, address) == {"film.bin": sha(file)}
    status(page, "completed")
    for side in (page, receiver):
        protection(side, "sealed")


def test_by_code_both_pages_are_sealed(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 3 * MIB + 5), far()
    send_live(page, server, file)
    type_code(receiver, server, code_of(page))
    status(receiver, "connected")
    for side in (page, receiver):
        protection(side, "sealed")
    for side in (page, receiver):
        audit(side)
    assert digits_of(page) == digits_of(receiver)
    assert accept_all(receiver) == {"film.bin": sha(file)}


@pytest.mark.parametrize("way", ["address", "code"])
@pytest.mark.parametrize("size", [0, MIB + 1])
def test_who_chooses_plain_sends_plain_and_both_pages_say_so(
    page: Page, far: Pages, server: Server, tmp_path: Path, size: int, way: str
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", size), far()
    page.goto(server.url)
    choose(page, file)
    plainly(page)
    address = open_live(page)
    assert "#" not in address
    if way == "address":
        receiver.goto(address)
    else:
        type_code(receiver, server, code_of(page))
    status(receiver, "connected")
    for side in (page, receiver):
        protection(side, "plain")
    assert accept_all(receiver) == {"film.bin": sha(file)}


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_keys_outlast_a_reload(page: Page, far: Pages, server: Server, tmp_path: Path, who: str) -> None:
    file, receiver = file_of(tmp_path, "film.bin", MIB), far()
    send_live(page, server, file)
    type_code(receiver, server, code_of(page))
    status(receiver, "connected")
    side = page if who == "sender" else receiver
    side.reload()
    if who == "sender":
        page.get_by_test_id("file-input").set_input_files(file)
    status(receiver, "connected")
    assert accept_all(receiver) == {"film.bin": sha(file)}


@pytest.mark.parametrize("change", [swap_fingerprint("offer"), swap_fingerprint("answer"), drop_macs, swap_macs])
def test_by_address_a_changed_set_up_is_refused_and_said_on_both_pages(
    page: Page, far: Pages, hostile: Hostile, tmp_path: Path, change: Change
) -> None:
    hostile.change, receiver = change, far()
    receiver.goto(send_live(page, hostile, file_of(tmp_path, "film.bin", MIB)))
    for side in (page, receiver):
        status(side, "failed")
        expect(side.locator("[data-notice]")).to_contain_text("Somebody between you changed the set-up")
        for part in ("path", "progress"):
            expect(side.get_by_test_id(part)).to_be_hidden()
        audit(side)
    expect(rows(receiver)).to_have_count(0)


@pytest.mark.slow
def test_a_set_up_that_is_changed_after_a_break_is_said_and_the_link_brings_the_rest(
    page: Page, far: Pages, hostile: Hostile, tmp_path: Path
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    watch_channels(page)
    receiver.goto(send_live(page, hostile, film))
    with saving(receiver) as saved:
        accept(receiver)
        moved(receiver, 4 * MIB)
        hostile.change = swap_fingerprint("offer")
        break_channels(page)
        expect(page.locator("[data-notice]")).to_contain_text("Somebody between you changed")
        expect(row(receiver, "film.bin").locator(".file-state")).to_have_text("saved", timeout=60_000)
    assert shas(saved) == {"film.bin": sha(film)}


def test_by_code_somebody_in_the_middle_who_guesses_gets_nothing_and_is_seen(
    page: Page, far: Pages, hostile: Hostile, tmp_path: Path
) -> None:
    receiver = far()
    send_live(page, hostile, file_of(tmp_path, "film.bin", MIB))
    code = code_of(page)
    hostile.change = middle = InTheMiddle(code.split("-")[0], "AAAAA")
    type_code(receiver, hostile, code)
    expect(page.locator("[data-notice]")).to_contain_text("Somebody typed a wrong code")
    expect(receiver.get_by_test_id("half-code")).to_be_visible()
    assert (middle.secret, middle.met) == ("", False)
    expect(rows(receiver)).to_have_count(0)


def test_a_code_dies_after_three_wrong_ones_and_a_new_one_works(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 1000), far()
    send_live(page, server, file)
    code = code_of(page)
    type_code(receiver, server, code[:5] + "AAAAA")
    box = receiver.get_by_test_id("half-code")
    for _ in range(2):
        expect(box).to_be_visible()
        box.fill(code[:5] + "AAAAA")
        receiver.get_by_test_id("send-half").click()
    expect(page.locator("[data-notice]")).to_contain_text("three times")
    expect(box).to_be_visible()
    box.fill(code)
    receiver.get_by_test_id("send-half").click()
    expect(box).to_be_visible()
    page.get_by_test_id("new-code").click()
    assert code_of(page) != code
    box.fill(code_of(page))
    receiver.get_by_test_id("send-half").click()
    assert accept_all(receiver) == {"film.bin": sha(file)}


@pytest.mark.parametrize("way", ["address", "code"])
def test_the_server_learns_neither_names_nor_contents_nor_the_secret(
    page: Page, far: Pages, server: Server, hostile: Hostile, tmp_path: Path, way: str
) -> None:
    file, receiver = file_of(tmp_path, "my secret film.bin", MIB + 5), far()
    address = send_live(page, hostile, file)
    code = code_of(page)
    if way == "address":
        receiver.goto(address)
    else:
        type_code(receiver, hostile, code)
    assert accept_all(receiver) == {file.name: sha(file)}
    kept = [path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file()]
    visited = [url.encode() for side in (page, receiver) for url in history_of(side)]
    seen = b"".join([hostile.told, server.log.read_bytes(), *kept, *(url.split(b"#")[0] for url in visited)])
    assert b'"type":"offer"' in seen
    content = file.read_bytes()
    for never in [b"secret film", content[1000:1032], *in_all_forms(address.split("#")[1])]:
        assert never not in seen
    half = code.split("-")[1].encode()
    assert not any(form in text for form in (half, half.lower()) for text in (seen, *visited))


def test_a_page_without_https_sends_plain_and_says_so(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 1000), far()
    page.goto(server.url.replace("localhost", INSECURE))
    page.get_by_test_id("file-input").set_input_files(file)
    page.get_by_test_id("create-live").click()
    address = address_of(page)
    assert "#" not in address
    assert receive(receiver, address.replace(INSECURE, "localhost")) == {"film.bin": sha(file)}
    for side in (page, receiver):
        protection(side, "plain")


@pytest.mark.parametrize("way", ["address", "code"])
def test_a_page_without_https_cannot_take_part_in_what_is_sealed(
    page: Page, far: Pages, server: Server, tmp_path: Path, way: str
) -> None:
    receiver = far()
    address = send_live(page, server, file_of(tmp_path, "film.bin", 1000))
    receiver.goto((address if way == "address" else address.split("#")[0]).replace("localhost", INSECURE))
    status(receiver, "failed")
    expect(receiver.locator("[data-notice]")).to_contain_text("this page was opened without https")
    status(page, "failed")
    expect(page.locator("[data-notice]")).to_contain_text("Let them open the address with https")
