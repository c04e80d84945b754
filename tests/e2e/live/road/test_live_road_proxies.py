"""Live by the road alone through what stands before servers: nginx, Caddy, and the routers of platforms."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.support.live_steps import accept, moved, saving, send_live, shas, status, stored, without_webrtc
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.proxies import Proxied, caddy, nginx
from tests.support.router import Router
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

KIB = 1024
PROXIES = {"nginx": nginx, "Caddy": caddy}


@pytest.fixture(scope="module", params=PROXIES)
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    server = Proxied(tmp_path_factory.mktemp("proxied"), PROXIES[request.param])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(server.cert))
        yield server.start()
        server.stop()


@contextmanager
def sent_live(page: Page, receiver: Page, place: Proxied | Router, file: Path) -> Iterator[None]:
    """All of it arrives by the road alone; what is done meanwhile begins once bytes move."""
    for side in (page, receiver):
        without_webrtc(side)
    receiver.goto(send_live(page, place, file))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 1)
        yield
        status(receiver, "completed")
    assert shas(downloads) == {file.name: sha(file)}
    status(page, "completed")
    for side in (page, receiver):
        expect(side.get_by_test_id("path")).to_have_text("through the server")


def test_live_goes_through_our_nginx_and_our_caddy(
    visit: Callable[..., BrowserContext], trusting: Browser, proxied: Proxied, tmp_path: Path
) -> None:
    page, receiver = (visit(trusting, ignore_https_errors=True).new_page() for _ in range(2))
    with sent_live(page, receiver, proxied, file_of(tmp_path, "film.bin", 20 * MIB)):
        pass
    assert stored(proxied) == {}


@pytest.mark.slow
def test_live_outlasts_a_router_that_cuts_every_request_at_30_seconds_and_gathers_bodies(
    page: Page, far: Callable[[], Page], serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve(PACKETPOST_ROAD_SESSION_RATE=str(256 * KIB))
    router, receiver = Router(server.port), far()
    with sent_live(page, receiver, router, file_of(tmp_path, "film.bin", 19 * MIB)):
        moved(receiver, 9 * MIB)
    router.close()
    assert stored(server) == {}
    # Both sockets were cut at least twice. What the road asks for ends by itself before.
    assert len([path for path in router.cut if path.endswith("/socket")]) >= 4
    assert [path for path in router.cut if not path.endswith("/socket")] == []
