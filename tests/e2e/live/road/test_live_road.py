"""Live by the road: where no direct way is open, bytes go sealed through the server's memory, as right as ever."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hostile import Hostile
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    moved,
    never_connect,
    receive,
    saving,
    send_live,
    shas,
    status,
    without_webrtc,
)
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.code_attack import forms_of, memory_of
from tests.support.seal_client import unbase64url
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


@pytest.fixture
def tapped(server: Server) -> Iterator[Hostile]:
    """Before the server stands somebody who keeps everything that browsers send."""
    tapped = Hostile(server.port)
    yield tapped
    tapped.close()


def test_neither_the_server_s_memory_nor_the_wire_holds_anything_of_a_sealed_session(
    page: Page, far: Pages, server: Server, tapped: Hostile, tmp_path: Path
) -> None:
    name, receiver = "my very secret film.bin", far()
    file = file_of(tmp_path, name, 20 * MIB)
    for side in (page, receiver):
        never_connect(side)
    address = send_live(page, tapped, file)
    receiver.goto(address)
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 4 * MIB)
        memory = memory_of(server.pid)
        status(receiver, "completed")
    assert shas(downloads) == {name: sha(file)}
    code, secret = address.rsplit("/", 1)[1].split("#")
    assert code.encode() in memory
    kept = [path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file()]
    capture = b"\n".join([tapped.told, memory, server.log.read_bytes(), *kept])
    assert len(tapped.told) > 20 * MIB
    content = file.read_bytes()
    samples = [content[at : at + 32] for at in range(1000, len(content), MIB)]
    for never in (unbase64url(secret), name.encode(), *samples):
        for form in forms_of(never):
            assert form not in capture


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_who_wants_only_the_straight_way_gets_a_link_where_there_is_none(
    page: Page, far: Pages, server: Server, tmp_path: Path, who: str
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", MIB), far()
    page.clock.install()
    asked: list[str] = []
    for side in (page, receiver):
        never_connect(side)
    side = page if who == "sender" else receiver
    side.on("request", lambda request: asked.append(request.method) if "/road/" in request.url else None)
    side.goto(server.url)
    side.evaluate("() => localStorage.setItem('direct-only', '1')")
    receiver.goto(send_live(page, server, file))
    expect(side.get_by_test_id("direct-only")).to_be_checked()
    expect(page.get_by_test_id("status")).to_contain_text("They are here")
    with receiver.expect_download() as begun:
        page.clock.fast_forward(13_000)
    assert sha(Path(begun.value.path())) == sha(file)
    expect(page.get_by_test_id("link-url")).to_be_visible()
    assert asked == []
