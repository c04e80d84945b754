"""Live sessions between two browsers that share nothing but the server: every byte arrives, and both sides know it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import Pages, accept, code_of, receive, saving, send_live, shas, status
from tests.e2e.support.steps import MIB, file_of, row, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB])
def test_one_file_arrives_verified(page: Page, far: Pages, server: Server, tmp_path: Path, size: int) -> None:
    file, receiver = file_of(tmp_path, "film.bin", size), far()
    address = send_live(page, server, file)
    assert receive(receiver, address) == {"film.bin": sha(file)}
    status(page, "completed")
    for side in (page, receiver):
        expect(side.get_by_test_id("verified")).to_be_visible()
        expect(side.get_by_test_id("path")).to_have_text("direct")


def test_the_code_can_be_typed(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "a.bin", 5), far()
    send_live(page, server, file)
    receiver.goto(server.url)
    receiver.get_by_test_id("join-code").fill(code_of(page).lower().replace("-", " "))
    receiver.get_by_test_id("join-live").click()
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"a.bin": sha(file)}


def test_many_files_arrive_with_their_names(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    names = ["a.bin", "empty", "報告書.pdf", "naïve 'quote'.txt", "b.bin"]
    files = [file_of(tmp_path, name, 0 if name == "empty" else 100_000) for name in names]
    assert receive(far(), send_live(page, server, *files)) == {file.name: sha(file) for file in files}


def test_only_what_is_wanted_is_sent(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    files, receiver = [file_of(tmp_path, name, 1000) for name in ("wanted", "not")], far()
    receiver.goto(send_live(page, server, *files))
    row(receiver, "not").get_by_role("checkbox").uncheck()
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"wanted": sha(files[0])}
    status(page, "completed")


def test_a_closed_session_is_said_to_the_other_side(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, file_of(tmp_path, "a.bin", 5)))
    status(receiver, "connected")
    page.get_by_test_id("close-live").click()
    expect(page.get_by_role("heading", name="This session is closed")).to_be_visible()
    expect(receiver.locator("[data-notice]")).to_have_text("The session was closed.")
