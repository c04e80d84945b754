"""Below a path of somebody's host, through real proxies: everything that a link and a session need is found there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.e2e.conftest import FLAGS, MEETING
from tests.e2e.support.live_steps import receive, send_live, status
from tests.e2e.support.steps import fetch, file_of, saved, send, sha
from tests.support.http import TUS
from tests.support.proxies import (
    PREFIX,
    Proxied,
    ProxiedBelow,
    caddy_cutting_the_prefix,
    nginx_cutting_the_prefix,
    nginx_keeping_the_prefix,
)

pytestmark = pytest.mark.browser
WAYS: dict[str, tuple[Callable[[Proxied], list[str]], bool]] = {
    "nginx, which says it": (nginx_cutting_the_prefix, False),
    "nginx, which keeps it": (nginx_keeping_the_prefix, True),
    "Caddy, which cuts it off": (caddy_cutting_the_prefix, True),
}


@pytest.fixture(scope="module", params=WAYS)
def below(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedBelow]:
    proxy, told = WAYS[request.param]
    server = ProxiedBelow(tmp_path_factory.mktemp("below"), proxy, told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(server.cert))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def trusting(launch: Callable[..., Browser]) -> Browser:
    """A browser that takes any certificate, also for a service worker's script."""
    return launch(flags=[*FLAGS, "--ignore-certificate-errors", *MEETING])


@pytest.fixture
def people(
    visit: Callable[..., BrowserContext], trusting: Browser, below: ProxiedBelow
) -> Iterator[Callable[[], Page]]:
    """Each call is somebody's page. Whatever is asked for outside of the path is noted, and fails the test."""
    outside: list[str] = []

    def note(response: Response) -> None:
        if not response.url.startswith((f"{below.url}/", "blob:", "data:")) and response.url != below.url:
            outside.append(response.url)

    def page() -> Page:
        context = visit(trusting, ignore_https_errors=True)
        context.on("response", note)
        return context.new_page()

    yield page
    assert outside == []


def test_a_link_is_sent_and_opened(below: ProxiedBelow, people: Callable[[], Page], tmp_path: Path) -> None:
    file, sender, receiver = file_of(tmp_path, "film.bin", 300_000), people(), people()
    link = send(sender, f"{below.url}/", file)
    assert link.startswith(f"{below.url}/l/")
    receiver.goto(link)
    assert sha(saved(fetch(receiver, receiver.get_by_test_id("download")))) == sha(file)


def test_a_session_carries_a_file(below: ProxiedBelow, people: Callable[[], Page], tmp_path: Path) -> None:
    file, sender, receiver = file_of(tmp_path, "film.bin", 300_000), people(), people()
    address = send_live(sender, below, file)
    assert address.startswith(f"{below.url}/live/")
    assert receive(receiver, address) == {"film.bin": sha(file)}
    status(sender, "completed")


def test_programs_are_told_addresses_below_it(below: ProxiedBelow) -> None:
    sent = requests.put(f"{below.url}/a.txt", b"12345", timeout=20)
    begun = requests.post(f"{below.url}/api/files", headers={**TUS, "Upload-Length": "3"}, timeout=20)
    told = [sent.headers["Location"], sent.headers["X-Url-Delete"], begun.headers["Location"], begun.headers["X-Link"]]
    assert [address.startswith(f"{below.url}/") for address in told] == [True] * 4
    assert requests.head(begun.headers["Location"], headers=TUS, timeout=20).headers["Upload-Length"] == "3"
    assert requests.get(sent.headers["Location"].replace("/l/", "/api/download/"), timeout=20).content == b"12345"
    assert requests.delete(sent.headers["X-Url-Delete"], timeout=20).status_code == 204
    cookies = requests.get(f"{below.url}/", timeout=20).headers["Set-Cookie"]
    assert f"Path={PREFIX}/;" in f"{cookies};"
