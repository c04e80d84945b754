"""Every state of a live session for everyone: axe-core, light and dark, phone and desktop, and the keyboard alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.everyone.test_for_everyone import NAMES, tab_to
from tests.e2e.support.audit import audit
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    address_of,
    hold_bytes,
    never_connect,
    open_live,
    receive,
    saving,
    send_live,
    shas,
    status,
    watch_channels,
)
from tests.e2e.support.steps import MIB, accept_questions, choose, file_of, rows, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
RELAY = {"PACKETPOST_TURN_URLS": "turn:127.0.0.1:9", "PACKETPOST_TURN_SECRET": "of the test"}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [file_of(tmp_path, name, number * 1000) for number, name in enumerate(NAMES)]


def test_waiting_connected_and_completed(page: Page, far: Pages, server: Server, files: list[Path]) -> None:
    receiver, address = far(), send_live(page, server, *files)
    audit(page)
    receiver.goto(address)
    status(page, "connected")
    for side in (page, receiver):
        audit(side)
    accept(receiver)
    for side in (page, receiver):
        status(side, "completed")
        audit(side)


def test_in_the_middle_and_cancelled(page: Page, far: Pages, serve: Callable[..., Server], tmp_path: Path) -> None:
    server, receiver = serve(PACKETPOST_ROAD="off"), far()
    watch_channels(page)
    address = send_live(page, server, file_of(tmp_path, NAMES[0], 2 * MIB), file_of(tmp_path, NAMES[2], 40 * MIB))
    receiver.goto(address)
    accept(receiver)
    hold_bytes(page)
    status(page, "transferring")
    for side in (page, receiver):
        audit(side)
    receiver.get_by_test_id("cancel").click()
    for side in (page, receiver):
        status(side, "failed")
        audit(side)


def test_joining_with_a_choice_and_choosing_again(
    page: Page, far: Pages, serve: Callable[..., Server], files: list[Path]
) -> None:
    server, receiver = serve(**RELAY), far()
    address = send_live(page, server, *files)
    receiver.goto(address)
    expect(receiver.get_by_test_id("relay-only")).to_be_visible()
    for side in (page, receiver):
        audit(side)
    page.reload()
    expect(page.get_by_role("heading", name="Choose the files again")).to_be_visible()
    audit(page)


@pytest.mark.slow
def test_neither_a_way_nor_a_link(page: Page, far: Pages, serve: Callable[..., Server], files: list[Path]) -> None:
    server, receiver = serve(PACKETPOST_MAX_UPLOAD_BYTES="10", PACKETPOST_ROAD="off"), far()
    address = send_live(page, server, *files)
    never_connect(page)
    receiver.goto(address)
    for side in (page, receiver):
        expect(side.locator("[data-notice]")).to_contain_text("does not take these files", timeout=30_000)
        audit(side)


@pytest.mark.slow
def test_closed_and_full(page: Page, far: Pages, server: Server, files: list[Path]) -> None:
    accept_questions(page)
    receiver, late, address = far(), far(), send_live(page, server, *files)
    receiver.goto(address)
    status(page, "connected")
    late.goto(address)
    expect(late.get_by_test_id("alert")).to_be_visible()
    audit(late)
    page.get_by_test_id("close-live").click()
    expect(receiver.locator("[data-notice]")).to_have_text("The session was closed.")
    for side in (page, receiver):
        audit(side)


def test_the_keyboard_alone_sends_and_receives(page: Page, far: Pages, server: Server, files: list[Path]) -> None:
    receiver = far()
    page.goto(server.url)
    choose(page, files[0])
    tab_to(page, "create-live")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Let them open this")).to_be_focused()
    receiver.goto(address_of(page))
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    tab_to(receiver, "accept")
    with saving(receiver) as downloads:
        receiver.keyboard.press("Enter")
        status(receiver, "completed")
    assert shas(downloads) == {files[0].name: sha(files[0])}


def test_the_keyboard_alone_leaves_a_file_out(page: Page, far: Pages, server: Server, files: list[Path]) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, *files[:2]))
    expect(rows(receiver)).to_have_count(2)
    tab_to(receiver, "INPUT")
    receiver.keyboard.press("Space")
    tab_to(receiver, "accept")
    receiver.keyboard.press("Enter")
    status(receiver, "completed")
    expect(rows(receiver).first).to_contain_text("not wanted")


@pytest.mark.slow
def test_hundreds_of_files_arrive(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, *(file_of(tmp_path, f"photo {number:03}.jpg", 2000) for number in range(300)))
    assert len(receive(far(), open_live(page))) == 300
    status(page, "completed")
