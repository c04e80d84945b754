"""Live sessions that nobody between the two browsers can read or change: by the address, by the code, and plain."""

from collections.abc import Iterator
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


@pytest.fixture
def hostile(server: Server) -> Iterator[Hostile]:
    hostile = Hostile(server.port)
    yield hostile
    hostile.close()


def protection(page: Page, state: str) -> None:
    expect(page.get_by_test_id("protection")).to_have_attribute("data-state", state)


def words(page: Page) -> list[str]:
    shown = page.get_by_test_id("words").locator("b")
    expect(shown).to_have_count(4)
    return shown.all_inner_texts()


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
        expect(side.get_by_test_id("words")).to_have_count(0)


def test_by_code_both_pages_show_the_same_words(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 3 * MIB + 5), far()
    send_live(page, server, file)
    type_code(receiver, server, code_of(page))
    status(receiver, "connected")
    for side in (page, receiver):
        protection(side, "words")
    assert words(page) == words(receiver)
    for side in (page, receiver):
        audit(side)
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
        expect(side.get_by_test_id("words")).to_have_count(0)
    assert accept_all(receiver) == {"film.bin": sha(file)}


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_keys_and_words_outlast_a_reload(page: Page, far: Pages, server: Server, tmp_path: Path, who: str) -> None:
    file, receiver = file_of(tmp_path, "film.bin", MIB), far()
    send_live(page, server, file)
    type_code(receiver, server, code_of(page))
    status(receiver, "connected")
    before = words(page)
    side = page if who == "sender" else receiver
    side.reload()
    if who == "sender":
        page.get_by_test_id("file-input").set_input_files(file)
    status(receiver, "connected")
    assert words(page) == words(receiver) == before
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


def test_by_code_somebody_in_the_middle_shows_in_the_words(
    page: Page, far: Pages, hostile: Hostile, tmp_path: Path
) -> None:
    receiver = far()
    address = send_live(page, hostile, file_of(tmp_path, "film.bin", MIB))
    hostile.change = middle = InTheMiddle(code_of(page))
    type_code(receiver, hostile, code_of(page))
    status(receiver, "connected")
    assert middle.secret == address.split("#")[1]
    assert words(page) != words(receiver)


@pytest.mark.parametrize("way", ["address", "code"])
def test_the_server_learns_neither_names_nor_contents_nor_the_secret(
    page: Page, far: Pages, server: Server, hostile: Hostile, tmp_path: Path, way: str
) -> None:
    file, receiver = file_of(tmp_path, "my secret film.bin", MIB + 5), far()
    address = send_live(page, hostile, file)
    if way == "address":
        receiver.goto(address)
    else:
        type_code(receiver, hostile, code_of(page))
    assert accept_all(receiver) == {file.name: sha(file)}
    kept = [path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file()]
    seen = b"".join([hostile.told, server.log.read_bytes(), *kept])
    assert b'"type":"offer"' in seen
    content = file.read_bytes()
    for never in [b"secret film", content[1000:1032], *in_all_forms(address.split("#")[1])]:
        assert never not in seen


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
