"""Where live cannot be, the session becomes a link: by itself, on both sides, and with nothing sent twice."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.live_steps import (
    Pages,
    accept,
    accept_all,
    address_of,
    arrives_by_link,
    break_channels,
    connect_again,
    moved,
    never_connect,
    open_live,
    saving,
    send_live,
    shas,
    slow_down,
    status,
    watch_channels,
    without_webrtc,
)
from tests.e2e.support.sealed_steps import unlock_at_second_try
from tests.e2e.support.steps import MIB, choose, fetch, file_of, plainly, row, rows, sha, shas_in
from tests.e2e.support.steps import saved as saved_file
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BOTH = pytest.mark.parametrize("who", ["sender", "receiver"])
# What falls back has waited 12 or 20 s, and up to 12 for a socket.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """It carries no live bytes: who finds no direct way needs a link."""
    return serve(PACKETPOST_ROAD="off")


def goes_by_link(page: Page, receiver: Page, film: Path, begin: Callable[[], object]) -> None:
    """After `begin` the receiver's open page downloads the film, and the sender's shows the link."""
    arrives_by_link(receiver, film, begin)
    expect(page.get_by_test_id("link-url")).to_be_visible()


def test_a_sender_without_webrtc_gets_a_link_at_once(page: Page, server: Server, film: Path) -> None:
    without_webrtc(page)
    page.goto(server.url)
    choose(page, film)
    page.get_by_test_id("create-live").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()
    expect(page.get_by_test_id("alert")).to_contain_text("WebRTC is off or missing")


def test_a_receiver_without_webrtc_gets_the_link(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    without_webrtc(receiver)
    address = send_live(page, server, film)
    goes_by_link(page, receiver, film, lambda: receiver.goto(address))


@BOTH
def test_browsers_that_find_no_way_use_a_link(page: Page, far: Pages, server: Server, film: Path, who: str) -> None:
    receiver = far()
    receiver.goto(server.url)
    address = send_live(page, server, film)
    never_connect(page if who == "sender" else receiver)
    goes_by_link(page, receiver, film, lambda: receiver.goto(address))


@pytest.mark.parametrize("choice", ["sealed", "plain"])
def test_a_way_that_broke_becomes_a_link_that_goes_on_from_there(
    page: Page, far: Pages, server: Server, tmp_path: Path, choice: str
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    ranges = downloads_of(receiver)
    watch_channels(page)
    page.goto(server.url)
    choose(page, film)
    if choice == "plain":
        plainly(page)
    receiver.goto(open_live(page))
    with saving(receiver) as saved:
        accept(receiver)
        moved(receiver, 4 * MIB)
        never_connect(receiver)
        break_channels(page)
        expect(receiver.get_by_test_id("file-row").locator(".file-state")).to_have_text("saved", timeout=PATIENCE)
    assert shas(saved) == {"film.bin": sha(film)}
    assert [begun >= 4 * MIB for begun in ranges] == [True]


@pytest.mark.parametrize("choice", ["sealed", "plain"])
def test_a_zip_that_was_begun_live_goes_on_from_the_link(
    page: Page, far: Pages, server: Server, tmp_path: Path, choice: str
) -> None:
    files, receiver = [file_of(tmp_path, name, 16 * MIB) for name in ("a.bin", "b.bin", "c.bin")], far()
    ranges = downloads_of(receiver)
    watch_channels(page)
    page.goto(server.url)
    choose(page, *files)
    if choice == "plain":
        plainly(page)
    receiver.goto(open_live(page))
    with receiver.expect_download() as begun:
        receiver.get_by_test_id("accept-zip").click()
    moved(receiver, 20 * MIB)
    never_connect(receiver)
    break_channels(page)
    assert shas_in(Path(begun.value.path())) == {file.name: sha(file) for file in files}
    assert [begun >= 4 * MIB for begun in sorted(ranges)] == [False, True]


def downloads_of(page: Page) -> list[int]:
    """From which byte on the page asks for files, from now on."""
    ranges: list[int] = []

    def note(request: Request) -> None:
        if "/api/download/" in request.url:
            ranges.append(int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-")))

    page.on("request", note)
    return ranges


@BOTH
def test_where_no_signal_reaches_the_server_it_becomes_a_link(
    page: Page, far: Pages, server: Server, gate: Gate, film: Path, who: str
) -> None:
    receiver, gate.sockets, gate.signals = far(), False, False
    page.goto((gate if who == "sender" else server).url)
    choose(page, film)
    page.get_by_test_id("create-live").click()
    address = address_of(page)
    here, there = (gate.url, server.url) if who == "sender" else (server.url, gate.url)
    goes_by_link(page, receiver, film, lambda: receiver.goto(address.replace(here, there)))


def test_a_link_can_be_chosen_at_any_time(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    status(page, "connected")
    goes_by_link(page, receiver, film, page.get_by_test_id("use-link").click)


@pytest.mark.parametrize("choice", ["sealed", "plain"])
def test_a_password_is_asked_for_where_it_became_a_link_and_opens_it(
    page: Page, far: Pages, server: Server, film: Path, choice: str
) -> None:
    receiver = far()
    page.goto(server.url)
    choose(page, film)
    page.get_by_text("Options").click()
    page.get_by_label("Password").fill("open sesame")
    if choice == "plain":
        plainly(page)
    receiver.goto(open_live(page))
    status(page, "connected")
    page.get_by_test_id("use-link").click()
    unlock_at_second_try(receiver, "open sesame")
    assert sha(saved_file(fetch(receiver, receiver.get_by_test_id("download")))) == sha(film)


def test_files_that_are_saved_already_are_not_sent_again(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    small, film = file_of(tmp_path, "a small.bin", 1000), file_of(tmp_path, "film.bin", 40 * MIB)
    receiver = far()
    ranges = downloads_of(receiver)
    receiver.goto(send_live(page, server, small, film))
    with saving(receiver) as saved:
        accept(receiver)
        moved(receiver, 4 * MIB)
        page.get_by_test_id("use-link").click()
        expect(row(receiver, "film.bin").locator(".file-state")).to_have_text("saved", timeout=PATIENCE)
    assert shas(saved) == {file.name: sha(file) for file in (small, film)}
    assert [begun > MIB for begun in ranges] == [True]
    expect(rows(page)).to_have_count(1)


def test_who_comes_after_it_became_a_link_is_sent_there(page: Page, far: Pages, server: Server, film: Path) -> None:
    address = send_live(page, server, film)
    page.get_by_test_id("use-link").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()
    receiver = far()
    receiver.goto(address)
    expect(receiver.get_by_test_id("download")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="Your link is ready to share")).to_be_visible()


def test_a_slow_way_is_said_and_left_only_when_the_sender_wants(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 40 * MIB), far()
    watch_channels(page)
    address = send_live(page, server, film)
    slow_down(page, 300_000)
    receiver.goto(address)
    with saving(receiver) as saved:
        accept(receiver)
        expect(page.locator("[data-notice]")).to_contain_text("The way between you is slow", timeout=PATIENCE)
        status(page, "transferring")
        page.get_by_test_id("use-link").click()
        expect(page.get_by_test_id("link-url")).to_be_visible()
        expect(receiver.get_by_test_id("file-row").locator(".file-state")).to_have_text("saved", timeout=PATIENCE)
    assert shas(saved) == {"film.bin": sha(film)}


def both_are_told_and_try_again(page: Page, receiver: Page, film: Path, sentence: str) -> None:
    """There is neither a way nor a link: both pages say why, and once there is a way the sender's next try arrives."""
    for side in (page, receiver):
        expect(side.locator("[data-notice]")).to_contain_text(sentence, timeout=PATIENCE)
        status(side, "failed")
    connect_again(receiver)
    page.get_by_test_id("retry").click()
    assert accept_all(receiver) == {"film.bin": sha(film)}


