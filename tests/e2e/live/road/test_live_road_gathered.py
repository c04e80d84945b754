"""Where something on the way gathers answers there is no road: both pages go to a link, and say why."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.support.live_steps import Pages, never_connect, send_live, without_webrtc
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.proxies import Proxied, gathering_nginx
from tests.support.router import Router
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = "something between this page and the server, as a proxy, holds back what the server says"
THERE = "something between the other side's page and the server, as a proxy, holds back what the server says"
SECONDS = 60_000


@pytest.fixture
def gatherer(server: Server) -> Iterator[Router]:
    router = Router(server.port, gathers=True)
    yield router
    router.close()


def ends_by_a_link(page: Page, receiver: Page, address: str, file: Path) -> None:
    with receiver.expect_download(timeout=SECONDS) as begun:
        receiver.goto(address)
        receiver.get_by_test_id("download").click(timeout=SECONDS)
    assert sha(Path(begun.value.path())) == sha(file)
    expect(page.get_by_test_id("link-url")).to_be_visible()


@pytest.mark.parametrize("who", ["sender", "receiver", "both"])
def test_a_page_whose_answers_are_gathered_goes_to_a_link_and_both_say_why(
    page: Page, far: Pages, server: Server, gatherer: Router, tmp_path: Path, who: str
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", MIB), far()
    for side in (page, receiver):
        without_webrtc(side)
    sent_from, received_at = (server if who == "receiver" else gatherer), (server if who == "sender" else gatherer)
    address = send_live(page, sent_from, file).replace(sent_from.url, received_at.url)
    ends_by_a_link(page, receiver, address, file)
    # Where both are, each says what it knows first.
    either = f"{HERE}|{THERE}"
    said = {"sender": (HERE, THERE), "receiver": (THERE, HERE), "both": (either, either)}[who]
    for side, why in zip((page, receiver), said, strict=True):
        expect(side.get_by_test_id("alert")).to_contain_text(re.compile(why))


@pytest.fixture
def gathering(tmp_path: Path) -> Iterator[Proxied]:
    server = Proxied(tmp_path, gathering_nginx)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(server.cert))
        yield server.start()
        server.stop()


def test_so_does_one_behind_an_nginx_that_gathers_answers_whatever_it_is_told(
    visit: Callable[..., BrowserContext], trusting: Browser, gathering: Proxied, tmp_path: Path
) -> None:
    page, receiver = (visit(trusting, ignore_https_errors=True).new_page() for _ in range(2))
    file = file_of(tmp_path, "film.bin", MIB)
    for side in (page, receiver):
        never_connect(side)
    ends_by_a_link(page, receiver, send_live(page, gathering, file), file)
    for side in (page, receiver):
        expect(side.get_by_test_id("alert")).to_contain_text(HERE)
