"""Live by the road: where no direct way is open, bytes go sealed through the server's memory, as right as ever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import Pages, never_connect, receive, send_live, status, without_webrtc
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve(PACKETPOST_ROAD="on")


@pytest.mark.parametrize("size", [0, 1, MIB + 1, 30 * MIB])
def test_where_browsers_cannot_reach_each_other_bytes_go_through_the_server(
    page: Page, far: Pages, server: Server, tmp_path: Path, size: int
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", size), far()
    for side in (page, receiver):
        never_connect(side)
    assert receive(receiver, send_live(page, server, file)) == {"film.bin": sha(file)}
    status(page, "completed")
    for side in (page, receiver):
        expect(side.get_by_test_id("verified")).to_be_visible()
        expect(side.get_by_test_id("path")).to_have_text("through the server")


@pytest.mark.parametrize("lacking", ["sender", "receiver", "both"])
def test_without_webrtc_live_works(page: Page, far: Pages, server: Server, tmp_path: Path, lacking: str) -> None:
    file, receiver = file_of(tmp_path, "a.bin", 5 * MIB), far()
    if lacking != "receiver":
        without_webrtc(page)
    if lacking != "sender":
        without_webrtc(receiver)
    assert receive(receiver, send_live(page, server, file)) == {"a.bin": sha(file)}
    status(page, "completed")
