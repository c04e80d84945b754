"""Giving up a live session at any moment, from either side, and trying again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    break_channels,
    lose_messages,
    moved,
    saving,
    send_live,
    status,
    watch_channels,
)
from tests.e2e.support.steps import MIB, file_of, row, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("who", ["sender", "receiver"])


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 40 * MIB)


def cancel(page: Page, receiver: Page, who: str) -> None:
    """One of them cancels; both see it."""
    (page if who == "sender" else receiver).get_by_test_id("cancel").click()
    for side in (page, receiver):
        status(side, "failed")
        expect(side.get_by_test_id("retry")).to_be_visible()
    other = receiver if who == "sender" else page
    expect(other.get_by_test_id("status")).to_contain_text("cancelled")


@contextmanager
def half_saved(receiver: Page, address: str) -> Iterator[None]:
    """Begins to save what is offered there; the block ends it, and no file is left."""
    receiver.goto(address)
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 4 * MIB)
        yield
    assert [download.failure() for download in downloads] == ["canceled"]


@BOTH
def test_cancelling_before_it_begins(page: Page, far: Pages, server: Server, film: Path, who: str) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    cancel(page, receiver, who)


@BOTH
def test_cancelling_in_the_middle_leaves_no_file(page: Page, far: Pages, server: Server, film: Path, who: str) -> None:
    receiver = far()
    with half_saved(receiver, send_live(page, server, film)):
        cancel(page, receiver, who)


@BOTH
def test_leaving_in_the_middle_ends_the_download(page: Page, far: Pages, server: Server, film: Path, who: str) -> None:
    receiver = far()
    with half_saved(receiver, send_live(page, server, film)):
        (page if who == "sender" else receiver).get_by_test_id("close-live").click()
        status(*((receiver, "failed") if who == "sender" else (page, "idle")))


def test_a_session_closed_unheard_is_over_once_the_channels_are(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    watch_channels(page)
    address = send_live(page, server, film)
    lose_messages(page, '"t":"cancel"', '"t":"leaving"')
    with half_saved(receiver, address):
        page.get_by_test_id("close-live").click()
        status(receiver, "failed")
        expect(receiver.locator("[data-notice]")).to_contain_text("The session was closed")
    expect(row(receiver, "film.bin")).to_contain_text("not saved")
    expect(receiver.get_by_test_id("retry")).to_be_hidden()


@BOTH
def test_cancelling_when_only_the_check_is_missing(
    page: Page, far: Pages, server: Server, tmp_path: Path, who: str
) -> None:
    receiver = far()
    watch_channels(page)
    address = send_live(page, server, file_of(tmp_path, "film.bin", 2 * MIB))
    lose_messages(page, '"t":"end"')
    receiver.goto(address)
    accept(receiver)
    status(receiver, "verifying")
    cancel(page, receiver, who)


@BOTH
def test_cancelling_without_a_channel_is_told_over_the_server(
    page: Page, far: Pages, roadless: Server, film: Path, who: str
) -> None:
    receiver = far()
    watch_channels(page)
    receiver.goto(send_live(page, roadless, film))
    accept(receiver)
    moved(receiver, 4 * MIB)
    receiver.evaluate("() => { RTCPeerConnection.prototype.createOffer = () => new Promise(() => {}) }")
    break_channels(page)
    status(receiver, "connecting")
    cancel(page, receiver, who)


@pytest.mark.slow
@BOTH
def test_trying_again_after_the_receiver_cancelled(
    page: Page, far: Pages, server: Server, film: Path, who: str
) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 4 * MIB)
    cancel(page, receiver, "receiver")
    (page if who == "sender" else receiver).get_by_test_id("retry").click()
    assert accept_all(receiver) == {"film.bin": sha(film)}
    status(page, "completed")
    expect(page.get_by_test_id("verified")).to_be_visible()


@pytest.mark.slow
def test_after_the_sender_cancelled_the_sender_decides(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 4 * MIB)
    cancel(page, receiver, "sender")
    receiver.get_by_test_id("retry").click()
    expect(page.locator("[data-notice]")).to_contain_text("asks for the files again")
    page.get_by_test_id("retry").click()
    assert accept_all(receiver) == {"film.bin": sha(film)}
