"""A real browser for the tests here. Every page is watched: a console error or a blocked style fails its test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.support.gate import Gate
from tests.support.server_process import Server

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Each window of Chromium would draw menus and suggestions in a process of its own, which costs more than our page does.
_OWN_PAGES = ("PreloadTopChromeWebUI", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
# What Playwright switches off as well, since the last such flag counts.
_PLAYWRIGHTS = ("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "MediaRouter", "OptimizationHints", "PaintHolding")


def without(*features: str) -> str:
    """The flag that switches these off, and what no test needs."""
    return f"--disable-features={','.join([*_OWN_PAGES, *_PLAYWRIGHTS, *features])}"


FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    without(),
]
# Two browsers of one machine may meet over its loopback, with their addresses as they are.
MEETING = ["--allow-loopback-in-peer-connection", without("WebRtcHideLocalIpsWithMdns")]
_FLAGS = [
    *FLAGS,
    *MEETING,
    # A name of this machine that is no secure context, as an address in somebody's network is none.
    "--host-resolver-rules=MAP packetpost.example 127.0.0.1",
]
_REPORT_BLOCKED = """addEventListener('securitypolicyviolation', (event) => {
  console.error(`blocked by the content security policy: ${event.effectiveDirective} ${event.blockedURI}`)
})"""

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Start browser processes; all are closed at the end."""
    if not Path(CHROMIUM).exists():
        pytest.fail(
            f"There is no Chromium at {CHROMIUM}. Install it (on Debian: apt-get install chromium), or say where "
            "it is in the environment variable CHROMIUM."
        )
    with sync_playwright() as playwright:
        started: list[Browser] = []

        def start(executable: Path | str = CHROMIUM, flags: list[str] = _FLAGS) -> Browser:
            started.append(playwright.chromium.launch(executable_path=executable, args=flags))
            return started[-1]

        yield start
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser]) -> Browser:
    return launch()


@pytest.fixture(scope="session")
def far_browser(launch: Callable[..., Browser]) -> Browser:
    """Another browser process, for those who must share nothing but the server."""
    return launch()


class Watch:
    """Collects what pages complain about."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(_REPORT_BLOCKED)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        # The browser itself notes every answer of 400 and above and every lost connection; those are the app's answers,
        # and the tests look at what the page makes of them. A missing script or style is a fault all the same.
        lost = "net::ERR_CONNECTION" in message.text or "/static/" not in message.location["url"]
        expected = message.text.startswith("Failed to load resource") and lost
        # So are sockets and polls that find no server and come back by themselves, and a header plain http ignores.
        noted = (
            "WebSocket connection to",
            "htmx: htmx:error: Failed to fetch",
            "An unknown error occurred when fetching the script.",  # a worker's; of a missing one its 404 is told
            "The Cross-Origin-Opener-Policy header has been ignored",
        )
        expected = expected or message.text.startswith(noted)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., BrowserContext]]:
    """Make people: each call is a browser session of its own. Motion is reduced, so that colours stand still."""
    if "gate" in request.fixturenames:
        request.getfixturevalue("gate")  # before the pages, so that it closes after them
    watch, contexts = Watch(), []

    def make(where: Browser = browser, **options: Any) -> BrowserContext:
        context = where.new_context(**{"reduced_motion": "reduce", **options})
        context.set_default_timeout(15_000)
        watch.follow(context)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert watch.complaints == []


@pytest.fixture
def page(visit: Callable[..., BrowserContext]) -> Page:
    """The sender's page."""
    return visit().new_page()


@pytest.fixture
def other(visit: Callable[..., BrowserContext]) -> Page:
    """The receiver's page, in a browser that has never been here."""
    return visit().new_page()


@pytest.fixture
def far(visit: Callable[..., BrowserContext], far_browser: Browser) -> Callable[[], Page]:
    """People in another browser process: each call is the page of one of them."""
    return lambda: visit(far_browser).new_page()


@pytest.fixture
def gate(server: Server) -> Iterator[Gate]:
    """Goes to the module's server, and can be held, cut and asked what has passed."""
    gate = Gate(server.port)
    yield gate
    gate.close()
