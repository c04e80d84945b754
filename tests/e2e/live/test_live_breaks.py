"""Nothing but people ends a live transfer: channels, servers, sockets and pages that go away in the middle."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    address_of,
    break_channels,
    lose_messages,
    moved,
    saving,
    send_live,
    sent_bytes,
    shas,
    status,
    watch_channels,
    without_streams,
)
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CREDIT = 32 * MIB  # at most so much is on its way, and may be sent twice


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 60 * MIB)


def reload(page: Page) -> None:
    """The browser asks first, as bytes move."""
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", leave)
    page.reload()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_channel_that_closes_is_replaced_and_little_is_sent_twice(
    page: Page, far: Pages, roadless: Server, film: Path, who: str
) -> None:
    receiver = far()
    for side in (page, receiver):
        watch_channels(side)
    receiver.goto(send_live(page, roadless, film))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 20 * MIB)
        break_channels(page if who == "sender" else receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    assert sent_bytes(page) < 60 * MIB * 1.01 + CREDIT
    status(page, "completed")


def test_the_channel_may_break_again_and_again(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    for side in (page, receiver):
        watch_channels(side)
    receiver.goto(send_live(page, server, film))
    with saving(receiver) as downloads:
        accept(receiver)
        for number, side in enumerate((page, receiver, page, receiver), 1):
            moved(receiver, number * 10 * MIB)
            break_channels(side)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}


def test_an_answer_that_is_lost_with_its_way_is_asked_for_again(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    receiver = far()
    for side in (page, receiver):
        watch_channels(side)
    receiver.goto(send_live(page, roadless, film))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 8 * MIB)
        lose_messages(receiver, '"accept"')
        break_channels(page)
        receiver.wait_for_function("() => globalThis.lostTexts > 0")
        lose_messages(receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}


def test_two_files_of_one_name_and_size_survive_a_break(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    files = [file_of(tmp_path / folder, "film.bin", 20 * MIB) for folder in ("one", "two")]
    receiver = far()
    watch_channels(page)
    page.goto(server.url)
    choose(page, files[0])
    choose(page, files[1])
    page.get_by_test_id("create-live").click()
    receiver.goto(address_of(page))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 8 * MIB)
        break_channels(page)
        status(receiver, "completed")
    assert sorted(sha(Path(download.path())) for download in downloads) == sorted(map(sha, files))


def test_a_server_that_dies_interrupts_nothing_and_the_session_is_there_afterwards(
    page: Page, far: Pages, serve: Callable[..., Server], film: Path, tmp_path: Path
) -> None:
    server, receiver = serve(), far()
    receiver.goto(send_live(page, server, film))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 4 * MIB)
        server.kill()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    server.start()
    receiver.reload()
    page.reload()
    more = file_of(tmp_path, "more.bin", MIB)
    choose(page, more)
    assert accept_all(receiver) == {"more.bin": sha(more)}


def test_without_the_socket_bytes_go_on(page: Page, far: Pages, gate: Gate, server: Server, film: Path) -> None:
    receiver = far()
    page.goto(gate.url)
    choose(page, film)
    page.get_by_test_id("create-live").click()
    receiver.goto(address_of(page))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 4 * MIB)
        gate.cut()
        moved(receiver, 30 * MIB)
        gate.mend()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


def test_a_sender_who_reloads_chooses_again_and_goes_on(page: Page, far: Pages, roadless: Server, film: Path) -> None:
    receiver = far()
    watch_channels(page)
    receiver.goto(send_live(page, roadless, film))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 20 * MIB)
        reload(page)
        choose(page, film)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    assert sent_bytes(page) < 42 * MIB  # the page is new, and so is its count
    status(page, "completed")


def test_a_sender_who_comes_back_with_other_files_offers_these(
    page: Page, far: Pages, server: Server, film: Path, tmp_path: Path
) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 4 * MIB)
    reload(page)
    other = file_of(tmp_path, "other.bin", MIB)
    choose(page, other)
    assert accept_all(receiver) == {"other.bin": sha(other)}


def test_a_receiver_who_reloads_begins_again_and_is_told_so(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    accept(receiver)
    moved(receiver, 8 * MIB)
    reload(receiver)
    expect(receiver.locator("[data-notice]")).to_contain_text("it starts again from the beginning")
    assert accept_all(receiver) == {"film.bin": sha(film)}
    status(page, "completed")


def test_a_receiver_whose_browser_keeps_the_bytes_goes_on_after_a_reload(
    page: Page, far: Pages, roadless: Server, film: Path
) -> None:
    receiver = far()
    watch_channels(page)
    without_streams(receiver)
    receiver.goto(send_live(page, roadless, film))
    accept(receiver)
    moved(receiver, 30 * MIB)
    reload(receiver)
    expect(receiver.locator("[data-notice]")).to_contain_text("What had arrived is still here")
    before = sent_bytes(page)
    assert accept_all(receiver) == {"film.bin": sha(film)}
    assert sent_bytes(page) - before < 31 * MIB
    status(page, "completed")


def look_at_the_server(page: Page) -> None:
    """As the page does by itself every 20 s; ends when the request has failed."""
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/state")):
        page.evaluate("() => document.body.dispatchEvent(new Event('session:changed'))")


# Who accepts is given at once what a link would need.
_HAS_ITS_LATE_SCRIPTS = """() => performance.getEntriesByType('resource').some(
  ({ name, responseStatus }) => name.endsWith('/joined/others.js') && responseStatus === 200
)"""


def test_a_server_that_is_gone_is_no_alarm_once_everything_is_saved(
    page: Page, far: Pages, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server, receiver, file = serve(), far(), file_of(tmp_path, "film.bin", MIB)
    receiver.goto(send_live(page, server, file))
    receiver.get_by_test_id("accept").wait_for()
    server.kill()
    look_at_the_server(receiver)
    alert = receiver.locator("#alerts").get_by_role("alert")
    expect(alert).to_contain_text("could not be reached")
    server.start()
    expect(alert).to_have_count(0)
    assert accept_all(receiver) == {"film.bin": sha(file)}
    receiver.wait_for_function(_HAS_ITS_LATE_SCRIPTS)
    server.kill()
    look_at_the_server(receiver)
    expect(receiver.get_by_test_id("status")).to_have_text("Everything is saved")
    expect(alert).to_have_count(0)