def test_a_link_that_is_refused_too_is_told_to_both_and_live_may_be_tried_again(
    page: Page, far: Pages, serve: Callable[..., Server], film: Path
) -> None:
    server, receiver = serve(PACKETPOST_MAX_UPLOAD_BYTES=str(MIB), PACKETPOST_ROAD="off"), far()
    receiver.goto(server.url)
    address = send_live(page, server, film)
    never_connect(receiver)
    receiver.goto(address)
    both_are_told_and_try_again(page, receiver, film, "does not take these files as a link")


def unreached(page: Page) -> None:
    """From now on the page's requests for a link get no answer at all."""
    page.route("**/live/*/link", lambda route: route.abort())


def test_a_link_that_nobody_answers_may_be_asked_for_again(page: Page, far: Pages, server: Server, film: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, film))
    status(page, "connected")
    unreached(page)
    page.get_by_test_id("use-link").click()
    expect(page.locator("[data-notice]")).to_contain_text("could not be reached for a link")
    page.unroute("**/live/*/link")
    goes_by_link(page, receiver, film, page.get_by_test_id("use-link").click)


def test_who_finds_neither_a_way_nor_an_answer_is_told_and_live_may_be_tried_again(
    page: Page, far: Pages, server: Server, film: Path
) -> None:
    receiver = far()
    receiver.goto(server.url)
    address = send_live(page, server, film)
    never_connect(receiver)
    unreached(page)
    receiver.goto(address)
    both_are_told_and_try_again(page, receiver, film, "could not be reached for a link")
