"""What is offered is seen, accepted or declined while the two browsers still look for a way to each other."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hostile import Hostile, Message
from tests.e2e.support.live_steps import (
    HeldCandidates,
    Pages,
    accept,
    accept_all,
    hold_candidates,
    never_connect,
    saving,
    send_live,
    shas,
    status,
)
from tests.e2e.support.steps import MIB, file_of, row, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
# A link comes after 12 s without a way.
PATIENCE = 60_000


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 3 * MIB)


def far_apart(page: Page, receiver: Page) -> list[HeldCandidates]:
    """Two pages that hear all of each other but where the other one is to be found."""
    return [hold_candidates(page), hold_candidates(receiver)]


def come_together(held: list[HeldCandidates]) -> None:
    for side in held:
        side.release()


def offered(receiver: Page, address: str) -> None:
    """The receiver sees the files, and there is no way yet."""
    receiver.goto(address)
    expect(receiver.get_by_test_id("accept")).to_be_enabled()
    status(receiver, "connecting")


def test_files_are_accepted_before_there_is_a_way(page: Page, far: Pages, roadless: Server, film: Path) -> None:
    receiver = far()
    held = far_apart(page, receiver)
    offered(receiver, send_live(page, roadless, film))
    with saving(receiver) as downloads:
        accept(receiver)
        expect(receiver.get_by_test_id("status")).to_have_text("Connecting to the sender…")
        come_together(held)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


def test_only_what_was_wanted_comes(page: Page, far: Pages, roadless: Server, film: Path, tmp_path: Path) -> None:
    receiver, notes = far(), file_of(tmp_path, "notes.txt", 5)
    held = far_apart(page, receiver)
    offered(receiver, send_live(page, roadless, film, notes))
    row(receiver, "film.bin").get_by_role("checkbox").uncheck()
    with saving(receiver) as downloads:
        accept(receiver)
        come_together(held)
        status(receiver, "completed")
    assert shas(downloads) == {"notes.txt": sha(notes)}


def test_who_declines_before_there_is_a_way_is_not_asked_again(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    receiver = far()
    held = far_apart(page, receiver)
    offered(receiver, send_live(page, roadless, film))
    receiver.get_by_test_id("cancel").click()
    status(page, "failed")
    come_together(held)
    expect(receiver.get_by_test_id("accept")).to_be_hidden()
    receiver.get_by_test_id("retry").click()
    assert accept_all(receiver) == {"film.bin": sha(film)}


def test_who_declined_is_asked_again_when_the_sender_wants_it(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    receiver = far()
    held = far_apart(page, receiver)
    offered(receiver, send_live(page, roadless, film))
    receiver.get_by_test_id("cancel").click()
    come_together(held)
    page.get_by_test_id("retry").click()
    assert accept_all(receiver) == {"film.bin": sha(film)}


@pytest.mark.slow
def test_what_was_accepted_comes_by_the_link_where_no_way_is_found(
    page: Page, far: Pages, roadless: Server, film: Path, tmp_path: Path
) -> None:
    receiver, notes = far(), file_of(tmp_path, "notes.txt", 5)
    never_connect(receiver)
    offered(receiver, send_live(page, roadless, film, notes))
    row(receiver, "film.bin").get_by_role("checkbox").uncheck()
    with receiver.expect_download(timeout=PATIENCE) as download:
        accept(receiver)
    assert sha(Path(download.value.path())) == sha(notes)
    expect(page.get_by_test_id("link-url")).to_be_visible(timeout=PATIENCE)


def test_a_list_that_was_changed_on_its_way_is_refused_by_both(
    page: Page, far: Pages, hostile: Hostile, film: Path
) -> None:
    def change(message: Message) -> Message:
        if message["type"] == "manifest":
            message["value"] = message["value"][:-1] + ("A" if message["value"][-1] != "A" else "B")
        return message

    hostile.change = change
    receiver = far()
    far_apart(page, receiver)
    receiver.goto(send_live(page, hostile, film))
    status(receiver, "failed")
    expect(receiver.get_by_test_id("accept")).to_be_hidden()
    status(page, "failed")


def test_the_server_cannot_read_what_is_offered(page: Page, far: Pages, hostile: Hostile, tmp_path: Path) -> None:
    receiver, secret = far(), file_of(tmp_path, "secret-plans.txt", 10)
    held = far_apart(page, receiver)
    offered(receiver, send_live(page, hostile, secret))
    come_together(held)
    assert accept_all(receiver) == {"secret-plans.txt": sha(secret)}
    assert b'"manifest"' in hostile.told
    assert b"secret-plans" not in hostile.told


def test_a_list_too_long_for_a_signal_comes_over_the_way(
    page: Page, far: Pages, roadless: Server, tmp_path: Path
) -> None:
    files = [file_of(tmp_path, f"{n:03}-{'x' * 100}.txt", n) for n in range(100)]
    receiver = far()
    held = far_apart(page, receiver)
    receiver.goto(send_live(page, roadless, *files))
    status(receiver, "connecting")
    expect(receiver.get_by_test_id("accept")).to_be_hidden()
    come_together(held)
    expect(receiver.get_by_test_id("accept")).to_be_enabled()
    expect(receiver.get_by_test_id("file-row")).to_have_count(100)
