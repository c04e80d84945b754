"""Several receivers at once by the road: browsers open six connections to a server, and all of them share these."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import (
    Pages,
    accept,
    open_live,
    saving,
    shas,
    status,
    without_webrtc,
)
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_eight_receivers_by_the_road_leave_room_for_the_page(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    """Each gets everything, and the sender's page still reaches the server meanwhile."""
    film = file_of(tmp_path, "film.bin", 4 * MIB)
    without_webrtc(page)
    page.goto(server.url)
    choose(page, film)
    address, receivers = open_live(page, receivers=8), [far() for _ in range(8)]
    for receiver in receivers:
        without_webrtc(receiver)
        receiver.goto(address)
    for receiver in receivers:
        expect(receiver.get_by_test_id("accept")).to_be_visible(timeout=30_000)
    with contextlib.ExitStack() as stack:
        downloads = [stack.enter_context(saving(receiver)) for receiver in receivers]
        for receiver in receivers:
            accept(receiver)
        with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
            page.get_by_test_id("extend").click()
        for receiver in receivers:
            status(receiver, "completed")
    assert [shas(each) for each in downloads] == [{"film.bin": sha(film)}] * 8
    for side in (page, *receivers):
        expect(side.get_by_test_id("path")).to_have_text("through the server")
    status(page, "completed")


def test_a_receiver_that_never_listens_holds_up_no_other_one(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    """Its page is there, and takes no part in the road: the sender says hello to it again and again."""
    film, well, deaf = file_of(tmp_path, "film.bin", 4 * MIB), far(), [far() for _ in range(4)]
    without_webrtc(page)
    page.goto(server.url)
    choose(page, film)
    address = open_live(page, receivers=8)
    for receiver in deaf:
        receiver.route("**/road**", lambda route: None)  # asked for, and never answered
        without_webrtc(receiver)
        receiver.goto(address)
        expect(receiver.get_by_test_id("status")).to_contain_text("Connecting to the sender")
    without_webrtc(well)
    with saving(well) as downloads:
        well.goto(address)
        accept(well)
        status(well, "completed")
    assert shas(downloads) == {"film.bin": sha(film)}
