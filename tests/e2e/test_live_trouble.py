"""What goes wrong in live sessions, and how bytes go on: reloads, lost servers, cancelling, browsers without WebRTC."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live_steps import Pages, accept, moved, receive, saving, send_live, shas, status, without_webrtc
from tests.e2e.steps import MIB, choose, file_of, sha
from tests.running import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 60 * MIB)


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_cancelling_is_told_to_the_other_side(page: Page, far: Pages, server: Server, film: Path, who: str) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 4 * MIB)
    first, second = (page, receiver) if who == "sender" else (receiver, page)
    first.get_by_test_id("cancel").click()
    for side in (first, second):
        status(side, "failed")
        expect(side.get_by_test_id("retry")).to_be_visible()


def test_a_server_that_dies_interrupts_nothing(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 4 * MIB)
        server.kill()
        status(receiver, "completed")
        server.start()
    assert shas(downloads) == {"film.bin": sha(film)}


def test_a_sender_who_reloads_chooses_again_and_goes_on(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 8 * MIB)
        page.once("dialog", lambda dialog: dialog.accept())
        page.reload()
        choose(page, film)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


def test_a_receiver_who_reloads_gets_everything(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 8 * MIB)
    receiver.once("dialog", lambda dialog: dialog.accept())
    receiver.reload()
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_without_webrtc_it_becomes_a_link_by_itself(
    page: Page, far: Pages, server: Server, tmp_path: Path, who: str
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 3 * MIB), far()
    without_webrtc(page if who == "sender" else receiver)
    page.goto(server.url)
    choose(page, file)
    page.get_by_test_id("create-live").click()
    if who == "sender":
        expect(page.get_by_test_id("link-url")).to_be_visible()
        return
    address = page.get_by_test_id("live-url").input_value()
    receiver.goto(server.url)
    with receiver.expect_download() as begun:
        receiver.goto(address)
    assert sha(Path(begun.value.path())) == sha(file)
    expect(page.get_by_test_id("link-url")).to_be_visible()


def test_a_link_can_be_chosen_at_any_time(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 3 * MIB), far()
    receiver.goto(send_live(page, server, file))
    status(page, "connected")
    with receiver.expect_download() as begun:
        page.get_by_test_id("use-link").click()
    assert sha(Path(begun.value.path())) == sha(file)


def test_who_comes_after_it_became_a_link_is_sent_there(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    address = send_live(page, server, file_of(tmp_path, "film.bin", 5))
    page.get_by_test_id("use-link").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()
    receiver = far()
    receiver.goto(address)
    expect(receiver.get_by_test_id("download")).to_be_visible()


@pytest.mark.slow
def test_a_gigabyte_arrives(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    film = tmp_path / "large.bin"
    with film.open("wb") as file:
        file.truncate(300 * MIB)
    assert receive(far(), send_live(page, server, film)) == {"large.bin": sha(film)}
