"""Files that cannot be saved, or arrive damaged: both sides are told, and what failed may be tried again."""

from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    damage_block,
    moved,
    one_zip,
    saving,
    send_live,
    sent_bytes,
    shas,
    status,
    watch_channels,
    without_streams,
)
from tests.e2e.support.steps import MIB, file_of, row, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_a_zip_that_cannot_be_finished_is_kept_nowhere_and_may_be_tried_again(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    files, receiver = [file_of(tmp_path, name, 24 * MIB) for name in ("a.bin", "b.bin", "c.bin")], far()
    receiver.goto(send_live(page, server, *files))
    with receiver.expect_download() as begun:
        receiver.get_by_test_id("accept-zip").click()
    moved(receiver, 28 * MIB)
    begun.value.cancel()
    for side in (page, receiver):
        status(side, "failed")
        for file in files:
            expect(row(side, file.name)).to_contain_text("The download was cancelled in the browser")
        expect(side.get_by_test_id("verified")).to_be_hidden()
    with one_zip(receiver) as found:
        receiver.get_by_test_id("retry").click()
        status(receiver, "completed")
    assert found == [{file.name: sha(file) for file in files}]


def test_a_file_that_stays_wrong_ends_the_zip(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    files, receiver = [file_of(tmp_path, "a.bin", 6 * MIB), file_of(tmp_path, "b.bin", 3 * MIB)], far()
    watch_channels(page)
    address = send_live(page, server, *files)
    damage_block(page, 5, times=4)
    receiver.goto(address)
    with saving(receiver) as downloads:
        receiver.get_by_test_id("accept-zip").click()
        for side in (page, receiver):
            status(side, "failed")
            expect(row(side, "a.bin")).to_contain_text("changed on its way")
            expect(row(side, "b.bin")).to_contain_text("could not be finished without a.bin")
    assert [bool(download.failure()) for download in downloads] == [True]
    with one_zip(receiver) as found:
        receiver.get_by_test_id("retry").click()
        status(receiver, "completed")
    assert found == [{file.name: sha(file) for file in files}]


@pytest.fixture
def quota(far: Pages) -> tuple[Page, CDPSession]:
    """A receiver whose storage can be made small."""
    receiver = far()
    without_streams(receiver)
    return receiver, receiver.context.new_cdp_session(receiver)


@pytest.mark.slow
def test_a_full_disk_is_told_to_both_and_loses_nothing_that_was_saved(
    page: Page, quota: tuple[Page, CDPSession], server: Server, tmp_path: Path
) -> None:
    receiver, devtools = quota
    small, film = file_of(tmp_path, "a.bin", 1000), file_of(tmp_path, "film.bin", 30 * MIB)
    receiver.goto(send_live(page, server, small, film))
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 12 * MIB})
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "failed")
    assert shas(downloads) == {"a.bin": sha(small)}
    for side in (page, receiver):
        expect(row(side, "film.bin")).to_contain_text("There is no room left on this device for film.bin")
        expect(row(side, "a.bin")).to_contain_text("verified")
        expect(side.get_by_test_id("verified")).to_be_hidden()
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
    with saving(receiver) as downloads:
        receiver.get_by_test_id("retry").click()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")


@pytest.mark.slow
def test_a_download_that_is_refused_is_told_to_both_and_may_be_tried_again(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    receiver.goto(send_live(page, server, film))
    with receiver.expect_download() as begun:
        accept(receiver)
    moved(receiver, 4 * MIB)
    begun.value.cancel()
    for side in (page, receiver):
        status(side, "failed")
        expect(row(side, "film.bin")).to_contain_text("The download was cancelled in the browser")
    with saving(receiver) as downloads:
        receiver.get_by_test_id("retry").click()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}


def test_a_block_that_arrives_damaged_is_sent_again(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 8 * MIB), far()
    watch_channels(page)
    address = send_live(page, server, film)
    damage_block(page, 3, times=2)
    receiver.goto(address)
    assert accept_all(receiver) == {"film.bin": sha(film)}


@pytest.mark.slow
def test_bytes_that_stay_wrong_are_said_on_both_sides_and_tried_again_from_the_last_good_block(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    watch_channels(page)
    address = send_live(page, server, film)
    damage_block(page, 20, times=4)
    receiver.goto(address)
    with saving(receiver) as downloads:
        accept(receiver)
        for side in (page, receiver):
            status(side, "failed")
            expect(row(side, "film.bin")).to_contain_text("changed on its way")
        before = sent_bytes(page)
        receiver.get_by_test_id("retry").click()
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
    assert sent_bytes(page) - before < 21 * MIB
    for side in (page, receiver):
        expect(side.get_by_test_id("verified")).to_be_visible()
